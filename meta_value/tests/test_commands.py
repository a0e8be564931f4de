"""Tests of the answers to bad input: one clear line, an exit code, nothing touched."""

import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import jax
import pytest

from meta_value.config import MetaValueConfig
from meta_value.experiments import EXPERIMENTS
from meta_value.run import arguments, checkpoints
from meta_value.run.cli import main
from meta_value.tests import commands
from meta_value.tests.commands import contents, the_line

TRAIN = ("train", commands.TRAINED)
RESUME = (*commands.TRAIN, "--run-dir", "run", "--resume")
RECORDED = "figure_zd_extortion"  # the cheapest of the smoke run

# What is refused before JAX is imported, and what the line must say.
REFUSED = [
    (["trian"], "unknown command 'trian'; did you mean train?"),
    (["frobnicate"], "valid: list, reproduce, train, evaluate, report, bench, show"),
    (["list", "all"], "unexpected argument 'all'"),
    (["report", "--quick"], "unknown option '--quick'"),
    (["train"], "required: experiment"),
    (["train", "figure_logistic_basin"], "did you mean figure_logistic_basins or"),
    (["reproduce", "--experiment", "table"], "unknown experiment 'table'; "),
    (["reproduce", "--experiment", f"{commands.TRAINED},naive"], "unknown experiment 'naive'"),
    (["reproduce", "--experiment", ","], "--experiment needs a name"),
    ([*TRAIN, "--preset", "quik"], "unknown preset 'quik'; did you mean quick?"),
    (["reproduce", "--preset", "full"], "unknown preset 'full'; valid: smoke, quick, paper"),
    ([*TRAIN, "--num-update", "4"], "unknown option '--num-update'; did you mean --num-updates"),
    ([*TRAIN, "--batchsize=4"], "unknown option '--batchsize'; did you mean --batch-size?"),
    (["evaluate", "runs", "--chekpoint", "x"], "did you mean --checkpoint?"),
    ([*TRAIN, "--opponent", "self"], "opponent must be one of meva, naive, lola, got 'self'"),
    ([*TRAIN, "--num-updates", "1k"], "--num-updates: invalid int value: '1k'"),
    ([*TRAIN, "--trace-decay", "1.5"], "trace_decay must be between 0 and 1, got 1.5"),
    ([*TRAIN, "--batch-size", "0"], "batch_size must be at least 1, got 0"),
    ([*TRAIN, "--batch-size", "9" * 12], "batch_size must be a int of 32 bits, got 999999999999"),
    ([*TRAIN, "--weight-decay", "inf"], "weight_decay must be a float of 32 bits, got inf"),
    ([*TRAIN, "--weight-decay", "nan"], "weight_decay must be a float, got nan"),
    (
        [*TRAIN, "--num-updates", "10", "--eval-every-updates", "4"],
        "num_updates 10 must be a multiple of eval_every_updates 4; try num_updates 12",
    ),
    ([*TRAIN, "--seed", "-1"], "seeds must lie between 0 and 2147483647, got -1 to -1"),
    ([*TRAIN, "--seed", "2147483647", "--num-seeds", "2"], "got 2147483647 to 2147483648"),
    ([*TRAIN, "--num-seeds", "0"], "--num-seeds must be at least 1, got 0"),
    (["reproduce", "--seeds", "0"], "--seeds must be at least 1, got 0"),
    (["bench", "--repeats", "0"], "--repeats must be at least 1, got 0"),
    (["bench", "--output", "."], "--output must be a file"),
    (["show"], "required: what"),
    (["show", "ipd"], "unknown page 'ipd'; valid: logistic"),
    (["show", "logistic", "--output", "page.png"], "--output must end in .html, got page.png"),
]


