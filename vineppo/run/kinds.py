"""How each class of settings is trained, and what a checkpoint of such a training holds."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from common.logger import checkpoints
from common.logger.run_folder import RunFolder
from common.logger.settings import config_of
from vineppo.baselines.dpo import DpoTraining
from vineppo.baselines.restem import RestEmTraining
from vineppo.config import DpoConfig, RestEmConfig, RlConfig, SftConfig, TrainingConfig
from vineppo.model_files import sharded_checkpoints
from vineppo.sft import SftTraining
from vineppo.tasks.setup import first_params, make_setup
from vineppo.train import RlTraining
from vineppo.transformer import Params

State = Any
Training = Any  # config, metric_names, init(seed), evaluate(state, between_batches), and an update
Series = Mapping[str, Sequence[float] | np.ndarray]  # metrics of some updates


class Progress(NamedTuple):
    """How far the training of a seed is: all that a checkpoint holds."""

    state: State
    series: np.ndarray  # [metrics, E], of the updates since the last evaluation; then of older ones


def one_by_one(training: Training, state: State, number: int) -> tuple[State, Series]:
    """Some updates of one seed; metrics [number]."""
    lines = []
    for _ in range(number):
        state, metrics = training.update(state)
        lines.append(metrics)
    return state, {name: [line[name] for line in lines] for name in training.metric_names}


class Kind(NamedTuple):
    """How one class of settings is trained.

    Attributes:
      make: settings, setup and initial policy -> training of one seed.
      advance: training, state and a number of updates -> state and metrics [number].
      block: updates that are compiled together; None if any number may be done at once.
      can_be_lengthened: whether an update does not depend on how many there will be.
    """

    make: Callable[..., Training]
    advance: Callable[[Training, State, int], tuple[State, Series]] = one_by_one
    block: Callable[[Any], int | None] = lambda config: None
    can_be_lengthened: bool = False


KINDS: dict[type, Kind] = {
    SftConfig: Kind(SftTraining, SftTraining.advance, lambda config: config.updates_at_once),
    RlConfig: Kind(RlTraining),
    RestEmConfig: Kind(RestEmTraining, can_be_lengthened=True),
    DpoConfig: Kind(DpoTraining),
}


def make_training(config: TrainingConfig, reference: Params | None) -> Training:
    """The training of one seed.

    Args:
      config: settings; their class decides what is trained.
      reference: the initial policy; imitation, which makes it, does not look at it.
    """
    return KINDS[type(config)].make(config, make_setup(config.initial), reference)


def begin(training: Training, seeds: Sequence[int]) -> list[Progress]:
    """All seeds of a training before the first update."""
    shape = (len(training.metric_names), max(training.config.eval_every_updates, 1))
    return [Progress(training.init(seed), np.zeros(shape)) for seed in seeds]


def advance(training: Training, done: int, number: int, progress: Progress) -> Progress:
    """Some updates of one seed.

    Args:
      training: of the seed.
      done: updates since the last evaluation.
      number: of updates.
      progress: where the seed is.
    """
    state, found = KINDS[type(training.config)].advance(training, progress.state, number)
    series = progress.series.copy()
    series[:, done : done + number] = [found[name] for name in training.metric_names]
    return Progress(state, series)


class SavedRun(NamedTuple):
    """What a checkpoint of a run holds."""

    config: TrainingConfig
    training: Training
    seeds: list[int]
    step: int  # updates done
    states: list[State]  # one per seed

    def evaluate(self) -> dict[str, list[float]]:
        """Metrics, a value per seed."""
        return per_seed([self.training.evaluate(state, lambda: None) for state in self.states])


def load_run(path: Path, checkpoint: Path | None = None) -> SavedRun:
    """Loads a checkpoint of a run.

    Args:
      path: the run folder.
      checkpoint: the file; None for the newest.

    Raises:
      FileNotFoundError: there is no such run or checkpoint.
      DamagedFileError: the file fails a check; the message offers an older one.
      UserError: run or checkpoint are of another configuration or version.
    """
    settings = RunFolder.open(path).config
    config, seeds = config_of(settings, tuple(KINDS), path)
    training = make_training(config, first_params(make_setup(config.initial)))
    progress, step = checkpoints.load_chosen(
        path, checkpoint, begin(training, seeds), settings, read=sharded_checkpoints.load
    )
    return SavedRun(config, training, seeds, step, [each.state for each in progress])


def per_seed(lines: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    """Metrics of each seed as a value per seed of each metric."""
    return {name: [line[name] for line in lines] for name in lines[0]}


@jax.jit
def is_finite(params: Params) -> jax.Array:
    """Whether all parameters of a model are finite."""
    return jnp.all(jnp.array([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(params)]))
