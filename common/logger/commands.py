"""The commands that every paper has, and the frame in which all commands of a paper run.

A command is a dataclass of its options and a function that acts on them. JAX is imported when all
options have been checked.
"""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from tyro.conf import arg

from common.logger import atomic, claim_table, comparison, listing, reproduce, results
from common.logger.command_line import (
    check_name,
    check_seeds,
    parse,
    say,
    shown_path,
    typed,
    warn,
    without,
)
from common.logger.errors import DivergedError, InterruptedRunError, UserError
from common.logger.experiment import PRESETS, Paper
from common.logger.interrupts import SignalWatch
from common.logger.run_folder import RunOptions

# Without it jaxlib 0.10.2 crashes in some reductions of seven dimensions (jax issue 40412).
SAFE_REDUCTIONS = "--xla_cpu_experimental_ynn_fusion_type=-reduce"
USER_ERRORS = (UserError, OSError, atomic.DamagedFileError, results.NewerRecordError)
TRACKER_PACKAGES = {"tensorboard": "tensorboardX", "wandb": "wandb"}


class Call(NamedTuple):
    """A command as it was given.

    Attributes:
      paper: whose command it is.
      words: of the command line, the command first.
      watch: answers signals.
    """

    paper: Paper
    words: Sequence[str]
    watch: SignalWatch

    def run_options(self, flags: "RunFlags") -> RunOptions:
        """Returns what the flags say, with the warnings and the signals of this process."""
        return RunOptions(
            resume=flags.resume,
            retrain=flags.retrain,
            quiet=flags.quiet,
            checkpoint_seconds=flags.checkpoint_seconds,
            tensorboard=flags.tensorboard,
            wandb=flags.wandb,
            warn=lambda line: warn(f"{self.paper.name}: {line}"),
            stop_if_asked=self.watch.stop_if_asked,
            training_ended=self.watch.training_ended,
        )

    def goes_on_with(self, words: Sequence[str]) -> None:
        """Says how to go on when a signal stops this command."""
        self.watch.how_to_go_on = ("go on with", f"    {typed(self.paper.name, words)}")


class Command(NamedTuple):
    """A command: what it takes, and what it does; `act` returns the exit code."""

    options: Any  # a dataclass; or words -> an object of one, where it depends on them
    act: Callable[[Any, Call], int]
    summary: str | None


@dataclass(frozen=True)
class List:
    """Lists every experiment: place in the paper, claims, expected minutes."""


@dataclass(frozen=True)
class Report:
    """Rebuilds the README's tables and the figures from committed results; trains nothing."""


@dataclass(frozen=True)
class RunFlags:
    """How a run behaves; none of it changes a number."""

    runs_dir: Annotated[Path, arg(help="where runs lie")] = Path("runs")
    resume: Annotated[
        bool, arg(help="go on with what was begun with the same settings and seeds")
    ] = False
    retrain: Annotated[bool, arg(help="train anew what lies finished in the runs folder")] = False
    quiet: Annotated[bool, arg(help="show no progress")] = False
    checkpoint_seconds: Annotated[float, arg(help="least seconds between checkpoints")] = 180.0
    tensorboard: Annotated[bool, arg(help="write TensorBoard files too")] = False
    wandb: Annotated[bool, arg(help="log to Weights & Biases too")] = False

    def __post_init__(self) -> None:
        """Checks that the packages asked for are there."""
        for name, package in TRACKER_PACKAGES.items():
            if getattr(self, name) and importlib.util.find_spec(package) is None:
                raise UserError(f"--{name} needs the package {package}: pip install {package}")


@dataclass(frozen=True)
class Reproduce:
    """Runs experiments, writes their records and prints the claim table."""

    preset: Annotated[str, arg(help=f"size: {', '.join(PRESETS)}")] = "quick"
    experiment: Annotated[
        str | None, arg(help="names, separated by commas (None: the default run)")
    ] = None
    seeds: Annotated[int | None, arg(help="number of seeds (None: the preset's)")] = None
    results_dir: Annotated[
        Path | None, arg(help="folder for PRESET/EXPERIMENT.json (None: the paper's results)")
    ] = None
    force: Annotated[bool, arg(help="overwrite records of newer runs")] = False
    run: RunFlags = RunFlags()

    def names(self, paper: Paper) -> list[str]:
        """Returns the names of the experiments to run.

        Raises:
          UserError: there is no such experiment, preset or number of seeds.
        """
        check_name(self.preset, PRESETS, "preset")
        if self.seeds is not None:
            check_seeds("--seeds", paper.first_seed, self.seeds)
        if self.experiment is None:
            default = [
                name
                for name, experiment in paper.experiments.items()
                if not experiment.not_by_default and self.preset in experiment.configs
            ]
            if not default:
                raise UserError(f"no experiment of the default run has preset {self.preset}")
            return default
        names = self.experiment.replace(",", " ").split()
        if not names:
            raise UserError("--experiment needs a name at least; see the command `list`")
        for name in names:
            check_name(name, paper.experiments, "experiment")
            reproduce.check_offered(paper, name, self.preset)
        return list(dict.fromkeys(names))


