"""What each command takes: its options, parsed and checked, before JAX is imported."""

import importlib.util
from argparse import SUPPRESS, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common.logger.errors import UserError
from meta_value.experiments import EXPERIMENTS, PAPER
from meta_value.experiments.sizes import FIRST_SEED, PRESETS
from meta_value.run.command_line import (
    Parser,
    add_setting_flags,
    check_name,
    one_of,
    with_flags,
)

RESULTS = PAPER.folder / "results"
LARGEST_SEED = 2**31 - 1
PAGE = Path("meta_value_logistic.html")
TRACKER_PACKAGES = {"tensorboard": "tensorboardX", "wandb": "wandb"}


def parse_reproduce(words: Sequence[str], description: str | None) -> tuple[Namespace, list[str]]:
    """Parses the options of `reproduce`; returns them and the names of the experiments."""
    parser = Parser(prog="python -m meta_value reproduce", description=description)
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
        return parsed, _default_run(parsed.preset)
    names = parsed.experiment.replace(",", " ").split()
    if not names:
        raise UserError(
            "--experiment needs a name at least; `python -m meta_value list` gives them"
        )
    return parsed, [check_name(name, EXPERIMENTS, "experiment") for name in dict.fromkeys(names)]


def _default_run(preset: str) -> list[str]:
    """All experiments at the smoke preset, else those that fit the time of a whole paper."""
    return [
        name for name, each in EXPERIMENTS.items() if preset == "smoke" or not each.not_by_default
    ]


def parse_train(words: Sequence[str], description: str | None) -> tuple[Namespace, Any]:
    """Parses the options of `train`; returns them and the settings of the run.

    Which defaults --help shows depends on the experiment and the preset among `words`.
    """
    trainable = {
        name: {preset: each.trained(config) for preset, config in each.configs.items()}
        for name, each in EXPERIMENTS.items()
    }
    parser = Parser(prog="python -m meta_value train", description=description)
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
    shown_name = next((word for word in words if word in trainable), "figure_logistic_basins")
    shown_preset = next((word for word in words if word in PRESETS), "quick")
    add_setting_flags(parser, trainable[shown_name][shown_preset])
    parsed = parser.parse_all(words)
    _check_run_options(parsed)
    _check_seeds("--num-seeds", parsed.seed, parsed.num_seeds)
    name = check_name(parsed.experiment, trainable, "experiment")
    return parsed, with_flags(trainable[name][parsed.preset], parsed)


def parse_evaluate(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `evaluate`."""
    parser = Parser(prog="python -m meta_value evaluate", description=description)
    parser.add_argument("run_dir", type=Path, help="folder of a run of `train` or `reproduce`")
    parser.add_argument(
        "--checkpoint", type=Path, default=SUPPRESS, help="file (default: the newest of the run)"
    )
    return parser.parse_all(words)


def parse_show(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `show`; those not given are None."""
    parser = Parser(prog="python -m meta_value show", description=description)
    parser.add_argument("what", help="logistic: the meta-value of the Logistic Game")
    for option, kind, meaning in (
        ("--run-dir", Path, "folder of a training in that game (default: the newest)"),
        ("--seed", int, "of the run (default: the run's first)"),
    ):
        parser.add_argument(option, type=kind, default=SUPPRESS, help=meaning)
    parser.add_argument("--output", type=Path, default=PAGE, help="page to write")
    parsed = _with_none(parser.parse_all(words), "run_dir", "seed")
    check_name(parsed.what, ("logistic",), "page")
    if parsed.output.suffix != ".html":
        raise UserError(f"--output must end in .html, got {parsed.output}")
    return parsed


def parse_bench(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `bench`."""
    parser = Parser(prog="python -m meta_value bench", description=description)
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
