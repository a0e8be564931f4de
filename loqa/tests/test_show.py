"""Tests of `export`, `show` and `evaluate --opponent`: players named on the command line."""

import shutil
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from common import coin_game_policy
from common.coin_game import CoinGame
from common.logger import atomic
from common.logger.errors import UserError
from common.logger.run_folder import RunOptions
from loqa import agents, coin_game_rollout
from loqa.config import CoinGameConfig, IpdConfig
from loqa.evaluation import matches
from loqa.experiments import PAPER
from loqa.run import players, training_run
from loqa.run.cli import main
from loqa.tests.commands import contents, the_line

CONFIG = CoinGameConfig(
    num_updates=2,
    eval_every_updates=1,
    num_eval_episodes=4,
    batch_size=4,
    num_opponents=2,
    episode_length=4,
    actor_hidden_size=4,
    critic_hidden_size=4,
)
SEEDS = [42, 43]
NUM_FRAMES = CONFIG.episode_length + 1


@pytest.fixture(autouse=True, scope="module")
def free_keys():
    """The check takes a scan over split keys inside vmap for a reuse of the key they came from."""
    jax.devices()  # this process keeps its devices
    with jax.debug_key_reuse(False):
        yield


def short_run(path, config, seeds=(1,)):
    """Trains in a folder of its own, measuring nothing."""
    options = RunOptions(quiet=True, checkpoint_seconds=0.0)
    training_run.Trainer(path, seeds, options, "test").train(
        config, evaluation=lambda config, params, key: {"x": jax.random.uniform(key)}, path=path
    )


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory):
    """Folder with the run `run` of 3 by 3 and `wide` of 4 by 4; do not touch."""
    folder = tmp_path_factory.mktemp("runs")
    short_run(folder / "run", CONFIG, SEEDS)
    short_run(folder / "wide", replace(CONFIG, grid_size=4))
    return folder


@pytest.fixture(scope="module")
def policy(runs_dir, tmp_path_factory):
    """The agent of seed 43, exported."""
    output = tmp_path_factory.mktemp("policies") / "player.policy"
    return players.export(runs_dir / "run", 43, None, output)[0]


@pytest.fixture
def run_here(tmp_path, monkeypatch, capsys):
    """Runs a command in the folder `tmp_path`; returns what it has written to stdout."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        assert main([str(word) for word in words]) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def refuses(tmp_path, monkeypatch, capsys):
    """Runs a command that leaves nothing in the folder `tmp_path` but a line on stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        assert main([str(word) for word in words]) == 2
        assert contents(tmp_path) == {}
        captured = capsys.readouterr()
        assert captured.out == ""
        return the_line(captured.err)

    return run


@pytest.mark.slow
def test_exported_file_holds_the_agent_of_the_seed_and_says_so(runs_dir, policy):
    header = atomic.read_header(policy)
    assert [header[name] for name in ("paper", "experiment", "seed", "update")] == [
        "loqa",
        "run",
        43,
        2,
    ]
    assert coin_game_policy.load(policy).game == CoinGame(episode_length=4)
    run = training_run.load_run(runs_dir / "run")
    in_memory = jax.tree.map(lambda leaf: leaf[1], run.params)
    agent, seen = agents.coin_game_agent(CONFIG), jnp.ones((1, 4, 3, 3))
    _, probs = agent.act(in_memory, agent.start(in_memory), seen.reshape(-1))
    exported, key_data = coin_game_policy.load(policy), jnp.zeros((1, 2), jnp.uint32)
    _, _, log_probs = exported.act.call(exported.initial_carry.call(seen), seen, key_data)
    np.testing.assert_allclose(log_probs[0], jnp.log(probs), rtol=1e-5)


@pytest.mark.slow
def test_export_writes_the_first_seed_of_the_newest_checkpoint_beside_it(runs_dir, run_here):
    out = run_here("export", runs_dir / "run")
    path = runs_dir / "run" / "player_seed_42_update_00000002.policy"
    assert out == f"player after 2 updates: {path}\n"
    assert atomic.read_header(path)["seed"] == 42


