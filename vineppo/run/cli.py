"""The commands of VinePPO: `python -m vineppo COMMAND`."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, make_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from tyro.conf import Positional, arg

from common.logger import commands
from common.logger.command_line import check_name, check_seeds, parse, say, shown_path, without
from common.logger.commands import Call, Command, RunFlags
from common.logger.errors import UserError
from common.logger.interrupts import SignalWatch
from vineppo.experiments import PAPER
from vineppo.experiments.presets import (
    CHECKPOINT_PRESETS,
    PRESETS,
    on_checkpoint_preset,
    with_checkpoint,
)

DATA_DIR = Path(os.environ.get("REPRO_DATA_DIR", "data"))
MODEL_HELP = "folder of a Hugging Face checkpoint, for presets that need one"
DATA_HELP = "folder of gsm8k/ and math/"
TRAINED = (*PRESETS, *CHECKPOINT_PRESETS)
RUNS = PAPER.name  # folder below --runs-dir


@dataclass(frozen=True)
class Reproduce(commands.Reproduce):
    """Runs experiments, writes their records and prints the claim table."""

    model: Annotated[str, arg(help=MODEL_HELP)] = ""
    data_dir: Annotated[Path, arg(help=DATA_HELP)] = DATA_DIR


@dataclass(frozen=True)
class Processes:
    """Several processes that share a run, one a host."""

    coordinator: Annotated[
        str, arg(help="address:port of the first process; empty: this one alone")
    ] = ""
    num_processes: Annotated[int, arg(help="that share the run")] = 1
    process: Annotated[int, arg(help="number of this one, from 0 on")] = 0

    def __post_init__(self) -> None:
        """Refuses what fits no set of processes."""
        if not self.coordinator:
            if self.num_processes != 1 or self.process:
                raise UserError("--num-processes and --process need --coordinator, an address:port")
            return
        host, colon, port = self.coordinator.rpartition(":")
        if not (host and colon and port.isdigit()):
            raise UserError(f"--coordinator must be address:port, got {self.coordinator}")
        if not 0 <= self.process < self.num_processes:
            raise UserError(
                f"--process must lie between 0 and {self.num_processes - 1}, got {self.process}"
            )


@dataclass(frozen=True)
class Train:
    """Trains one setting (of an experiment with several the first), its initial policy before."""

    experiment: Annotated[
        Positional[str], arg(metavar="EXPERIMENT", help="whose settings are trained; see `list`")
    ]
    preset: Annotated[str, arg(help=f"size: {', '.join(TRAINED)}")] = "quick"
    model: Annotated[str, arg(help=MODEL_HELP)] = ""
    data_dir: Annotated[Path, arg(help=DATA_HELP)] = DATA_DIR
    seed: Annotated[int, arg(help="first seed")] = PAPER.first_seed
    num_seeds: Annotated[int, arg(help="seeds trained side by side")] = 1
    run_dir: Annotated[
        Path | None, arg(help="folder for this run and its initial policy (None: in --runs-dir)")
    ] = None
    processes: Processes = Processes()
    run: RunFlags = RunFlags()
    config: Any = None  # the settings themselves, of a class that the experiment decides

    def check(self) -> None:
        """Refuses names that are not known, and what does not fit together."""
        check_name(self.preset, TRAINED, "preset")
        check_name(self.experiment, PAPER.experiments, "experiment")
        check_seeds("--num-seeds", self.seed, self.num_seeds)
        if self.processes.coordinator:
            if not getattr(self.config, "model_shards", 0):
                raise UserError("several processes need --model-shards 1 or more: they share it")
            if self.run_dir is None:
                raise UserError("several processes need --run-dir, a folder that all of them see")
            if self.num_seeds != 1:
                raise UserError(f"several processes train one seed, got {self.num_seeds} seeds")


@dataclass(frozen=True)
class Evaluate:
    """Evaluates the newest checkpoint of a run, or a given one."""

    run_dir: Annotated[Positional[Path], arg(metavar="RUN_DIR", help="folder of a run")]
    checkpoint: Annotated[Path | None, arg(help="file (None: the newest of the run)")] = None


@dataclass(frozen=True)
class Bench:
    """Measures throughput, compile time and peak memory of the sampler."""

    repeats: Annotated[int, arg(help="timed repeats after a warm-up")] = 5
    output: Annotated[Path, arg(help="file to write")] = PAPER.folder / "results" / "bench.json"

    def __post_init__(self) -> None:
        """Refuses what cannot be measured or written."""
        if self.repeats < 1:
            raise UserError(f"--repeats must be at least 1, got {self.repeats}")
        commands.check_is_file(self.output)


@dataclass(frozen=True)
class Show:
    """Writes a page of responses coloured by the values and advantages of their steps."""

    run_dir: Annotated[
        Positional[Path], arg(metavar="RUN_DIR", help="folder of a run of reinforcement")
    ]
    seed: Annotated[int | None, arg(help="of the run (None: its first)")] = None
    responses: Annotated[int, arg(help="responses shown")] = 8
    rollouts: Annotated[int, arg(help="per state, for its true value")] = 256
    output: Annotated[Path, arg(help="page to write")] = Path("vineppo_responses.html")

    def __post_init__(self) -> None:
        """Refuses what cannot be shown."""
        for option in ("responses", "rollouts"):
            if getattr(self, option) < 1:
                raise UserError(f"--{option} must be at least 1, got {getattr(self, option)}")
        if self.output.suffix != ".html":
            raise UserError(f"--output must end in .html, got {self.output}")


@dataclass(frozen=True)
class Data:
    """Checks GSM8K and MATH in the data folder; --download fetches GSM8K."""

    download: Annotated[bool, arg(help="fetch what is missing and can be had")] = False
    data_dir: Annotated[Path, arg(help=DATA_HELP)] = DATA_DIR


def main(words: Sequence[str], watch: SignalWatch | None = None) -> int:
    """Runs one command; returns the exit code."""
    return commands.run(PAPER, COMMANDS, words, watch or SignalWatch())


def prepare_jax() -> None:
    """Sets JAX up; on CPU with one device: seeds are threads, and a mesh is for sharded models."""
    flags = os.environ.get("XLA_FLAGS", "")
    if "host_platform_device_count" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_force_host_platform_device_count=1".strip()
    commands.prepare_jax()


def reproduce(parsed: Reproduce, call: Call) -> int:
    """Runs experiments; they share their trainings."""

    def config_of(name: str) -> Any:
        experiment = PAPER.experiments[name]
        config = experiment.configs[parsed.preset]
        initial = experiment.trained(config).initial
        return on_checkpoint(config, initial, parsed)

    for name in parsed.names(PAPER):  # before anything is trained
        config_of(name)
    prepare_jax()
    from vineppo.run.trainer import Known, Trainer

    known = Known()

    def make_trainer(name: str, seeds: Sequence[int], options: Any) -> Trainer:
        return Trainer(parsed.run.runs_dir / RUNS, seeds, options, name, known)

    return commands.reproduce_experiments(parsed, call, make_trainer, config_of)


def train(parsed: Train, call: Call) -> int:
    """Trains one setting and prints its last evaluation."""
    prepare_jax()
    from vineppo.model_files import sharding
    from vineppo.run.trainer import Trainer

    processes = parsed.processes
    if processes.coordinator:
        sharding.join(processes.coordinator, processes.num_processes, processes.process)
    call.goes_on_with([*without(call.words, "--resume"), "--resume"])
    seeds = range(parsed.seed, parsed.seed + parsed.num_seeds)
    options = call.run_options(replace(parsed.run, quiet=parsed.run.quiet or processes.process > 0))
    place = parsed.run.runs_dir / RUNS
    trainer = Trainer(place, seeds, options, parsed.experiment, run_dir=parsed.run_dir)
    result = trainer.train(parsed.config, "policy")
    if not processes.process:
        commands.print_metrics(result.metrics, seeds)
        say(f"run folder: {shown_path(result.path)}")
    return 0


def evaluate(parsed: Evaluate, call: Call) -> int:
    """Evaluates a checkpoint."""
    del call
    prepare_jax()
    from vineppo.run.kinds import load_run

    run = load_run(parsed.run_dir, parsed.checkpoint)
    commands.print_metrics(run.evaluate(), run.seeds)
    say(f"after {run.step} updates")
    return 0


def report(parsed: commands.Report, call: Call) -> int:
    """Rebuilds the pages and the figures from committed results."""
    del parsed
    from vineppo.run import methods_table

    return commands.report(call, {"methods": methods_table.markdown(PAPER.folder / "results")})


def bench(parsed: Bench, call: Call) -> int:
    """Measures throughput, compile time and peak memory."""
    del call
    prepare_jax()
    from vineppo.run import bench as benchmark

    say(benchmark.run(parsed.repeats, parsed.output))
    return 0


def show(parsed: Show, call: Call) -> int:
    """Writes a page of responses."""
    del call
    prepare_jax()
    from vineppo.run import show as page

    path = page.show(parsed.run_dir, parsed.output, parsed.seed, parsed.responses, parsed.rollouts)
    say(f"page, for any browser: {shown_path(path)}")
    return 0


def data(parsed: Data, call: Call) -> int:
    """Says of every file whether it is there; 1 if one is missing."""
    del call
    from vineppo.tasks import datasets

    found = list(datasets.check(parsed.data_dir, download=parsed.download))
    for line, _ in found:
        say(line)
    return 0 if all(is_there for _, is_there in found) else 1


def parse_train(words: Sequence[str]) -> Train:
    """The options of `train`; those of the settings depend on experiment and preset."""
    default = trained_settings(words)
    types = get_type_hints(type(default))
    flags: Any = make_dataclass(
        "Settings",
        [
            (
                entry.name,
                types[entry.name],
                field(default=getattr(default, entry.name), metadata=dict(entry.metadata)),
            )
            for entry in fields(default)
            if "help" in entry.metadata  # all but the initial policy, which no flag changes
        ],
        frozen=True,
    )
    options = make_dataclass(
        "Train", [("config", flags, field(default=flags()))], bases=(Train,), frozen=True
    )
    options.__doc__ = Train.__doc__
    parsed: Train = parse(options, words, "python -m vineppo train")
    config = replace(default, **asdict(parsed.config))
    chosen = replace(parsed, config=config)
    chosen.check()
    return replace(chosen, config=on_checkpoint(config, config.initial, chosen))


def trained_settings(words: Sequence[str]) -> Any:
    """Settings that `train` begins from: those of the experiment and preset among the words."""
    plain = [word.removeprefix("--preset=") for word in words]
    chosen = next((word for word in plain if word in CHECKPOINT_PRESETS), None)
    if chosen is None:
        return commands.trained_settings(PAPER, words)
    published = ["paper" if word == chosen else word for word in plain]
    return on_checkpoint_preset(
        commands.trained_settings(PAPER, [*published, "--preset", "paper"]), chosen
    )


def on_checkpoint(config: Any, initial: Any, parsed: Reproduce | Train) -> Any:
    """Puts --model and --data-dir into settings that need them.

    Args:
      config: of a training or an experiment.
      initial: settings of its initial policy.
      parsed: has the two options.

    Raises:
      UserError: they need a checkpoint, and none is given; or the other way round.
    """
    if initial.task == "arithmetic":
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


COMMANDS = {
    "list": Command(commands.List, commands.list_experiments, commands.List.__doc__),
    "reproduce": Command(Reproduce, reproduce, Reproduce.__doc__),
    "train": Command(parse_train, train, Train.__doc__),
    "evaluate": Command(Evaluate, evaluate, Evaluate.__doc__),
    "report": Command(commands.Report, report, commands.Report.__doc__),
    "bench": Command(Bench, bench, Bench.__doc__),
    "show": Command(Show, show, Show.__doc__),
    "data": Command(Data, data, Data.__doc__),
}
