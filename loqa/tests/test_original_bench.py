"""Tests of the comparison with the original code, of which a script of ours takes the place."""

import json
import math
import os
import sys
import time
from pathlib import Path

import pytest

from loqa import original_bench, original_code
from loqa.__main__ import main
from loqa.errors import UserError
from loqa.original_code import Mark, OriginalCode, Timing
from loqa.tests.commands import the_line
from loqa.training_configs import CoinGameConfig

PACKAGES = ("jax", "jaxlib", "flax", "optax", "hydra", "omegaconf", "wandb")
# An iteration takes .01 s, an evaluation .8 s; before the first it "compiles" for .8 s. It writes
# down how long its iterations took since the last evaluation: on a busy machine, they take longer.
TRAINING = """
import json, os, sys, time
from pathlib import Path
settings = dict(word.split("=") for word in sys.argv[1:])
settings |= {"pid": str(os.getpid())}
time.sleep(.8)
started = time.perf_counter()
for iteration in range(1000):
    time.sleep(.01)
    if iteration % int(settings["hp.eval_every"]) == 0:
        settings["seconds"] = time.perf_counter() - started
        Path("started.json").write_text(json.dumps(settings))
        print(f"iteration {iteration}")
        print("loss: 0.5")
        time.sleep(.8)
        print("{'mean_rewards': Array([0., 0.])}")
        started = time.perf_counter()
"""
BREAKS = {
    "print('iteration 0'); raise ValueError('no such device')": (
        "ended with code 1 after 1 of 3 progress lines; its last line: ValueError: no such device"
    ),
    "": "ended with code 0 after 0 of 3 progress lines; its last line: (nothing)",
    "import time; print('iteration'); time.sleep(60)": (
        "was not done after 1 s after 0 of 3 progress lines; its last line: iteration"
    ),
    "import os; os.kill(os.getpid(), 9)": "ended by SIGKILL, which is how a lack of memory ends it",
}
TINY = CoinGameConfig(
    num_updates=100,
    batch_size=2,
    num_opponents=2,
    episode_length=2,
    actor_hidden_size=2,
    critic_hidden_size=2,
)


@pytest.fixture
def original(tmp_path):
    return made_up_original(tmp_path / "original", TRAINING)


def made_up_original(folder: Path, training: str) -> OriginalCode:
    """A checkout that holds what is looked for, and modules with a version and no more."""
    for name in original_code.FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(training * (name == "coin_train.py"))
    for name in PACKAGES:
        module = "__version__ = '0.4'\ndef default_backend():\n    return 'cpu'\n"
        (folder / f"{name}.py").write_text(module)
    return OriginalCode(folder, sys.executable, capacity=7, timeout_seconds=60)


def test_an_iteration_is_what_lies_between_two_lines_less_the_evaluation():
    """By hand: (40 - 20) s less the evaluation from 23 to 28 s are 15 s, for 5 iterations 3 s."""
    lines = {
        "jax warns": 1.0,
        "iteration 0": 10.0,
        "loss: 1": 12.0,
        "{'rewards': 0}": 19.0,
        "iteration 5": 20.0,
        "loss: 2": 21.0,
        "entropy: 3": 23.0,
        "{'rewards': 1}": 28.0,
        "iteration 10": 40.0,
    }
    marks = [Mark(line, seconds, 2 * seconds) for line, seconds in lines.items()]
    assert original_code.iteration_timing(marks, 5) == Timing(3.0, 6.0)
    without = [mark for mark in marks if not mark.line.startswith("{")]
    assert original_code.iteration_timing(without, 5) == Timing(4.0, 8.0)


def test_iterations_are_timed_without_compilation_and_evaluation_and_the_process_ends(original):
    timing = original_code.time_iterations(original, num_iterations=10)
    started = json.loads((original.folder / "started.json").read_text())
    assert 10 * timing.seconds == pytest.approx(started["seconds"], abs=0.4)
    assert math.isnan(timing.cpu_seconds) or 0 <= timing.cpu_seconds < 0.02
    with pytest.raises(ProcessLookupError):
        os.kill(int(started["pid"]), 0)
    assert started["hp.batch_size"] == "512"
    assert started["hp.agent_replay_buffer.capacity"] == "7"
    assert not Path(started["hp.save_dir"]).exists()


@pytest.mark.parametrize("training", BREAKS)
def test_an_original_that_cannot_be_timed_says_why(tmp_path, training):
    original = made_up_original(tmp_path, training)._replace(timeout_seconds=1)
    with pytest.raises(UserError) as raised:
        original_code.time_iterations(original, num_iterations=10)
    assert BREAKS[training] in str(raised.value)


def test_cpu_seconds_grow_with_work():
    before = original_code.cpu_seconds(os.getpid())
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    assert not original_code.cpu_seconds(os.getpid()) < before + 0.05
    assert math.isnan(original_code.cpu_seconds(2**30))


@pytest.mark.usefixtures("keys_unchecked")
def test_a_comparison_writes_what_both_cost_and_their_ratio(original, tmp_path):
    path = tmp_path / "bench_original.json"
    table = original_bench.run(original, path, repeats=3, num_iterations=2, configs=(TINY,))
    written = json.loads(path.read_text())
    rows = {row["what"]: row for row in written["rows"]}
    assert list(rows) == ["original, buffer of 7", "ours, 2 opponents"]
    assert [line.split("  ")[0] for line in table.splitlines()] == list(rows)
    theirs, ours = (rows[what]["seconds"] for what in rows)
    ratios = [a / b for a, b in zip(theirs["per_repeat"], ours["per_repeat"], strict=True)]
    assert rows["ours, 2 opponents"]["seconds_ratio"]["per_repeat"] == pytest.approx(ratios)
    assert rows["ours, 2 opponents"]["seconds_ratio"]["median"] == sorted(ratios)[1]
    assert rows["original, buffer of 7"]["seconds_ratio"]["range"] == [1.0, 1.0]
    assert written["original"]["flax"] == "0.4"
    assert (written["repeats"], written["num_iterations"]) == (3, 2)
    assert {"git_commit", "device", "versions", "started_at"} <= written.keys()


def test_another_device_is_refused(original, tmp_path):
    (original.folder / "jax.py").write_text(
        "__version__ = '0'\ndef default_backend(): return 'gpu'"
    )
    with pytest.raises(UserError, match="the original would run on gpu, ours on cpu"):
        original_bench.run(original, tmp_path / "x.json", repeats=1, num_iterations=1, configs=())
    assert not (tmp_path / "x.json").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--original", "nowhere"], "no folder nowhere; expected a checkout of github.com/"),
        (["--original", "."], ". has no coin_train.py; expected a checkout"),
        (["--original", "original", "--original-python", "./none"], "cannot run ./none: "),
        (
            ["--original", "original", "--original-python", sys.executable],
            "No module named 'wandb'",
        ),
        (["--original-python", "python"], "--original-python needs --original, a checkout"),
        (["--original", ".", "--original-iterations", "0"], "--original-iterations must be at"),
        (["--originel", "."], "unknown option '--originel'; did you mean --original"),
    ],
)
def test_what_a_user_gets_wrong_is_one_line(tmp_path, monkeypatch, capsys, words, says):
    made_up_original(tmp_path / "original", TRAINING)
    (tmp_path / "original" / "wandb.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'wandb'\")"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["bench", *words]) == 2
    assert says in the_line(capsys.readouterr().err)
