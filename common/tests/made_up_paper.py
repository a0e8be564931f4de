"""A made-up paper whose training lets numbers walk at random; tests run its real commands.

`python -m common.tests.made_up_paper COMMAND`. Its folder is `paper`, below the current one. With
WAIT_AT=5 in the environment a training says "waiting" when five updates are done, and waits for a
line: so a test knows where it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from tyro.conf import Positional, arg

from common.logger import commands
from common.logger.claims import Claim, Criterion
from common.logger.command_line import check_name, check_seeds, parse, say, shown_path, without
from common.logger.commands import Call, Command, RunFlags
from common.logger.curves import curve_rows
from common.logger.experiment import PRESETS, Experiment, Findings, Paper, Record, Rows
from common.logger.interrupts import SignalWatch
from common.logger.settings import as_settings, check_divides, check_fields, setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "common.tests.made_up_paper"


@dataclass(frozen=True)
class Noise:
    """A configuration inside another one."""

    scale: float = setting(0.1, "standard deviation of a step", low=0, high=1)

    def __post_init__(self) -> None:
        """Refuses a scale that makes no sense."""
        check_fields(self)


@dataclass(frozen=True)
class WalkConfig:
    """Settings of a walk."""

    num_updates: int = setting(12, "steps", low=1)
    eval_every_updates: int = setting(4, "steps between two log points", low=1)
    direction: Literal["up", "down"] = setting("up", "where the walk drifts to")
    diverges_at: int = setting(0, "step from which the number is infinite (0: none)", low=0)
    is_noisy: bool = setting(True, "whether steps are random")
    noise: Noise = Noise()

    def __post_init__(self) -> None:
        """Refuses settings that make no sense."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")


class Result(NamedTuple):
    """Of a finished training."""

    metrics: dict[str, list[float]]
    log: list[dict[str, Any]]


class Trainer:
    """Trains what an experiment needs."""

    def __init__(self, runs_dir: Path, seeds: Sequence[int], options: Any, name: str) -> None:
        """Trains nothing yet."""
        self.runs_dir, self.seeds, self.options, self.name = runs_dir, seeds, options, name
        self.origin: dict[str, Any] | None = None
        self.compile_seconds: float | None = None
        self.paths: dict[str, Path] = {}

    def train(self, config: WalkConfig, path: Path | None = None) -> Result:
        """Trains all seeds, from where the run stands to its end."""
        from common.logger import resume
        from common.tests import made_up_training

        folder, shorter = resume.locate(
            path or self.runs_dir,
            as_settings(config, self.seeds),
            [Path(__file__).parent],
            self.options,
            num_updates=config.num_updates,
            can_be_lengthened=True,
            is_own_folder=path is not None,
        )
        self.paths[""] = folder.path
        metrics = made_up_training.run(config, folder, self.options, self.name, shorter)
        self.origin = self.origin or folder.provenance
        return Result(metrics, folder.metrics.read())


def run_walk(config: WalkConfig, trainer: Trainer) -> Findings:
    """Where the walks end."""
    result = trainer.train(config)
    return Findings(result.metrics, curve_rows(result.log, trainer.seeds))


def draw_walk(record: Record, rows: Rows) -> Figure:
    """The walks over updates."""
    from matplotlib.figure import Figure

    from common.logger.curve_drawing import STYLES, draw_seeds

    figure = Figure(figsize=(2, 1))
    axes = figure.subplots()
    draw_seeds(axes, rows, "place", record["experiment"], STYLES[0])
    return figure


def run_table(config: Noise, trainer: Trainer) -> Findings:
    """A table that needs no training."""
    rows: Rows = [{"update": 0, "seed": seed, "place": 1.0} for seed in trainer.seeds]
    return Findings({"place": [1.0 + config.scale for _ in trainer.seeds]}, rows)


