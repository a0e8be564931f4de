"""Who may import whom, what listing and reporting need, and what stands where."""

import ast
import functools
import importlib.util
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path, PurePath
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {"common", "requirements", "Makefile", "README.md", "pyproject.toml", "LICENSE"}
TOP_LEVEL |= {"CITATION.cff", "CONTRIBUTING.md", "CHANGELOG.md", ".ci", ".github", ".gitignore"}

# What a paper's folder shows first, beside __init__ and __main__: what the paper is about.
TOP_FILES = {
    "vineppo": "advantages config credit losses optimizers policy ppo sampling sft train "
    "transformer value_estimation vine",
    "loqa": "agents coin_game_rollout config differentiable_returns losses networks objectives "
    "recurrent replay_buffer rollout train",
    "advantage_alignment": "advantages agents config losses networks objectives policies "
    "replay_buffer rollout train transformer",
    "brs": "agent_buffer coin_game_players config episodes games losses networks objectives "
    "question_answering train train_state",
    "meta_value": "config games learners losses meta_game meta_value networks train train_state",
    "riemannian_diffusion": "bound config divergence likelihood losses mixture model networks sde "
    "solvers time_sampling train train_state",
}
PAPERS = tuple(TOP_FILES)
MOST_TOP_FILES = 13

LEAVES = {"networks", "losses"}  # import nothing of ours
MAIN_NEEDS = {"sys", "common.logger.interrupts.SignalWatch"}  # before signals are watched


class Import(NamedTuple):
    """A module, or a name in one, that a file imports."""

    name: str
    is_for_types: bool  # below `if TYPE_CHECKING`
    is_at_top: bool  # not inside a function or a condition


@functools.cache
def imports(source: str, package: str) -> list[Import]:
    """Returns what a module imports, anywhere in its code, by absolute names.

    Args:
      source: code of the module.
      package: dotted name of the package it lies in, from which relative imports count.
    """
    tree, found = ast.parse(source), []
    nodes = list(ast.walk(tree))
    guards = [
        node
        for node in nodes
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    ]
    for_types = {id(node) for guard in guards for each in guard.body for node in ast.walk(each)}
    at_top = {id(node) for node in tree.body}
    for node in nodes:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            names = [f"{base}.{alias.name}" for alias in node.names]
        found += [Import(name, id(node) in for_types, id(node) in at_top) for name in names]
    return found


def is_allowed(path: PurePath, module: Import) -> bool:
    """Says whether the file at `path`, relative to the root, may import `module`."""
    folder, place = path.parts[0], path.with_suffix("").parts[1]
    owner, room, *_ = [*module.name.split("."), ""]
    if owner in PAPERS and owner != folder:
        return False
    if owner not in (*PAPERS, "common"):
        return place != "__main__" or module.name in MAIN_NEEDS
    if folder == "common" or "tests" in path.parts:
        return True
    if place == "__main__":  # what drives whole runs comes after the watch for signals
        return module.name in MAIN_NEEDS or (room == "run" and not module.is_at_top)
    if place in LEAVES:
        return False
    if owner == "common":
        is_allowed_by_place = {"config": room == "logger", "rollout": room in {"coin_game", "ipd"}}
        return is_allowed_by_place.get(place, True)
    if place == "config":
        return False
    if place == "rollout":
        return room == "networks"
    if place == "run":
        return True
    if place == "experiments":
        return room != "run" or module.is_for_types
    return room not in {"experiments", "run", "__main__"}


def violations(path: PurePath, source: str) -> list[str]:
    package = ".".join(path.parent.parts)
    found = sorted({module for module in imports(source, package) if not is_allowed(path, module)})
    return [f"{path} imports {module.name}" for module in found]


