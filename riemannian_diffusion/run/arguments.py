"""What each command takes: its options, parsed and checked, before JAX is imported."""

import importlib.util
from argparse import SUPPRESS, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common.logger.errors import UserError
from common.logger.experiment import PRESETS
from common.logger.reproduce import check_offered
from riemannian_diffusion.data.data_files import (
    DATA_DIR_VARIABLE,
    FILES,
    DataFile,
    default_data_dir,
    find_file,
)
from riemannian_diffusion.experiments import PAPER
from riemannian_diffusion.experiments.trainings import data_sets
from riemannian_diffusion.run.command_line import (
    Parser,
    add_setting_flags,
    check_name,
    one_of,
    with_flags,
)

RESULTS = PAPER.folder / "results"
EXPERIMENTS, FIRST_SEED = PAPER.experiments, PAPER.first_seed
LARGEST_SEED = 2**31 - 1
TRACKER_PACKAGES = {"tensorboard": "tensorboardX", "wandb": "wandb"}


def parse_reproduce(words: Sequence[str], description: str | None) -> tuple[Namespace, list[str]]:
    """Parses the options of `reproduce`; returns them and the names of the experiments."""
    parser = Parser(prog="python -m riemannian_diffusion reproduce", description=description)
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
        return parsed, [name for name in _default(parsed) if not _missing_data(name, parsed)]
    names = parsed.experiment.replace(",", " ").split()
    if not names:
        raise UserError(
            "--experiment needs a name at least; `python -m riemannian_diffusion list` gives them"
        )
    names = [check_name(name, EXPERIMENTS, "experiment") for name in dict.fromkeys(names)]
    for name in names:
        check_offered(PAPER, name, parsed.preset)
        if described := _missing_data(name, parsed):
            raise UserError(f"{name}: {described.missing(parsed.data_dir)}")
    return parsed, names


def left_out(parsed: Namespace) -> list[str]:
    """Experiments of the default run whose data sets are not in the data folder."""
    if "experiment" in parsed:
        return []
    return [name for name in _default(parsed) if _missing_data(name, parsed)]


def _default(parsed: Namespace) -> list[str]:
    """Names of the default run."""
    return [
        name
        for name, each in EXPERIMENTS.items()
        if not each.not_by_default and parsed.preset in each.configs
    ]


def _missing_data(name: str, parsed: Namespace) -> DataFile | None:
    """The first file that an experiment needs and that is not in the data folder."""
    for data_set in data_sets(EXPERIMENTS[name].configs[parsed.preset]):
        if find_file(FILES[data_set], parsed.data_dir) is None:
            return FILES[data_set]
    return None


def parse_train(words: Sequence[str], description: str | None) -> tuple[Namespace, Any]:
    """Parses the options of `train`; returns them and the settings of the run.

    Which defaults --help shows depends on the experiment and the preset among `words`.
    """
    trainable = {
        name: {preset: each.trained(config) for preset, config in each.configs.items()}
        for name, each in EXPERIMENTS.items()
    }
    parser = Parser(prog="python -m riemannian_diffusion train", description=description)
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
    shown_name = next((word for word in words if word in trainable), "beyond_exact_targets")
    shown_preset = next((word for word in words if word in PRESETS), "quick")
    by_preset = trainable[shown_name]
    add_setting_flags(parser, by_preset.get(shown_preset, by_preset["quick"]))
    parsed = parser.parse_all(words)
    _check_run_options(parsed)
    _check_seeds("--num-seeds", parsed.seed, parsed.num_seeds)
    name = check_name(parsed.experiment, trainable, "experiment")
    check_offered(PAPER, name, parsed.preset)
    return parsed, with_flags(trainable[name][parsed.preset], parsed)


def parse_evaluate(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `evaluate`."""
    parser = Parser(prog="python -m riemannian_diffusion evaluate", description=description)
    parser.add_argument("run_dir", type=Path, help="folder of a run of `train` or `reproduce`")
    parser.add_argument(
        "--checkpoint", type=Path, default=SUPPRESS, help="file (default: the newest of the run)"
    )
    _add_data_dir(parser)
    return parser.parse_all(words)


def parse_show(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `show`; those not given are None."""
    parser = Parser(prog="python -m riemannian_diffusion show", description=description)
    parser.add_argument("run_dir", type=Path, help="folder of a training of a diffusion model")
    parser.add_argument(
        "--seed", type=int, default=SUPPRESS, help="of the run (default: its first)"
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=SUPPRESS,
        help="picture to write (default: MANIFOLD.png here; of the sphere a GIF)",
    )
    _add_data_dir(parser)
    return _with_none(parser.parse_all(words), "seed", "output")


def parse_data(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `data`."""
    parser = Parser(prog="python -m riemannian_diffusion data", description=description)
    parser.add_argument("--download", action="store_true", help="fetch what is missing and public")
    _add_data_dir(parser)
    return parser.parse_all(words)


def parse_bench(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `bench`."""
    parser = Parser(prog="python -m riemannian_diffusion bench", description=description)
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


def _add_data_dir(parser: Parser) -> None:
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=default_data_dir(),
        help=f"folder of the data sets; {DATA_DIR_VARIABLE} in the environment sets it too",
    )


def _add_preset(parser: Parser) -> None:
    parser.add_argument(
        "--preset", default="quick", metavar=one_of(PRESETS), help="sizes and durations"
    )


def _add_run_options(parser: Parser) -> None:
    _add_data_dir(parser)
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
