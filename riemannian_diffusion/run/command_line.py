"""Command-line parsing: a clear line and exit code 2 for whatever a user can get wrong."""

import argparse
import difflib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, get_args, get_type_hints

from common.logger.errors import UserError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Config = TypeVar("Config", bound="DataclassInstance")


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `UserError` and suggests the closest valid names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Refuses abbreviated options: they would change meaning when an option is added."""
        settings = {"formatter_class": argparse.ArgumentDefaultsHelpFormatter, **kwargs}
        super().__init__(*args, **{**settings, "allow_abbrev": False})
        self.options: list[str] = []

    def add_argument(self, *names: str, **kwargs: Any) -> argparse.Action:
        """Adds an argument and remembers its option names for suggestions."""
        action = super().add_argument(*names, **kwargs)
        if names[0].startswith("--"):
            self.options += action.option_strings
        return action

    def parse_all(self, words: Sequence[str]) -> argparse.Namespace:
        """Parses `words`; an unknown option is an error that names the closest ones."""
        parsed, unknown = self.parse_known_args(words)
        for word in unknown:
            if word.startswith("-"):
                check_name(word.partition("=")[0], self.options, "option")
            raise UserError(f"unexpected argument '{word}'; see --help")
        return parsed

    def error(self, message: str) -> NoReturn:
        """Replaces argparse's usage lines by one clear line."""
        raise UserError(f"{message}; see --help")


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


def add_setting_flags(parser: Parser, config: Any) -> None:
    """Adds a flag for every field of a configuration; help shows its meaning and value there."""
    types = get_type_hints(type(config))
    for entry in fields(config):
        name, kind = f"--{entry.name.replace('_', '-')}", types[entry.name]
        shown: dict[str, Any] = {
            "dest": entry.name,
            "default": argparse.SUPPRESS,
            "help": f"{entry.metadata['help']} (default: {getattr(config, entry.name)})",
        }
        if kind is bool:
            parser.add_argument(name, action=argparse.BooleanOptionalAction, **shown)
        elif get_args(kind):
            parser.add_argument(name, metavar=one_of(get_args(kind)), **shown)
        else:
            parser.add_argument(name, type=kind, metavar=kind.__name__.upper(), **shown)


def with_flags(config: Config, parsed: argparse.Namespace) -> Config:
    """Returns the configuration with the values of the flags that were given."""
    names = [entry.name for entry in fields(config)]
    given = {name: getattr(parsed, name) for name in names if name in parsed}
    return replace(config, **given)


def one_of(choices: Iterable[str]) -> str:
    """Returns choices as help shows them, such as {smoke,quick,paper}."""
    return f"{{{','.join(choices)}}}"


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