def files_of(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def without_tests(files: list[Path]) -> list[Path]:
    return [path for path in files if "tests" not in path.parts]


def test_imports_run_one_way():
    files = files_of(*PAPERS, "common")
    assert [v for f in files for v in violations(f.relative_to(ROOT), f.read_text())] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("loqa/train.py", "import brs"),
        ("loqa/train.py", "def f():\n    from brs.losses import td_loss"),
        ("loqa/tests/test_losses.py", "from brs import losses"),
        ("common/ipd.py", "import loqa.losses"),
        ("common/tests/test_ipd.py", "from loqa import losses"),
        ("loqa/losses.py", "from loqa import networks"),
        ("loqa/losses.py", "from . import networks"),
        ("loqa/networks.py", "import common.ipd"),
        ("loqa/config.py", "from loqa import train"),
        ("loqa/config.py", "from common import ipd"),
        ("loqa/rollout.py", "from common import logger"),
        ("loqa/rollout.py", "from loqa import agents"),
        ("loqa/train.py", "from loqa.run import seeds"),
        ("loqa/train.py", "from loqa import experiments"),
        ("loqa/agents.py", "def f():\n    from loqa.experiments import figure_1_ipd"),
        ("loqa/evaluation/league.py", "from ..run.training_run import Trainer"),
        ("brs/exact/coin_table.py", "from brs.experiments import table"),
        ("loqa/experiments/figure_1.py", "from loqa.run.training_run import Trainer"),
        ("loqa/experiments/figure_1.py", "def run():\n    from loqa.run import seeds"),
        ("loqa/__main__.py", "import jax"),
        ("loqa/__main__.py", "from loqa.run.cli import main"),
        ("loqa/__main__.py", "from common.logger import commands"),
    ],
)
def test_forbidden_import_is_found(path, source):
    assert len(violations(PurePath(path), source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("loqa/losses.py", "import jax"),
        ("loqa/config.py", "from common.logger.settings import setting"),
        ("loqa/rollout.py", "from common import ipd\nfrom loqa import networks"),
        ("loqa/train.py", "from common import ipd\nfrom loqa.evaluation import matches"),
        ("loqa/evaluation/league.py", "from loqa import rollout, train"),
        ("loqa/run/seeds.py", "from loqa import experiments, train"),
        ("loqa/experiments/figure_1.py", "from loqa.config import IpdConfig"),
        ("loqa/experiments/figure_1.py", "if TYPE_CHECKING:\n    from loqa.run.seeds import S"),
        ("loqa/__main__.py", "import sys\nif True:\n    from loqa.run.cli import main"),
        ("loqa/tests/test_train.py", "from loqa.run import training_run"),
        ("common/tests/test_ipd.py", "from common import ipd"),
    ],
)
def test_allowed_import_is_not_reported(path, source):
    assert violations(PurePath(path), source) == []


def circles(sources: dict[str, str]) -> list[str]:
    """Returns the modules from which a walk along imports comes back to them, types apart."""
    needs: dict[str, set[str]] = {}
    for module, source in sources.items():
        found = {each.name for each in imports(source, module.rpartition(".")[0]) if each.is_at_top}
        needs[module] = {n for n in sources for f in found if n in (f, f.rpartition(".")[0])}
    reached = {module: set(needs[module]) for module in needs}
    for between in needs:
        for module in needs:
            if between in reached[module]:
                reached[module] |= reached[between]
    return [module for module in needs if module in reached[module]]


@pytest.mark.parametrize("folder", [*PAPERS, "common"])
def test_imports_run_in_no_circle(folder):
    files = without_tests(files_of(folder))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    sources = {name: file.read_text() for name, file in zip(names, files, strict=True)}
    assert circles(sources) == []


def test_circle_of_imports_is_found():
    sources = {"p.a": "import p.b", "p.b": "from p.c import f", "p.c": "from . import a"}
    assert circles(sources) == ["p.a", "p.b", "p.c"]
    assert circles({**sources, "p.c": "def f():\n    import p.a"}) == []


def complaint(root: Path, *arguments: str) -> str:
    """Returns what Python, run in the root, has to complain about; nothing if it is content."""
    command = [sys.executable, "-B", "-E", *arguments]
    finished = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return finished.stderr or f"exit status {finished.returncode}" if finished.returncode else ""


