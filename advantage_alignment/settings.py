"""Settings of a run as fields of a frozen dataclass: meaning, unit and range beside the default."""

from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any, get_args, get_type_hints

from advantage_alignment.errors import UserError

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
        value, kind = getattr(config, entry.name), types[entry.name]
        choices = get_args(kind)
        if choices and value not in choices:
            raise UserError(f"{entry.name} must be one of {', '.join(choices)}, got '{value}'")
        if kind is bool and not isinstance(value, bool):
            raise UserError(f"{entry.name} must be True or False, got {value!r}")
        if choices or kind is bool:
            continue
        if isinstance(value, bool) or not isinstance(value, (kind, int)) or value != value:
            raise UserError(f"{entry.name} must be a {kind.__name__}, got {value!r}")
        if abs(value) > _LARGEST[kind]:
            raise UserError(f"{entry.name} must be a {kind.__name__} of 32 bits, got {value}")
        low, high = entry.metadata["low"], entry.metadata["high"]
        if (low is not None and value < low) or (high is not None and value > high):
            span = f"at least {low:g}" if high is None else f"between {low:g} and {high:g}"
            raise UserError(f"{entry.name} must be {span}, got {value:g}")


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


def differing_fields(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Names and values of the settings in which two configurations differ, as `name: a, not b`."""
    names = [*ours, *(name for name in theirs if name not in ours)]
    return [
        f"{name}: {theirs.get(name)!r}, not {ours.get(name)!r}"
        for name in names
        if ours.get(name) != theirs.get(name)
    ]
