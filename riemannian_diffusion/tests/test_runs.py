"""Tests of the real commands at the smallest sizes: a training, stopped or not, a reproduction."""

import json
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict

import jax
import pytest

from common.logger import checkpoints, curves, results
from riemannian_diffusion.experiments import PAPER
from riemannian_diffusion.run.cli import main
from riemannian_diffusion.tests import commands
from riemannian_diffusion.tests.commands import contents, the_line

TRAIN = (*commands.TRAIN, "--run-dir", "run")
# A test that runs in the background ignores SIGINT, and would hand that down.
LISTENING = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.fixture
def start(environment, tmp_path):
    """Starts a command in the folder `tmp_path`; what is still running at the end is killed."""
    processes = []

    def start_one(words):
        process = subprocess.Popen(
            [sys.executable, "-c", LISTENING, *words],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start_one
    for process in processes:
        process.kill()
        process.communicate()


def num_lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_until(is_reached, process):
    """Waits for something that a process does before it ends."""
    while not is_reached():
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)


def assert_same_run(run, finished_run, stdout):
    """Parameters, optimisers, keys, metrics and evaluation: every byte is that of the other run."""
    newest = checkpoints.list_checkpoints(finished_run)[-1].name
    assert checkpoints.list_checkpoints(run)[-1].name == newest
    for name in ("metrics.jsonl", newest):
        assert (run / name).read_bytes() == (finished_run / name).read_bytes(), name
    assert stdout == (finished_run.parent / "stdout").read_text()


def test_a_run_killed_and_stopped_by_signals_ends_with_the_same_bits(
    start, environment, tmp_path, finished_run
):
    """SIGKILL in the middle of training, then SIGTERM, then the command that is printed."""
    words = [sys.executable, "-m", "riemannian_diffusion", *TRAIN, "--resume"]
    run, moments = tmp_path / "run", random.Random(1)
    log = run / "metrics.jsonl"
    num_wanted = moments.randint(1, 10)
    process = start(words)
    wait_until(lambda: num_lines(log) >= num_wanted, process)
    time.sleep(moments.uniform(0, 0.03))
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert num_lines(log) < commands.NUM_LOG_POINTS
    num_wanted = num_lines(log) + 3
    process = start(words)
    wait_until(lambda: num_lines(log) >= num_wanted, process)
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (143, "")
    told, how, command = stderr.splitlines()
    assert told == "riemannian_diffusion: stopped by SIGTERM; the run is saved"
    assert how == "go on with"
    assert num_lines(log) < commands.NUM_LOG_POINTS
    finished = subprocess.run(
        shlex.split(command), cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert_same_run(run, finished_run, finished.stdout)


def test_a_run_of_other_settings_is_not_resumed(finished_run, tmp_path, monkeypatch, capsys):
    shutil.copytree(finished_run, tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    jax.devices()  # this process keeps its devices
    before = contents(tmp_path / "run")
    words = ("--run-dir", "run", "--resume", "--average-decay", "0.5", "--seed", "7")
    assert main([*commands.TRAIN, *words]) == 2
    assert the_line(capsys.readouterr().err) == (
        "riemannian_diffusion: run is of another configuration: "
        "average_decay: 0.995, not 0.5; seeds: [0], not [7]"
    )
    assert contents(tmp_path / "run") == before


def test_a_finished_run_is_evaluated_to_the_same_numbers(environment, finished_run, tmp_path):
    words = ("evaluate", str(finished_run))
    finished = commands.run(environment, tmp_path, *words)
    assert (finished.returncode, finished.stderr) == (0, "")
    *trained, _ = (finished_run.parent / "stdout").read_text().splitlines()
    *evaluated, last = finished.stdout.splitlines()
    assert evaluated == trained
    assert last == f"after {2 * commands.NUM_LOG_POINTS} updates"


@pytest.mark.slow
def test_a_record_says_what_was_run_and_where_it_comes_from(smoke_run):
    record = results.read_record(smoke_run / "results" / "smoke" / f"{commands.TRAINED}.json")
    config = PAPER.experiments[commands.TRAINED].configs["smoke"]
    assert record["config"] == json.loads(json.dumps(asdict(config)))  # tuples become lists
    assert record["seeds"] == [PAPER.first_seed]
    assert record["command"].startswith("python -m riemannian_diffusion reproduce --preset smoke")
    assert 0 < record["compile_seconds"] < record["wall_seconds"]
    assert record["peak_memory_bytes"] > 2**20
    assert {metric["ci95"] for metric in record["metrics"].values()} == {None}  # of one seed


@pytest.mark.slow
def test_smoke_run_writes_valid_records_and_curves_of_every_kind_of_experiment(smoke_run):
    folder = smoke_run / "results" / "smoke"
    assert {path.stem for path in folder.glob("*.json")} == set(commands.SMOKED)
    for name in commands.SMOKED:
        record = results.read_record(folder / f"{name}.json")
        assert (record["experiment"], record["preset"]) == (name, "smoke")
        assert [claim["id"] for claim in record["claims"]] == [
            claim.id
            for claim in PAPER.experiments[name].claims
            if claim.metric in record["metrics"]
        ]
        assert {claim["verdict"] for claim in record["claims"]} == {None}
        rows = curves.read_curves(folder / f"{name}.csv")
        assert {row["seed"] for row in rows} == set(record["seeds"])


@pytest.mark.slow
def test_smoke_run_draws_every_figure(smoke_run):
    figures = {path.name for path in (smoke_run / "results" / "smoke").glob("*.png")}
    assert figures == {f"{name}.png" for name in commands.SMOKED}


@pytest.mark.slow
def test_smoke_run_prints_the_claim_table(smoke_run):
    printed = (smoke_run / "stdout").read_text()
    for name in commands.SMOKED:
        assert f"riemannian_diffusion {name} (smoke)\n" in printed
    paths = [smoke_run / "results" / "smoke" / f"{name}.json" for name in commands.SMOKED]
    num_claims = sum(len(results.read_record(path)["claims"]) for path in paths)
    assert f"\n{num_claims} claim" in printed
    assert f": {num_claims} no verdict\n" in printed
    assert printed.endswith("records and figures: results/smoke\n")
