"""What each command takes: its options, parsed and checked, before JAX is imported."""

import importlib.util
import os
from argparse import SUPPRESS, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common.logger.errors import UserError
from vineppo.experiments import EXPERIMENTS, PAPER
from vineppo.experiments.presets import (
    CHECKPOINT_PRESETS,
    PRESETS,
    on_checkpoint_preset,
    with_checkpoint,
)
from vineppo.run.command_line import Parser, add_setting_flags, check_name, one_of, with_flags

FIRST_SEED = PAPER.first_seed
RESULTS = PAPER.folder / "results"
LARGEST_SEED = 2**31 - 1
PAGE = Path("vineppo_responses.html")
DATA_DIR = Path(os.environ.get("REPRO_DATA_DIR", "data"))
TRACKER_PACKAGES = {"tensorboard": "tensorboardX", "wandb": "wandb"}


def parse_reproduce(words: Sequence[str], description: str | None) -> tuple[Namespace, list[str]]:
    """Parses the options of `reproduce`; returns them and the names of the experiments."""
    parser = Parser(prog="python -m vineppo reproduce", description=description)
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
        raise UserError("--experiment needs a name at least; `python -m vineppo list` gives them")
    return parsed, [check_name(name, EXPERIMENTS, "experiment") for name in dict.fromkeys(names)]


def parse_train(words: Sequence[str], description: str | None) -> tuple[Namespace, Any]:
    """Parses the options of `train`; returns them and the settings of the run.

    Which defaults --help shows depends on the experiment and the preset among `words`.
    """
    presets = (*PRESETS, *CHECKPOINT_PRESETS)
    parser = Parser(prog="python -m vineppo train", description=description)
    parser.add_argument("experiment", help=f"one of {', '.join(EXPERIMENTS)}")
    _add_preset(parser, presets)
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="first seed")
    parser.add_argument("--num-seeds", type=int, default=1, help="seeds trained side by side")
    parser.add_argument(
        "--run-dir",
        type=Path,
        default=SUPPRESS,
        help="folder of the run (default: a new one in --runs-dir)",
    )
    _add_process_options(parser)
    _add_run_options(parser)
    shown_name = next((word for word in words if word in EXPERIMENTS), "table_main")
    shown_preset = next((word for word in words if word in presets), "quick")
    add_setting_flags(parser, training_of(shown_name, shown_preset))
    parsed = parser.parse_all(words)
    _check_run_options(parsed, presets)
    _check_seeds("--num-seeds", parsed.seed, parsed.num_seeds)
    name = check_name(parsed.experiment, EXPERIMENTS, "experiment")
    config = with_flags(training_of(name, parsed.preset), parsed)
    _check_process_options(parsed, config)
    return parsed, placed_on_checkpoint(config, parsed)


def training_of(name: str, preset: str) -> Any:
    """Settings of the first training of an experiment, at a preset of any kind."""
    experiment = EXPERIMENTS[name]
    if preset in experiment.configs:
        return experiment.trained(experiment.configs[preset])
    return on_checkpoint_preset(experiment.trained(experiment.configs["paper"]), preset)


def placed_on_checkpoint(config: Any, parsed: Namespace) -> Any:
    """Puts --model and --data-dir into settings that need them.

    Raises:
      UserError: they need a checkpoint, and none is given.
    """
    if config.initial.task == "arithmetic":
        if parsed.model:
            raise UserError("--model belongs to presets of checkpoints: the built-in task has none")
        return config
    if not parsed.model:
        raise UserError(
            f"preset {parsed.preset} needs --model, the folder of a Hugging Face checkpoint; "
            "quick runs without"
        )
    if not (Path(parsed.model) / "config.json").exists():
        raise UserError(f"--model: there is no config.json in {parsed.model}")
    return with_checkpoint(config, parsed.model, str(parsed.data_dir))


