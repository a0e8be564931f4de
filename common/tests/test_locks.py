"""Locks hold exact, hashed pins, name no place on any machine or network, and agree."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {path.stem: path.read_text() for path in (ROOT / "requirements").glob("*.lock")}
PAPERS = ("vineppo", "loqa", "advantage_alignment", "brs", "meta_value", "riemannian_diffusion")
PIN = re.compile(
    r"(?P<name>[a-z0-9-]+)(\[[a-z0-9,-]+\])?==(?P<version>[^\s/]+)"
    r"( ; (?P<marker>[^/]+?))?(?P<hashes>( --hash=sha256:[0-9a-f]{64})+)"
)


def parse(lock: str) -> tuple[dict[str, str], list[str]]:
    """Returns the version of each package, and the lines that are not an exact, hashed pin."""
    pins, strays = {}, []
    for line in re.sub(r"\s*\\\n\s*", " ", lock).splitlines():
        pin = PIN.fullmatch(line)
        if pin:
            pins[pin["name"]] = pin["version"]
        else:
            strays.append(line)
    return pins, strays


def test_every_paper_has_a_lock_and_nothing_else_lies_beside_them():
    expected = {f"{name}.lock" for name in (*PAPERS, "all", "lint", "cuda")}
    assert {path.name for path in (ROOT / "requirements").iterdir()} == expected


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_exact_hashed_pins_only(name):
    pins, strays = parse(LOCKS[name])
    assert pins
    assert strays == []


@pytest.mark.parametrize(
    "stray",
    [
        "--index-url https://example.org/simple",
        "--find-links /somewhere/wheels",
        "-e .",
        "jax @ https://example.org/jax.whl",
        "jax==0.10.2",
        "jax>=0.10.2 \\\n    --hash=sha256:" + "0" * 64,
        "jax==0.10.2 \\\n    --hash=sha256:abc",
        "jax==0.10.2 ; path == '/somewhere' \\\n    --hash=sha256:" + "0" * 64,
    ],
)
def test_a_line_that_is_no_exact_hashed_pin_is_found(stray):
    assert len(parse(stray)[1]) == 1


@pytest.mark.parametrize("name", LOCKS)
def test_pins_agree_with_those_of_all(name):
    pins, everything = parse(LOCKS[name])[0], parse(LOCKS["all"])[0]
    assert {k: v for k, v in pins.items() if everything.get(k, v) != v} == {}
    if name in PAPERS:
        assert pins.keys() <= everything.keys()


@pytest.mark.parametrize("name", LOCKS)
def test_lock_satisfies_pyproject(name):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    chosen = {"all": [*PAPERS, "test"], "lint": ["lint"], "cuda": ["cuda"]}
    requirements = [*project["dependencies"]]
    for extra in chosen.get(name, [name, "test"]):
        requirements += extras[extra.replace("_", "-")]
    pins = parse(LOCKS[name])[0]
    for requirement in map(Requirement, requirements):
        assert requirement.specifier.contains(pins[requirement.name])


def test_reference_libraries_are_in_no_lock():
    assert not any({"torch", "dmlab2d"} & parse(lock)[0].keys() for lock in LOCKS.values())
