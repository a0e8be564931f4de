"""The commands of Riemannian Diffusion Models: `python -m riemannian_diffusion COMMAND`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from common.logger import commands
from common.logger.command_line import (
    check_name,
    check_seeds,
    parse,
    say,
    shown_path,
    warn,
    without,
)
from common.logger.commands import Call, Command, RunFlags
from common.logger.errors import UserError
from common.logger.experiment import PRESETS, Paper
from common.logger.interrupts import SignalWatch
from riemannian_diffusion.data import data_files
from riemannian_diffusion.data.data_files import DATA_DIR_VARIABLE, default_data_dir
from riemannian_diffusion.experiments import PAPER
from riemannian_diffusion.experiments.trainings import data_sets

DataDir = Annotated[
    Path, arg(help=f"folder of the data sets; {DATA_DIR_VARIABLE} in the environment sets it too")
]


@dataclass(frozen=True)
class Reproduce(commands.Reproduce):
    """Runs experiments, writes their records and prints the claim table."""

    data_dir: DataDir = field(default_factory=default_data_dir)

    def names(self, paper: Paper) -> list[str]:
        """Returns the names of the experiments to run whose data sets are there.

        Raises:
          UserError: see `commands.Reproduce`; or the data of an experiment that was named miss.
        """
        names = super().names(paper)
        missing = {name for name in names if self._missing(paper, name)}
        if missing and self.experiment is not None:
            name = min(missing, key=names.index)
            file = self._missing(paper, name)[0]
            raise UserError(f"{name}: {file.missing(self.data_dir)}")
        return [name for name in names if name not in missing]

    def left_out(self, paper: Paper) -> list[str]:
        """Returns the names of the default run that are left out for want of data."""
        here = self.names(paper)
        return [name for name in super().names(paper) if name not in here]

    def _missing(self, paper: Paper, name: str) -> list[data_files.DataFile]:
        config = paper.experiments[name].configs[self.preset]
        return data_files.missing(data_sets(config), self.data_dir)


@dataclass(frozen=True)
class Train:
    """Trains one setting (of an experiment with several models the first) and evaluates it."""

    experiment: Annotated[
        Positional[str], arg(metavar="EXPERIMENT", help="whose settings are trained; see `list`")
    ]
    preset: Annotated[str, arg(help=f"size: {', '.join(PRESETS)}")] = "quick"
    seed: Annotated[int, arg(help="first seed")] = PAPER.first_seed
    num_seeds: Annotated[int, arg(help="seeds trained side by side")] = 1
    run_dir: Annotated[Path | None, arg(help="folder of the run (None: in --runs-dir)")] = None
    data_dir: DataDir = field(default_factory=default_data_dir)
    run: RunFlags = RunFlags()
    config: Any = None  # the settings themselves, of a class that the experiment decides


@dataclass(frozen=True)
class Evaluate:
    """Evaluates the newest checkpoint of a run, or a given one."""

    run_dir: Annotated[Positional[Path], arg(metavar="RUN_DIR", help="folder of a run")]
    checkpoint: Annotated[Path | None, arg(help="file (None: the newest of the run)")] = None
    data_dir: DataDir = field(default_factory=default_data_dir)


@dataclass(frozen=True)
class Bench:
    """Measures throughput, compile time and peak memory; writes results/bench.json."""

    repeats: Annotated[int, arg(help="timed repeats after a warm-up")] = 5
    output: Annotated[Path, arg(help="file to write")] = PAPER.folder / "results" / "bench.json"

    def __post_init__(self) -> None:
        """Refuses what cannot be measured or written."""
        if self.repeats < 1:
            raise UserError(f"--repeats must be at least 1, got {self.repeats}")
        commands.check_is_file(self.output)


@dataclass(frozen=True)
class Show:
    """Draws samples and density of a trained model: a turning globe, a plot of angles, a disc."""

    run_dir: Annotated[
        Positional[Path], arg(metavar="RUN_DIR", help="folder of a training of a diffusion model")
    ]
    seed: Annotated[int | None, arg(help="of the run (None: its first)")] = None
    output: Annotated[
        Path | None, arg(help="picture to write (None: MANIFOLD.png here; of the sphere a GIF)")
    ] = None
    data_dir: DataDir = field(default_factory=default_data_dir)


@dataclass(frozen=True)
class Data:
    """Checks the files in the data folder; exit code 1 while one is missing."""

    download: Annotated[bool, arg(help="fetch what is missing and public")] = False
    data_dir: DataDir = field(default_factory=default_data_dir)


def main(words: Sequence[str], watch: SignalWatch | None = None) -> int:
    """Runs one command; returns the exit code."""
    return commands.run(PAPER, COMMANDS, words, watch or SignalWatch())


def reproduce(parsed: Reproduce, call: Call) -> int:
    """Runs experiments, which share their trainings."""
    if left_out := parsed.left_out(PAPER):
        missing = f"left out, as their data are not in {parsed.data_dir}: {', '.join(left_out)}"
        warn(f"{PAPER.name}: {missing}")
    finished: dict[Any, Any] = {}

    def make_trainer(name: str, seeds: Sequence[int], options: Any) -> Any:
        from riemannian_diffusion.run.training_run import Trainer

        runs_dir = parsed.run.runs_dir / PAPER.name
        return Trainer(runs_dir, seeds, options, name, parsed.data_dir, finished)

    return commands.reproduce_experiments(parsed, call, make_trainer)


def train(parsed: Train, call: Call) -> int:
    """Trains one setting and prints its last evaluation."""
    commands.prepare_jax()
    from riemannian_diffusion.run.training_run import Trainer

    call.goes_on_with([*without(call.words, "--resume"), "--resume"])
    seeds = range(parsed.seed, parsed.seed + parsed.num_seeds)
    options, runs_dir = call.run_options(parsed.run), parsed.run.runs_dir / PAPER.name
    trainer = Trainer(runs_dir, seeds, options, parsed.experiment, parsed.data_dir)
    result = trainer.train(parsed.config, "", path=parsed.run_dir)
    commands.print_metrics(result.metrics, seeds)
    say(f"run folder: {shown_path(trainer.paths[''])}")
    return 0


def evaluate(parsed: Evaluate, call: Call) -> int:
    """Evaluates a checkpoint."""
    del call
    commands.prepare_jax()
    from riemannian_diffusion.run.training_run import load_run

    run = load_run(parsed.run_dir, parsed.checkpoint, parsed.data_dir)
    commands.print_metrics(run.evaluate(), run.seeds)
    say(f"after {run.step} updates")
    return 0


def report(parsed: commands.Report, call: Call) -> int:
    """Rebuilds the README's tables and the figures from committed results."""
    del parsed
    return commands.report(call)