def parse_evaluate(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `evaluate`."""
    parser = Parser(prog="python -m vineppo evaluate", description=description)
    parser.add_argument("run_dir", type=Path, help="folder of a run of `train` or `reproduce`")
    parser.add_argument(
        "--checkpoint", type=Path, default=SUPPRESS, help="file (default: the newest of the run)"
    )
    return parser.parse_all(words)


def parse_show(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `show`; those not given are None."""
    parser = Parser(prog="python -m vineppo show", description=description)
    parser.add_argument("run_dir", type=Path, help="folder of a run of reinforcement")
    parser.add_argument(
        "--seed", type=int, default=SUPPRESS, help="of the run (default: its first)"
    )
    parser.add_argument("--responses", type=int, default=8, help="responses shown")
    parser.add_argument("--rollouts", type=int, default=256, help="per state, for its true value")
    parser.add_argument("--output", type=Path, default=PAGE, help="page to write")
    parsed = _with_none(parser.parse_all(words), "seed")
    for option in ("responses", "rollouts"):
        if getattr(parsed, option) < 1:
            raise UserError(f"--{option} must be at least 1, got {getattr(parsed, option)}")
    if parsed.output.suffix != ".html":
        raise UserError(f"--output must end in .html, got {parsed.output}")
    return parsed


def parse_data(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `data`."""
    parser = Parser(prog="python -m vineppo data", description=description)
    parser.add_argument("--download", action="store_true", help="fetch what is missing")
    parser.add_argument("--data-dir", type=Path, default=DATA_DIR, help="folder of the data")
    return parser.parse_all(words)


def parse_bench(words: Sequence[str], description: str | None) -> Namespace:
    """Parses the options of `bench`."""
    parser = Parser(prog="python -m vineppo bench", description=description)
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


def _add_preset(parser: Parser, presets: Sequence[str] = PRESETS) -> None:
    parser.add_argument(
        "--preset", default="quick", metavar=one_of(presets), help="sizes and durations"
    )
    parser.add_argument(
        "--model", default="", help="folder of a Hugging Face checkpoint, for presets that need one"
    )
    parser.add_argument(
        "--data-dir", type=Path, default=DATA_DIR, help="folder of gsm8k/ and math/"
    )


def _add_process_options(parser: Parser) -> None:
    parser.add_argument(
        "--coordinator",
        default="",
        help="address:port of the first of several processes, one a host; empty: this one alone",
    )
    parser.add_argument("--num-processes", type=int, default=1, help="that share the run")
    parser.add_argument("--process", type=int, default=0, help="number of this one, from 0 on")


def _check_process_options(parsed: Namespace, config: Any) -> None:
    if not parsed.coordinator:
        if parsed.num_processes != 1 or parsed.process:
            raise UserError("--num-processes and --process need --coordinator, an address:port")
        return
    host, colon, port = parsed.coordinator.rpartition(":")
    if not (host and colon and port.isdigit()):
        raise UserError(f"--coordinator must be address:port, got {parsed.coordinator}")
    if not 0 <= parsed.process < parsed.num_processes:
        raise UserError(
            f"--process must lie between 0 and {parsed.num_processes - 1}, got {parsed.process}"
        )
    if not getattr(config, "model_shards", 0):
        raise UserError("several processes need --model-shards 1 or more: the model is shared")
    if "run_dir" not in parsed:
        raise UserError("several processes need --run-dir, a folder that all of them see")
    if parsed.num_seeds != 1:
        raise UserError(f"several processes train one seed, got --num-seeds {parsed.num_seeds}")


def _add_run_options(parser: Parser) -> None:
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"), help="where new runs go")
    parser.add_argument(
        "--resume", action="store_true", help="continue the newest run of the experiment"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--tensorboard", action="store_true", help="write TensorBoard files too")
    parser.add_argument("--wandb", action="store_true", help="log to Weights & Biases too")


def _check_run_options(parsed: Namespace, presets: Sequence[str] = PRESETS) -> None:
    check_name(parsed.preset, presets, "preset")
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
