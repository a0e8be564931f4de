"""The commands of LOQA: `python -m loqa COMMAND`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from common.logger import commands
from common.logger.command_line import check_name, check_seeds, parse, say, shown_path, without
from common.logger.commands import Call, Command, RunFlags
from common.logger.errors import UserError
from common.logger.experiment import PRESETS
from common.logger.interrupts import SignalWatch
from loqa.experiments import PAPER

SELF = "self"
PLAYERS = "a run folder, an exported file, AC, AD or random"


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
    """Evaluates the newest checkpoint of a run, or a given one, alone or against a player."""

    run_dir: Annotated[Positional[Path], arg(metavar="RUN_DIR", help="folder of a run")]
    checkpoint: Annotated[Path | None, arg(help="file (None: the newest of the run)")] = None
    opponent: Annotated[Path | None, arg(help="exported Coin Game player to play against")] = None


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
class Export:
    """Writes a Coin Game player of a run to one file, which any program can play."""

    run_dir: Annotated[
        Positional[Path], arg(metavar="RUN_DIR", help="folder of a run in the Coin Game")
    ]
    seed: Annotated[int | None, arg(help="whose agent is exported (None: the first)")] = None
    checkpoint: Annotated[Path | None, arg(help="file (None: the newest of the run)")] = None
    output: Annotated[Path | None, arg(help="file to write (None: one in RUN_DIR)")] = None

    def __post_init__(self) -> None:
        """Refuses what cannot be written."""
        commands.check_is_file(self.output)


@dataclass(frozen=True)
class Show:
    """Plays one episode of the Coin Game and draws it, as an animated GIF or a PNG strip."""

    agent: Annotated[
        Positional[str], arg(metavar="PLAYER", help=f"player in the first seat: {PLAYERS}")
    ]
    opponent: Annotated[str, arg(help=f"player in the other seats: {PLAYERS}, or {SELF}")] = SELF
    seed: Annotated[int | None, arg(help="of runs, whose agents play (None: the first)")] = None
    episode_seed: Annotated[int, arg(help="decides the episode")] = 0
    output: Annotated[Path | None, arg(help=".gif, or .png for a strip (None: a GIF)")] = None

    def __post_init__(self) -> None:
        """Refuses what cannot be drawn."""
        check_seeds("--episode-seed", self.episode_seed, 1)
        if self.output is not None and self.output.suffix not in (".gif", ".png"):
            raise UserError(f"--output must end in .gif or .png, got {self.output}")


def main(words: Sequence[str], watch: SignalWatch | None = None) -> int:
    """Runs one command; returns the exit code."""
    return commands.run(PAPER, COMMANDS, words, watch or SignalWatch())


def reproduce(parsed: commands.Reproduce, call: Call) -> int:
    """Runs experiments, each with a trainer of its own."""

    def make_trainer(name: str, seeds: Sequence[int], options: Any) -> Any:
        from loqa.run.training_run import Trainer

        return Trainer(parsed.run.runs_dir / PAPER.name, seeds, options, name)

    return commands.reproduce_experiments(parsed, call, make_trainer)


def train(parsed: Train, call: Call) -> int:
    """Trains one setting and prints its last evaluation."""
    commands.prepare_jax()
    from loqa.run.training_run import Trainer

    call.goes_on_with([*without(call.words, "--resume"), "--resume"])
    seeds = range(parsed.seed, parsed.seed + parsed.num_seeds)
    options = call.run_options(parsed.run)
    trainer = Trainer(parsed.run.runs_dir / PAPER.name, seeds, options, parsed.experiment)
    result = trainer.train(parsed.config, path=parsed.run_dir)
    commands.print_metrics(result.metrics, seeds)
    say(f"run folder: {shown_path(trainer.paths[''])}")
    return 0


def evaluate(parsed: Evaluate, call: Call) -> int:
    """Evaluates a checkpoint alone, or against an exported player."""
    del call
    commands.prepare_jax()
    from loqa.run import players, training_run

    run = training_run.load_run(parsed.run_dir, parsed.checkpoint)
    if parsed.opponent is None:
        metrics = run.evaluate()
    else:
        metrics = players.evaluate_against(run, parsed.run_dir, parsed.opponent)
    commands.print_metrics(metrics, run.seeds)
    say(f"after {run.step} updates")
    return 0


def report(parsed: commands.Report, call: Call) -> int:
    """Rebuilds the pages' tables and the figures from committed results."""
    del parsed
    from loqa.run import original_table

    return commands.report(call, {"bench_original": original_table.markdown(PAPER.folder)})


def bench(parsed: Bench, call: Call) -> int:
    """Measures throughput, compile time and peak memory."""
    del call
    commands.prepare_jax()
    from loqa.run import bench as benchmark

    say(benchmark.run(parsed.repeats, parsed.output))
    return 0


def export(parsed: Export, call: Call) -> int:
    """Writes a Coin Game player of a run to one file."""
    del call
    commands.prepare_jax()
    from loqa.run import players

    path, step = players.export(parsed.run_dir, parsed.seed, parsed.checkpoint, parsed.output)
    say(f"player after {step} updates: {shown_path(path)}")
    return 0


def show(parsed: Show, call: Call) -> int:
    """Plays one episode of the Coin Game and draws it."""
    del call
    commands.prepare_jax()
    from loqa.run import show as drawing

    path, rewards = drawing.show(
        parsed.agent,
        parsed.agent if parsed.opponent == SELF else parsed.opponent,
        seed=parsed.seed,
        episode_seed=parsed.episode_seed,
        output=parsed.output,
    )
    for name, reward in rewards.items():
        say(f"{name}: reward {reward:+g}")
    say(f"episode: {shown_path(path)}")
    return 0


def parse_train(words: Sequence[str]) -> Train:
    """The options of `train`; those of the settings depend on experiment and preset."""
    default = commands.trained_settings(PAPER, words)
    body: dict[str, Any] = {"__annotations__": {"config": type(default)}, "config": default}
    options: Any = dataclass(frozen=True)(
        type("Train", (Train,), {**body, "__doc__": Train.__doc__})
    )
    parsed: Train = parse(options, words, "python -m loqa train")
    check_name(parsed.preset, PRESETS, "preset")
    check_name(parsed.experiment, PAPER.experiments, "experiment")
    check_seeds("--num-seeds", parsed.seed, parsed.num_seeds)
    return parsed


COMMANDS = {
    "list": Command(commands.List, commands.list_experiments, commands.List.__doc__),
    "reproduce": Command(commands.Reproduce, reproduce, commands.Reproduce.__doc__),
    "train": Command(parse_train, train, Train.__doc__),
    "evaluate": Command(Evaluate, evaluate, Evaluate.__doc__),
    "report": Command(commands.Report, report, commands.Report.__doc__),
    "bench": Command(Bench, bench, Bench.__doc__),
    "export": Command(Export, export, Export.__doc__),
    "show": Command(Show, show, Show.__doc__),
}
