"""Tests of the commands of BRS: one clear line for nonsense, settings from the experiment."""

from dataclasses import replace

import jax
import pytest

from brs.experiments import PAPER
from brs.run import cli
from brs.run.cli import main
from brs.tests import commands
from brs.tests.commands import contents, the_line

TRAIN = ("train", commands.TRAINED)

# What is refused before anything is computed, and what the line must say.
REFUSED = [
    (["train", "figure_2_idp"], "did you mean figure_2_ipd"),
    (["train", "certificate_tree_search"], "use reproduce --experiment certificate_tree_search"),
    ([*TRAIN, "--self-play", "yes"], "invalid choice 'yes' for argument '--self-play'"),
    ([*TRAIN, "--discount", "1.5"], "discount must be between 0 and 0.999, got 1.5"),
    ([*TRAIN, "--temperature", "nan"], "temperature must be a float, got nan"),
    (
        [*TRAIN, "--num-updates", "10", "--eval-every-updates", "4"],
        "num_updates 10 must be a multiple of eval_every_updates 4; try num_updates 12",
    ),
    (
        ["train", "figure_3_nosp", "--batch-size", "10", "--num-drawn-agents", "4"],
        "batch_size 10 must be a multiple of num_drawn_agents 4; try batch_size 12",
    ),
    (["evaluate", "gone"], "gone is not a run folder: it holds no run.json"),
    (["exploit", "nobody"], "unknown agent 'nobody': neither a file of a portable policy nor"),
    (["exploit", "AC", "--episodes", "0"], "--episodes must be at least 1, got 0"),
    (["exploit", "AC", "--updates", "-1"], "--updates must be at least 0, got -1"),
    (["export", "gone", "--output", "."], "--output must be a file, got the folder"),
    (["reproduce", "--policies", "."], "--policies needs a folder with files *.policy, got ."),
    (["reproduce", "--experiment", "figure_1_other_papers"], "--policies FOLDER"),
]


@pytest.fixture
def refuses(tmp_path, monkeypatch, capsys):
    """Runs a command of which only the error is of interest, from the folder `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    jax.devices()  # this process keeps its devices

    def run(*words):
        assert main(words) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        return the_line(captured.err)

    return run


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_nonsense_is_answered_by_one_line_and_exit_code_2(words, message, refuses, tmp_path):
    assert message in refuses(*words)
    assert contents(tmp_path) == {}


def test_settings_are_those_of_the_experiment_that_is_meant():
    parsed = cli.parse_train(["figure_4_norb", "--preset", "paper", "--noise", "0.5"])
    published = PAPER.experiments["figure_4_norb"].configs["paper"].variants[0][1]
    assert parsed.config == replace(published, noise=0.5)


def test_a_finished_run_is_evaluated_from_its_newest_checkpoint(finished_run, capsys):
    assert main(["evaluate", str(finished_run)]) == 0
    printed = capsys.readouterr().out
    assert printed.endswith(f"after {2 * commands.NUM_LOG_POINTS} updates\n")
    trained = (finished_run.parent / "stdout").read_text()
    assert printed.splitlines()[:-1] == trained.splitlines()[:-1]


def test_files_of_policies_take_part_in_the_leagues_and_decide_what_is_claimed(tmp_path):
    for name in ("pola_seed_1.policy", "other.policy"):
        (tmp_path / name).touch()
    files = cli.Reproduce(policies=tmp_path).policy_files()
    assert files == (str(tmp_path / "other.policy"), str(tmp_path / "pola_seed_1.policy"))
    given = cli.paper_with(files).experiments
    for name in ("figure_7_head_to_head", "beyond_exploitability_league", "figure_1_other_papers"):
        assert given[name].configs["quick"].policies == files
    claims = given["figure_1_other_papers"].claims
    assert {claim.id.partition("_")[0] for claim in claims} == {"pola"}
    assert (
        given["figure_7_head_to_head"].claims == PAPER.experiments["figure_7_head_to_head"].claims
    )
