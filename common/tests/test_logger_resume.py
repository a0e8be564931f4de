"""Tests of where a run lies and where it stands: new, found finished, continued, lengthened."""

import json
import os
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest

from common.logger import atomic, checkpoints, resume
from common.logger.errors import UserError
from common.logger.run_folder import RunFolder, RunOptions

SETTINGS = {"kind": "Config", "num_updates": 6, "eval_every_updates": 2, "seeds": [42]}
CODE = "c0de"
TEMPLATE = {"weight": jax.ShapeDtypeStruct((), np.float32)}


def write_run(parent, last_step, *, settings=SETTINGS, code=CODE, name="20260101", every=2):
    """A run that stands at an update; returns its folder."""
    found = find(parent, settings, retrain=True)
    stem = found.path.name.rpartition("-")[0]
    folder = RunFolder.create(parent / f"{stem}-{name}", settings, {"code": code})
    for step in range(every, last_step + 1, every):
        folder.metrics.append(step, {"loss": [float(step)]})
        checkpoints.save(folder.path, {"weight": np.float32(step)}, step, folder.config)
    return folder.path


def find(parent, settings=SETTINGS, code=CODE, **more):
    return resume.find(parent, settings, code, num_updates=settings["num_updates"], **more)


def locate(parent, settings=SETTINGS, *, told=None, code_folders=(), **more):
    options = RunOptions(warn=pytest.fail if told is None else told.append, **more)
    return resume.locate(
        parent,
        settings,
        code_folders,
        options,
        num_updates=settings["num_updates"],
        can_be_lengthened=True,
    )


def test_run_lies_beside_all_others_under_its_kind_settings_and_time(tmp_path):
    place = find(tmp_path)
    assert (place.is_finished, place.is_begun, place.shorter) == (False, False, None)
    kind, digest, time = place.path.name.split("-")
    assert (place.path.parent, kind, len(digest)) == (tmp_path, "Config", 10)
    assert find(tmp_path).path.name.startswith(f"{kind}-{digest}-")
    assert find(tmp_path).path.name > place.path.name  # the names sort by time
    assert find(tmp_path, {**SETTINGS, "seeds": [43]}).path.name.split("-")[1] != digest
    assert time.replace("T", "").isdigit()


def test_finished_run_of_the_same_settings_seeds_and_code_is_found(tmp_path):
    write_run(tmp_path, 6)
    newest = write_run(tmp_path, 6, name="20260102")
    place = find(tmp_path)
    assert (place.path, place.is_finished, place.is_begun) == (newest, True, True)


@pytest.mark.parametrize("change", [{"seeds": [43]}, {"seeds": [42, 43]}, {"discount": 0.5}])
def test_run_of_other_settings_or_seeds_is_not_found(tmp_path, change):
    write_run(tmp_path, 6)
    for is_resumed in (False, True):
        assert not find(tmp_path, {**SETTINGS, **change}, resume=is_resumed).is_begun


def test_finished_run_of_other_code_is_found_by_resume_only(tmp_path):
    path = write_run(tmp_path, 6, code="older")
    assert not find(tmp_path).is_begun
    assert find(tmp_path, resume=True).path == path


def test_run_that_is_not_finished_goes_on_with_resume_only(tmp_path):
    path = write_run(tmp_path, 4)
    assert not find(tmp_path).is_begun
    place = find(tmp_path, resume=True)
    assert (place.path, place.is_finished, place.is_begun) == (path, False, True)


def test_retrain_begins_anew_whatever_there_is(tmp_path):
    write_run(tmp_path, 6)
    for is_resumed in (False, True):
        place = find(tmp_path, retrain=True, resume=is_resumed)
        assert not place.is_begun
        assert not place.path.exists()


