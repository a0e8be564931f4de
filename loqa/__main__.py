"""The commands of LOQA: `python -m loqa list | reproduce | train | evaluate | report | bench`."""

import os
import shlex
import sys
from argparse import SUPPRESS, Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.logger import atomic, claim_table, results
from loqa.command_line import (
    Parser,
    add_setting_flags,
    check_name,
    say,
    warn,
    with_flags,
)
from loqa.configs import EXPERIMENTS, FIRST_SEED, PRESETS
from loqa.errors import DivergedError, InterruptedRunError, UserError

if TYPE_CHECKING:
    from loqa.runs import RunOptions

FOLDER = Path(__file__).parent
USER_ERRORS = (
    UserError,
    FileExistsError,
    FileNotFoundError,
    NotADirectoryError,
    atomic.DamagedFileError,
    results.NewerRecordError,
)


def main(words: Sequence[str]) -> int:
    """Runs one command; returns the exit code, 2 for what the user can mend, 1 for divergence."""
    commands = {
        "list": list_experiments,
        "reproduce": reproduce,
        "train": train,
        "evaluate": evaluate,
        "report": report,
        "bench": bench,
    }
    try:
        if not words or words[0] in ("-h", "--help"):
            say(_help(commands))
            return 0
        return commands[check_name(words[0], commands, "command")](words[1:])
    except USER_ERRORS as error:
        warn(f"loqa: {error}")
        return 2
    except BrokenPipeError:  # the reader of our output, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def list_experiments(words: Sequence[str]) -> int:
    """Lists every experiment: place in the paper, claims, expected minutes."""
    Parser(prog="python -m loqa list", description=list_experiments.__doc__).parse_all(words)
    for name, experiment in EXPERIMENTS.items():
        times = ", ".join(f"{preset} {experiment.minutes[preset]:g} min" for preset in PRESETS)
        say(f"loqa {name} ({experiment.source}; {times})")
        say(f"    {experiment.summary}")
        if experiment.not_by_default:
            say(f"    by name only: {experiment.not_by_default}")
        for claim in experiment.claims:
            say(f"    - {claim.id}: {claim.statement}; {claim.criterion.describe()}")
    return 0


def reproduce(words: Sequence[str]) -> int:
    """Runs experiments, writes their records and prints the claim table."""
    parser = Parser(prog="python -m loqa reproduce", description=reproduce.__doc__)
    _add_preset(parser)
    parser.add_argument(
        "--experiment",
        default=SUPPRESS,
        help="names, separated by commas (default: all of the default run)",
    )
    parser.add_argument(
        "--seeds",
        type=int,
        default=SUPPRESS,
        help=f"number of seeds, {FIRST_SEED} and the next (default: the preset's)",
    )
    parser.add_argument(
        "--results-dir",
        type=Path,
        default=FOLDER / "results",
        help="folder for PRESET/EXPERIMENT.json",
    )
    _add_run_options(parser)
    parser.add_argument("--force", action="store_true", help="overwrite records of newer runs")
    parsed = parser.parse_all(words)
    names = _experiment_names(parsed)
    num_seeds = getattr(parsed, "seeds", None)
    if num_seeds is not None and num_seeds < 1:
        raise UserError(f"--seeds must be at least 1, got {num_seeds}")

    prepare_jax()
    from loqa import report as report_module
    from loqa import reproduce as reproduction

    request = reproduction.Request(
        preset=parsed.preset,
        num_seeds=num_seeds,
        results_dir=parsed.results_dir,
        runs_dir=parsed.runs_dir,
        force=parsed.force,
        options=_run_options(parsed),
    )
    records: list[dict[str, Any]] = []
    for name in names:

        def run() -> None:
            records.append(reproduction.reproduce(name, request))  # noqa: B023 (called at once)

        code = _guarded(run, resume=["reproduce", *words, "--experiment", name])
        if code:
            return code
        report_module.draw(name, parsed.results_dir / parsed.preset)
    width = min(os.get_terminal_size().columns, 120) if sys.stdout.isatty() else 100
    say(claim_table.terminal_table(records, width, colour=sys.stdout.isatty()))
    say(f"records and figures: {_shown(parsed.results_dir / parsed.preset)}")
    return 0


def train(words: Sequence[str]) -> int:
    """Trains one experiment's setting, any field changed at will, and prints its evaluation."""
    trainable = {
        name: configs
        for name, experiment in EXPERIMENTS.items()
        if (configs := experiment.training_configs())
    }
    parser = Parser(prog="python -m loqa train", description=train.__doc__)
    parser.add_argument("experiment", help=f"one of {', '.join(trainable)}")
    _add_preset(parser)
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="first seed")
    parser.add_argument("--num-seeds", type=int, default=1, help="seeds trained side by side")
    parser.add_argument(
        "--run-dir",
        type=Path,
        default=SUPPRESS,
        help="folder of the run (default: a new one in --runs-dir)",
    )
    _add_run_options(parser)
    # Which flags there are, and their defaults, depends on the experiment and the preset.
    named = [word for word in words if word in trainable]
    name = named[0] if named else check_name(_first_word(words), trainable, "experiment")
    add_setting_flags(parser, trainable[name][_preset_of(words)])
    parsed = parser.parse_all(words)
    config = with_flags(trainable[name][parsed.preset], parsed)
    if parsed.num_seeds < 1 or parsed.seed < 0:
        raise UserError("--seed must be at least 0 and --num-seeds at least 1")

    prepare_jax()
    from loqa import reproduce as reproduction
    from loqa import runs

    seeds = range(parsed.seed, parsed.seed + parsed.num_seeds)
    new_path = reproduction.run_path(name, parsed.runs_dir, parsed.preset, resume=parsed.resume)
    path = getattr(parsed, "run_dir", new_path)

    def run() -> None:
        result = runs.run_seeds(config, seeds, path, _run_options(parsed))
        _print_metrics(result.metrics, seeds)
        say(f"run folder: {_shown(path)}")

    return _guarded(run, resume=["train", *words, "--run-dir", _shown(path)])


