"""What each command takes: its options, parsed and checked, before JAX is imported."""

import importlib.util
from argparse import SUPPRESS, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from brs.experiments import PAPER
from brs.run.command_line import Parser, add_setting_flags, check_name, one_of, with_flags
from common.logger.errors import UserError
from common.logger.experiment import PRESETS as ALL_PRESETS

PRESETS = tuple(
    preset
    for preset in ALL_PRESETS
    if any(preset in experiment.configs for experiment in PAPER.experiments.values())
)
RESULTS = PAPER.folder / "results"
AGENTS = ("AC", "AD", "random", "Coin-TFT", "Coin-Grim")  # scripts that can be examined
LARGEST_SEED = 2**31 - 1
TRACKER_PACKAGES = {"tensorboard": "tensorboardX", "wandb": "wandb"}


def parse_reproduce(words: Sequence[str], description: str | None) -> tuple[Namespace, list[str]]:
    """Parses the options of `reproduce`; returns them and the names of the experiments."""
    parser = Parser(prog="python -m brs reproduce", description=description)
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
        help=f"number of seeds, {PAPER.first_seed} and the next (default: the preset's)",
    )
    parser.add_argument(
        "--results-dir", type=Path, default=RESULTS, help="folder for PRESET/EXPERIMENT.json"
    )
    parser.add_argument(
        "--policies",
        type=Path,
        default=SUPPRESS,
        help="folder of portable policies (*.policy) that take part in the leagues",
    )
    _add_run_options(parser)
    parser.add_argument("--force", action="store_true", help="overwrite records of newer runs")
    parsed = parser.parse_all(words)
    _check_run_options(parsed)
    parsed.policies = _policies_in(parsed.policies) if "policies" in parsed else []
    if "seeds" in parsed:
        _check_seeds("--seeds", PAPER.first_seed, parsed.seeds)
    if "experiment" not in parsed:
        return parsed, [name for name, each in PAPER.experiments.items() if not each.not_by_default]
    names = parsed.experiment.replace(",", " ").split()
    if not names:
        raise UserError("--experiment needs a name at least; `python -m brs list` gives them")
    return parsed, [
        check_name(name, PAPER.experiments, "experiment") for name in dict.fromkeys(names)
    ]


def parse_train(words: Sequence[str], description: str | None) -> tuple[Namespace, Any]:
    """Parses the options of `train`; returns them and the settings of the run.

    Which defaults --help shows depends on the experiment and the preset among `words`.
    """
    trainable = _trainable()
    parser = Parser(prog="python -m brs train", description=description)
    parser.add_argument("experiment", help=f"one of {', '.join(trainable)}")
    _add_preset(parser)
    parser.add_argument("--seed", type=int, default=PAPER.first_seed, help="first seed")
    parser.add_argument("--num-seeds", type=int, default=1, help="seeds trained side by side")
    parser.add_argument(
        "--run-dir",
        type=Path,
        default=SUPPRESS,
        help="folder of the run (default: a new one in --runs-dir)",
    )
    _add_run_options(parser)
    shown_name = next((word for word in words if word in trainable), "figure_2_ipd")
    shown_preset = next((word for word in words if word in PRESETS), "quick")
    add_setting_flags(parser, trainable[shown_name][shown_preset])
    parsed = parser.parse_all(words)
    _check_run_options(parsed)
    _check_seeds("--num-seeds", parsed.seed, parsed.num_seeds)
    name = check_name(parsed.experiment, trainable, "experiment")
    return parsed, with_flags(trainable[name][parsed.preset], parsed)


def parse_evaluate(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `evaluate`."""
    parser = Parser(prog="python -m brs evaluate", description=description)
    parser.add_argument("run_dir", type=Path, help="folder of a run of `train` or `reproduce`")
    parser.add_argument(
        "--checkpoint", type=Path, default=SUPPRESS, help="file (default: the newest of the run)"
    )
    return parser.parse_all(words)


def parse_exploit(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `exploit`."""
    parser = Parser(prog="python -m brs exploit", description=description)
    parser.add_argument("agent", help=f"file of a portable policy, or one of {', '.join(AGENTS)}")
    parser.add_argument("--episodes", type=int, default=16, help="of every responder")
    parser.add_argument(
        "--updates", type=int, default=300, help="of the trained responder; 0 leaves it out"
    )
    parser.add_argument("--seed", type=int, default=PAPER.first_seed, help="of everything")
    parsed = parser.parse_all(words)
    for option, least in (("episodes", 1), ("updates", 0)):
        if getattr(parsed, option) < least:
            raise UserError(f"--{option} must be at least {least}, got {getattr(parsed, option)}")
    _check_seeds("--seed", parsed.seed, 1)
    return parsed


def parse_export(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `export`; those not given are None."""
    parser = Parser(prog="python -m brs export", description=description)
    parser.add_argument("run_dir", type=Path, help="folder of a run in the Coin Game")
    options: tuple[tuple[str, type, str], ...] = (
        ("--seed", int, "of the run, whose agent is exported (default: the run's first)"),
        ("--checkpoint", Path, "file (default: the newest of the run)"),
        ("--output", Path, "file to write (default: one in RUN_DIR)"),
    )
    for option, kind, meaning in options:
        parser.add_argument(option, type=kind, default=SUPPRESS, help=meaning)
    parsed = parser.parse_all(words)
    for name in ("seed", "checkpoint", "output"):
        setattr(parsed, name, getattr(parsed, name, None))
    if parsed.output is not None and parsed.output.is_dir():
        raise UserError(f"--output must be a file, got the folder {parsed.output}")
    return parsed


def parse_bench(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `bench`."""
    parser = Parser(prog="python -m brs bench", description=description)
    parser.add_argument("--repeats", type=int, default=5, help="timed repeats after a warm-up")
    parser.add_argument("--output", type=Path, default=RESULTS / "bench.json", help="file to write")
    parsed = parser.parse_all(words)
    if parsed.repeats < 1:
        raise UserError(f"--repeats must be at least 1, got {parsed.repeats}")
    if parsed.output.is_dir():
        raise UserError(f"--output must be a file, got the folder {parsed.output}")
    return parsed


def _trainable() -> dict[str, dict[str, Any]]:
    """Settings of each experiment's training by preset, of those that train."""
    trained = {
        name: {preset: experiment.trained(config) for preset, config in experiment.configs.items()}
        for name, experiment in PAPER.experiments.items()
    }
    return {name: configs for name, configs in trained.items() if None not in configs.values()}


def _policies_in(folder: Path) -> list[Path]:
    """The files of a folder that may be portable policies, in the order of their names."""
    files = sorted(folder.glob("*.policy"))
    if not files:
        raise UserError(
            f"--policies needs a folder with files *.policy, got {folder}; "
            "`python -m brs export` writes them"
        )
    return files


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