def damaged(contents: bytes, damage: str) -> bytes:
    """A file of which the end is missing, a bit is wrong, or everything is gone."""
    if damage == "truncated":
        return contents[:-100]
    if damage == "empty":
        return b""
    position = {"payload bit": len(contents) // 2, "header bit": 40}[damage]
    return contents[:position] + bytes([contents[position] ^ 4]) + contents[position + 1 :]


@pytest.fixture
def refuses(tmp_path, monkeypatch, capsys):
    """Runs a command of which only the error is of interest, from the folder `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    jax.devices()  # this process keeps its devices

    def run(*words, code=2):
        assert main(words) == code
        captured = capsys.readouterr()
        assert captured.out == ""
        return the_line(captured.err)

    return run


@pytest.fixture
def run_dir(finished_run, tmp_path):
    """A copy of a finished run; its checkpoints are of updates 22 and 24."""
    shutil.copytree(finished_run, tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_nonsense_is_answered_by_one_line_and_exit_code_2(words, message, tmp_path, environment):
    finished = commands.run(environment, tmp_path, *words)
    assert finished.returncode == 2
    assert message in the_line(finished.stderr)
    assert finished.stdout == ""
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("package", ["tensorboardX", "wandb"])
def test_a_tracker_that_is_not_installed_is_named_before_the_run(package, tmp_path, environment):
    if importlib.util.find_spec(package):
        pytest.skip(f"{package} is installed")
    option = {"tensorboardX": "--tensorboard", "wandb": "--wandb"}[package]
    finished = commands.run(environment, tmp_path, *commands.TRAIN, option)
    assert finished.returncode == 2
    assert f"{option} needs the package {package}: pip install" in the_line(finished.stderr)
    assert contents(tmp_path) == {}


def test_help_explains_every_setting_with_the_default_of_experiment_and_preset(environment):
    words = ("train", "figure_zd_extortion", "--preset", "smoke", "--help")
    finished = commands.run(environment, commands.ROOT, *words)
    assert finished.returncode == 0
    text = " ".join(finished.stdout.split())
    config = EXPERIMENTS["figure_zd_extortion"].configs["smoke"].meva
    assert config.opponent == "naive"
    for entry in fields(MetaValueConfig):
        value = getattr(config, entry.name)
        assert f"{entry.metadata['help']} (default: {value})" in text


def test_settings_are_those_of_the_experiment_that_is_meant():
    """An experiment's name as the value of an option does not decide the settings."""
    words = ["--run-dir", "figure_zd_extortion", commands.TRAINED, "--seed", "3"]
    options = ["--batch-size", "4", "--preset", "paper"]
    parsed, config = arguments.parse_train([*words, *options], None)
    published = EXPERIMENTS[commands.TRAINED].configs["paper"].concave
    assert config == replace(published, batch_size=4)
    assert (parsed.run_dir, parsed.seed) == (Path("figure_zd_extortion"), 3)


def test_list_names_every_experiment_and_claim(environment):
    finished = commands.run(environment, commands.ROOT, "list")
    assert (finished.returncode, finished.stderr) == (0, "")
    for name, experiment in EXPERIMENTS.items():
        assert f"meta_value {name} ({experiment.source};" in finished.stdout
        assert all(f"- {c.id}: {c.statement};" in finished.stdout for c in experiment.claims)


def test_a_reader_may_stop_reading(environment):
    """As `head` does: the rest of the output is dropped without a word."""
    command = [sys.executable, "-m", "meta_value", "list"]
    buffered = {**environment, "PYTHONUNBUFFERED": ""}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=commands.ROOT, env=buffered, **pipes) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_run_folder_in_use_is_refused_without_resume(refuses, run_dir):
    before = contents(run_dir)
    line = refuses(*commands.TRAIN, "--run-dir", "run")
    assert "run exists and is not empty; resume that run or choose a new folder" in line
    assert contents(run_dir) == before


def test_a_run_of_other_settings_is_not_resumed(refuses, run_dir):
    before = contents(run_dir)
    line = refuses(*RESUME, "--trace-decay", "0.5", "--seed", "7")
    assert line == (
        "meta_value: run is of another configuration: "
        "trace_decay: 0.9, not 0.5; seeds: [100], not [7]"
    )
    assert contents(run_dir) == before