DRIFTS = Claim("drifts", "Table 1", "The walk drifts.", "place", Criterion("mean", ">=", 0.5))
FAR = Claim("far", "Table 1", "The walk goes far.", "place", Criterion("min", ">=", 1e6))
EXPERIMENTS = {
    "table_1_walk": Experiment(
        source="Table 1",
        summary="a walk with drift",
        claims=(DRIFTS, FAR),
        configs={"smoke": WalkConfig(4, 2), "quick": WalkConfig(), "paper": WalkConfig(24)},
        num_seeds={"smoke": 1, "quick": 3, "paper": 10},
        minutes={"smoke": 0.1, "quick": 1.5, "paper": 60},
        run=run_walk,
        draw=draw_walk,
        why_it_fails={"far": "Twelve steps are few."},
        paper_claims=(DRIFTS,),
        headline={"drifts": "a walk drifts"},
    ),
    "figure_2_walk_down": Experiment(
        source="Figure 2",
        summary="a walk with drift downwards",
        claims=(DRIFTS,),
        configs={"quick": WalkConfig(direction="down")},
        num_seeds={"quick": 3},
        minutes={"quick": 1},
        run=run_walk,
        draw=draw_walk,
        why_it_fails="It drifts downwards.",
    ),
    "beyond_table_of_walks": Experiment(
        source="beyond the paper",
        summary="a table without a training",
        claims=(DRIFTS,),
        configs={"quick": Noise()},
        num_seeds={"quick": 3},
        minutes={"quick": 1},
        run=run_table,
        draw=draw_walk,
        trained=lambda config: None,
        not_by_default="it is no walk",
    ),
}
PAPER = Paper(
    NAME,
    Path("paper"),
    EXPERIMENTS,
    first_seed=7,
    title="Walks (Fair 1900)",
    finding="Walks drift & <wander>.",
)


@dataclass(frozen=True)
class Train:
    """Trains one setting."""

    experiment: Annotated[
        Positional[str], arg(metavar="EXPERIMENT", help="whose settings are trained; see `list`")
    ]
    preset: Annotated[str, arg(help=f"size: {', '.join(PRESETS)}")] = "quick"
    seed: Annotated[int, arg(help="first seed")] = PAPER.first_seed
    num_seeds: Annotated[int, arg(help="seeds trained side by side")] = 1
    run_dir: Annotated[Path | None, arg(help="folder of the run")] = None
    run: RunFlags = RunFlags()
    config: Any = None


def parse_train(words: Sequence[str]) -> Train:
    """The options of `train`, those of the settings included."""
    default = commands.trained_settings(PAPER, words)
    body = {"__annotations__": {"config": type(default)}, "config": default}
    options: Any = dataclass(frozen=True)(
        type("Train", (Train,), {**body, "__doc__": Train.__doc__})
    )
    parsed: Train = parse(options, words, f"python -m {NAME} train")
    check_name(parsed.preset, PRESETS, "preset")
    check_name(parsed.experiment, PAPER.experiments, "experiment")
    check_seeds("--num-seeds", parsed.seed, parsed.num_seeds)
    return parsed


def train(parsed: Train, call: Call) -> int:
    """Trains one setting and prints its last evaluation."""
    commands.prepare_jax()
    call.goes_on_with([*without(call.words, "--resume"), "--resume"])
    seeds = range(parsed.seed, parsed.seed + parsed.num_seeds)
    trainer = Trainer(parsed.run.runs_dir, seeds, call.run_options(parsed.run), parsed.experiment)
    result = trainer.train(parsed.config, parsed.run_dir)
    commands.print_metrics(result.metrics, seeds)
    say(f"run folder: {shown_path(trainer.paths[''])}")
    return 0


def reproduce(parsed: commands.Reproduce, call: Call) -> int:
    """Runs experiments, each with a trainer of its own."""
    return commands.reproduce_experiments(
        parsed,
        call,
        lambda name, seeds, options: Trainer(parsed.run.runs_dir, seeds, options, name),
    )


def report(parsed: commands.Report, call: Call) -> int:
    """Rebuilds the README's tables and the figures."""
    del parsed
    return commands.report(call)


COMMANDS = {
    "list": Command(commands.List, commands.list_experiments, "lists"),
    "reproduce": Command(commands.Reproduce, reproduce, "reproduces"),
    "train": Command(parse_train, train, "trains"),
    "report": Command(commands.Report, report, "reports"),
}


def main(words: Sequence[str], watch: SignalWatch | None = None) -> int:
    """Runs one command; returns the exit code."""
    return commands.run(PAPER, COMMANDS, words, watch or SignalWatch())


def wait_at(step: int) -> None:
    """Waits for a line if a test wants that here."""
    if os.environ.get("WAIT_AT") == str(step):
        say("waiting")
        sys.stdout.flush()
        sys.stdin.readline()


if __name__ == "__main__":
    signals = SignalWatch()
    signals.install()
    sys.exit(main(sys.argv[1:], signals))
