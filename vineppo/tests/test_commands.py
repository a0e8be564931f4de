"""Tests of the answers to bad input: one clear line, an exit code, nothing touched."""

import shutil
from dataclasses import fields
from pathlib import Path

import jax
import pytest

from vineppo.experiments import EXPERIMENTS
from vineppo.run import arguments, checkpoints
from vineppo.run.cli import main
from vineppo.run.command_line import setting_fields
from vineppo.tests import commands
from vineppo.tests.commands import contents, the_line
from vineppo.tests.golden import make_golden

TRAIN = ("train", commands.TRAINED)
RESUME = (*commands.TRAIN, "--run-dir", "run", "--resume")
HOSTS = ("--coordinator", "localhost:1", "--num-processes", "2")
MODEL = str(make_golden.FOLDER / "grouped")

# What is refused before a run begins, and what the line must say.
REFUSED = [
    (["trian"], "unknown command 'trian'; did you mean train?"),
    (["frobnicate"], "valid: list, reproduce, train, evaluate, report, bench, show, data"),
    (["list", "all"], "unexpected argument 'all'"),
    (["report", "--quick"], "unknown option '--quick'"),
    (["train"], "required: experiment"),
    (["train", "table_mian"], "did you mean table_main?"),
    (["reproduce", "--experiment", "table"], "unknown experiment 'table'; "),
    (["reproduce", "--experiment", f"{commands.TRAINED},naive"], "unknown experiment 'naive'"),
    (["reproduce", "--experiment", ","], "--experiment needs a name"),
    ([*TRAIN, "--preset", "quik"], "unknown preset 'quik'; did you mean quick?"),
    (["reproduce", "--preset", "full"], "unknown preset 'full'; valid: smoke, quick, paper"),
    ([*TRAIN, "--num-update", "4"], "unknown option '--num-update'; did you mean --num-updates"),
    (["evaluate", "runs", "--chekpoint", "x"], "did you mean --checkpoint?"),
    ([*TRAIN, "--method", "pppo"], "method must be one of vineppo, ppo, grpo, rloo, shift, got"),
    ([*TRAIN, "--num-updates", "1k"], "--num-updates: invalid int value: '1k'"),
    ([*TRAIN, "--trace-decay", "1.5"], "trace_decay must be between 0 and 1, got 1.5"),
    ([*TRAIN, "--num-rollouts", "0"], "num_rollouts must be at least 1, got 0"),
    ([*TRAIN, "--num-rollouts", "9" * 12], "num_rollouts must be a int of 32 bits, got 99999"),
    ([*TRAIN, "--learning-rate", "nan"], "learning_rate must be a float, got nan"),
    ([*TRAIN, "--num-updates", "7"], "num_updates 7 must be a multiple of eval_every_updates 6"),
    ([*TRAIN, "--minibatch-size", "24"], "64 must be a multiple of minibatch_size 24"),
    ([*TRAIN, "--seed", "-1"], "seeds must lie between 0 and 2147483647, got -1 to -1"),
    ([*TRAIN, "--num-seeds", "0"], "--num-seeds must be at least 1, got 0"),
    (["reproduce", "--seeds", "0"], "--seeds must be at least 1, got 0"),
    ([*TRAIN, "--preset", "paper"], "preset paper needs --model, the folder of a Hugging Face"),
    (["reproduce", "--preset", "paper"], "preset paper needs --model"),
    ([*TRAIN, "--preset", "rho1b-gsm8k", "--model", "gone"], "there is no config.json in gone"),
    ([*TRAIN, "--model", MODEL], "--model belongs to presets of checkpoints"),
    ([*TRAIN, "--process", "1"], "--num-processes and --process need --coordinator"),
    ([*TRAIN, "--coordinator", "here"], "--coordinator must be address:port, got here"),
    ([*TRAIN, *HOSTS, "--process", "2"], "--process must lie between 0 and 1, got 2"),
    ([*TRAIN, *HOSTS], "several processes need --model-shards 1 or more"),
    ([*TRAIN, *HOSTS, "--model-shards", "1"], "several processes need --run-dir"),
    (["bench", "--repeats", "0"], "--repeats must be at least 1, got 0"),
    (["bench", "--output", "."], "--output must be a file"),
    (["show"], "required: run_dir"),
    (["show", "run", "--output", "page.png"], "--output must end in .html, got page.png"),
    (["show", "run", "--rollouts", "0"], "--rollouts must be at least 1, got 0"),
    (["evaluate", "gone"], "gone is not a run folder: it holds no run.json"),
]