def test_a_folder_that_is_no_run_is_not_resumed(refuses, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes").write_text("mine")
    assert refuses(*RESUME) == "meta_value: run is not a run folder: it holds no run.json"


def test_a_run_folder_that_is_missing_or_not_one_says_so(refuses, tmp_path):
    assert (
        refuses("evaluate", "gone") == "meta_value: gone is not a run folder: it holds no run.json"
    )
    assert "holds no run.json" in refuses("evaluate", str(tmp_path))


def test_a_run_without_a_checkpoint_says_so(refuses, run_dir):
    for path in checkpoints.list_checkpoints(run_dir):
        path.unlink()
    assert "run holds no checkpoint: the run was stopped before its first" in refuses(
        "evaluate", "run"
    )


@pytest.mark.parametrize("damage", ["truncated", "payload bit", "header bit", "empty"])
def test_a_damaged_checkpoint_is_not_evaluated_and_the_older_is_offered(refuses, run_dir, damage):
    newest = checkpoints.list_checkpoints(run_dir)[-1]
    newest.write_bytes(damaged(newest.read_bytes(), damage))
    before = contents(run_dir)
    line = refuses("evaluate", "run")
    assert "checkpoint_00000024.ckpt is damaged" in line
    assert line.endswith("; try --checkpoint run/checkpoint_00000022.ckpt")
    assert contents(run_dir) == before


def test_the_checkpoint_offered_is_evaluated(finished_run, environment):
    """The metrics printed are those that the run logged at that update."""
    older, _ = checkpoints.list_checkpoints(finished_run)
    words = ("evaluate", str(finished_run), "--checkpoint", str(older))
    finished = commands.run(environment, finished_run.parent, *words)
    assert (finished.returncode, finished.stderr) == (0, "")
    logged = json.loads((finished_run / "metrics.jsonl").read_text().splitlines()[-2])
    assert logged["step"] == 22
    for name in sorted(logged.keys() - {"step", "loss", "short_td_error"}):
        assert f"{name:<28}{logged[name][0]:>9.3f}\n" in finished.stdout
    assert finished.stdout.endswith("after 22 updates\n")


def test_no_sound_checkpoint_means_no_resume(refuses, run_dir, capsys):
    for path in checkpoints.list_checkpoints(run_dir):
        path.write_bytes(damaged(path.read_bytes(), "truncated"))
    before = contents(run_dir)
    assert main(RESUME) == 2
    *passed_over, last = capsys.readouterr().err.splitlines()
    assert [line.partition(" is damaged")[0] for line in passed_over] == [
        "meta_value: run/checkpoint_00000024.ckpt",
        "meta_value: run/checkpoint_00000022.ckpt",
    ]
    assert last == "meta_value: no checkpoint in run is sound; start afresh without --resume"
    assert contents(run_dir) == before


def test_a_checkpoint_of_another_configuration_is_refused_field_by_field(refuses, run_dir):
    settings = json.loads((run_dir / "run.json").read_text())["config"]
    other = {**settings, "trace_decay": 0.5, "seeds": [1, 2]}
    path = checkpoints.save(run_dir.parent / "other", {"weights": jax.numpy.ones(2)}, 4, other)
    line = refuses("evaluate", "run", "--checkpoint", str(path))
    assert line.endswith(
        "another configuration: trace_decay: 0.5, not 0.9; seeds: [1, 2], not [100]"
    )


def test_a_run_of_another_version_is_refused_field_by_field(refuses, run_dir):
    run = json.loads((run_dir / "run.json").read_text())
    run["config"]["momentum"] = run["config"].pop("trace_decay")
    (run_dir / "run.json").write_text(json.dumps(run))
    line = refuses("evaluate", "run")
    assert line.endswith("another version of the settings: unknown momentum, missing trace_decay")


def test_a_run_of_an_unknown_method_is_refused(refuses, run_dir):
    run = json.loads((run_dir / "run.json").read_text())
    run["config"]["method"] = "LoqaConfig"
    (run_dir / "run.json").write_text(json.dumps(run))
    assert refuses("evaluate", "run").endswith("settings: unknown method 'LoqaConfig'")


@pytest.mark.parametrize("checkpoint", ["gone.ckpt", "."])
def test_a_checkpoint_that_is_no_file_says_so(refuses, run_dir, checkpoint):
    assert f"'{checkpoint}'" in refuses("evaluate", "run", "--checkpoint", checkpoint)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda log: log.replace(b"{", b"", 1), "line 1 is not a JSON object"),
        (lambda log: b"".join(log.splitlines(keepends=True)[:-1]), "it lacks update 24"),
        (lambda log: b"", "it lacks update 24"),
    ],
)
def test_a_damaged_log_of_metrics_is_not_continued(refuses, run_dir, damage, message):
    log = run_dir / "metrics.jsonl"
    log.write_bytes(damage(log.read_bytes()))
    line = refuses(*RESUME)
    assert "metrics.jsonl is damaged" in line
    assert message in line


@pytest.fixture
def future_record(smoke_run, tmp_path):
    """A record of a run that starts in the future."""
    path = tmp_path / "results" / "smoke" / f"{RECORDED}.json"
    path.parent.mkdir(parents=True)
    record = json.loads((smoke_run / "results" / "smoke" / path.name).read_text())
    path.write_text(json.dumps({**record, "started_at": "2999-01-01T00:00:00+00:00"}))
    return path


def test_the_record_of_a_newer_run_is_not_overwritten(refuses, future_record, tmp_path):
    before = contents(tmp_path)
    line = refuses(*commands.SMOKE, "--experiment", RECORDED)
    assert "started at 2999-01-01" in line
    assert "use --force or another results folder" in line
    assert contents(tmp_path) == before


def test_force_overwrites_the_record_of_a_newer_run(future_record, tmp_path, smoke_environment):
    words = ("--experiment", RECORDED, "--force", "--quiet")
    finished = commands.run(smoke_environment, tmp_path, *commands.SMOKE, *words)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert json.loads(future_record.read_text())["started_at"] < "2999"


def test_a_damaged_record_is_not_overwritten(refuses, future_record, tmp_path):
    future_record.write_text(future_record.read_text()[:-10])
    before = contents(tmp_path)
    line = refuses(*commands.SMOKE, "--experiment", RECORDED)
    assert f"results/smoke/{RECORDED}.json is damaged" in line
    assert contents(tmp_path) == before


def test_a_folder_that_cannot_be_written_says_so(refuses, tmp_path):
    (tmp_path / "results").write_text("a file")
    assert "results" in refuses(*commands.SMOKE, "--experiment", RECORDED)
    assert "results" in refuses(*commands.TRAIN, "--run-dir", "results/run")
