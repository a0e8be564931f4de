"""Command-line parsing: a clear line and exit code 2 for whatever a user can get wrong."""

import argparse
import difflib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any, NoReturn, TypeVar, get_args, get_type_hints

from loqa.errors import UserError

Config = TypeVar("Config")


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
    """Adds a flag for every field of a configuration, with its meaning and its value there."""
    types = get_type_hints(type(config))
    for entry in fields(config):
        name, kind = f"--{entry.name.replace('_', '-')}", types[entry.name]
        shown: dict[str, Any] = {
            "dest": entry.name,
            "default": getattr(config, entry.name),
            "help": entry.metadata["help"],
        }
        if kind is bool:
            parser.add_argument(name, action=argparse.BooleanOptionalAction, **shown)
        elif get_args(kind):
            parser.add_argument(name, choices=get_args(kind), **shown)
        else:
            parser.add_argument(name, type=kind, metavar=kind.__name__.upper(), **shown)


def with_flags(config: Config, parsed: argparse.Namespace) -> Config:
    """Returns the configuration with the values of its flags."""
    names = [entry.name for entry in fields(config)]  # type: ignore[arg-type]
    return replace(config, **{name: getattr(parsed, name) for name in names})  # type: ignore


def say(line: str = "") -> None:
    """Writes a line of results to standard output."""
    sys.stdout.write(f"{line}\n")


def warn(line: str) -> None:
    """Writes a line to standard error."""
    sys.stderr.write(f"{line}\n")
