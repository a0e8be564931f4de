"""Tests of words into options: one clear line for what makes no sense."""

import os
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from tyro.conf import Positional, arg

from common.logger.command_line import (
    LARGEST_SEED,
    check_name,
    check_seeds,
    parse,
    shown_path,
    typed,
    without,
)
from common.logger.errors import UserError
from common.tests.made_up_paper import WalkConfig


@dataclass(frozen=True)
class Options:
    """Of a command."""

    experiment: Annotated[Positional[str], arg(help="which")]
    seeds: Annotated[int | None, arg(help="how many")] = None
    kind: Literal["bars", "lines"] = "bars"
    output: Path | None = None
    quiet: bool = False
    config: WalkConfig = field(default_factory=WalkConfig)

    def __post_init__(self) -> None:
        """Refuses what cannot be written."""
        if self.output is not None and self.output.suffix != ".png":
            raise UserError(f"--output must end in .png, got {self.output}")


def parsed(words: str) -> Any:
    return parse(Options, shlex.split(words), "python -m paper draw")


def test_words_become_options_and_those_of_what_lies_inside():
    options = parsed("table_1 --seeds 3 --kind=lines --quiet --num-updates 8 --scale 0.5")
    assert (options.experiment, options.seeds, options.kind) == ("table_1", 3, "lines")
    assert (options.quiet, options.config.num_updates, options.config.noise.scale) == (True, 8, 0.5)
    assert parsed("table_1 --no-is-noisy").config.is_noisy is False


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("", "which (required)"),
        ("table_1 more", "more"),
        ("table_1 --sedes 3", "did you mean --seeds?"),
        ("table_1 --num-update 4", "did you mean --num-updates?"),
        ("table_1 --numupdates=4", "did you mean --num-updates?"),
        ("table_1 --seeds", "--seeds"),
        ("table_1 --seeds three", "Error parsing --seeds: expected INT, got 'three'; see --help"),
        ("table_1 --kind pie", "pie"),
        ("table_1 --frobnicate", "--frobnicate"),
        ("table_1 --num-updates 1k", "1k"),
        ("table_1 --direction left", "left"),
        ("table_1 --output a.gif", "--output must end in .png, got a.gif"),
        ("table_1 --num-updates 0", "num_updates must be at least 1, got 0"),
        ("table_1 --scale nan", "scale must be a float, got nan"),
        ("table_1 --scale inf", "scale must be a float of 32 bits, got inf"),
        ("table_1 --num-updates 9999999999", "num_updates must be a int of 32 bits, got 99999"),
        (
            "table_1 --num-updates 10",
            "num_updates 10 must be a multiple of eval_every_updates 4; try num_updates 12",
        ),
    ],
)
def test_nonsense_is_one_line_that_names_it_and_prints_nothing(words, line, capfd):
    with pytest.raises(UserError) as refusal:
        parsed(words)
    told = str(refusal.value)
    assert line in told
    assert "\n" not in told
    assert not any(sign in told for sign in "│─╭╰")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("columns", [None, "0", "20"])
def test_the_line_is_the_same_on_a_terminal_of_any_width(monkeypatch, columns):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    with pytest.raises(UserError, match="num_updates 10 must be a multiple of eval_every_updates"):
        parsed("table_1 --num-updates 10")
    assert os.environ.get("COLUMNS") == columns


@pytest.mark.parametrize("words", ["--help", "-h", "table_1 --sedes 3 --help"])
def test_help_explains_every_option_with_its_default(words, capsys):
    with pytest.raises(SystemExit) as stop:
        parsed(words)
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert not stop.value.code
    assert "usage: python -m paper draw" in text
    assert "steps between two log points (default: 4)" in text
    assert "standard deviation of a step (default: 0.1)" in text


def test_unknown_name_gets_the_closest_valid_ones_or_all():
    names = ["table_1", "table_2", "figure"]
    assert check_name("figure", names, "experiment") == "figure"
    with pytest.raises(
        UserError, match=r"^unknown experiment 'table'; did you mean table_2 or tab"
    ):
        check_name("table", names, "experiment")
    with pytest.raises(UserError, match=r"^unknown preset 'x'; valid: table_1, table_2, figure$"):
        check_name("x", names, "preset")


@pytest.mark.parametrize(
    ("first", "number", "message"),
    [
        (0, 0, "--seeds must be at least 1, got 0"),
        (-1, 1, "between 0 and 2147483647, got -1 to -1"),
        (LARGEST_SEED, 2, "got 2147483647 to 2147483648"),
    ],
)
def test_seeds_fit_into_32_bits(first, number, message):
    with pytest.raises(UserError, match=message):
        check_seeds("--seeds", first, number)
    check_seeds("--seeds", LARGEST_SEED, 1)


def test_options_are_left_out_with_their_values_however_they_are_written():
    words = shlex.split("train --batch-size 4 --run-dir a --num-updates 4 --resume table_1")
    left = shlex.split("train --batch-size 4 --num-updates 4 table_1")
    assert without(words, "--run-dir", "--resume") == left
    assert without(["train", "--run-dir=a", "--resume"], "--run-dir", "--resume") == ["train"]
    assert without(["--experiment", "--resume", "x"], "--experiment") == ["x"]
    assert without(words) == words


def test_command_can_be_typed_where_one_is(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    python, *words = shlex.split(typed("paper", ["train", "--run-dir", "a b"]))
    assert words == ["-m", "paper", "train", "--run-dir", "a b"]
    assert os.path.samefile(python, sys.executable)
    assert shown_path(tmp_path / "runs" / "a") == "runs/a"
    assert shown_path(Path("runs")) == "runs"
    assert shown_path(tmp_path.parent) == str(tmp_path.parent)
