"""Tests of shown episodes: who plays whom, what is written, what is refused."""

from dataclasses import replace

import jax
import pytest

from advantage_alignment.experiments import PAPER
from advantage_alignment.run import show
from advantage_alignment.run.training_run import Trainer
from common.logger.errors import UserError
from common.logger.run_folder import RunOptions

SMOKE = PAPER.experiments["figure_3_negotiation"].configs["smoke"].entrants[0][1]
CONFIG = replace(SMOKE, num_updates=2, eval_every_updates=2)

pytestmark = pytest.mark.usefixtures("keys_unchecked")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """A run of two updates."""
    jax.devices()  # this process keeps its devices
    path = tmp_path_factory.mktemp("shown") / "run"
    with jax.debug_key_reuse(False):  # see conftest.keys_unchecked
        Trainer(path.parent, [7], RunOptions(quiet=True), "shown").train(CONFIG, path=path)
    return path


@pytest.mark.parametrize(("opponent", "other"), [(None, "run"), ("AC", "AC"), ("AD", "AD")])
def test_a_negotiation_is_drawn_against_itself_and_the_scripts(run_dir, tmp_path, opponent, other):
    file = tmp_path / "episode.png"
    path, rewards = show.show(str(run_dir), opponent, seed=None, episode_seed=0, output=file)
    assert path == file
    assert file.stat().st_size > 1000
    assert list(rewards) == ["run (seat 0)", f"{other} (seat 1)"]
    if opponent == "AD":
        assert rewards["AD (seat 1)"] > rewards["run (seat 0)"]  # it asks for everything


def test_other_opponents_of_a_negotiation_are_refused(run_dir):
    with pytest.raises(UserError, match="is shown against self, AC or AD, got 'random'"):
        show.show(str(run_dir), "random", seed=None, episode_seed=0, output=None)


def test_an_episode_of_scripts_in_the_coin_game_is_drawn(tmp_path):
    path = tmp_path / "episode.png"
    written, rewards = show.show("AC", None, seed=None, episode_seed=0, output=path)
    assert written == path
    assert path.stat().st_size > 1000
    assert list(rewards) == ["AC (seat 0)", "AC (seat 1)"]


def test_the_iterated_game_is_no_sight(finished_run):
    with pytest.raises(UserError, match="no sight"):
        show.show(str(finished_run), None, seed=None, episode_seed=0, output=None)