def test_longest_shorter_run_is_lengthened_where_the_length_changes_no_update(tmp_path):
    runs = {
        number: write_run(tmp_path, number, settings={**SETTINGS, "num_updates": number}, name=name)
        for number, name in ((4, "20260101"), (2, "20260102"), (8, "20260103"))
    }
    place = find(tmp_path, resume=True, can_be_lengthened=True)
    assert (place.is_begun, place.shorter) == (False, runs[4])
    assert find(tmp_path, resume=True).shorter is None
    assert find(tmp_path, can_be_lengthened=True).shorter is None


def test_lengthening_goes_on_with_state_and_log_and_leaves_the_shorter_run_as_it_is(tmp_path):
    shorter = write_run(tmp_path, 4, settings={**SETTINGS, "num_updates": 4})
    before = {path.name: path.read_bytes() for path in shorter.iterdir()}
    told: list[str] = []
    longer, found = locate(tmp_path, resume=True, told=told)
    assert (found, told) == (shorter, [])
    resume.lengthen(shorter, longer, TEMPLATE, pytest.fail)
    state, step = resume.saved_state(longer, TEMPLATE, pytest.fail)
    assert (state, step) == ({"weight": 4.0}, 4)
    assert longer.metrics.read() == RunFolder.open(shorter).metrics.read()
    assert {path.name: path.read_bytes() for path in shorter.iterdir()} == before


def test_lengthening_a_run_without_a_checkpoint_is_refused(tmp_path):
    shorter = write_run(tmp_path, 0)
    longer, _ = locate(tmp_path / "more", told=[])
    with pytest.raises(UserError, match="has no checkpoint to go on from"):
        resume.lengthen(shorter, longer, TEMPLATE, pytest.fail)


def test_what_was_found_or_not_is_told(tmp_path):
    told: list[str] = []
    locate(tmp_path, resume=True, told=told)
    assert told == [f"no run to resume in {tmp_path} with these settings and seeds; starting one"]
    shutil.rmtree(tmp_path)
    path = write_run(tmp_path, 6, code=resume.code_digest())
    folder, _ = locate(tmp_path, told=told)
    assert told[1:] == [f"found finished, not trained again: {path}"]
    assert folder.path == path
    locate(tmp_path, quiet=True)
    assert not locate(tmp_path, retrain=True)[0].path.samefile(path)


def test_code_is_what_a_training_depends_on(tmp_path):
    paper = tmp_path / "made_up"
    for name in ("train.py", "run/loop.py"):
        (paper / name).parent.mkdir(parents=True, exist_ok=True)
        (paper / name).write_text("pass\n")
    digest = resume.code_digest(paper)
    for name in ("tests/test_a.py", "experiments/table.py", "results/a.py", "logger/b.py", "c.md"):
        (paper / name).parent.mkdir(exist_ok=True)
        (paper / name).write_text("pass\n")
    assert resume.code_digest(paper) == digest
    (paper / "run" / "loop.py").write_text("pass  \n")
    changed = resume.code_digest(paper)
    (paper / "run" / "loop.py").rename(paper / "run" / "loops.py")
    assert len({digest, changed, resume.code_digest(paper)}) == 3


def test_folder_of_its_own_is_opened_if_it_is_to_be_resumed_and_refused_otherwise(tmp_path):
    settings, told = dict(SETTINGS), []
    folder = resume.open_folder(tmp_path, settings, CODE, resume=False, warn=pytest.fail)
    assert folder.provenance["code"] == CODE
    again = resume.open_folder(tmp_path, settings, "other", resume=True, warn=told.append)
    assert (again, told) == (folder, [])
    with pytest.raises(FileExistsError, match="resume that run or choose a new folder"):
        resume.open_folder(tmp_path, settings, CODE, resume=False, warn=pytest.fail)


def test_remains_of_a_kill_are_no_folder_in_use(tmp_path):
    """Killed before the folder was made, or in the middle of the write of its first file."""
    path, told = tmp_path / "run", []
    torn = path / f".run.json.{os.getpid()}.tmp"
    for prepare in (lambda: None, lambda: (path.mkdir(), torn.write_text("{"))):
        prepare()
        resume.open_folder(path, SETTINGS, CODE, resume=True, warn=told.append)
        assert told == [f"no run to resume in {path}; starting one there"]
        assert [file.name for file in path.iterdir()] == ["run.json"]
        shutil.rmtree(path)
        told.clear()


