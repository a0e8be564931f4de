"""Tests of the commands of a paper: what they refuse, find on disk, print and leave alone."""

import importlib.util
import io
import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from common.logger import commands, results
from common.logger.errors import UserError
from common.tests import made_up_paper
from common.tests.made_up_paper import NAME, PAPER, Noise, WalkConfig, main

TRAIN = ["train", "table_1_walk", "--quiet"]
RUN = [*TRAIN, "--run-dir", "run"]
TABLE = ["reproduce", "--experiment", "beyond_table_of_walks"]


pytestmark = pytest.mark.usefixtures("walks_here")


@pytest.fixture
def refuses(does):
    """Runs a command that is refused: exit code 2, one line, nothing written."""

    def run(words):
        before = contents()
        out, err = does(words, code=2)
        assert out == ""
        assert err.startswith(f"{NAME}: ")
        assert err.count("\n") == 1
        assert contents() == before
        return err.removeprefix(f"{NAME}: ").rstrip("\n")

    return run


def contents():
    return {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def runs():
    return sorted(Path("runs").glob("*/run.json"))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("trian", "unknown command 'trian'; did you mean train?"),
        ("frobnicate", "unknown command 'frobnicate'; valid: list, reproduce, train, report"),
        ("list all", "all"),
        ("report --quick", "--quick"),
        ("train", "whose settings are trained"),
        ("train table_1_wlak", "unknown experiment 'table_1_wlak'; did you mean table_1_walk or "),
        ("train beyond_table_of_walks", "use reproduce --experiment beyond_table_of_walks"),
        ("train table_1_walk --preset quik", "unknown preset 'quik'; did you mean quick?"),
        ("train table_1_walk --preset=quik", "unknown preset 'quik'; did you mean quick?"),
        ("train table_1_walk --preset day", "table_1_walk has no preset day; it has smoke, quick"),
        ("train table_1_walk --num-seeds 0", "--num-seeds must be at least 1, got 0"),
        ("train table_1_walk --seed -1", "seeds must lie between 0 and 2147483647"),
        ("train table_1_walk --num-updates 10", "10 must be a multiple of eval_every_updates 4"),
        ("train table_1_walk --drection up", "did you mean --direction?"),
        (
            "reproduce --experiment table",
            "unknown experiment 'table'; valid: table_1_walk, figure_2",
        ),
        ("reproduce --experiment table_1_walk,walk", "unknown experiment 'walk'"),
        ("reproduce --experiment ,", "--experiment needs a name at least"),
        ("reproduce --preset full", "unknown preset 'full'; valid: smoke, quick, day, paper"),
        ("reproduce --preset day", "no experiment of the default run has preset day"),
        ("reproduce --preset day --experiment table_1_walk", "table_1_walk has no preset day"),
        ("reproduce --seeds 0", "--seeds must be at least 1, got 0"),
        ("reproduce --seeds 99999999999", "seeds must lie between 0 and 2147483647"),
    ],
)
def test_nonsense_is_answered_by_one_line_and_exit_code_2(refuses, words, line):
    assert line in refuses(words.split())


@pytest.mark.parametrize("package", ["tensorboardX", "wandb"])
def test_tracker_that_is_not_installed_is_named_before_the_run(refuses, package):
    if importlib.util.find_spec(package):
        pytest.skip(f"{package} is installed")
    option = {"tensorboardX": "--tensorboard", "wandb": "--wandb"}[package]
    assert f"{option} needs the package {package}: pip install {package}" in refuses(
        [*TRAIN, option]
    )


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_lists_the_commands(does, words):
    out, err = does(words)
    assert err == ""
    for name in made_up_paper.COMMANDS:
        assert f"\n    {name} " in out


def test_help_of_train_has_the_settings_of_the_experiment_and_preset_that_is_meant(does):
    out, _ = does(["train", "figure_2_walk_down", "--help"])
    text = " ".join(out.replace("│", " ").split())
    for entry in fields(WalkConfig):
        if "help" in entry.metadata:
            assert f"{entry.metadata['help']} (default: " in text
    assert "(default: down)" in text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("table_1_walk", WalkConfig()),
        ("table_1_walk --preset smoke", WalkConfig(4, 2)),
        ("--preset=paper table_1_walk", WalkConfig(24)),
        ("figure_2_walk_down --num-updates 8", WalkConfig(8, direction="down")),
        ("--run-dir figure_2_walk_down table_1_walk", WalkConfig()),
        ("--runs-dir smoke table_1_walk --scale 0.5", WalkConfig(noise=Noise(0.5))),
    ],
)
def test_settings_are_those_of_the_experiment_and_preset_that_are_meant(words, expected):
    """A folder of the name of another experiment or preset decides nothing."""
    assert made_up_paper.parse_train(words.split()).config == expected


