"""The settings of a run: declared as fields of a frozen dataclass, written down, read back.

Meaning, unit and range of a setting stand beside its default; a run writes its settings, their
class and its seeds into `run.json`, and gets the same object back from there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from common.logger import json_text
from common.logger.errors import UserError

# What JAX holds in its 32 bits.
_LARGEST = {int: 2**31 - 1, float: 3.4e38}


def setting(
    default: Any, meaning: str, *, low: float | None = None, high: float | None = None
) -> Any:
    """A dataclass field with its meaning (unit included) and its range, both ends allowed."""
    return field(default=default, metadata={"help": meaning, "low": low, "high": high})


def check_fields(config: Any) -> None:
    """Checks every field of a configuration against its type, choices and range.

    Raises:
      UserError: what was expected and what came.
    """
    types = get_type_hints(type(config))
    for entry in fields(config):
        if "help" not in entry.metadata:  # a configuration of its own
            continue
        value, kind = getattr(config, entry.name), types[entry.name]
        choices = get_args(kind)
        if choices and value not in choices:
            raise UserError(f"{entry.name} must be one of {', '.join(choices)}, got '{value}'")
        if kind is bool and not isinstance(value, bool):
            raise UserError(f"{entry.name} must be True or False, got {value!r}")
        if choices or kind is bool:
            continue
        if kind in _LARGEST:
            low, high = entry.metadata["low"], entry.metadata["high"]
            _check_number(entry.name, value, kind, low=low, high=high)
        elif not isinstance(value, kind):
            raise UserError(f"{entry.name} must be a {kind.__name__}, got {value!r}")


def check_divides(config: Any, total: str, part: str) -> None:
    """Checks that field `part` divides field `total`.

    Raises:
      UserError: both values, and the nearest total that works.
    """
    whole, piece = getattr(config, total), getattr(config, part)
    if whole % piece:
        raise UserError(
            f"{total} {whole} must be a multiple of {part} {piece}; "
            f"try {total} {-(-whole // piece) * piece}"
        )


def as_settings(config: Any, seeds: Sequence[int]) -> dict[str, Any]:
    """Returns what a run writes down of its settings, as JSON values."""
    described = {"kind": type(config).__name__, **asdict(config), "seeds": list(seeds)}
    plain: dict[str, Any] = json_text.plain(described)
    return plain


def config_of(
    settings: Mapping[str, Any], kinds: Sequence[type], path: Path
) -> tuple[Any, list[int]]:
    """Returns the configuration and the seeds that `as_settings` wrote down.

    Args:
      settings: what is in `run.json`.
      kinds: classes of configurations that there are.
      path: of the run, for messages.

    Raises:
      UserError: the run is of another version of the settings.
    """
    by_name = {kind.__name__: kind for kind in kinds}
    name = settings.get("kind")
    if name not in by_name or "seeds" not in settings:
        raise UserError(f"{path} is of another version of the settings: unknown kind {name!r}")
    values = {key: value for key, value in settings.items() if key not in ("kind", "seeds")}
    return _built(by_name[name], values, path), list(settings["seeds"])


def differing_fields(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Names and values of the settings in which two configurations differ, as `name: a, not b`."""
    names = [*ours, *(name for name in theirs if name not in ours)]
    return [
        f"{name}: {theirs.get(name)!r}, not {ours.get(name)!r}"
        for name in names
        if ours.get(name) != theirs.get(name)
    ]


def _check_number(
    name: str, value: Any, kind: Any, *, low: float | None, high: float | None
) -> None:
    if isinstance(value, bool) or not isinstance(value, (kind, int)) or value != value:
        raise UserError(f"{name} must be a {kind.__name__}, got {value!r}")
    if abs(value) > _LARGEST[kind]:
        raise UserError(f"{name} must be a {kind.__name__} of 32 bits, got {value}")
    if (low is not None and value < low) or (high is not None and value > high):
        span = f"at least {low:g}" if high is None else f"between {low:g} and {high:g}"
        raise UserError(f"{name} must be {span}, got {value:g}")


def _built(kind: type, values: Mapping[str, Any], path: Path) -> Any:
    """A configuration from its JSON values; a field that is a configuration itself is one again."""
    types = get_type_hints(kind)
    known, given = {entry.name for entry in fields(kind)}, set(values)
    if known != given:
        strange = [f"unknown {name}" for name in sorted(given - known)]
        strange += [f"missing {name}" for name in sorted(known - given)]
        raise UserError(f"{path} is of another version of the settings: {', '.join(strange)}")
    built = {name: _value(types[name], value, path) for name, value in values.items()}
    return kind(**built)


def _value(kind: Any, value: Any, path: Path) -> Any:
    if is_dataclass(kind) and isinstance(kind, type) and isinstance(value, Mapping):
        return _built(kind, value, path)
    return tuple(value) if isinstance(value, list) else value