def test_torn_first_file_of_another_run_hides_no_run(tmp_path):
    path = write_run(tmp_path, 6)
    torn = path.with_name(path.name.replace("20260101", "20260102"))
    torn.mkdir()
    (torn / ".run.json.1.tmp").write_text("{")
    assert find(tmp_path).path == path


def test_folder_that_is_no_run_is_not_resumed(tmp_path):
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(FileNotFoundError, match=r"is not a run folder: it holds no run\.json"):
        resume.open_folder(tmp_path, SETTINGS, CODE, resume=True, warn=pytest.fail)
    (tmp_path / "run.json").write_text('{"config": ')
    with pytest.raises(atomic.DamagedFileError, match=r"run\.json is damaged"):
        resume.open_folder(tmp_path, SETTINGS, CODE, resume=True, warn=pytest.fail)


def test_run_of_other_settings_is_refused_field_by_field(tmp_path):
    resume.open_folder(tmp_path, SETTINGS, CODE, resume=False, warn=pytest.fail)
    other = {**SETTINGS, "seeds": [7]}
    with pytest.raises(UserError, match=r"another configuration: seeds: \[42\], not \[7\]$"):
        resume.open_folder(tmp_path, other, CODE, resume=True, warn=pytest.fail)


def test_run_without_a_checkpoint_stands_at_its_beginning(tmp_path):
    folder = RunFolder.open(write_run(tmp_path, 0))
    folder.metrics.append(2, {"loss": [1.0]})  # killed before its first checkpoint
    assert resume.saved_state(folder, TEMPLATE, pytest.fail) == (None, 0)
    assert folder.metrics.read() == []


@pytest.mark.parametrize("step", [4, 5])
def test_metrics_after_the_checkpoint_are_dropped(tmp_path, step):
    """The checkpoint may lie between two log points: after update 5 the log has 2 and 4."""
    folder = RunFolder.open(write_run(tmp_path, 6))
    for path in checkpoints.list_checkpoints(folder.path):
        path.unlink()
    checkpoints.save(folder.path, {"weight": np.float32(step)}, step, folder.config)
    state, found = resume.saved_state(folder, TEMPLATE, pytest.fail)
    assert (state, found) == ({"weight": step}, step)
    assert [line["step"] for line in folder.metrics.read()] == [2, 4]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda log: log.replace(b"{", b"", 1), "line 1 is not a JSON object"),
        (lambda log: b"".join(log.splitlines(keepends=True)[:-1]), "it lacks update 6"),
        (lambda log: log[:-3], "it lacks update 6"),
        (lambda log: b"", "it lacks update 6"),
    ],
)
def test_log_that_lacks_what_it_had_at_the_checkpoint_is_not_continued(tmp_path, damage, message):
    folder = RunFolder.open(write_run(tmp_path, 6))
    log = folder.metrics.path
    log.write_bytes(damage(log.read_bytes()))
    with pytest.raises(atomic.DamagedFileError, match=rf"metrics\.jsonl is damaged: {message}"):
        resume.saved_state(folder, TEMPLATE, pytest.fail)
    log.unlink()
    with pytest.raises(atomic.DamagedFileError, match="it lacks update 6"):
        resume.saved_state(folder, TEMPLATE, pytest.fail)


def test_provenance_of_a_run_is_that_of_its_first_start(tmp_path):
    path = Path(locate(tmp_path, told=[])[0].path)
    run_file = json.loads((path / "run.json").read_text())
    run_file["provenance"]["started_at"] = "2020-01-01T00:00:00+00:00"
    (path / "run.json").write_text(json.dumps(run_file))
    resumed, _ = locate(tmp_path, resume=True)
    assert resumed.provenance["started_at"].startswith("2020")
