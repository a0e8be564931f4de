"""Who may import whom, what `list` and `report` need, and what stands at the top level."""

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePath

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAPERS = ("vineppo", "loqa", "advantage_alignment", "brs", "meta_value", "riemannian_diffusion")
BEGUN = [paper for paper in PAPERS if (ROOT / paper / "__main__.py").exists()]
TOP_LEVEL = {"common", "requirements", "Makefile", "README.md", "pyproject.toml", "LICENSE"}
TOP_LEVEL |= {"CITATION.cff", ".ci", ".github", ".gitignore"}

# Imports inside a paper run one way. The leaves import nothing of ours; rollout and the method
# files never reach the modules that sit on top; only what drives whole runs imports train. That
# configs stay below everything shows in `list`, which has the standard library only.
LEAVES = {"networks", "losses"}
TOP = {"train", "evaluate", "runs", "reproduce", "report", "bench", "__main__"}
DRIVERS = {"methods", "trainer", "studies", "contestants", "show", "coin_game_bench"}
DRIVERS |= {"logistic_studies", "repeated_studies", "exact_studies"}
DRIVERS |= {"exploitability"}
DRIVERS |= {"comparisons", "phase_studies", "value_studies"}
DRIVERS |= {"original_bench", "trained_players"}
DRIVERS |= {"ablation_studies", "density_studies"}
COMMANDS = {"runs", "reproduce", "bench", "__main__", *DRIVERS}


def imported_modules(source: str, package: str) -> set[str]:
    """Returns the absolute names a module imports, anywhere in its code.

    Args:
      source: code of the module.
      package: dotted name of the package it lies in, from which relative imports count.
    """
    modules: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            modules.update(f"{base}.{alias.name}" for alias in node.names)
    return modules


def is_allowed(path: PurePath, module: str) -> bool:
    """Says whether the file at `path`, relative to the root, may import `module`."""
    folder = path.parts[0]
    owner, imported, *_ = [*module.split("."), ""]
    if owner in PAPERS and owner != folder:
        return False
    if owner not in (*PAPERS, "common") or folder == "common" or "tests" in path.parts:
        return True
    importer = PurePath(path.parts[1]).stem
    if importer in LEAVES:
        return False
    if owner == "common":
        return importer != "rollout" or imported in {"coin_game", "ipd"}
    if importer == "rollout":
        return imported == "networks"
    if importer in COMMANDS:
        return True
    return imported not in (TOP - {"evaluate"} if importer == "train" else TOP)


def violations(path: PurePath, source: str) -> Iterator[str]:
    for module in sorted(imported_modules(source, ".".join(path.parent.parts))):
        if not is_allowed(path, module):
            yield f"{path} imports {module}"


def test_imports_run_one_way():
    files = [path for folder in (*PAPERS, "common") for path in (ROOT / folder).rglob("*.py")]
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
        ("loqa/configs.py", "from loqa import train"),
        ("loqa/rollout.py", "from common import logger"),
        ("loqa/rollout.py", "from loqa import opponents"),
        ("loqa/opponents.py", "from loqa import train"),
        ("loqa/opponents.py", "from loqa.evaluate import play"),
        ("loqa/evaluate.py", "from .train import TrainState"),
        ("riemannian_diffusion/manifolds/sphere.py", "from ..train import make_train"),
    ],
)
def test_forbidden_import_is_found(path, source):
    assert len(list(violations(PurePath(path), source))) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("loqa/losses.py", "import jax"),
        ("loqa/rollout.py", "from common import ipd\nfrom loqa import networks"),
        ("loqa/opponents.py", "from loqa import losses, networks, rollout"),
        ("loqa/train.py", "from common import logger\nfrom loqa import evaluate, losses"),
        ("loqa/__main__.py", "from loqa import train"),
        ("loqa/tests/test_train.py", "from loqa import train"),
        ("common/tests/test_ipd.py", "from common import ipd"),
    ],
)
def test_allowed_import_is_not_reported(path, source):
    assert list(violations(PurePath(path), source)) == []


def complaint(root: Path, *arguments: str) -> str:
    """Returns what Python, run in the root, has to complain about; nothing if it is content."""
    command = [sys.executable, "-B", "-E", *arguments]
    finished = subprocess.run(command, cwd=root, capture_output=True, text=True)
    return finished.stderr or f"exit status {finished.returncode}" if finished.returncode else ""


def list_without_packages(root: Path, paper: str) -> str:
    return complaint(root, "-S", "-m", paper, "list")


def report_without_jax(root: Path, paper: str) -> str:
    return complaint(root, "-c", f"import sys; sys.modules['jax'] = None; import {paper}.report")


@pytest.mark.parametrize("paper", BEGUN)
def test_list_needs_the_standard_library_only(paper):
    assert list_without_packages(ROOT, paper) == ""


@pytest.mark.parametrize("paper", BEGUN)
def test_report_needs_no_jax(paper):
    assert report_without_jax(ROOT, paper) == ""


def test_packages_in_list_and_jax_in_report_are_found(tmp_path):
    (tmp_path / "paper").mkdir()
    main, report = tmp_path / "paper" / "__main__.py", tmp_path / "paper" / "report.py"
    main.write_text("import pytest\n")
    report.write_text("import jax\n")
    assert "No module named 'pytest'" in list_without_packages(tmp_path, "paper")
    assert "import of jax halted" in report_without_jax(tmp_path, "paper")
    main.write_text("import json\n")
    report.write_text("import json\n")
    assert list_without_packages(tmp_path, "paper") == ""
    assert report_without_jax(tmp_path, "paper") == ""


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
