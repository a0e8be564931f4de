"""What each command takes: its options, parsed and checked, before JAX is imported."""

import importlib.util
from argparse import SUPPRESS, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from advantage_alignment.experiments import PAPER
from advantage_alignment.run.command_line import (
    Parser,
    add_setting_flags,
    check_name,
    one_of,
    with_flags,
)
from common.logger.errors import UserError
from common.logger.experiment import PRESETS

EXPERIMENTS, FIRST_SEED = PAPER.experiments, PAPER.first_seed
RESULTS = PAPER.folder / "results"
LARGEST_SEED = 2**31 - 1
SELF = "self"
PLAYERS = "a run folder, AC, AD; in the Coin Game also an exported file or random"
TRACKER_PACKAGES = {"tensorboard": "tensorboardX", "wandb": "wandb"}


def parse_reproduce(words: Sequence[str], description: str | None) -> tuple[Namespace, list[str]]:
    """Parses the options of `reproduce`; returns them and the names of the experiments."""
    parser = Parser(prog="python -m advantage_alignment reproduce", description=description)
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
        "--results-dir", type=Path, default=RESULTS, help="folder for PRESET/EXPERIMENT.json"
    )
    _add_run_options(parser)
    parser.add_argument("--force", action="store_true", help="overwrite records of newer runs")
    parsed = parser.parse_all(words)
    _check_run_options(parsed)
    if "seeds" in parsed:
        _check_seeds("--seeds", FIRST_SEED, parsed.seeds)
    if "experiment" not in parsed:
        return parsed, [name for name, each in EXPERIMENTS.items() if not each.not_by_default]
    names = parsed.experiment.replace(",", " ").split()
    if not names:
        raise UserError(
            "--experiment needs a name at least; `python -m advantage_alignment list` gives them"
        )
    return parsed, [check_name(name, EXPERIMENTS, "experiment") for name in dict.fromkeys(names)]


def parse_train(words: Sequence[str], description: str | None) -> tuple[Namespace, Any]:
    """Parses the options of `train`; returns them and the settings of the run.

    Which defaults --help shows depends on the experiment and the preset among `words`.
    """
    trainable = {
        name: {preset: each.trained(config) for preset, config in each.configs.items()}
        for name, each in EXPERIMENTS.items()
    }
    parser = Parser(prog="python -m advantage_alignment train", description=description)
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
    shown_name = next((word for word in words if word in trainable), "figure_1_ipd")
    shown_preset = next((word for word in words if word in PRESETS), "quick")
    by_preset = trainable[shown_name]
    add_setting_flags(parser, by_preset.get(shown_preset, by_preset["quick"]))
    parsed = parser.parse_all(words)
    _check_run_options(parsed)
    _check_seeds("--num-seeds", parsed.seed, parsed.num_seeds)
    name = check_name(parsed.experiment, trainable, "experiment")
    check_name(parsed.preset, trainable[name], f"preset of {name}")
    return parsed, with_flags(trainable[name][parsed.preset], parsed)


def parse_evaluate(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `evaluate`."""
    parser = Parser(prog="python -m advantage_alignment evaluate", description=description)
    parser.add_argument("run_dir", type=Path, help="folder of a run of `train` or `reproduce`")
    parser.add_argument(
        "--checkpoint", type=Path, default=SUPPRESS, help="file (default: the newest of the run)"
    )
    parser.add_argument(
        "--opponent",
        type=Path,
        default=SUPPRESS,
        help="exported file of a Coin Game player to play against, whoever trained it",
    )
    return parser.parse_all(words)


def parse_export(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `export`; those not given are None."""
    parser = Parser(prog="python -m advantage_alignment export", description=description)
    parser.add_argument("run_dir", type=Path, help="folder of a run in the Coin Game")
    for option, kind, meaning in (
        ("--seed", int, "of the run, whose agent is exported (default: the run's first)"),
        ("--checkpoint", Path, "file (default: the newest of the run)"),
        ("--output", Path, "file to write (default: one in RUN_DIR)"),
    ):
        parser.add_argument(option, type=kind, default=SUPPRESS, help=meaning)
    parsed = _with_none(parser.parse_all(words), "seed", "checkpoint", "output")
    if parsed.output is not None and parsed.output.is_dir():
        raise UserError(f"--output must be a file, got the folder {parsed.output}")
    return parsed


def parse_show(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `show`; those without a default are None if not given."""
    parser = Parser(prog="python -m advantage_alignment show", description=description)
    parser.add_argument("agent", help=f"player in the first seat: {PLAYERS}")
    parser.add_argument(
        "--opponent", default=SELF, help=f"player in the other seats: {PLAYERS}, or {SELF}"
    )
    for option, kind, meaning in (
        ("--seed", int, "of runs, whose agents play (default: the first of each run)"),
        ("--output", Path, ".gif, or .png for a strip (default: a GIF named after the players)"),
    ):
        parser.add_argument(option, type=kind, default=SUPPRESS, help=meaning)
    parser.add_argument("--episode-seed", type=int, default=0, help="decides the episode")
    parsed = _with_none(parser.parse_all(words), "seed", "output")
    _check_seeds("--episode-seed", parsed.episode_seed, 1)
    if parsed.output is not None and parsed.output.suffix not in (".gif", ".png"):
        raise UserError(f"--output must end in .gif or .png, got {parsed.output}")
    return parsed


def parse_bench(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `bench`."""
    parser = Parser(prog="python -m advantage_alignment bench", description=description)
    parser.add_argument("--repeats", type=int, default=5, help="timed repeats after a warm-up")
    parser.add_argument("--output", type=Path, default=RESULTS / "bench.json", help="file to write")
    parsed = parser.parse_all(words)
    if parsed.repeats < 1:
        raise UserError(f"--repeats must be at least 1, got {parsed.repeats}")
    if parsed.output.is_dir():
        raise UserError(f"--output must be a file, got the folder {parsed.output}")
    return parsed


def _with_none(parsed: Namespace, *names: str) -> Namespace:
    """Fills in None for options that were not given: as a default, help would show it."""
    return Namespace(**dict.fromkeys(names) | vars(parsed))


def _add_preset(parser: Parser) -> None:
    parser.add_argument(
        "--preset", default="quick", metavar=one_of(PRESETS), help="sizes and durations"
    )


def _add_run_options(parser: Parser) -> None:
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"), help="where new runs go")
    parser.add_argument(
        "--resume", action="store_true", help="continue the newest run of the experiment"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--tensorboard", action="store_true", help="write TensorBoard files too")
    parser.add_argument("--wandb", action="store_true", help="log to Weights & Biases too")


def _check_run_options(parsed: Namespace) -> None:
    check_name(parsed.preset, PRESETS, "preset")
    for option, package in TRACKER_PACKAGES.items():
        if getattr(parsed, option) and importlib.util.find_spec(package) is None:
            raise UserError(f"--{option} needs the package {package}: pip install {package}")


def _check_seeds(option: str, first: int, number: int) -> None:
    if number < 1:
        raise UserError(f"{option} must be at least 1, got {number}")
    if not 0 <= first <= LARGEST_SEED - number + 1:
        raise UserError(
            f"seeds must lie between 0 and {LARGEST_SEED}, got {first} to {first + number - 1}"
        )