def evaluate(words: Sequence[str]) -> int:
    """Evaluates the newest checkpoint of a run, or a given one."""
    parser = Parser(prog="python -m loqa evaluate", description=evaluate.__doc__)
    parser.add_argument("run_dir", type=Path, help="folder of a run of `train` or `reproduce`")
    parser.add_argument(
        "--checkpoint", type=Path, default=SUPPRESS, help="file (default: the newest of the run)"
    )
    parsed = parser.parse_all(words)

    prepare_jax()
    from loqa import runs

    metrics, seeds, step = runs.evaluate_run(parsed.run_dir, getattr(parsed, "checkpoint", None))
    _print_metrics(metrics, seeds)
    say(f"after {step} updates")
    return 0


def report(words: Sequence[str]) -> int:
    """Rebuilds the README's tables and the figures from committed results; trains nothing."""
    parser = Parser(prog="python -m loqa report", description=report.__doc__)
    parser.parse_all(words)
    from loqa import report as report_module

    report_module.rebuild()
    return 0


def bench(words: Sequence[str]) -> int:
    """Measures throughput, compile time and peak memory; writes results/bench.json."""
    parser = Parser(prog="python -m loqa bench", description=bench.__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="timed repeats after a warm-up")
    parser.add_argument(
        "--output", type=Path, default=FOLDER / "results" / "bench.json", help="file to write"
    )
    parsed = parser.parse_all(words)
    if parsed.repeats < 1:
        raise UserError(f"--repeats must be at least 1, got {parsed.repeats}")

    prepare_jax()
    from loqa import bench as bench_module

    say(bench_module.run(parsed.repeats, parsed.output))
    return 0


def prepare_jax() -> None:
    """Sets JAX up for this machine; call it before JAX is first imported.

    On CPU, XLA gets one thread (large batched linear algebra can hang on more) and every core is a
    device of its own, over which the seeds are spread.
    """
    os.environ.setdefault("NPROC", "1")
    import jax

    if "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        jax.config.update("jax_num_cpu_devices", os.cpu_count() or 1)


def _help(commands: Mapping[str, Callable[..., int]]) -> str:
    lines = [f"    {name:<10} {command.__doc__}" for name, command in commands.items()]
    usage = "usage: python -m loqa COMMAND [options]; --help of a command explains its options"
    return "\n".join([usage, "", *lines])


def _add_preset(parser: Parser) -> None:
    parser.add_argument("--preset", choices=PRESETS, default="quick", help="sizes and durations")


def _add_run_options(parser: Parser) -> None:
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"), help="where new runs go")
    parser.add_argument(
        "--resume", action="store_true", help="continue the newest run of the experiment"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--tensorboard", action="store_true", help="write TensorBoard files too")
    parser.add_argument("--wandb", action="store_true", help="log to Weights & Biases too")


def _run_options(parsed: Namespace) -> "RunOptions":
    from loqa.runs import RunOptions

    return RunOptions(parsed.resume, parsed.quiet, parsed.tensorboard, parsed.wandb, warn)


def _first_word(words: Sequence[str]) -> str:
    return next((word for word in words if not word.startswith("-")), "figure_1_ipd")


def _preset_of(words: Sequence[str]) -> str:
    parser = Parser(add_help=False)
    _add_preset(parser)
    return str(parser.parse_known_args(words)[0].preset)


def _experiment_names(parsed: Namespace) -> list[str]:
    if not hasattr(parsed, "experiment"):
        return [name for name, each in EXPERIMENTS.items() if not each.not_by_default]
    names = [name for name in parsed.experiment.replace(",", " ").split() if name]
    return [check_name(name, EXPERIMENTS, "experiment") for name in names]


def _guarded(run: Callable[[], None], resume: Sequence[str]) -> int:
    """Runs to the end (0), or says how to go on after a signal (128 + n) or divergence (1)."""
    try:
        run()
    except InterruptedRunError as interrupted:
        words = [*dict.fromkeys(["python", "-m", "loqa", *resume, "--resume"])]
        warn(f"loqa: stopped by {interrupted}; the run is saved. Go on with")
        warn(f"    {shlex.join(words)}")
        return 128 + interrupted.signal_number
    except DivergedError as error:
        warn(f"loqa: {error}")
        return 1
    return 0


def _print_metrics(metrics: Mapping[str, Sequence[float]], seeds: Iterable[int]) -> None:
    say(f"{'seed':<28}" + "".join(f"{seed:>9}" for seed in seeds))
    for name, values in metrics.items():
        say(f"{name:<28}" + "".join(f"{value:>9.3f}" for value in values))


def _shown(path: Path) -> str:
    """A path relative to this folder where it lies below it."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
