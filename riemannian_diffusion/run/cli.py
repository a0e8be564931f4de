"""The commands of Riemannian Diffusion Models: `python -m riemannian_diffusion COMMAND`.

COMMAND is one of list, reproduce, train, evaluate, report, bench, show, data.
"""

import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from common.logger import atomic, claim_table, results
from common.logger.errors import UserError
from riemannian_diffusion.data import data_files
from riemannian_diffusion.experiments import PAPER
from riemannian_diffusion.run import arguments
from riemannian_diffusion.run.command_line import Parser, check_name, say, shown_path, warn
from riemannian_diffusion.run.interrupts import SignalWatch, command, exit_code

if TYPE_CHECKING:
    from riemannian_diffusion.run.training_run import RunOptions

# Without it jaxlib 0.10.2 crashes in some reductions of seven dimensions (jax issue 40412).
SAFE_REDUCTIONS = "--xla_cpu_experimental_ynn_fusion_type=-reduce"
USER_ERRORS = (UserError, OSError, atomic.DamagedFileError, results.NewerRecordError)


def main(words: Sequence[str]) -> int:
    """Runs one command; returns the exit code, 2 for what the user can mend, 1 for divergence."""
    commands = {
        "list": list_experiments,
        "reproduce": reproduce,
        "train": train,
        "evaluate": evaluate,
        "report": report,
        "bench": bench,
        "show": show,
        "data": data,
    }
    try:
        if not words or words[0] in ("-h", "--help"):
            say(_help(commands))
            code = 0
        else:
            code = commands[check_name(words[0], commands, "command")](words[1:])
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader of our output, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except USER_ERRORS as error:
        warn(f"riemannian_diffusion: {error}")
        return 2
    except KeyboardInterrupt:
        warn("riemannian_diffusion: stopped by SIGINT")
        return 128 + signal.SIGINT


def list_experiments(words: Sequence[str]) -> int:
    """Lists every experiment: place in the paper, claims, expected minutes."""
    Parser(
        prog="python -m riemannian_diffusion list", description=list_experiments.__doc__
    ).parse_all(words)
    for name, experiment in PAPER.experiments.items():
        times = ", ".join(f"{preset} {m:g} min" for preset, m in experiment.minutes.items())
        say(f"riemannian_diffusion {name} ({experiment.source}; {times})")
        say(f"    {experiment.summary}")
        if experiment.not_by_default:
            say(f"    by name only: {experiment.not_by_default}")
        for claim in experiment.claims_at("quick"):
            say(f"    - {claim.id}: {claim.statement}; {claim.criterion.describe()}")
    return 0


def reproduce(words: Sequence[str]) -> int:
    """Runs experiments, writes their records and prints the claim table."""
    parsed, names = arguments.parse_reproduce(words, reproduce.__doc__)
    prepare_jax()
    from common.logger import reproduce as reproduction
    from riemannian_diffusion.run.trainer import Finished, Trainer, run_path

    if missing := arguments.left_out(parsed):
        warn(
            f"riemannian_diffusion: left out, as their data are not in {parsed.data_dir}: "
            f"{', '.join(missing)}"
        )
    records: list[dict[str, Any]] = []
    with SignalWatch() as watch:
        request = reproduction.Request(
            preset=parsed.preset,
            num_seeds=getattr(parsed, "seeds", None),
            results_dir=parsed.results_dir,
            force=parsed.force,
        )
        options = _run_options(parsed, watch)
        finished: Finished = {}
        for index, name in enumerate(names):
            path = run_path(name, parsed.runs_dir, parsed.preset, resume=parsed.resume)
            trainer = Trainer(path, request.seeds(PAPER, name), options, finished)
            config = PAPER.experiments[name].configs[parsed.preset]

            def run() -> None:
                outcome = reproduction.reproduce(PAPER, name, config, trainer, request)  # noqa: B023
                records.append(outcome.record)

            code = exit_code(run, resume=_resume_command(words, name, names[index + 1 :]))
            if code:
                return code
    width = min(os.get_terminal_size().columns, 120) if sys.stdout.isatty() else 100
    say(claim_table.terminal_table(records, width, colour=sys.stdout.isatty()))
    say(f"records and figures: {shown_path(parsed.results_dir / parsed.preset)}")
    return 0


