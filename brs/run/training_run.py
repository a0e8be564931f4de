"""Trains the seeds of one setting: compiled updates, evaluation, what is kept of them, resume."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from brs import train
from brs.coin_game_players import Player
from brs.config import AmortisedConfig, BrsConfig, ExactCoinConfig, ExactConfig
from brs.evaluation.evaluate import agent_player, evaluate
from brs.exact import amortised_brs, coin_game_brs, coin_table, ipd_brs
from brs.run import seeds as on_devices
from brs.run.seeds import Metrics, Program, Progress
from brs.train_state import Params, Training, TrainState
from common.coin_game import CoinGame
from common.logger import checkpoints, resume
from common.logger.recorder import Recorder
from common.logger.run_folder import RunFolder, RunOptions
from common.logger.settings import as_settings, config_of

ROOT = Path(__file__).parents[2]
CODE = (ROOT / "brs", ROOT / "common")  # on which a training depends
SECONDS_AT_ONCE = 3.0  # of computing, after which signals are looked at
SHOWN = {  # in the progress bar, if there, as means over seeds: metric -> name
    "self_play": "itself",
    "agent_vs_best_response": "agent",
    "best_response": "best",
    "agent_vs_detective": "vs_det",
    "detective_regret": "regret",
}

Config = ExactConfig | ExactCoinConfig | AmortisedConfig | BrsConfig


class TrainedPlayer(NamedTuple):
    """A game, and the player of it whose parameters are those of a run's agent."""

    game: CoinGame
    player: Player


class Kind(NamedTuple):
    """What is done with settings of one class.

    Attributes:
      make_train: builds the training of one seed.
      make_player: the player of the Coin Game that comes of it; None if it plays another game.
      can_be_lengthened: whether an update does not depend on how many there will be.
    """

    make_train: Callable[[Any], Training]
    make_player: Callable[[Any], TrainedPlayer | None]
    can_be_lengthened: bool


def _table_player(config: ExactCoinConfig) -> TrainedPlayer:
    game = coin_game_brs.make_game(config)
    return TrainedPlayer(game, coin_table.player(game))


def _actor_player(config: BrsConfig) -> TrainedPlayer | None:
    if config.game != "coin_game":
        return None
    game = train.make_coin_game(config)
    actor = agent_player(game, train.make_players(config))
    player = Player(
        start=lambda params: actor.start(params["actor"]),
        act=lambda params, *seen: actor.act(params["actor"], *seen),
    )
    return TrainedPlayer(game, player)


# The buffer of past agents has room for those of a whole run.
KINDS: dict[type, Kind] = {
    ExactConfig: Kind(ipd_brs.make_train, lambda config: None, can_be_lengthened=True),
    ExactCoinConfig: Kind(coin_game_brs.make_train, _table_player, can_be_lengthened=True),
    AmortisedConfig: Kind(amortised_brs.make_train, lambda config: None, can_be_lengthened=False),
    BrsConfig: Kind(
        partial(train.make_train, evaluate=evaluate), _actor_player, can_be_lengthened=False
    ),
}


class RunResult(NamedTuple):
    """What a finished training leaves in memory; the rest is in its folder."""

    params: Params  # of the agents that are evaluated; leading axis: seeds
    metrics: dict[str, list[float]]  # final evaluation, a value per seed
    log: list[dict[str, Any]]  # lines of metrics.jsonl
    origin: dict[str, Any]  # provenance of the run's first start
    compile_seconds: float


@dataclass
class Trainer:
    """Trains what an experiment needs; what lies finished on disk is taken from there.

    Attributes:
      runs_dir: where all runs of the paper lie.
      seeds: of every training.
      options: see `RunOptions`.
      experiment: for the progress bar.
      origin: provenance of the first training, of its first start if it was resumed.
      compile_seconds: of all trainings so far.
      paths: folders of the trainings so far, by name.
    """

    runs_dir: Path
    seeds: Sequence[int]
    options: RunOptions
    experiment: str
    origin: dict[str, Any] | None = None
    compile_seconds: float | None = 0.0
    paths: dict[str, Path] = field(default_factory=dict)

    def train(self, config: Config, name: str = "", path: Path | None = None) -> RunResult:
        """Trains one setting.

        Args:
          config: settings.
          name: of the training within the experiment; empty if it is the only one.
          path: of its folder, if it is not to be found or begun in `runs_dir`.
        """
        folder, shorter = resume.locate(
            path or self.runs_dir,
            as_settings(config, self.seeds),
            CODE,
            self.options,
            num_updates=config.num_updates,
            can_be_lengthened=KINDS[type(config)].can_be_lengthened,
            is_own_folder=path is not None,
        )
        self.paths[name] = folder.path
        description = f"{self.experiment} {name}".strip()
        result = run_seeds(config, folder, self.options, description, shorter)
        self.origin = self.origin or result.origin
        self.compile_seconds = (self.compile_seconds or 0.0) + result.compile_seconds
        return result