def run(
    paper: Paper, commands: Mapping[str, Command], words: Sequence[str], watch: SignalWatch
) -> int:
    """Runs one command; returns the exit code, 2 for what the user can mend, 1 for divergence.

    Args:
      paper: whose commands these are.
      commands: by name.
      words: of the command line.
      watch: answers signals.
    """
    try:
        if not words or words[0] in ("-h", "--help"):
            say(f"usage: python -m {paper.name} COMMAND [options]; --help explains its options")
            for name, command in commands.items():
                say(f"    {name:<10} {command.summary}")
            return 0
        options: Any
        chosen = commands[check_name(words[0], commands, "command")]
        if isinstance(chosen.options, type):
            options = parse(chosen.options, words[1:], f"python -m {paper.name} {words[0]}")
        else:
            options = chosen.options(words[1:])
        code = chosen.act(options, Call(paper, words, watch))
        sys.stdout.flush()
        return code
    except SystemExit:  # help was printed
        return 0
    except BrokenPipeError:  # the reader of our output, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except InterruptedRunError as interrupted:
        lines = (f"stopped by {interrupted}; the run is saved", *watch.how_to_go_on)
        warn(f"{paper.name}: " + "\n".join(lines))
        return 128 + interrupted.signal_number
    except DivergedError as error:
        warn(f"{paper.name}: {error}")
        return 1
    except USER_ERRORS as error:
        warn(f"{paper.name}: {error}")
        return 2


def list_experiments(parsed: List, call: Call) -> int:
    """Lists the experiments of the paper."""
    del parsed
    for line in listing.lines(call.paper):
        say(line)
    return 0


def reproduce_experiments(
    parsed: Reproduce,
    call: Call,
    make_trainer: Callable[[str, Sequence[int], RunOptions], Any],
    config_of: Callable[[str], Any] | None = None,
) -> int:
    """Runs experiments one after the other and says what came out.

    Args:
      parsed: the options.
      call: the command.
      make_trainer: name of an experiment, seeds, options -> what trains for it.
      config_of: name of an experiment -> its settings; None for those of the preset.
    """
    paper, names = call.paper, parsed.names(call.paper)
    results_dir = parsed.results_dir or paper.folder / "results"
    request = reproduce.Request(parsed.preset, parsed.seeds, results_dir, parsed.force)
    prepare_jax()
    outcomes = []
    for index, name in enumerate(names):
        rest = ["--experiment", ",".join(names[index:]), "--resume"]
        call.goes_on_with([*without(call.words, "--experiment", "--resume"), *rest])
        config = (config_of or _preset_of(paper, parsed.preset))(name)
        trainer = make_trainer(name, request.seeds(paper, name), call.run_options(parsed.run))
        outcomes.append(reproduce.reproduce(paper, name, config, trainer, request))
        for training, path in getattr(trainer, "paths", {}).items():
            say(f"{' '.join([name, training]).strip()}: {shown_path(path)}")
    _print_outcomes(outcomes)
    return 0


def report(call: Call, more_tables: Mapping[str, str] | None = None) -> int:
    """Rebuilds README and figures of the paper; `more_tables` are those that only it has."""
    from common.logger import report as tables

    tables.rebuild(call.paper, more_tables)
    return 0


def prepare_jax() -> None:
    """Sets JAX up for this machine; call it before JAX is first imported.

    On CPU every core is a device of its own, over which the seeds are spread, and XLA gets a thread
    per device. A process that has used JAX before keeps its devices.
    """
    has_affinity = hasattr(os, "sched_getaffinity")
    num_cores = len(os.sched_getaffinity(0)) if has_affinity else (os.cpu_count() or 1)
    os.environ.setdefault("NPROC", str(num_cores))
    flags = os.environ.get("XLA_FLAGS", "")
    if "ynn_fusion" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {SAFE_REDUCTIONS}".strip()
    import jax

    if "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        with suppress(RuntimeError):
            jax.config.update("jax_num_cpu_devices", num_cores)


def print_metrics(metrics: Mapping[str, Sequence[float]], seeds: Sequence[int]) -> None:
    """Prints a value per seed of each metric."""
    say(f"{'seed':<28}" + "".join(f"{seed:>9}" for seed in seeds))
    for name, values in metrics.items():
        say(f"{name:<28}" + "".join(f"{value:>9.3f}" for value in values))


def check_is_file(path: Path | None) -> None:
    """Checks that an output can be a file.

    Raises:
      UserError: there is a folder of this name.
    """
    if path is not None and path.is_dir():
        raise UserError(f"--output must be a file, got the folder {path}")


def trained_settings(paper: Paper, words: Sequence[str]) -> Any:
    """Returns the settings that `train` begins from: those of the experiment among the words.

    Raises:
      UserError: the experiment trains nothing, or has no such preset.
    """
    pairs = list(zip(["", *words], words, strict=False))
    free = [word for before, word in pairs if not before.endswith("-dir")]  # not a folder's name
    named = next((word for word in free if word in paper.experiments), None)
    given = [word for before, word in pairs if before == "--preset"]
    given += [word.removeprefix("--preset=") for word in words if word.startswith("--preset=")]
    preset = check_name(given[-1], PRESETS, "preset") if given else "quick"
    experiment = paper.experiments[named or next(iter(paper.experiments))]
    if named:
        reproduce.check_offered(paper, named, preset)
    settings = experiment.trained(experiment.configs[preset if named else "quick"])
    if settings is None:
        raise UserError(f"{named} is no single training: use reproduce --experiment {named}")
    return settings


def _preset_of(paper: Paper, preset: str) -> Callable[[str], Any]:
    return lambda name: paper.experiments[name].configs[preset]


def _print_outcomes(outcomes: Sequence[reproduce.Outcome]) -> None:
    """Claim table, comparison with the committed records, and where everything lies."""
    width = min(max(shutil.get_terminal_size((100, 24)).columns, 40), 120)
    has_colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    say(claim_table.terminal_table([each.record for each in outcomes], width, colour=has_colour))
    for outcome in outcomes:
        for line in comparison.compared(outcome.record, outcome.committed):
            say(line)
    for folder in dict.fromkeys(outcome.path.parent for outcome in outcomes):
        say(f"records and figures: {shown_path(folder)}")
