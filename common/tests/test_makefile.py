"""The Makefile, run for real on a made-up house whose only paper prints its arguments."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENTS = """
from pathlib import Path
from common.logger.experiment import Paper
PAPER = Paper(Path(__file__).parent.name, Path(), {}, 0)
print("listed", PAPER.name)
"""
PRINTS_ARGUMENTS = 'import sys\n\nprint("ran", *sys.argv[1:])\nsys.exit(sys.argv[1] == "bench")\n'

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def add_environment(house: Path, name: str) -> None:
    """Puts a finished environment for a lock where make expects it."""
    binaries = house / ".venv" / name / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").symlink_to(sys.executable)
    (house / "requirements").mkdir(exist_ok=True)
    (house / "requirements" / f"{name}.lock").touch()
    (binaries.parent / ".stamp").touch()


@pytest.fixture
def house(tmp_path: Path) -> Path:
    house = tmp_path / "a house"
    house.mkdir()
    shutil.copy(ROOT / "Makefile", house)
    (house / "pyproject.toml").touch()
    for paper in ("loqa", "meta_value"):
        (house / paper).mkdir()
        (house / paper / "__main__.py").write_text(PRINTS_ARGUMENTS)
        (house / paper / "experiments.py").write_text(EXPERIMENTS)
        add_environment(house, paper)
    (house / "common").mkdir()
    (house / "common" / "logger").symlink_to(ROOT / "common" / "logger")
    return house


def make(house: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **variables,
        "PATH": os.environ["PATH"],
        "PYTHON": sys.executable,
        "TMPDIR": str(house.parent),
    }
    return subprocess.run(
        ["make", *arguments], cwd=house, env=environment, capture_output=True, text=True
    )


def test_make_alone_prints_every_target(house):
    printed = make(house).stdout
    targets = ["reproduce-PAPER", "smoke-PAPER", "test", "test-all", "test-PAPER", "bench-PAPER"]
    for target in [*targets, "shell-PAPER", "list", "report", "lint", "format", "lock", "clean"]:
        assert f"make {target} " in printed


@pytest.mark.parametrize("target", ["reproduce", "smoke", "test", "bench", "shell"])
def test_unknown_paper_is_refused_in_one_line_with_the_known_ones(house, target):
    finished = make(house, f"{target}-locqa")
    assert finished.returncode != 0
    assert len(finished.stderr.splitlines()) == 1
    assert 'no paper "locqa"; papers: vineppo loqa' in finished.stderr


def test_paper_not_begun_is_refused(house):
    finished = make(house, "reproduce-brs")
    assert finished.returncode != 0
    assert "brs is not begun; begun: loqa meta_value" in finished.stderr


def test_variables_become_options(house):
    experiments = "EXPERIMENT=figure_1 table_2"
    more = ["POLICIES=runs/all", "RESUME=1", "FORCE=1"]
    variables = ["PRESET=paper", "SEEDS=10", experiments, *more]
    printed = make(house, "reproduce-loqa", *variables).stdout
    options = "--preset paper --seeds 10 --experiment figure_1,table_2 --policies runs/all "
    options += "--resume --force"
    assert f"ran reproduce {options}" in printed.splitlines()


@pytest.mark.parametrize("variable", ["SEED=1", "EXPERIMENTS=figure_1", "preset=paper", "SEED="])
def test_misspelt_variable_is_refused_in_one_line_with_the_known_ones(house, variable):
    for target in (["reproduce-loqa"], ["-n", "list"], []):
        finished = make(house, *target, variable)
        assert (finished.returncode, finished.stdout) == (2, "")
        assert len(finished.stderr.splitlines()) == 1
        name = variable.partition("=")[0]
        assert f"unknown variable {name}; known: PRESET SEEDS EXPERIMENT" in finished.stderr


def test_variables_of_the_environment_are_nobody_s_spelling(house):
    assert make(house, "-n", "reproduce-loqa", SEED="1").returncode == 0
    assert "--seeds '3'" in make(house, "-n", "reproduce-loqa", SEEDS="3").stdout


def test_tests_leave_out_the_slow_ones_and_test_all_does_not(house):
    add_environment(house, "all")
    for target, is_whole in (("test", False), ("test-loqa", False), ("test-all", True)):
        commands = make(house, "-n", target, "JOBS=3").stdout
        assert "-m pytest" in commands
        assert "-n 3 --dist loadfile" in commands
        assert ("-m 'not slow'" not in commands) == is_whole
    assert make(house, "-n", "test-loqa").stdout.rstrip().endswith("loadfile loqa")
    assert make(house, "-n", "test-common").stdout.startswith(".venv/all/bin/python -m pytest")


def test_shell_has_the_python_of_the_paper_s_environment(house):
    """The shell runs what comes on its standard input."""
    command = ["make", "shell-meta-value"]
    environment = {"PATH": os.environ["PATH"], "SHELL": "/bin/sh", "PYTHON": sys.executable}
    finished = subprocess.run(
        command,
        cwd=house,
        env=environment,
        input="command -v python\npython -m meta_value list",
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.stdout.splitlines() == [
        str(house / ".venv" / "meta_value" / "bin" / "python"),
        "ran list",
    ]


def test_dashes_name_the_folder_with_underscores(house):
    assert "ran reproduce --preset quick" in make(house, "reproduce-meta-value").stdout


def test_smoke_writes_to_a_folder_that_is_removed(house):
    printed = make(house, "smoke-loqa").stdout
    assert f"ran reproduce --preset smoke --results-dir {house.parent}/" in printed
    assert [path.name for path in house.parent.iterdir()] == ["a house"]


def test_failure_of_the_paper_is_failure_of_make(house):
    assert make(house, "bench-loqa").returncode != 0


def test_list_and_report_go_through_all_papers(house):
    listed = make(house, "list").stdout.splitlines()
    assert [line for line in listed if line.startswith("listed")] == [
        "listed loqa",
        "listed meta_value",
    ]
    assert "brs: not begun" in listed
    assert make(house, "report").stdout.splitlines().count("ran report") == 2


@pytest.mark.parametrize("damage", ["interrupted", "lock changed"])
def test_environment_is_rebuilt_when_it_is_half_made_or_out_of_date(house, damage):
    stamp = house / ".venv" / "loqa" / ".stamp"
    if damage == "interrupted":
        stamp.unlink()
    else:
        os.utime(stamp, (0, 0))
    assert "rm -rf .venv/loqa\n" in make(house, "-n", "reproduce-loqa").stdout
    assert "rm -rf" not in make(house, "-n", "reproduce-meta_value").stdout


def test_paper_is_built_from_its_own_lock_and_gpu_build_stands_apart(house):
    (house / "requirements" / "cuda.lock").touch()
    commands = make(house, "-n", "reproduce-loqa", "DEVICE=cuda").stdout
    assert "-r requirements/loqa.lock -r requirements/cuda.lock" in commands
    assert ".venv/loqa-cuda/bin/python -m loqa reproduce" in commands
    assert "DEVICE must be cpu or cuda" in make(house, "test", "DEVICE=tpu").stderr


def test_python_that_is_too_old_is_refused(house):
    finished = make(house, "list", "PYTHON=no-such-python")
    assert finished.returncode != 0
    assert "Python 3.11 or later is needed" in finished.stderr
