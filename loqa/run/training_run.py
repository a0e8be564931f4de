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

from common.logger import checkpoints, resume
from common.logger.recorder import Recorder
from common.logger.run_folder import RunFolder, RunOptions
from common.logger.settings import as_settings, config_of
from loqa import agents, coin_game_rollout, train
from loqa.config import CoinGameConfig, IpdConfig
from loqa.evaluation import exact_ipd, matches
from loqa.networks import Agent, Params
from loqa.pola import train as pola
from loqa.pola.config import PolaConfig
from loqa.run import seeds as on_devices
from loqa.run.seeds import Metrics, Program, Progress

ROOT = Path(__file__).parents[2]
CODE = (ROOT / "loqa", ROOT / "common")  # on which a training depends
SECONDS_AT_ONCE = 3.0  # of computing, after which signals are looked at
SHOWN = {  # in the progress bar, if there, as means over seeds: metric -> name
    "self_play_value": "self_play",
    "is_tit_for_tat": "tit_for_tat",
    "cosine_learned": "cosine",
    "self_play": "self_play",
    "vs_always_cooperate": "vs_AC",
    "vs_always_defect": "vs_AD",
}

Config = IpdConfig | CoinGameConfig | PolaConfig
Evaluation = Callable[[Any, Params, Array], Metrics]  # configuration, parameters; consumes the key


class Kind(NamedTuple):
    """How one kind of settings is trained and evaluated."""

    make_train: Callable[[Any], Any]  # -> init, update and learner of one seed
    make_agent: Callable[[Any], Agent]
    evaluate: Callable[[Any, Agent, Params, Array], Metrics]  # consumes the key


def _evaluate_in_coin_game(config: Any, agent: Agent, params: Params, key: Array) -> Metrics:
    game = coin_game_rollout.make_game(config)
    return matches.evaluate(game, agent, params, key, config.num_eval_episodes)


def _evaluate_pola(config: PolaConfig, agent: Agent, params: Params, key: Array) -> Metrics:
    if config.game == "ipd":
        return exact_ipd.sampled_evaluation(config.episode_length, agent, params, key)
    return _evaluate_in_coin_game(config, agent, params, key)


KINDS: dict[type, Kind] = {
    IpdConfig: Kind(train.make_ipd_train, agents.ipd_agent, exact_ipd.evaluate),
    CoinGameConfig: Kind(
        train.make_coin_game_train, agents.coin_game_agent, _evaluate_in_coin_game
    ),
    PolaConfig: Kind(pola.make_train, pola.make_agent, _evaluate_pola),
}


class RunResult(NamedTuple):
    """What a finished training leaves in memory; the rest is in its folder."""

    agent: Agent
    params: Params  # of the agents that are evaluated; leading axis: seeds
    metrics: dict[str, list[float]]  # final evaluation, a value per seed
    log: list[dict[str, Any]]  # lines of metrics.jsonl
    origin: dict[str, Any]  # provenance of the run's first start
    compile_seconds: float
    seconds_per_update: float  # of all seeds together, without evaluation; 0 if none was left


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
    over_seeds = staticmethod(on_devices.over_seeds)

    def train(
        self,
        config: Config,
        name: str = "",
        evaluation: Evaluation | None = None,
        evaluation_size: int = 0,
        path: Path | None = None,
    ) -> RunResult:
        """Trains one setting.

        Args:
          config: settings.
          name: of the training within the experiment; empty if it is the only one.
          evaluation: what is measured at every log point, if not that of the kind.
          evaluation_size: tells runs apart that are measured alike, but not as thoroughly.
          path: of its folder, if it is not to be found or begun in `runs_dir`.
        """
        settings = as_settings(config, self.seeds)
        if evaluation:
            settings["evaluation_size"] = evaluation_size
        folder, shorter = resume.locate(
            path or self.runs_dir,
            settings,
            CODE,
            self.options,
            num_updates=config.num_updates,
            can_be_lengthened=isinstance(config, IpdConfig),
            is_own_folder=path is not None,
        )
        self.paths[name] = folder.path
        description = f"{self.experiment} {name}".strip()
        result = run_seeds(config, folder, self.options, description, evaluation, shorter)
        self.origin = self.origin or result.origin
        self.compile_seconds = (self.compile_seconds or 0.0) + result.compile_seconds
        return result


