"""The commands of Meta-Value Learning: `python -m meta_value COMMAND`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from common.logger import commands
from common.logger.command_line import check_name, check_seeds, parse, say, shown_path, without
from common.logger.commands import Call, Command, RunFlags
from common.logger.errors import UserError
from common.logger.experiment import PRESETS, Paper
from common.logger.interrupts import SignalWatch
from meta_value.experiments import PAPER


@dataclass(frozen=True)
class Reproduce(commands.Reproduce):
    """Runs experiments, writes their records and prints the claim table."""

    def names(self, paper: Paper) -> list[str]:
        """Returns the names of the experiments to run; a smoke run has time for all."""
        if self.preset == "smoke" and self.experiment is None:
            return list(paper.experiments)
        return super().names(paper)


@dataclass(frozen=True)
class Train:
    """Trains one setting (of an experiment with several agents the first) and evaluates it."""

    experiment: Annotated[
        Positional[str], arg(metavar="EXPERIMENT", help="whose settings are trained; see `list`")
    ]
    preset: Annotated[str, arg(help=f"size: {', '.join(PRESETS)}")] = "quick"
    seed: Annotated[int, arg(help="first seed")] = PAPER.first_seed
    num_seeds: Annotated[int, arg(help="seeds trained side by side")] = 1
    run_dir: Annotated[Path | None, arg(help="folder of the run (None: in --runs-dir)")] = None
    run: RunFlags = RunFlags()
    config: Any = None  # the settings themselves, of a class that the experiment decides


@dataclass(frozen=True)
class Evaluate:
    """Evaluates the newest checkpoint of a run, or a given one."""

    run_dir: Annotated[Positional[Path], arg(metavar="RUN_DIR", help="folder of a run")]
    checkpoint: Annotated[Path | None, arg(help="file (None: the newest of the run)")] = None


@dataclass(frozen=True)
class Bench:
    """Measures throughput, compile time and peak memory."""

    repeats: Annotated[int, arg(help="timed repeats after a warm-up")] = 5
    output: Annotated[Path, arg(help="file to write")] = PAPER.folder / "results" / "bench.json"

    def __post_init__(self) -> None:
        """Refuses what cannot be measured or written."""
        if self.repeats < 1:
            raise UserError(f"--repeats must be at least 1, got {self.repeats}")
        commands.check_is_file(self.output)


@dataclass(frozen=True)
class Show:
    """Writes a page on which the learned meta-value of the Logistic Game can be explored."""

    what: Annotated[
        Positional[str], arg(metavar="WHAT", help="logistic: the meta-value of the Logistic Game")
    ]
    run_dir: Annotated[
        Path | None, arg(help="folder of a training in that game (None: the newest)")
    ] = None
    seed: Annotated[int | None, arg(help="of the run (None: the run's first)")] = None
    output: Annotated[Path, arg(help="page to write")] = Path("meta_value_logistic.html")

    def __post_init__(self) -> None:
        """Refuses what cannot be shown or written."""
        check_name(self.what, ("logistic",), "page")
        if self.output.suffix != ".html":
            raise UserError(f"--output must end in .html, got {self.output}")


def main(words: Sequence[str], watch: SignalWatch | None = None) -> int:
    """Runs one command; returns the exit code."""
    return commands.run(PAPER, COMMANDS, words, watch or SignalWatch())


def reproduce(parsed: Reproduce, call: Call) -> int:
    """Runs experiments; what several of them need is trained and computed once."""
    shared: dict[str, dict[Any, Any]] = {"finished": {}, "computed": {}}

    def make_trainer(name: str, seeds: Sequence[int], options: Any) -> Any:
        from meta_value.run.training_run import Trainer

        runs_dir = parsed.run.runs_dir / PAPER.name
        return Trainer(runs_dir, seeds, options, name, shared["finished"], shared["computed"])

    return commands.reproduce_experiments(parsed, call, make_trainer)


def train(parsed: Train, call: Call) -> int:
    """Trains one setting and prints its last evaluation."""
    commands.prepare_jax()
    from meta_value.run.training_run import Trainer

    call.goes_on_with([*without(call.words, "--resume"), "--resume"])
    seeds = range(parsed.seed, parsed.seed + parsed.num_seeds)
    options = call.run_options(parsed.run)
    trainer = Trainer(parsed.run.runs_dir / PAPER.name, seeds, options, parsed.experiment)
    result = trainer.train(parsed.config, path=parsed.run_dir)
    commands.print_metrics(result.metrics, seeds)
    say(f"run folder: {shown_path(result.path)}")
    return 0


def evaluate(parsed: Evaluate, call: Call) -> int:
    """Evaluates a checkpoint."""
    del call
    commands.prepare_jax()
    from meta_value.run import training_run

    run = training_run.load_run(parsed.run_dir, parsed.checkpoint)
    commands.print_metrics(run.evaluate(), run.seeds)
    say(f"after {run.step} updates")
    return 0


def report(parsed: commands.Report, call: Call) -> int:
    """Rebuilds the tables of README and NOTES, CLAIMS and figures from committed results."""
    del parsed
    return commands.report(call)


def bench(parsed: Bench, call: Call) -> int:
    """Measures throughput, compile time and peak memory."""
    del call
    commands.prepare_jax()
    from meta_value.run import bench as benchmark

    say(benchmark.run(parsed.repeats, parsed.output))
    return 0


def show(parsed: Show, call: Call) -> int:
    """Writes the page of the learned meta-value of the Logistic Game."""
    del call
    commands.prepare_jax()
    from meta_value.run import show as page

    path = page.show_logistic(parsed.run_dir, parsed.output, parsed.seed)
    say(f"page, for any browser: {shown_path(path)}")
    return 0


def parse_train(words: Sequence[str]) -> Train:
    """The options of `train`; those of the settings depend on experiment and preset."""
    default = commands.trained_settings(PAPER, words)
    body: dict[str, Any] = {"__annotations__": {"config": type(default)}, "config": default}
    options: Any = dataclass(frozen=True)(
        type("Train", (Train,), {**body, "__doc__": Train.__doc__})
    )
    parsed: Train = parse(options, words, "python -m meta_value train")
    check_name(parsed.preset, PRESETS, "preset")
    check_name(parsed.experiment, PAPER.experiments, "experiment")
    check_seeds("--num-seeds", parsed.seed, parsed.num_seeds)
    return parsed


COMMANDS = {
    "list": Command(commands.List, commands.list_experiments, commands.List.__doc__),
    "reproduce": Command(Reproduce, reproduce, Reproduce.__doc__),
    "train": Command(parse_train, train, Train.__doc__),
    "evaluate": Command(Evaluate, evaluate, Evaluate.__doc__),
    "report": Command(commands.Report, report, commands.Report.__doc__),
    "bench": Command(Bench, bench, Bench.__doc__),
    "show": Command(Show, show, Show.__doc__),
}
