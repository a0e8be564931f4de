"""GSM8K and MATH: where they lie, their checksums, and their splits."""

import hashlib
import json
import random
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from common.logger import atomic
from common.logger.errors import UserError

SPLIT_SEED = 42
NUM_VALIDATION = {"gsm8k": 373, "math": 500}
_ORIGIN = (
    "https://raw.githubusercontent.com/openai/grade-school-math/"
    "3101c7d5072418e28b9008a6636bde82a006892c/grade_school_math/data/"
)


class File(NamedTuple):
    """A file of a data set: below the data folder, its checksum, and where it can be had."""

    name: str
    sha256: str
    address: str  # empty: not offered for download, see NOTES.md


FILES = (
    File(
        "gsm8k/train.jsonl",
        "17f347dc51477c50d4efb83959dbb7c56297aba886e5544ee2aaed3024813465",
        _ORIGIN + "train.jsonl",
    ),
    File(
        "gsm8k/test.jsonl",
        "3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14",
        _ORIGIN + "test.jsonl",
    ),
    File(
        "math/test_500.jsonl",
        "35dc41080a3680858b27fa7e0533d2d547825316fc5dafe5d316f4ccc5a06132",
        "",
    ),
    File(
        "math/train_from_math_test_4500.jsonl",
        "be6345cd467dad18d5d32cf59d334910327a5f1f2d3289df7ce133107cc45ae7",
        "",
    ),
    File(
        "math/train_from_math_train_3682.jsonl",
        "8c28b45f07f188469939b0284230f6150b8d3eb34628acea4a7bd14feedef238",
        "",
    ),
)


class Problem(NamedTuple):
    """A question and its reference solution."""

    question: str
    solution: str


class Problems(NamedTuple):
    """The splits of a data set."""

    train: list[Problem]
    validation: list[Problem]
    test: list[Problem]


def load(task: str, folder: Path) -> Problems:
    """Reads a data set and sets validation questions apart, always the same.

    The published validation rows are not known: these are drawn from the training questions.

    Raises:
      UserError: a file is missing or damaged; the message says where it is looked for.
    """
    fields = {"gsm8k": ("question", "answer"), "math": ("problem", "solution")}[task]
    read = {
        file.name: [Problem(*(row[name] for name in fields)) for row in _rows(folder, file)]
        for file in FILES
        if file.name.startswith(task)
    }
    rest = [
        problem
        for name, rows in read.items()
        if "test" not in Path(name).name.split("_")[0]
        for problem in rows
    ]
    test = next(rows for name, rows in read.items() if Path(name).name.startswith("test"))
    random.Random(SPLIT_SEED).shuffle(rest)
    number = NUM_VALIDATION[task]
    return Problems(rest[number:], rest[:number], test)


def check(folder: Path, *, download: bool) -> Iterator[tuple[str, bool]]:
    """Says of every file whether it is there and sound; fetches those that can be fetched.

    Raises:
      UserError: a file is damaged, or what was fetched is not what was expected.
    """
    for file in FILES:
        path = folder / file.name
        if download and file.address and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with urllib.request.urlopen(file.address, timeout=60) as answer:
                payload = answer.read()
            _check_sum(payload, file, path)
            atomic.write_bytes(path, payload)
        if path.exists():
            _check_sum(path.read_bytes(), file, path)
            yield f"{path}: sound", True
        else:
            offer = "--download fetches it" if file.address else "see NOTES.md for its origin"
            yield f"{path}: missing; {offer}", False


def _rows(folder: Path, file: File) -> list[dict[str, str]]:
    path = folder / file.name
    if not path.exists():
        raise UserError(
            f"{path} is missing; `python -m vineppo data --download` fetches GSM8K, --data-dir or "
            "REPRO_DATA_DIR points elsewhere; the built-in task of preset quick needs no data"
        )
    payload = path.read_bytes()
    _check_sum(payload, file, path)
    return [json.loads(line) for line in payload.decode().splitlines() if line.strip()]


def _check_sum(payload: bytes, file: File, path: Path) -> None:
    found = hashlib.sha256(payload).hexdigest()
    if found != file.sha256:
        raise UserError(
            f"{path} is damaged: its SHA-256 begins with {found[:12]}, expected {file.sha256[:12]}"
        )
