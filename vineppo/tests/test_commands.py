"""Tests of VinePPO's own commands: one clear line for nonsense, settings, evaluation, data."""

import json
from dataclasses import fields

import jax
import pytest

from common.logger import checkpoints
from common.logger.errors import UserError
from vineppo.experiments import PAPER
from vineppo.run import cli
from vineppo.run.cli import main
from vineppo.tasks import datasets
from vineppo.tests import commands
from vineppo.tests.commands import contents, the_line
from vineppo.tests.golden import make_golden

TRAIN = ("train", commands.TRAINED)
HOSTS = ("--coordinator", "localhost:1", "--num-processes", "2")
MODEL = str(make_golden.FOLDER / "grouped")

# What is refused before a run begins, and what the line must say.
REFUSED = [
    ([*TRAIN, "--preset", "quik"], "unknown preset 'quik'; did you mean quick?"),
    (["reproduce", "--preset", "day"], "no experiment of the default run has preset day"),
    ([*TRAIN, "--num-update", "4"], "did you mean --num-updates?"),
    ([*TRAIN, "--method", "pppo"], "invalid choice 'pppo' for argument '--method'"),
    ([*TRAIN, "--trace-decay", "1.5"], "trace_decay must be between 0 and 1, got 1.5"),
    ([*TRAIN, "--num-rollouts", "0"], "num_rollouts must be at least 1, got 0"),
    ([*TRAIN, "--num-updates", "7"], "num_updates 7 must be a multiple of eval_every_updates 6"),
    ([*TRAIN, "--minibatch-size", "24"], "64 must be a multiple of minibatch_size 24"),
    ([*TRAIN, "--seed", "-1"], "seeds must lie between 0 and 2147483647, got -1 to -1"),
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
    (["show", "run", "--output", "page.png"], "--output must end in .html, got page.png"),
    (["show", "run", "--rollouts", "0"], "--rollouts must be at least 1, got 0"),
]


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


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_nonsense_is_answered_by_one_line_and_exit_code_2(words, message, tmp_path, refuses):
    assert message in refuses(*words)
    assert contents(tmp_path) == {}


def test_a_checkpoint_whose_tokenizer_is_missing_is_refused(refuses, tmp_path):
    words = (*TRAIN, "--preset", "rho1b-gsm8k", "--model", MODEL, "--run-dir", "run", "--quiet")
    assert "holds no tokenizer that can be read" in refuses(*words)


def test_missing_data_is_named_with_a_remedy_and_damage_is_found(tmp_path, capsys):
    with pytest.raises(UserError, match=r"train.jsonl is missing; `python -m vineppo data --down"):
        datasets.load("gsm8k", tmp_path)
    assert main(["data", "--data-dir", str(tmp_path)]) == 1
    assert capsys.readouterr().out.count("missing; ") == len(datasets.FILES)
    for file in datasets.FILES:
        (tmp_path / file.name).parent.mkdir(exist_ok=True)
        (tmp_path / file.name).write_text("{}\n")
    assert main(["data", "--data-dir", str(tmp_path)]) == 2
    assert "train.jsonl is damaged: its SHA-256 begins with" in the_line(capsys.readouterr().err)


def test_help_explains_every_setting_with_the_default_of_experiment_and_preset(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    assert main(["train", "beyond_lambda", "--preset", "smoke", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    experiment = PAPER.experiments["beyond_lambda"]
    config = experiment.trained(experiment.configs["smoke"])
    for entry in fields(config):
        if entry.name != "initial":  # the initial policy's settings have no flags
            value = getattr(config, entry.name)
            assert f"{entry.metadata['help']} (default: {value})" in text


def test_settings_are_those_of_the_experiment_and_preset_that_are_meant():
    parsed = cli.parse_train(["beyond_lambda", "--seed", "3", "--num-rollouts", "4"])
    assert (parsed.config.num_rollouts, parsed.config.trace_decay, parsed.seed) == (4, 0.9, 3)
    words = ["figure_value_accuracy", "--preset", "deepseekmath7b-math", "--model", MODEL]
    config = cli.parse_train(words).config
    assert (config.method, config.num_updates, config.max_states) == ("ppo", 1000, 0)
    assert (config.initial.task, config.initial.model) == ("math", MODEL)


def test_the_metrics_of_an_evaluation_are_those_that_were_logged(finished_run, capsys):
    run = finished_run / "policy"
    older, _ = checkpoints.list_checkpoints(run)
    assert main(["evaluate", str(run), "--checkpoint", str(older)]) == 0
    printed = capsys.readouterr().out
    logged = json.loads((run / "metrics.jsonl").read_text().splitlines()[-2])
    assert logged["step"] == commands.NUM_LOG_POINTS - 1
    for name in ("validation_accuracy", "test_accuracy", "train_accuracy", "test_any_right"):
        assert f"{name:<28}{logged[name][0]:>9.3f}\n" in printed
    assert printed.endswith("after 7 updates\n")


def test_divergence_ends_with_exit_code_1_and_names_the_update(refuses):
    line = refuses(*commands.TRAIN, "--run-dir", "run", "--learning-rate", "1e30", code=1)
    assert "is not finite at update" in line
    assert "there is no checkpoint before it" in line or "last good checkpoint" in line
