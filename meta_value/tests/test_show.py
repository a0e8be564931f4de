"""Tests of `show`: the page's numbers are the network's, it stands alone, and what it refuses."""

import json
import re
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from common.logger import checkpoints
from common.logger.errors import UserError
from common.logger.run_folder import RunFolder
from common.logger.settings import as_settings
from meta_value.config import ColaConfig, MetaValueConfig
from meta_value.evaluation import basins
from meta_value.experiments.sizes import LOGISTIC_MEVA
from meta_value.meta_game import make_setup
from meta_value.run import show, training_run
from meta_value.run.training_run import make_train

CONFIG = replace(LOGISTIC_MEVA["smoke"], num_updates=3, eval_every_updates=3)
SEEDS = [7, 8]


@pytest.fixture(autouse=True, scope="module")
def free_keys():
    """Initialising a network inside vmap is taken for a reuse of its key."""
    with jax.debug_key_reuse(False):
        yield


def untrained_run(path, config=CONFIG, *, started_at="2026-01-01T00:00:00", saved=True):
    """Folder of a run with a checkpoint of what it would begin with, called update 3."""
    settings = as_settings(config, SEEDS)
    RunFolder.create(path, settings, {"started_at": started_at})
    if saved:
        begin = training_run.begin(make_train(config), config)
        checkpoints.save(path, jax.vmap(begin)(jnp.array(SEEDS)), 3, settings)
    return path


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    return untrained_run(tmp_path_factory.mktemp("runs") / "MetaValueConfig-1")


@pytest.fixture(scope="module")
def page(run_dir, tmp_path_factory):
    """The page of seed 8."""
    output = tmp_path_factory.mktemp("pages") / "new" / "page.html"
    assert show.show_logistic(run_dir, output, 8) == output
    return output.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def contents(page):
    return contents_of(page)


@pytest.fixture(scope="module")
def of_seed_8(run_dir):
    """Meta-value and parameters of seed 8."""
    params = jax.tree.map(lambda leaf: leaf[1], training_run.load_run(run_dir).params)
    return make_setup(CONFIG), params


def contents_of(page):
    (text,) = re.findall(r'<script type="application/json" id="landscape">(.*)</script>', page)
    return json.loads(text)


@pytest.mark.parametrize(("gamma", "i", "j"), [(0.0, 0, 0), (0.9, 20, 33), (0.99, 40, 3)])
def test_numbers_at_a_node_are_those_of_the_meta_value(contents, of_seed_8, gamma, i, j):
    (setup, params), axis = of_seed_8, np.linspace(-10, 10, 41)
    level = contents["discounts"].index(gamma)
    policies = jnp.array([[axis[i]], [axis[j]]])
    gammas = jnp.full(2, gamma)
    values = setup.meta_value.values(params, policies, gammas)
    own = setup.meta_value.field(params, gammas)(policies)[:, 0]
    # Player 2's are player 1's at the node mirrored in the diagonal.
    shown = [contents["values"][level][a][b] for a, b in ((i, j), (j, i))]
    shown_gradients = [contents["gradients"][level][a][b] for a, b in ((i, j), (j, i))]
    np.testing.assert_allclose(shown, values, rtol=6e-4, atol=1e-6)
    np.testing.assert_allclose(shown_gradients, own, rtol=6e-4, atol=1e-6)


def test_landscape_of_player_2_mirrors_that_of_player_1(of_seed_8):
    found = show.landscape(*of_seed_8, (0.3, 0.95), 7)
    for numbers in found:
        assert numbers.shape == (2, 7, 7, 2)
        mirrored = np.swapaxes(numbers[..., 1], 1, 2)
        np.testing.assert_allclose(numbers[..., 0], mirrored, rtol=1e-4, atol=1e-6)
        assert np.ptp(numbers[..., 0]) > 1e-3


