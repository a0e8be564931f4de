"""Words of a command into a dataclass: one clear line for whatever a user can get wrong."""

import contextlib
import difflib
import io
import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import tyro

from common.logger.errors import UserError

Options = TypeVar("Options")
LARGEST_SEED = 2**31 - 1


def parse(options: type[Options], words: Sequence[str], command: str) -> Options:
    """Returns the options that some words say.

    Args:
      options: a dataclass.
      words: of the command line, without the command.
      command: such as "python -m PAPER train", for the help.

    Raises:
      SystemExit: help was asked for and printed.
      UserError: the words make no sense; one line, with the closest option.
    """
    is_help = not {"-h", "--help"}.isdisjoint(words)
    printed = io.StringIO()
    try:
        with contextlib.nullcontext() if is_help else _captured(printed):
            parsed: Options = tyro.cli(
                options, args=list(words), prog=command, config=(tyro.conf.OmitArgPrefixes,)
            )
            return parsed
    except SystemExit as stop:
        if not stop.code:
            raise
        raise UserError(_in_one_line(printed.getvalue())) from None


def check_name(name: str, valid: Iterable[str], kind: str) -> str:
    """Returns `name` if it is valid.

    Raises:
      UserError: it is not; the message gives the closest valid names, or all of them.
    """
    names = list(valid)
    if name in names:
        return name
    closest = difflib.get_close_matches(name, names, n=3)
    hint = f"did you mean {' or '.join(closest)}?" if closest else f"valid: {', '.join(names)}"
    raise UserError(f"unknown {kind} '{name}'; {hint}")


def check_seeds(option: str, first: int, number: int) -> None:
    """Checks that seeds fit into 32 bits.

    Raises:
      UserError: they do not, or there is none.
    """
    if number < 1:
        raise UserError(f"{option} must be at least 1, got {number}")
    if not 0 <= first <= LARGEST_SEED - number + 1:
        last = first + number - 1
        raise UserError(f"seeds must lie between 0 and {LARGEST_SEED}, got {first} to {last}")


def without(words: Sequence[str], *options: str) -> list[str]:
    """Returns the words of a command without some options and their values."""
    kept: list[str] = []
    is_value = False
    for word in words:
        if not is_value and word.partition("=")[0] not in options:
            kept.append(word)
        is_value = word in options and word != "--resume"
    return kept


def typed(paper: str, words: Sequence[str]) -> str:
    """Returns a command of a paper as one can type it here."""
    return shlex.join([shown_path(Path(sys.executable)), "-m", paper, *words])


def shown_path(path: Path) -> str:
    """Returns a path relative to this folder where it lies below it."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)


def say(line: str = "") -> None:
    """Writes a line of results to standard output."""
    sys.stdout.write(f"{line}\n")


def warn(line: str) -> None:
    """Writes a line to standard error."""
    sys.stderr.write(f"{line}\n")


@contextlib.contextmanager
def _captured(printed: io.StringIO) -> Iterator[None]:
    """Keeps what tyro says of an error, in lines that are not broken."""
    columns = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "10000"
    try:
        with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(printed):
            yield
    finally:
        if columns is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = columns


def _in_one_line(boxed: str) -> str:
    """The message inside the box that tyro draws, and the option that it offers."""
    _, message, *rest = re.split(r"\n[\s│]*[─-]{9,}[\s│]*\n", boxed)
    text = re.sub(r"(?<=\w)\.$", "", " ".join(message.replace("│", " ").split()))
    text = re.sub(r"^Error parsing \w*: ", "", text)
    optional = r"no type matching \{None\}\|(\w+) could be instantiated from \['(.*?)'\]\..*"
    text = re.sub(optional, r"expected \1, got '\2'", text)
    offered = [
        option
        for part in rest
        if "Perhaps you meant" in part
        for option in re.findall(r"--[\w-]+", part)
    ]
    return f"{text}; did you mean {offered[0]}?" if offered else f"{text}; see --help"
