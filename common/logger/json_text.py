"""JSON text of plain values and arrays; numbers that JSON cannot hold are refused by name."""

import json
import math
from collections.abc import Mapping
from typing import Any


def to_text(value: Any, *, indent: int | None = None) -> str:
    """Returns `value` as JSON text in the order of its keys.

    Args:
      value: dicts with string keys, lists, tuples, strings, numbers, None; NumPy and JAX arrays
        and scalars become (nested) lists and numbers.
      indent: spaces per level, or None for a single line.

    Raises:
      ValueError: a number is NaN or infinite; the message names its key path.
      TypeError: a key or a value has no JSON form; the message names its key path.
    """
    return json.dumps(plain(value), indent=indent, ensure_ascii=False, allow_nan=False)


def plain(value: Any, where: str = "") -> Any:
    """Returns `value` as JSON gives it back: dicts, lists, strings, finite numbers, None.

    Args:
      value: as in `to_text`.
      where: key path of `value`, used in messages, such as `metrics.loss[2]`.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where or 'value'} is {value}; only finite numbers can be written")
        return value
    if isinstance(value, Mapping):
        return {
            _text_key(key, where): plain(item, _join(where, key)) for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if hasattr(value, "tolist"):
        return plain(value.tolist(), where)
    raise TypeError(f"{where or 'value'} is a {type(value).__name__}, which has no JSON form")


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else str(key)


def _text_key(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{_join(where, key)} has a key of type {type(key).__name__}, not str")
    return key