def run_seeds(
    config: Config,
    folder: RunFolder,
    options: RunOptions,
    description: str,
    evaluation: Evaluation | None = None,
    shorter: Path | None = None,
) -> RunResult:
    """Trains all seeds of a run to the end, from where it stands.

    Args:
      config: settings.
      folder: of the run, which says the seeds.
      options: see `RunOptions`.
      description: for the progress bar.
      evaluation: what is measured at every log point, if not that of the kind.
      shorter: folder of a run that this one lengthens.

    Raises:
      DamagedFileError: the metrics of the run to continue are damaged.
      UserError: the run cannot be continued, or the memory does not suffice.
      DivergedError: a metric or a parameter is not finite; the last good checkpoint is kept.
      InterruptedRunError: a signal has come; the run has saved.
    """
    seeds, kind = folder.config["seeds"], KINDS[type(config)]
    training, agent = kind.make_train(config), kind.make_agent(config)
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
            begin,
            training.update,
            _evaluation_of(training, evaluation or partial(_evaluate, kind, agent), config),
            len(seeds),
        )
        rows = program.spread.rows
        progress = program.init(rows(jnp.asarray(seeds))) if saved is None else rows(saved)
        progress, seconds = _advance_to_end(program, progress, step, config, recorder)
        metrics = _per_seed(program.spread.seeds(program.evaluate(progress)))
        learners = jax.vmap(training.learner)(program.spread.seeds(progress.state))
    return RunResult(
        agent=agent,
        params=learners,
        metrics=metrics,
        log=folder.metrics.read(),
        origin=folder.provenance,
        compile_seconds=program.compile_seconds,
        seconds_per_update=seconds / max(config.num_updates - step, 1),
    )


class SavedRun(NamedTuple):
    """What a checkpoint of a run holds."""

    config: Config
    agent: Agent
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
    plain = {name: value for name, value in settings.items() if name != "evaluation_size"}
    config, seeds = config_of(plain, tuple(KINDS), path)
    kind = KINDS[type(config)]
    training, agent = kind.make_train(config), kind.make_agent(config)
    template = on_devices.shapes(_begin(training, config), len(seeds))
    progress, step = checkpoints.load_chosen(path, checkpoint, template, settings)
    evaluate = _evaluation_of(training, partial(_evaluate, kind, agent), config)
    return SavedRun(
        config=config,
        agent=agent,
        seeds=seeds,
        params=jax.vmap(training.learner)(progress.state),
        evaluate=lambda: _per_seed(on_devices.over_seeds(evaluate, progress.state)),
        step=step,
    )


def _advance_to_end(
    program: Program, progress: Progress, step: int, config: Config, recorder: Recorder
) -> tuple[Progress, float]:
    """The loop of a run: some seconds of updates; at log points evaluation, checks, metrics.

    Returns:
      The last state, and the seconds that the updates took.
    """
    every, seconds, at_once = config.eval_every_updates, 0.0, 1
    while step < config.num_updates:
        done = step % every
        number = min(at_once, every - done)
        started = time.perf_counter()
        progress = jax.block_until_ready(
            program.advance(progress, jnp.int32(done), jnp.int32(number))
        )
        took = time.perf_counter() - started
        seconds, step = seconds + took, step + number
        at_once = max(1, int(min(2 * number, number * SECONDS_AT_ONCE / took)))
        if step % every == 0:
            whole = program.spread.seeds(progress)
            evaluated = program.spread.seeds(program.evaluate(progress))
            recorder.record(step, jax.device_get(whole.series), evaluated, whole.state.params)
        else:
            recorder.advance(step)
        recorder.save_if_due(step, partial(program.spread.seeds, progress))
    return progress, seconds


def _begin(training: Any, config: Config) -> Callable[[Array], Progress]:
    return on_devices.start(
        lambda seed: training.init(jax.random.key(seed)), training.update, config.eval_every_updates
    )


def _evaluate(kind: Kind, agent: Agent, config: Config, params: Params, key: Array) -> Metrics:
    return kind.evaluate(config, agent, params, key)


def _evaluation_of(
    training: Any, evaluation: Evaluation, config: Config
) -> Callable[[Any], Metrics]:
    """Evaluation of a state with a key of its own, that of no update."""

    def evaluate(state: Any) -> Metrics:
        key, step = jnp.ravel(state.key)[0], jnp.ravel(state.step)[0]  # of the first, if two learn
        return evaluation(config, training.learner(state), jax.random.fold_in(key, step))

    return evaluate


def _per_seed(metrics: Metrics) -> dict[str, list[float]]:
    return {name: np.asarray(values).tolist() for name, values in metrics.items()}