def train(words: Sequence[str]) -> int:
    """Trains one setting (of an experiment with several agents the first) and evaluates it."""
    parsed, config = arguments.parse_train(words, train.__doc__)
    prepare_jax()
    from riemannian_diffusion.run.trainer import run_path
    from riemannian_diffusion.run.training_run import run_seeds

    seeds = range(parsed.seed, parsed.seed + parsed.num_seeds)
    new_path = run_path(parsed.experiment, parsed.runs_dir, parsed.preset, resume=parsed.resume)
    path = getattr(parsed, "run_dir", new_path)

    def run() -> None:
        result = run_seeds(config, seeds, path, _run_options(parsed, watch))
        _print_metrics(result.metrics, seeds)
        say(f"run folder: {shown_path(path)}")

    with SignalWatch() as watch:
        added = ("--run-dir", shown_path(path), "--resume")
        return exit_code(run, resume=command(["train", *words], *added, without="--run-dir"))


def evaluate(words: Sequence[str]) -> int:
    """Evaluates the newest checkpoint of a run, or a given one."""
    parsed = arguments.parse_evaluate(words, evaluate.__doc__)
    prepare_jax()
    from riemannian_diffusion.run.training_run import evaluate_run

    checkpoint = getattr(parsed, "checkpoint", None)
    metrics, seeds, step = evaluate_run(parsed.run_dir, checkpoint, parsed.data_dir)
    _print_metrics(metrics, seeds)
    say(f"after {step} updates")
    return 0


def report(words: Sequence[str]) -> int:
    """Rebuilds the README's tables and the figures from committed results; trains nothing."""
    Parser(prog="python -m riemannian_diffusion report", description=report.__doc__).parse_all(
        words
    )
    from common.logger import report as reporting

    reporting.rebuild(PAPER)
    return 0


def bench(words: Sequence[str]) -> int:
    """Measures throughput, compile time and peak memory; writes results/bench.json."""
    parsed = arguments.parse_bench(words, bench.__doc__)
    prepare_jax()
    from riemannian_diffusion.run import bench as bench_module

    say(bench_module.run(parsed.repeats, parsed.output))
    return 0


def show(words: Sequence[str]) -> int:
    """Draws samples and density of a trained model: a turning globe, a plot of angles, a disc."""
    parsed = arguments.parse_show(words, show.__doc__)
    prepare_jax()
    from riemannian_diffusion.run import show as show_module

    path = show_module.show(parsed.run_dir, parsed.data_dir, parsed.seed, parsed.output)
    say(f"picture: {shown_path(path)}")
    return 0


def data(words: Sequence[str]) -> int:
    """Checks the files in the data folder; --download fetches public ones. Exit 1: one is missing."""
    parsed = arguments.parse_data(words, data.__doc__)
    is_complete = True
    for line, is_present in data_files.check(parsed.data_dir, download=parsed.download):
        say(line)
        is_complete &= is_present
    return 0 if is_complete else 1


def prepare_jax() -> None:
    """Sets JAX up for this machine; call it before JAX is first imported.

    On CPU every core is a device of its own, over which the seeds are spread, and XLA gets a thread
    per device. A process that has used JAX before keeps its devices.
    """
    os.environ.setdefault("NPROC", str(os.cpu_count() or 1))
    flags = os.environ.get("XLA_FLAGS", "")
    if "ynn_fusion" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {SAFE_REDUCTIONS}".strip()
    import jax

    if "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        with suppress(RuntimeError):
            jax.config.update("jax_num_cpu_devices", os.cpu_count() or 1)


def _help(commands: Mapping[str, Callable[..., int]]) -> str:
    lines = [f"    {name:<10} {command.__doc__}" for name, command in commands.items()]
    usage = (
        "usage: python -m riemannian_diffusion COMMAND [options]; "
        "--help of a command explains its options"
    )
    return "\n".join([usage, "", *lines])


def _run_options(parsed: Namespace, watch: SignalWatch) -> "RunOptions":
    from riemannian_diffusion.run.training_run import RunOptions

    return RunOptions(
        resume=parsed.resume,
        quiet=parsed.quiet,
        tensorboard=parsed.tensorboard,
        wandb=parsed.wandb,
        warn=lambda line: warn(f"riemannian_diffusion: {line}"),
        stop_if_asked=watch.stop_if_noted,
        data_dir=parsed.data_dir,
    )


def _resume_command(words: Sequence[str], name: str, not_begun: Sequence[str]) -> str:
    """Goes on with the experiment under way, then begins those that were to follow it."""
    given = ["reproduce", *words]
    resumed = command(given, "--experiment", name, "--resume", without="--experiment")
    if not not_begun:
        return resumed
    rest = command(given, "--experiment", ",".join(not_begun), without="--experiment")
    return f"{resumed} && {rest}"


def _print_metrics(metrics: Mapping[str, Sequence[float]], seeds: Iterable[int]) -> None:
    say(f"{'seed':<28}" + "".join(f"{seed:>9}" for seed in seeds))
    for name, values in metrics.items():
        say(f"{name:<28}" + "".join(f"{value:>9.3f}" for value in values))