def bench(parsed: Bench, call: Call) -> int:
    """Measures throughput, compile time and peak memory."""
    del call
    commands.prepare_jax()
    from riemannian_diffusion.run import bench as benchmark

    say(benchmark.run(parsed.repeats, parsed.output))
    return 0


def show(parsed: Show, call: Call) -> int:
    """Draws a trained model."""
    del call
    commands.prepare_jax()
    from riemannian_diffusion.run import show as drawing

    path = drawing.show(parsed.run_dir, parsed.data_dir, parsed.seed, parsed.output)
    say(f"picture: {shown_path(path)}")
    return 0


def data(parsed: Data, call: Call) -> int:
    """Says of every file whether it is there, and fetches it if asked to."""
    del call
    is_complete = True
    for line, is_there in data_files.check(parsed.data_dir, download=parsed.download):
        say(line)
        is_complete = is_complete and is_there
    return 0 if is_complete else 1


def parse_train(words: Sequence[str]) -> Train:
    """The options of `train`; those of the settings depend on experiment and preset."""
    default = commands.trained_settings(PAPER, words)
    body = {"__annotations__": {"config": type(default)}, "config": default}
    options: Any = dataclass(frozen=True)(
        type("Train", (Train,), {**body, "__doc__": Train.__doc__})
    )
    parsed: Train = parse(options, words, "python -m riemannian_diffusion train")
    check_name(parsed.preset, PRESETS, "preset")
    check_name(parsed.experiment, PAPER.experiments, "experiment")
    check_seeds("--num-seeds", parsed.seed, parsed.num_seeds)
    for file in data_files.missing([parsed.config.target], parsed.data_dir):
        raise UserError(file.missing(parsed.data_dir))
    return parsed


COMMANDS = {
    "list": Command(commands.List, commands.list_experiments, commands.List.__doc__),
    "reproduce": Command(Reproduce, reproduce, Reproduce.__doc__),
    "train": Command(parse_train, train, Train.__doc__),
    "evaluate": Command(Evaluate, evaluate, Evaluate.__doc__),
    "report": Command(commands.Report, report, commands.Report.__doc__),
    "bench": Command(Bench, bench, Bench.__doc__),
    "show": Command(Show, show, Show.__doc__),
    "data": Command(Data, data, Data.__doc__),
}