@pytest.mark.slow
def test_export_of_an_older_checkpoint_to_a_given_file(runs_dir, run_here, tmp_path):
    older = runs_dir / "run" / "checkpoint_00000001.ckpt"
    out = run_here("export", runs_dir / "run", "--checkpoint", older, "--output", "new/old")
    assert out == "player after 1 updates: new/old\n"
    assert atomic.read_header(tmp_path / "new" / "old")["update"] == 1


@pytest.mark.slow
def test_run_in_the_folder_of_an_experiment_has_its_name(runs_dir, tmp_path):
    name = next(iter(PAPER.experiments))
    nested = tmp_path / f"{name}-20260101T000000" / "naive"
    shutil.copytree(runs_dir / "run", nested)
    path, _ = players.export(nested, None, None, tmp_path / "player")
    assert atomic.read_header(path)["experiment"] == name


@pytest.mark.slow
@pytest.mark.parametrize("opponent", ["self", "random", "policy", "run"])
def test_show_writes_a_gif_with_a_frame_for_every_state(
    runs_dir, policy, run_here, tmp_path, opponent
):
    word = {"policy": policy, "run": runs_dir / "run"}.get(opponent, opponent)
    out = run_here("show", runs_dir / "run", "--opponent", word, "--seed", "43")
    name = {"policy": "player", "run": "run_seed_43", "self": "run_seed_43"}.get(opponent, opponent)
    first, second, last = out.splitlines()
    assert first.startswith("run_seed_43 (seat 0): reward ")
    assert second.startswith(f"{name} (seat 1): reward ")
    assert last == f"episode: run_seed_43_vs_{name}_episode_0.gif"
    with Image.open(tmp_path / last.removeprefix("episode: ")) as image:
        assert (image.format, image.n_frames) == ("GIF", NUM_FRAMES)


@pytest.mark.slow
def test_show_writes_a_png_strip_of_a_file_against_a_script(policy, run_here, tmp_path):
    run_here("show", policy, "--opponent", "AD", "--output", "strip.png")
    with Image.open(tmp_path / "strip.png") as image:
        width, height = image.size
        assert image.format == "PNG"
        assert width == NUM_FRAMES * height


@pytest.mark.slow
def test_shown_episode_is_decided_by_its_seed_and_is_the_same_for_the_exported_agent(
    runs_dir, policy, run_here, tmp_path
):
    for number, (agent, seed) in enumerate([(policy, 1), (runs_dir / "run", 1), (policy, 2)]):
        words = ("--seed", 43, "--episode-seed", seed, "--output", f"{number}.gif")
        run_here("show", agent, *words)
    first, second, other = ((tmp_path / f"{n}.gif").read_bytes() for n in range(3))
    assert first == second
    assert first != other


def test_scripts_are_shown_in_the_published_game(run_here, tmp_path):
    lines = run_here("show", "AC", "--opponent", "AC").splitlines()
    assert all(float(line.rpartition(" ")[2]) > 0 for line in lines[:2])
    with Image.open(tmp_path / "AC_vs_AC_episode_0.gif") as image:
        assert image.n_frames == 51


@pytest.mark.slow
def test_evaluation_against_a_file_is_that_against_the_agent_in_it(runs_dir, policy, run_here):
    run, game = training_run.load_run(runs_dir / "run"), coin_game_rollout.make_game(CONFIG)
    pair = (coin_game_rollout.learned(game, run.agent),) * 2
    learned = [jax.tree.map(lambda leaf, i=i: leaf[i], run.params) for i in range(2)]

    @jax.jit
    def rewards(params, key):
        seats = (params, learned[1])
        return matches.play_many(game, pair, seats, key, CONFIG.num_eval_episodes).rewards

    expected = [
        rewards(params, jax.random.fold_in(jax.random.key(seed), 2)).mean(axis=(0, 1)).tolist()
        for params, seed in zip(learned, SEEDS, strict=True)
    ]
    metrics = players.evaluate_against(run, runs_dir / "run", policy)
    np.testing.assert_allclose([*metrics.values()], np.transpose(expected), atol=1e-6)
    assert run_here("evaluate", runs_dir / "run", "--opponent", policy) == "".join(
        [
            f"{'seed':<28}{42:>9}{43:>9}\n",
            *(
                f"{name:<28}" + "".join(f"{value:>9.3f}" for value in values) + "\n"
                for name, values in metrics.items()
            ),
            "after 2 updates\n",
        ]
    )


