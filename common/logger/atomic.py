"""Files that are whole or absent, never torn: atomic writes and checksummed payloads.

A checked file is three lines and a payload:

    checked file 1
    {"header": {...}, "payload_bytes": 123, "payload_sha256": "..."}
    SHA-256 of the two lines above
    payload

so the header is verified without the payload being read, and no bit of the file is uncovered.
"""

import hashlib
import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from common.logger import json_text

MAGIC = b"checked file 1\n"
Payload = bytes | Callable[[], Iterable[Any]]  # the parts are bytes or contiguous arrays


class DamagedFileError(ValueError):
    """A file fails one of its checks; the message names the file and the check."""


def write_bytes(path: Path | str, payload: bytes) -> None:
    """Writes `payload` to `path` so that a reader finds the old file or the new one, whole.

    Missing parent folders are created. The new content is on disk when this returns. One process
    writes a given path at a time.

    Raises:
      OSError: the file cannot be written; the old file is untouched and no temporary one is left.
    """
    _replace(Path(path), [payload])


def write_text(path: Path | str, text: str) -> None:
    """Writes `text` to `path` in UTF-8, like `write_bytes`."""
    write_bytes(path, text.encode())


def write_json(path: Path | str, value: Any) -> None:
    """Writes `value` to `path` as indented JSON, like `write_bytes`.

    Raises:
      ValueError: a number is NaN or infinite; the message names its key path. Nothing is written.
    """
    write_text(path, json_text.to_text(value, indent=2) + "\n")


def read_json(path: Path | str) -> dict[str, Any]:
    """Reads a JSON object.

    Raises:
      FileNotFoundError: there is no such file.
      DamagedFileError: the file does not hold a JSON object.
    """
    try:
        value = json.loads(Path(path).read_bytes())
    except ValueError as error:
        raise DamagedFileError(f"{path} is damaged: not valid JSON ({error})") from error
    if not isinstance(value, dict):
        raise DamagedFileError(f"{path} is damaged: expected a JSON object, found another value")
    return value


def write_checked(path: Path | str, payload: Payload, header: Mapping[str, Any]) -> None:
    """Writes a header and a payload with checksums over both, like `write_bytes`.

    Args:
      path: the file to write.
      payload: any bytes; or a function that gives them part by part, the same each time: it is
        called twice, so that no more than a part is in memory.
      header: JSON values; tuples come back as lists.
    """
    parts = (lambda: [payload]) if isinstance(payload, bytes) else payload
    digest, num_bytes = hashlib.sha256(), 0
    for part in parts():
        digest.update(part)
        num_bytes += memoryview(part).nbytes
    description = {
        "header": header,
        "payload_bytes": num_bytes,
        "payload_sha256": digest.hexdigest(),
    }
    head = MAGIC + json_text.to_text(description).encode() + b"\n"
    _replace(Path(path), itertools.chain([head, _checksum_line(head)], parts()))


def read_checked(path: Path | str) -> tuple[dict[str, Any], bytes]:
    """Reads the header and the payload of a file written by `write_checked`.

    Raises:
      FileNotFoundError: there is no such file.
      DamagedFileError: a check failed; the message says which.
    """
    with open_checked(path) as (header, file):
        return header, file.read()


@contextmanager
def open_checked(path: Path | str) -> Iterator[tuple[dict[str, Any], BinaryIO]]:
    """Opens a file written by `write_checked` at its payload, after all of it was verified.

    Raises:
      FileNotFoundError: there is no such file.
      DamagedFileError: a check failed; the message says which.
    """
    with open(path, "rb") as file:
        head = _read_head(file, path)
        start = file.tell()
        num_bytes = os.fstat(file.fileno()).st_size - start
        if num_bytes != head.payload_bytes:
            kind = "truncated" if num_bytes < head.payload_bytes else "too long"
            raise DamagedFileError(
                f"{path} is damaged: {kind}, {num_bytes} bytes of payload where the header "
                f"promises {head.payload_bytes}"
            )
        if hashlib.file_digest(file, "sha256").hexdigest() != head.payload_sha256:
            raise DamagedFileError(f"{path} is damaged: the checksum of the payload does not match")
        file.seek(start)
        yield head.header, file


def read_header(path: Path | str) -> dict[str, Any]:
    """Reads and verifies the header of a file written by `write_checked`, not its payload.

    Raises:
      FileNotFoundError: there is no such file.
      DamagedFileError: a check of the header failed; the message says which.
    """
    with open(path, "rb") as file:
        return _read_head(file, path).header


class _Head(NamedTuple):
    header: dict[str, Any]
    payload_bytes: int
    payload_sha256: str


def _read_head(file: BinaryIO, path: Path | str) -> _Head:
    magic = file.read(len(MAGIC))
    if magic != MAGIC:
        raise DamagedFileError(f"{path} is damaged or of another kind: its magic line is {magic!r}")
    description_line = file.readline()
    if file.readline() != _checksum_line(magic + description_line):
        raise DamagedFileError(
            f"{path} is damaged: the header is truncated or its checksum does not match"
        )
    try:
        description = json.loads(description_line)
        return _Head(**description)
    except (ValueError, TypeError) as error:
        raise DamagedFileError(f"{path} is damaged: the header is unreadable ({error})") from error


def _checksum_line(head: bytes) -> bytes:
    return hashlib.sha256(head).hexdigest().encode() + b"\n"


def _replace(path: Path, parts: Iterable[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Makes a rename inside `folder` survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
