"""Tests of runs of the Coin Game: stopped between checkpoints they end with the same bits."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import pytest

from common.logger import checkpoints
from common.logger.errors import InterruptedRunError
from common.logger.run_folder import RunOptions
from loqa.config import CoinGameConfig
from loqa.pola.config import PolaConfig
from loqa.run import training_run

pytestmark = pytest.mark.slow

SEEDS = (42, 43)
CONFIG = CoinGameConfig(
    num_updates=8,
    eval_every_updates=4,
    num_eval_episodes=2,
    batch_size=4,
    num_opponents=2,
    episode_length=3,
    actor_hidden_size=4,
    critic_hidden_size=4,
    push_every_updates=2,
)


def train(config, path: Path, **options: Any) -> training_run.RunResult:
    """Trains the seeds in a folder of their own, with a checkpoint after every chunk."""
    told = RunOptions(quiet=True, checkpoint_seconds=0.0, **options)
    return training_run.Trainer(path, SEEDS, told, "test").train(config, path=path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run that was never stopped."""
    path = tmp_path_factory.mktemp("runs") / "whole"
    with jax.debug_key_reuse(False):  # see the fixture keys_unchecked
        train(CONFIG, path)
    return path


def stopping_at(number: int, error: BaseException) -> Callable[[], None]:
    """A `stop_if_asked` whose call of this number, from one on, raises the error."""
    calls = iter(range(1, 100))

    def stop_if_asked() -> None:
        if next(calls) == number:
            raise error

    return stop_if_asked


def test_a_run_stopped_between_two_evaluations_goes_on_with_the_same_bits(
    whole: Path, tmp_path: Path, keys_unchecked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_run, "SECONDS_AT_ONCE", 0.0)  # one update at a time
    stopped = tmp_path / "stopped"
    with pytest.raises(InterruptedRunError):
        train(CONFIG, stopped, stop_if_asked=stopping_at(4, InterruptedRunError(signal.SIGTERM)))
    assert steps(stopped)[-1] == 3
    train(CONFIG, stopped, resume=True)
    assert (stopped / "metrics.jsonl").read_bytes() == (whole / "metrics.jsonl").read_bytes()
    newest = checkpoints.list_checkpoints(stopped)[-1].name
    assert (stopped / newest).read_bytes() == (whole / newest).read_bytes()


def test_a_saved_run_holds_settings_seeds_and_the_agents(whole: Path, keys_unchecked: None) -> None:
    run = training_run.load_run(whole)
    assert (run.config, tuple(run.seeds), run.step) == (CONFIG, SEEDS, 8)
    kernel = run.params["actor"]["params"]["recurrent_kernel"]
    assert kernel.shape == (2, 4, 12)
    assert steps(whole)[-1] == 8


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
    result = train(config, tmp_path / "pola")
    assert len(result.metrics["vs_always_defect"]) == 2
    saved = training_run.load_run(tmp_path / "pola")
    assert saved.config == config


def steps(path: Path) -> list[int]:
    """Updates done at each checkpoint of a run."""
    return [int(file.stem.partition("_")[2]) for file in checkpoints.list_checkpoints(path)]
