"""The commands of Best Response Shaping: `python -m brs COMMAND`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from brs.experiments import PAPER, paper_with
from common.logger import commands
from common.logger.command_line import check_name, check_seeds, parse, say, shown_path, without
from common.logger.commands import Call, Command, RunFlags
from common.logger.errors import UserError
from common.logger.experiment import PRESETS
from common.logger.interrupts import SignalWatch

AGENTS = "AC, AD, random, Coin-TFT or Coin-Grim"  # scripts that can be examined


@dataclass(frozen=True)
class Reproduce(commands.Reproduce):
    """Runs experiments, writes their records and prints the claim table."""

    policies: Annotated[
        Path | None, arg(help="folder of portable policies (*.policy) that take part in leagues")
    ] = None

    def policy_files(self) -> tuple[str, ...]:
        """Files of the folder that may be portable policies, in the order of their names."""
        if self.policies is None:
            return ()
        files = sorted(self.policies.glob("*.policy"))
        if not files:
            raise UserError(
                f"--policies needs a folder with files *.policy, got {self.policies}; "
                "`python -m brs export` writes them"
            )
        return tuple(map(str, files))


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
    """Measures throughput, compile time and peak memory; writes results/bench.json."""

    repeats: Annotated[int, arg(help="timed repeats after a warm-up")] = 5
    output: Annotated[Path, arg(help="file to write")] = PAPER.folder / "results" / "bench.json"

    def __post_init__(self) -> None:
        """Refuses what cannot be measured or written."""
        if self.repeats < 1:
            raise UserError(f"--repeats must be at least 1, got {self.repeats}")
        commands.check_is_file(self.output)


@dataclass(frozen=True)
class Exploit:
    """Prints what every best responder gets from an agent of the Coin Game, and leaves it."""

    agent: Annotated[
        Positional[str], arg(metavar="PLAYER", help=f"file of a portable policy, or {AGENTS}")
    ]
    episodes: Annotated[int, arg(help="of every responder")] = 16
    updates: Annotated[int, arg(help="of the trained responder; 0 leaves it out")] = 300
    seed: Annotated[int, arg(help="of everything")] = PAPER.first_seed

    def __post_init__(self) -> None:
        """Refuses what cannot be played."""
        for option, least in (("episodes", 1), ("updates", 0)):
            if getattr(self, option) < least:
                raise UserError(f"--{option} must be at least {least}, got {getattr(self, option)}")
        check_seeds("--seed", self.seed, 1)


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


def main(words: Sequence[str], watch: SignalWatch | None = None) -> int:
    """Runs one command; returns the exit code."""
    return commands.run(PAPER, COMMANDS, words, watch or SignalWatch())


def reproduce(parsed: Reproduce, call: Call) -> int:
    """Runs experiments, each with a trainer of its own."""

    def make_trainer(name: str, seeds: Sequence[int], options: Any) -> Any:
        from brs.run.training_run import Trainer

        return Trainer(parsed.run.runs_dir / PAPER.name, seeds, options, name)

    files = parsed.policy_files()
    with_files = call._replace(paper=paper_with(files)) if files else call
    return commands.reproduce_experiments(parsed, with_files, make_trainer)


def train(parsed: Train, call: Call) -> int:
    """Trains one setting and prints its last evaluation."""
    commands.prepare_jax()
    from brs.run.training_run import Trainer

    call.goes_on_with([*without(call.words, "--resume"), "--resume"])
    seeds = range(parsed.seed, parsed.seed + parsed.num_seeds)
    options = call.run_options(parsed.run)
    trainer = Trainer(parsed.run.runs_dir / PAPER.name, seeds, options, parsed.experiment)
    result = trainer.train(parsed.config, path=parsed.run_dir)
    commands.print_metrics(result.metrics, seeds)
    say(f"run folder: {shown_path(trainer.paths[''])}")
    return 0


def evaluate(parsed: Evaluate, call: Call) -> int:
    """Evaluates a checkpoint."""
    del call
    commands.prepare_jax()
    from brs.run.training_run import load_run

    run = load_run(parsed.run_dir, parsed.checkpoint)
    commands.print_metrics(run.evaluate(), run.seeds)
    say(f"after {run.step} updates")
    return 0


def report(parsed: commands.Report, call: Call) -> int:
    """Rebuilds the tables of the pages and the figures from committed results."""
    del parsed
    return commands.report(call)


def bench(parsed: Bench, call: Call) -> int:
    """Measures throughput, compile time and peak memory."""
    del call
    commands.prepare_jax()
    from brs.run import bench as benchmark

    say(benchmark.run(parsed.repeats, parsed.output))
    return 0


def exploit(parsed: Exploit, call: Call) -> int:
    """Prints the table of best responders."""
    del call
    commands.prepare_jax()
    from brs.evaluation import exploit as examination

    agent = examination.find_agent(parsed.agent)
    sizes = {"num_episodes": parsed.episodes, "num_updates": parsed.updates}
    say(examination.exploit(agent, **sizes, seed=parsed.seed))
    return 0


def export(parsed: Export, call: Call) -> int:
    """Writes a Coin Game player of a run to one file."""
    del call
    commands.prepare_jax()
    from brs.run import export as players

    path, step = players.export(parsed.run_dir, parsed.seed, parsed.checkpoint, parsed.output)
    say(f"player after {step} updates: {shown_path(path)}")
    return 0


def parse_train(words: Sequence[str]) -> Train:
    """The options of `train`; those of the settings depend on experiment and preset."""
    default = commands.trained_settings(PAPER, words)
    body = {"__annotations__": {"config": type(default)}, "config": default}
    options: Any = dataclass(frozen=True)(
        type("Train", (Train,), {**body, "__doc__": Train.__doc__})
    )
    parsed: Train = parse(options, words, "python -m brs train")
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
    "exploit": Command(Exploit, exploit, Exploit.__doc__),
    "export": Command(Export, export, Export.__doc__),
}