def damaged(payload, damage):
    """A file of which the end is missing, a bit is wrong, or everything is gone."""
    if damage == "truncated":
        return payload[:-100]
    if damage == "empty":
        return b""
    position = {"payload bit": len(payload) // 2, "header bit": 40}[damage]
    return payload[:position] + bytes([payload[position] ^ 4]) + payload[position + 1 :]


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
    """A copy of a finished run; the policy's checkpoints are of updates 7 and 8."""
    shutil.copytree(finished_run, tmp_path / "run")
    return tmp_path / "run" / "policy"


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_nonsense_is_answered_by_one_line_and_exit_code_2(words, message, tmp_path, refuses):
    assert message in refuses(*words)
    assert contents(tmp_path) == {}


def test_a_checkpoint_whose_tokenizer_is_missing_is_refused(refuses, tmp_path):
    words = (*TRAIN, "--preset", "rho1b-gsm8k", "--model", MODEL, "--run-dir", "run", "--quiet")
    assert "holds no tokenizer that can be read" in refuses(*words)


def test_missing_data_is_named_with_a_remedy(refuses, tmp_path):
    from common.logger.errors import UserError
    from vineppo.tasks import datasets

    with pytest.raises(UserError, match=r"train.jsonl is missing; `python -m vineppo data --down"):
        datasets.load("gsm8k", tmp_path)
    for file in datasets.FILES:
        (tmp_path / file.name).parent.mkdir(exist_ok=True)
        (tmp_path / file.name).write_text("{}\n")
    assert "train.jsonl is damaged: its SHA-256 begins with" in refuses(
        "data", "--data-dir", str(tmp_path)
    )


def test_help_explains_every_setting_with_the_default_of_experiment_and_preset(capsys):
    with pytest.raises(SystemExit):
        main(["train", "table_main", "--preset", "smoke", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    config = arguments.training_of("table_main", "smoke")
    for entry in setting_fields(config):
        value = getattr(config, entry.name)
        assert f"{entry.metadata['help']} (default: {value})" in text
    assert len(setting_fields(config)) == len(fields(config)) - 1  # all but the initial policy


def test_settings_are_those_of_the_experiment_that_is_meant():
    words = [commands.TRAINED, "--seed", "3", "--run-dir", "beyond_lambda"]
    parsed, config = arguments.parse_train([*words, "--num-rollouts", "4"], None)
    assert (config.num_rollouts, config.trace_decay) == (4, 0.0)
    assert (parsed.run_dir, parsed.seed) == (Path("beyond_lambda"), 3)


def test_list_names_every_experiment_and_claim(environment):
    finished = commands.run(environment, commands.ROOT, "list")
    assert (finished.returncode, finished.stderr) == (0, "")
    for name, experiment in EXPERIMENTS.items():
        assert f"vineppo {name} ({experiment.source};" in finished.stdout
        assert all(f"- {c.id}: {c.statement};" in finished.stdout for c in experiment.claims)


def test_a_run_folder_in_use_is_refused_without_resume(refuses, run_dir):
    before = contents(run_dir)
    line = refuses(*commands.TRAIN, "--run-dir", "run")
    assert "exists and is not empty; resume that run or choose a new folder" in line
    assert contents(run_dir) == before


def test_a_run_of_other_settings_is_not_resumed(refuses, run_dir):
    before = contents(run_dir)
    line = refuses(*RESUME, "--trace-decay", "0.5", "--seed", "7")
    assert "run/policy is of another configuration: trace_decay: 0.0, not 0.5; seeds: [0]" in line
    assert contents(run_dir) == before


@pytest.mark.parametrize("damage", ["truncated", "payload bit", "header bit", "empty"])
def test_a_damaged_checkpoint_is_not_evaluated_and_the_older_is_offered(refuses, run_dir, damage):
    newest = checkpoints.list_checkpoints(run_dir)[-1]
    newest.write_bytes(damaged(newest.read_bytes(), damage))
    before = contents(run_dir)
    line = refuses("evaluate", "run/policy")
    assert "checkpoint_00000008.ckpt is damaged" in line
    assert line.endswith("; try --checkpoint run/policy/checkpoint_00000007.ckpt")
    assert contents(run_dir) == before


def test_the_metrics_of_an_evaluation_are_those_that_were_logged(run_dir, monkeypatch, capsys):
    monkeypatch.chdir(run_dir.parent.parent)
    older, _ = checkpoints.list_checkpoints(run_dir)
    assert main(["evaluate", "run/policy", "--checkpoint", str(older)]) == 0
    printed = capsys.readouterr().out
    import json

    logged = json.loads((run_dir / "metrics.jsonl").read_text().splitlines()[-2])
    assert logged["step"] == 7
    for name in ("validation_accuracy", "test_accuracy", "train_accuracy", "test_any_right"):
        assert f"{name:<28}{logged[name][0]:>9.3f}\n" in printed
    assert printed.endswith("after 7 updates\n")


def test_divergence_ends_with_exit_code_1_and_names_the_last_good_checkpoint(refuses, tmp_path):
    line = refuses(*commands.TRAIN, "--run-dir", "run", "--learning-rate", "1e30", code=1)
    assert "is not finite at update" in line
    assert "there is no checkpoint before it" in line or "last good checkpoint" in line