def test_list_names_every_experiment(does):
    out, _ = does(["list"])
    assert all(f"{NAME} {name} (" in out for name in PAPER.experiments)


def test_reader_may_stop_reading():
    """As `head` does: the rest of the output is dropped without a word."""
    command = [sys.executable, "-m", NAME, "list"]
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": root, "PYTHONUNBUFFERED": ""}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_training_prints_its_metrics_and_where_it_lies(does):
    out, err = does([*TRAIN, "--num-seeds", "2"])
    (run,) = runs()
    logged = json.loads((run.parent / "metrics.jsonl").read_text().splitlines()[-1])
    place = "".join(f"{value:>9.3f}" for value in logged["place"])
    assert err == ""
    assert out.splitlines() == [
        f"{'seed':<28}{7:>9}{8:>9}",
        f"{'place':<28}{place}",
        f"run folder: {run.parent}",
    ]


def test_run_folder_in_use_or_of_other_settings_is_refused(does, refuses):
    does(RUN)
    assert "run exists and is not empty; resume that run or choose" in refuses(RUN)
    assert refuses([*RUN, "--resume", "--seed", "3", "--scale", "0.2"]) == (
        "run is of another configuration: noise: {'scale': 0.1}, not {'scale': 0.2}; "
        "seeds: [7], not [3]"
    )


def test_reproduction_prints_table_comparison_and_places(does):
    out, _ = does(TABLE)
    assert "HOLDS (QUICK)" in out
    assert out.splitlines()[-3:] == [
        "1 claim: 1 holds",
        "beyond_table_of_walks: there is no committed record at preset quick",
        "records and figures: paper/results/quick",
    ]
    out, _ = does([*TABLE, "--seeds", "2"])
    assert "all 1 values are those of the committed record (2 seeds here, 3 in the" in out
    assert out.endswith("records and figures: paper/results/quick-2-seeds\n")


def test_default_run_is_what_the_preset_offers_of_what_is_run_by_default(does):
    out, _ = does(["reproduce", "--preset", "smoke", "--quiet"])
    assert {path.stem for path in Path("paper/results/smoke").iterdir()} == {"table_1_walk"}
    assert "2 claims: 2 no verdict" in out
    both = commands.Reproduce(experiment="figure_2_walk_down table_1_walk,table_1_walk")
    assert both.names(PAPER) == ["figure_2_walk_down", "table_1_walk"]
    assert commands.Reproduce().names(PAPER) == ["table_1_walk", "figure_2_walk_down"]


def test_record_of_a_newer_run_is_refused_and_forced(does, refuses):
    does(TABLE)
    path = Path("paper/results/quick/beyond_table_of_walks.json")
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "started_at": "2999-01-01T00:00:00+00:00"}))
    assert "use --force or another results folder" in refuses(TABLE)
    does([*TABLE, "--force"])
    assert results.read_record(path)["started_at"] < "2999"


def test_damaged_record_and_folder_that_cannot_be_written_say_so(does, refuses):
    does(TABLE)
    path = Path("paper/results/quick/beyond_table_of_walks.json")
    path.write_text(path.read_text()[:-5])
    assert f"{path} is damaged" in refuses(TABLE)
    Path("results").write_text("a file")
    assert "results" in refuses([*TABLE, "--results-dir", "results"])
    assert "results" in refuses([*TRAIN, "--run-dir", "results/run"])


def test_report_without_a_readme_says_so(refuses):
    assert "README.md" in refuses(["report"])


class Terminal(io.StringIO):
    """Standard output that says it is a terminal."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("no_colour", "has_colour"), [(None, True), ("", True), ("1", False)])
def test_colour_is_for_terminals_that_want_it(monkeypatch, no_colour, has_colour):
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_colour is not None:
        monkeypatch.setenv("NO_COLOR", no_colour)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", Terminal())
        assert main(TABLE) == 0
        printed = sys.stdout.getvalue()
    assert ("\x1b[32m" in printed) == has_colour


@pytest.mark.parametrize("columns", ["0", "1", "10000"])
def test_terminal_of_any_width_gets_the_table(monkeypatch, does, columns):
    monkeypatch.setenv("COLUMNS", columns)
    out, _ = does(TABLE)
    lines = out.splitlines()
    assert "1 claim: 1 holds" in lines
    assert max(map(len, lines)) <= 120


def test_output_must_be_a_file(tmp_path):
    commands.check_is_file(None)
    commands.check_is_file(tmp_path / "new.json")
    with pytest.raises(UserError, match="--output must be a file, got the folder"):
        commands.check_is_file(tmp_path)
