"""Test that what is installed holds more than the Python files: the templates of pages too."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_templates_of_pages_are_package_data():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    patterns = settings["package-data"]["*"]
    templates = [path.name for path in ROOT.glob("*/*/*.html")]
    assert templates
    assert all(any(fnmatch(name, pattern) for pattern in patterns) for name in templates)


def test_the_coastline_is_package_data():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert settings["package-data"]["riemannian_diffusion.data"] == ["*.csv"]
    assert (ROOT / "riemannian_diffusion" / "data" / "coastline.csv").exists()
