"""Tests of runs of the Coin Game: stopped between checkpoints they end with the same bits."""

import signal
from collections.abc import Callable
from pathlib import Path

import jax
import pytest

from common.logger import checkpoints
from common.logger.errors import InterruptedRunError
from loqa import methods
from loqa.config import CoinGameConfig, PolaConfig
from loqa.run import training_run as runs

SEEDS = (42, 43)
CONFIG = CoinGameConfig(
    num_updates=8,
    eval_every_updates=2,
    checkpoint_every_updates=4,
    num_eval_episodes=2,
    batch_size=4,
    num_opponents=2,
    episode_length=3,
    actor_hidden_size=4,
    critic_hidden_size=4,
    push_every_updates=2,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run that was never stopped."""
    path = tmp_path_factory.mktemp("runs") / "whole"
    with jax.debug_key_reuse(False):  # see the fixture keys_unchecked
        runs.run_seeds(CONFIG, SEEDS, path, runs.RunOptions(quiet=True))
    return path


def stopping_at(number: int, error: BaseException) -> Callable[[], None]:
    """A `stop_if_asked` whose call of this number, from one on, raises the error."""
    calls = iter(range(1, 100))

    def stop_if_asked() -> None:
        if next(calls) == number:
            raise error

    return stop_if_asked


@pytest.mark.parametrize(
    ("error", "saved"),
    [
        (InterruptedRunError(signal.SIGTERM), [4, 6]),  # saves where it stands
        (KeyboardInterrupt(), [4]),  # like a kill: two updates since the checkpoint are lost
    ],
)
def test_a_run_stopped_between_checkpoints_goes_on_with_the_same_bits(
    whole: Path, tmp_path: Path, error: BaseException, saved: list[int], keys_unchecked: None
) -> None:
    stopped = tmp_path / "stopped"
    options = runs.RunOptions(quiet=True, stop_if_asked=stopping_at(4, error))  # after update 6
    with pytest.raises(type(error)):
        runs.run_seeds(CONFIG, SEEDS, stopped, options)
    assert steps(stopped) == saved
    runs.run_seeds(CONFIG, SEEDS, stopped, runs.RunOptions(quiet=True, resume=True))
    assert (stopped / "metrics.jsonl").read_bytes() == (whole / "metrics.jsonl").read_bytes()
    last = checkpoints.list_checkpoints(stopped)[-1].name
    assert (stopped / last).read_bytes() == (whole / last).read_bytes()


def test_a_saved_run_holds_settings_seeds_and_the_agents(whole: Path) -> None:
    run = runs.load_run(whole)
    assert (run.config, tuple(run.seeds), run.step) == (CONFIG, SEEDS, 8)
    kernel = run.params["actor"]["params"]["recurrent_kernel"]
    assert kernel.shape == (2, 4, 12)
    assert steps(whole) == [4, 8]


def test_a_run_of_pola_is_saved_and_found_again(tmp_path: Path, keys_unchecked: None) -> None:
    config = PolaConfig(
        num_updates=1,
        num_eval_episodes=2,
        batch_size=2,
        episode_length=3,
        num_outer_steps=1,
        num_inner_steps=1,
        hidden_size=4,
    )
    result = runs.run_seeds(config, SEEDS, tmp_path / "pola", runs.RunOptions(quiet=True))
    assert len(result.metrics["vs_always_defect"]) == 2
    saved = runs.load_run(tmp_path / "pola")
    assert saved.config == config
    assert methods.plays_coin_game(saved.config)


def steps(path: Path) -> list[int]:
    """Updates done at each checkpoint of a run."""
    return [int(file.stem.partition("_")[2]) for file in checkpoints.list_checkpoints(path)]