def list_without_packages(root: Path, paper: str) -> str:
    """`-S` leaves out site-packages: JAX, numpy and matplotlib are not there."""
    code = f"import sys; sys.path.append({str(ROOT)!r}); sys.argv[1:] = [{paper!r}]; import runpy"
    run = "runpy.run_module('common.logger.listing', run_name='__main__')"
    return complaint(root, "-S", "-c", f"{code}; {run}")


def commands_without_jax(root: Path, paper: str) -> str:
    code = "import sys; sys.modules['jax'] = None; import common.logger.report"
    return complaint(root, "-c", f"{code}; import {paper}.run.cli")


@pytest.mark.parametrize("paper", PAPERS)
def test_list_needs_the_standard_library_only(paper):
    assert list_without_packages(ROOT, paper) == ""


@pytest.mark.parametrize("paper", PAPERS)
def test_commands_and_report_are_there_before_jax(paper):
    assert commands_without_jax(ROOT, paper) == ""


def test_packages_in_experiments_and_jax_in_commands_are_found(tmp_path):
    experiments, cli = tmp_path / "made_up" / "experiments.py", tmp_path / "made_up" / "run.py"
    experiments.parent.mkdir()
    experiments.write_text("import numpy\n")
    assert "No module named 'numpy'" in list_without_packages(tmp_path, "made_up")
    cli.write_text("import jax\n")
    assert "import of jax halted" in commands_without_jax(tmp_path, "made_up")


@pytest.mark.parametrize("paper", PAPERS)
def test_top_of_a_paper_s_folder_is_what_the_paper_is_about(paper):
    found = {path.stem for path in (ROOT / paper).glob("*.py")} - {"__init__", "__main__"}
    assert found == set(TOP_FILES[paper].split())
    assert len(found) <= MOST_TOP_FILES


def num_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function from its `def` on, docstring not counted."""
    first = node.body[0]
    has_docstring = ast.get_docstring(node, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


def test_no_file_is_longer_than_350_lines_and_no_function_than_60():
    files = {path: path.read_text() for path in without_tests(files_of(*PAPERS, "common"))}
    functions = [
        (path.name, node.name)
        for path, source in files.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and num_lines(node) > 60
    ]
    assert [path.name for path, source in files.items() if source.count("\n") > 350] == []
    assert functions == []


def num_code_lines(source: str) -> int:
    """Lines of code; docstrings, comments and blank lines are not counted."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            skipped |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(source.splitlines(), start=1)
    return sum(
        1
        for number, line in lines
        if number not in skipped and line.strip() and not line.strip().startswith("#")
    )


def test_common_stays_small_and_names_no_paper():
    """It may say whose rules a game has; what it must not know is a folder of ours."""
    sources = {path: path.read_text() for path in without_tests(files_of("common"))}
    assert sum(map(num_code_lines, sources.values())) < 3500
    assert (
        num_code_lines('"""Doc."""\n\n# why\nx = 1\n\ndef f():\n    """Doc."""\n    y = 2\n') == 3
    )
    named = [(path.name, paper) for path in sources for paper in PAPERS if paper in sources[path]]
    assert named == []


def unexpected_entries(root: Path) -> set[str]:
    """Returns what is neither agreed for the top level, nor hidden, nor ignored by git."""
    ignored = [pattern.strip("/") for pattern in (root / ".gitignore").read_text().split()]
    return {
        name
        for name in {path.name for path in root.iterdir()} - {*PAPERS, *TOP_LEVEL}
        if not name.startswith(".") and not any(fnmatch(name, pattern) for pattern in ignored)
    }


def test_top_level_is_as_agreed():
    assert unexpected_entries(ROOT) == set()
    assert {name for name in TOP_LEVEL if not (ROOT / name).exists()} == set()


def test_stray_entry_is_found(tmp_path):
    (tmp_path / ".gitignore").write_text("/runs/\n*.egg-info/\n")
    for name in ("loqa", "runs", "x.egg-info", ".venv", "utils"):
        (tmp_path / name).mkdir()
    assert unexpected_entries(tmp_path) == {"utils"}
