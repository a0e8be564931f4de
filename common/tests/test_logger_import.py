"""The logger must import with nothing but the standard library, so that `list` and `report` do."""

import subprocess
import sys
from pathlib import Path

import common.logger

LOGGER_FOLDER = Path(common.logger.__file__).parent


def test_every_module_imports_on_a_bare_python():
    modules = [f"common.logger.{path.stem}" for path in sorted(LOGGER_FOLDER.glob("*.py"))]
    assert "common.logger.results" in modules
    code = f"import sys; sys.path.insert(0, {str(LOGGER_FOLDER.parents[1])!r}); import "
    # -I ignores the environment and -S leaves out site-packages.
    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code + ", ".join(modules)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