@pytest.mark.slow
def test_players_of_another_grid_are_refused(runs_dir, policy, refuses):
    message = "plays another game: height: 3, not 4; width: 3, not 4"
    assert refuses("show", runs_dir / "wide", "--opponent", policy) == f"loqa: player {message}"
    assert refuses("evaluate", runs_dir / "wide", "--opponent", policy).endswith(message)
    line = refuses("show", runs_dir / "wide", "--opponent", runs_dir / "run")
    assert line == f"loqa: run_seed_42 {message}"


@pytest.mark.slow
def test_damaged_and_foreign_files_are_refused(runs_dir, policy, refuses, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    (folder / "cut").write_bytes(policy.read_bytes()[:-1])
    checkpoint = runs_dir / "run" / "checkpoint_00000002.ckpt"
    for words in (("show",), ("evaluate", runs_dir / "run", "--opponent")):
        assert "cut is damaged: truncated" in refuses(*words, folder / "cut")
        assert "00000002.ckpt is no portable policy" in refuses(*words, checkpoint)
    assert "No such file" in refuses("evaluate", runs_dir / "run", "--opponent", folder / "gone")


def test_player_that_nobody_knows_is_refused_with_the_valid_names(refuses):
    line = refuses("show", "AX")
    assert line == (
        "loqa: unknown player 'AX': neither a run folder nor an exported file nor one of "
        "AC, AD, random"
    )
    assert "unknown player 'seld'" in refuses("show", "AC", "--opponent", "seld")


@pytest.mark.slow
def test_seed_that_a_run_does_not_have_is_refused(runs_dir, refuses):
    assert refuses("show", runs_dir / "run", "--seed", 44).endswith(
        "run has no seed 44; valid: 42, 43"
    )
    assert refuses("export", runs_dir / "run", "--seed", 44).endswith("valid: 42, 43")


@pytest.mark.slow
def test_run_of_the_prisoners_dilemma_is_refused(refuses, runs_dir, policy, tmp_path_factory):
    path = tmp_path_factory.mktemp("ipd") / "run"
    short_run(path, IpdConfig(num_updates=1, eval_every_updates=1, batch_size=2))
    for words in (("export", path), ("show", path), ("evaluate", path, "--opponent", policy)):
        assert refuses(*words).endswith(
            "run is no run of the Coin Game: only its players are exported or shown"
        )


def test_folder_that_is_no_run_is_refused(refuses, tmp_path_factory):
    folder = tmp_path_factory.mktemp("empty")
    for command in ("export", "show"):
        assert refuses(command, folder).endswith("is not a run folder: it holds no run.json")


def test_nonsense_is_refused_before_anything_is_played(refuses):
    assert refuses("show", "AC", "--output", "a.jpg") == (
        "loqa: --output must end in .gif or .png, got a.jpg; see --help"
    )
    assert refuses("export", "run", "--output", ".").endswith(
        "must be a file, got the folder .; see --help"
    )
    assert "between 0 and 2147483647, got -1" in refuses("show", "AC", "--episode-seed", -1)
    assert "did you mean --opponent?" in refuses("show", "AC", "--oponent", "AD")


def test_script_that_cannot_play_with_two_coins_says_so():
    game = CoinGame(coins="one_per_player")
    players.check_can_play(game, players.find("random"))
    with pytest.raises(UserError, match="AC knows games with a single coin only; try random"):
        players.check_can_play(game, players.find("AC"))
