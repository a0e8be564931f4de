"""What the modules of the logger need: listing only the standard library, reporting no JAX."""

import subprocess
import sys
from pathlib import Path

import common.logger

LOGGER_FOLDER = Path(common.logger.__file__).parent
MODULES = {path.stem for path in LOGGER_FOLDER.glob("*.py")}
NEED_JAX = {"checkpoints", "finite_check", "recorder", "resume", "timing"}
NEED_OTHER_PACKAGES = {"command_line", "commands", "curve_drawing"}


def complaint(modules: set[str], *options: str, before: str = "") -> str:
    """Returns what Python says when it imports some modules in a process of their own."""
    names = ", ".join(f"common.logger.{name}" for name in sorted(modules))
    code = f"import sys; sys.path.insert(0, {str(LOGGER_FOLDER.parents[1])!r}); {before}"
    command = [sys.executable, *options, "-c", f"{code}\nimport {names}"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def test_every_other_module_imports_on_a_bare_python():
    """-I ignores the environment and -S leaves out site-packages."""
    bare = MODULES - NEED_JAX - NEED_OTHER_PACKAGES
    assert {"listing", "experiment", "claims", "report", "reproduce", "settings"} <= bare
    assert complaint(bare, "-I", "-S") == ""


def test_commands_and_report_import_no_jax():
    code = "sys.modules['jax'] = None"
    assert complaint(MODULES - NEED_JAX, before=code) == ""
    assert "import of jax halted" in complaint({"checkpoints"}, before=code)