def test_gradients_are_slopes_of_the_values_along_a_players_own_axis(of_seed_8):
    found = show.landscape(*of_seed_8, (0.9,), 401)
    spacing = 20 / 400
    for player in range(2):
        slopes = np.gradient(found.values[0, ..., player], spacing, axis=player)
        inner = (slice(1, -1), slice(1, -1))
        np.testing.assert_allclose(
            found.gradients[0, ..., player][inner], slopes[inner], rtol=0.02, atol=3e-4
        )


def test_shares_are_those_of_the_network_itself(contents, of_seed_8):
    setup, params = of_seed_8
    field = setup.meta_value.field(params, jnp.full(2, 0.95))
    share = contents["shares_to_b"][contents["discounts"].index(0.95)]
    assert share == pytest.approx(float(basins.share_to_b(setup.game, field)), rel=1e-3)


def test_page_says_what_it_is_of_and_has_no_path(page, contents, run_dir):
    assert contents["run"] == "MetaValueConfig-1"
    assert (contents["seed"], contents["num_updates"]) == (8, 3)
    assert str(run_dir.parent) not in page
    assert run_dir.parent.name not in page


def test_page_needs_nothing_but_itself(page):
    assert len(page.encode()) < 1_500_000
    assert show.PLACEHOLDER not in page
    assert "//" not in page
    assert not re.search(r"@import|url\(|\bimport\b|fetch\(|XMLHttp|<i(mg|frame)\b", page)
    assert re.findall(r"\b(?:src|href)=(.{6})", page) == ['"data:']
    assert "default-src 'none'" in page


def test_first_seed_is_the_default_and_a_fixed_discount_the_only_level(tmp_path):
    path = untrained_run(tmp_path / "run", replace(CONFIG, fixed_discount=0.5))
    show.show_logistic(path, tmp_path / "page.html", None)
    contents = contents_of((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert (contents["run"], contents["seed"]) == ("run", 7)
    assert contents["discounts"] == [0.5]
    assert np.shape(contents["values"]) == (1, 41, 41)


def test_name_of_a_run_cannot_end_the_element_that_it_stands_in(of_seed_8):
    setup, params = of_seed_8
    one_level = setup._replace(config=replace(CONFIG, fixed_discount=0.0))
    origin = {"run": "</script>", "seed": 1, "num_updates": 2}
    assert contents_of(show.page(one_level, params, origin))["run"] == "</script>"


def test_run_started_last_is_shown_if_none_is_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "runs" / "meta_value"
    untrained_run(root / "quick" / "a", started_at="2026-01-03T00:00:00")
    untrained_run(root / "smoke" / "b" / "meva", started_at="2026-01-02T00:00:00")
    untrained_run(root / "quick" / "c", started_at="2026-01-04T00:00:00", saved=False)
    untrained_run(root / "quick" / "d", ColaConfig(), started_at="2026-01-05T00:00:00")
    naive = replace(CONFIG, opponent="naive")
    untrained_run(root / "quick" / "e", naive, started_at="2026-01-06T00:00:00", saved=False)
    assert show.newest_run(show.RUNS).name == "a"


def test_without_a_run_the_command_that_trains_one_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        show.show_logistic(None, tmp_path / "page.html", None)
    assert str(error.value) == (
        "no run of the Logistic Game with a checkpoint below runs/meta_value; "
        "`python -m meta_value train figure_logistic_basins` trains one"
    )


@pytest.mark.parametrize(
    "config",
    [
        MetaValueConfig(game="concave", hidden_size=4, num_quantiles=2),
        replace(CONFIG, opponent="naive"),
        ColaConfig(hidden_size=4),
    ],
)
def test_run_of_something_else_is_refused(tmp_path, config):
    path = untrained_run(tmp_path / "other", config)
    with pytest.raises(UserError, match="other is no run of MeVa against itself in the Logistic"):
        show.show_logistic(path, tmp_path / "page.html", None)
    assert not (tmp_path / "page.html").exists()


def test_seed_that_the_run_does_not_have_is_refused(run_dir, tmp_path):
    with pytest.raises(UserError, match=r"MetaValueConfig-1 has no seed 9; valid: 7, 8$"):
        show.show_logistic(run_dir, tmp_path / "page.html", 9)
    assert list(tmp_path.iterdir()) == []
