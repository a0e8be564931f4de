"""Tests of atomic writes, JSON text and checked files."""

import os

import numpy as np
import pytest

from common.logger import atomic, json_text

HEADER = {"paper": "loqa", "step": 7, "sizes": [1, 2]}
PAYLOAD = bytes(range(40))


@pytest.fixture
def checked_file(tmp_path):
    path = tmp_path / "checkpoint"
    atomic.write_checked(path, PAYLOAD, HEADER)
    return path


def test_write_replaces_the_file_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "new" / "record.json"
    atomic.write_text(path, "old")
    atomic.write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("failing_call", ["replace", "fsync"])
def test_failed_write_keeps_the_old_file_and_no_temporary_one(tmp_path, monkeypatch, failing_call):
    path = tmp_path / "record.json"
    path.write_bytes(b"old")

    def fail(*arguments):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, failing_call, fail)
        with pytest.raises(OSError, match="disk full"):
            atomic.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_payload_that_breaks_off_keeps_the_old_file(tmp_path):
    path = tmp_path / "record.json"
    path.write_bytes(b"old")
    with pytest.raises(TypeError):
        atomic.write_bytes(path, "text is not bytes")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [
        ("record.json", b"old")
    ]


def test_json_keeps_key_order_and_ends_with_a_newline(tmp_path):
    path = tmp_path / "record.json"
    atomic.write_json(path, {"b": 1, "a": [0.1, None, "±"]})
    expected = '{\n  "b": 1,\n  "a": [\n    0.1,\n    null,\n    "±"\n  ]\n}\n'
    assert path.read_text(encoding="utf-8") == expected
    assert atomic.read_json(path) == {"b": 1, "a": [0.1, None, "±"]}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), np.float32("nan")])
def test_json_refuses_non_finite_numbers_and_names_the_key_path(tmp_path, number):
    path = tmp_path / "record.json"
    with pytest.raises(ValueError, match=r"^metrics\.loss\[1\] is -?(nan|inf)"):
        atomic.write_json(path, {"metrics": {"loss": [0.0, number]}})
    assert not path.exists()


def test_arrays_become_lists_that_read_back_equal():
    value = {"a": np.array([[1.5, 2.0]]), "b": np.float32(0.1), "c": np.int64(3), "d": (True,)}
    expected = {"a": [[1.5, 2.0]], "b": 0.10000000149011612, "c": 3, "d": [True]}
    assert json_text.plain(value) == expected


@pytest.mark.parametrize(("value", "where"), [({"a": {1: 0}}, r"a\.1"), ({"a": [{2}]}, r"a\[0\]")])
def test_values_without_json_form_are_named(value, where):
    with pytest.raises(TypeError, match=f"^{where} "):
        json_text.to_text(value)


@pytest.mark.parametrize("text", ["", '{"a": 1', "[1, 2]", "\xff"])
def test_damaged_json_names_the_file(tmp_path, text):
    path = tmp_path / "record.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(atomic.DamagedFileError, match=r"record\.json is damaged"):
        atomic.read_json(path)


@pytest.mark.parametrize("payload", [b"", b"\n\n", PAYLOAD])
def test_checked_file_reads_back(tmp_path, payload):
    path = tmp_path / "checkpoint"
    atomic.write_checked(path, payload, HEADER)
    assert atomic.read_checked(path) == (HEADER, payload)
    assert atomic.read_header(path) == HEADER


def test_payload_in_parts_gives_the_file_of_the_whole(tmp_path, checked_file):
    """Parts are bytes or arrays; the empty ones count for nothing."""
    parts = [PAYLOAD[:3], b"", np.frombuffer(PAYLOAD[3:], np.uint8), np.zeros(0)]
    atomic.write_checked(tmp_path / "parts", lambda: parts, HEADER)
    assert (tmp_path / "parts").read_bytes() == checked_file.read_bytes()


def test_no_more_than_a_part_of_the_payload_is_in_memory(tmp_path):
    """Every part is made when it is its turn, and the one before is gone then."""
    alive, most = 0, 0

    class Part(np.ndarray):
        def __del__(self):
            nonlocal alive
            alive -= 1

    def parts():
        nonlocal alive, most
        for _ in range(5):
            alive += 1
            most = max(most, alive)
            yield np.zeros(10, np.uint8).view(Part)

    atomic.write_checked(tmp_path / "parts", parts, HEADER)
    assert (alive, most) == (0, 2)  # the next is made before the name of the last is given up


def test_payload_is_read_in_place_after_the_whole_file_was_verified(checked_file):
    with atomic.open_checked(checked_file) as (header, file):
        assert (header, file.read(3), file.read()) == (HEADER, PAYLOAD[:3], PAYLOAD[3:])
    checked_file.write_bytes(checked_file.read_bytes()[:-1] + b"x")
    with (
        pytest.raises(atomic.DamagedFileError, match="checksum"),
        atomic.open_checked(checked_file),
    ):
        pytest.fail("opened a damaged file")


@pytest.mark.parametrize("bit", [0, 5])
def test_flipped_bit_of_any_byte_is_refused(checked_file, bit):
    """Bit 0 changes a digit, bit 5 the case of a letter."""
    whole = checked_file.read_bytes()
    for position in range(len(whole)):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << bit
        checked_file.write_bytes(flipped)
        with pytest.raises(atomic.DamagedFileError, match="checkpoint is damaged"):
            atomic.read_checked(checked_file)


def test_every_truncation_and_any_extension_is_refused(checked_file):
    whole = checked_file.read_bytes()
    for damaged in [*(whole[:length] for length in range(len(whole))), whole + b"\0"]:
        checked_file.write_bytes(damaged)
        with pytest.raises(atomic.DamagedFileError):
            atomic.read_checked(checked_file)


@pytest.mark.parametrize(
    ("position", "check"),
    [
        (0, "magic line"),
        (len(atomic.MAGIC) + 5, "header is truncated or its checksum"),
        (-1, "checksum of the payload"),
    ],
)
def test_message_names_the_check_that_failed(checked_file, position, check):
    damaged = bytearray(checked_file.read_bytes())
    damaged[position] ^= 1
    checked_file.write_bytes(damaged)
    with pytest.raises(atomic.DamagedFileError, match=check):
        atomic.read_checked(checked_file)


def test_truncated_payload_is_called_truncated(checked_file):
    checked_file.write_bytes(checked_file.read_bytes()[:-3])
    with pytest.raises(atomic.DamagedFileError, match=r"truncated, 37 bytes .* promises 40"):
        atomic.read_checked(checked_file)


def test_header_reads_without_the_payload_but_not_when_itself_damaged(checked_file):
    whole = checked_file.read_bytes()
    checked_file.write_bytes(whole[: -len(PAYLOAD)])
    assert atomic.read_header(checked_file) == HEADER
    checked_file.write_bytes(whole.replace(b"loqa", b"loqb"))
    with pytest.raises(atomic.DamagedFileError, match="header"):
        atomic.read_header(checked_file)