def run_seeds(
    config: Config,
    folder: RunFolder,
    options: RunOptions,
    description: str,
    shorter: Path | None = None,
) -> RunResult:
    """Trains all seeds of a run to the end, from where it stands.

    Args:
      config: settings.
      folder: of the run, which says the seeds.
      options: see `RunOptions`.
      description: for the progress bar.
      shorter: folder of a run that this one lengthens.

    Raises:
      DamagedFileError: the metrics of the run to continue are damaged.
      UserError: the run cannot be continued, or the memory does not suffice.
      DivergedError: a metric or a parameter is not finite; the last good checkpoint is kept.
      InterruptedRunError: a signal has come; the run has saved.
    """
    seeds, training = folder.config["seeds"], KINDS[type(config)].make_train(config)
    begin = _begin(training, config)
    template = on_devices.shapes(begin, len(seeds))
    recorder = Recorder(
        folder, options, num_updates=config.num_updates, description=description, shown=SHOWN
    )
    with recorder, on_devices.memory_errors_explained():
        if shorter:
            resume.lengthen(shorter, folder, template, options.warn)
        saved, step = recorder.saved_state(template)
        program = on_devices.compile_program(
            begin, training.update, _evaluation_of(training), len(seeds)
        )
        rows = program.spread.rows
        progress = program.init(rows(jnp.asarray(seeds))) if saved is None else rows(saved)
        progress = _advance_to_end(program, progress, step, config, recorder)
        metrics = _per_seed(program.spread.seeds(program.evaluate(progress)))
        learners = jax.vmap(training.learner)(program.spread.seeds(progress.state))
    return RunResult(
        params=learners,
        metrics=metrics,
        log=folder.metrics.read(),
        origin=folder.provenance,
        compile_seconds=program.compile_seconds,
    )


class SavedRun(NamedTuple):
    """What a checkpoint of a run holds."""

    config: Config
    seeds: list[int]
    params: Params  # of the agents that are evaluated; leading axis: seeds
    evaluate: Callable[[], dict[str, list[float]]]  # metrics, a value per seed
    step: int  # updates done


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
    training = KINDS[type(config)].make_train(config)
    template = on_devices.shapes(_begin(training, config), len(seeds))
    progress, step = checkpoints.load_chosen(path, checkpoint, template, settings)
    evaluation = _evaluation_of(training)
    return SavedRun(
        config=config,
        seeds=seeds,
        params=jax.vmap(training.learner)(progress.state),
        evaluate=lambda: _per_seed(on_devices.over_seeds(evaluation, progress.state)),
        step=step,
    )


def _advance_to_end(
    program: Program, progress: Progress, step: int, config: Config, recorder: Recorder
) -> Progress:
    """The loop of a run: some seconds of updates; at log points evaluation, checks, metrics."""
    every, at_once = config.eval_every_updates, 1
    while step < config.num_updates:
        done = step % every
        number = min(at_once, every - done)
        started = time.perf_counter()
        progress = jax.block_until_ready(
            program.advance(progress, jnp.int32(done), jnp.int32(number))
        )
        took, step = time.perf_counter() - started, step + number
        at_once = max(1, int(min(2 * number, number * SECONDS_AT_ONCE / took)))
        if step % every == 0:
            whole = program.spread.seeds(progress)
            evaluated = program.spread.seeds(program.evaluate(progress))
            recorder.record(step, jax.device_get(whole.series), evaluated, whole.state.params)
        else:
            recorder.advance(step)
        recorder.save_if_due(step, partial(program.spread.seeds, progress))
    return progress


def _begin(training: Training, config: Config) -> Callable[[Array], Progress]:
    return on_devices.start(
        lambda seed: training.init(jax.random.key(seed)), training.update, config.eval_every_updates
    )


def _evaluation_of(training: Training) -> Callable[[TrainState], Metrics]:
    """Evaluation of a state with a key of its own, that of no update."""
    return lambda state: training.evaluate(state, jax.random.fold_in(state.key, state.step))


def _per_seed(metrics: Metrics) -> dict[str, list[float]]:
    return {name: np.asarray(values).tolist() for name, values in metrics.items()}
