"""Tests of what a reproduction writes, where, and what it never replaces."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from common.logger import atomic, curves, reproduce, results
from common.logger.claims import Claim, Criterion
from common.logger.errors import UserError
from common.logger.experiment import Findings
from common.logger.reproduce import Request
from common.tests.made_up_paper import PAPER, Noise

NAME = "beyond_table_of_walks"
FAR_FUTURE = "2999-01-01T00:00:00+00:00"


@pytest.fixture
def paper(tmp_path):
    return PAPER._replace(folder=tmp_path)


def request_for(paper, num_seeds=None, preset="quick", **more):
    return Request(preset, num_seeds, paper.folder / "results", **more)


def reproduced(paper, request=None, origin=None, **changes):
    """Reproduces the table, with changes to its experiment."""
    request = request or request_for(paper)
    experiments = {**PAPER.experiments, NAME: replace(PAPER.experiments[NAME], **changes)}
    changed = paper._replace(experiments=experiments)
    seeds = request.seeds(changed, NAME)
    trainer = SimpleNamespace(origin=origin, compile_seconds=None, seeds=seeds)
    return reproduce.reproduce(changed, NAME, Noise(0.5), trainer, request)


def files(paper):
    return sorted(str(p.relative_to(paper.folder)) for p in paper.folder.rglob("*") if p.is_file())


def edit(outcome, **changes):
    record = json.loads(outcome.path.read_text())
    outcome.path.write_text(json.dumps({**record, **changes}))
    return outcome.path.read_bytes()


def test_record_curves_and_figure_are_written_side_by_side(paper):
    outcome = reproduced(paper)
    assert files(paper) == [f"results/quick/{NAME}.{suffix}" for suffix in ("csv", "json", "png")]
    assert outcome.path == paper.folder / f"results/quick/{NAME}.json"
    assert outcome.committed is None
    record = results.read_record(outcome.path)
    assert record == outcome.record
    assert (record["config"], record["seeds"]) == ({"scale": 0.5}, [7, 8, 9])
    assert record["metrics"]["place"]["per_seed"] == [1.5] * 3
    assert record["claims"][0]["verdict"] == "holds"
    assert len(curves.read_curves(outcome.path.with_suffix(".csv"))) == 3


def test_committed_record_is_returned_beside_the_new_one(paper):
    before = reproduced(paper).record
    assert reproduced(paper).committed == before
    apart = replace(request_for(paper), results_dir=paper.folder / "elsewhere")
    outcome = reproduced(paper, apart)
    assert outcome.committed == results.read_record(paper.folder / f"results/quick/{NAME}.json")
    assert outcome.path == paper.folder / f"elsewhere/quick/{NAME}.json"


@pytest.mark.parametrize("is_first", [True, False])
def test_run_of_fewer_seeds_goes_to_a_folder_of_its_own(paper, is_first):
    kept = None if is_first else reproduced(paper).path.read_bytes()
    outcome = reproduced(paper, request_for(paper, 2, force=True))
    assert outcome.path == paper.folder / f"results/quick-2-seeds/{NAME}.json"
    assert outcome.record["claims"][0]["verdict"] == "too few seeds"
    assert (paper.folder / f"results/quick/{NAME}.json").exists() == (not is_first)
    assert is_first or (paper.folder / f"results/quick/{NAME}.json").read_bytes() == kept


def test_record_of_more_seeds_is_not_replaced_by_one_of_the_preset_s(paper):
    more = reproduced(paper, request_for(paper, 5))
    kept = more.path.read_bytes()
    assert more.path.parent.name == "quick"
    assert reproduced(paper).path.parent.name == "quick-3-seeds"
    assert more.path.read_bytes() == kept


def test_record_of_a_newer_run_is_refused_before_anything_is_run(paper):
    kept = edit(reproduced(paper), started_at=FAR_FUTURE)

    def run(config, trainer):
        pytest.fail("it was run")

    with pytest.raises(results.NewerRecordError, match=r"2999-01-01.*; use --force or another"):
        reproduced(paper, run=run)
    assert (paper.folder / f"results/quick/{NAME}.json").read_bytes() == kept
    assert reproduced(paper, request_for(paper, force=True)).record["started_at"] < "2999"


def test_resumed_run_is_as_old_as_its_first_start(paper):
    """Its record must not replace that of a run started in between."""
    newer = reproduced(paper)
    kept = newer.path.read_bytes()
    keys = ("git_commit", "git_dirty", "command", "versions", "device", "num_devices")
    origin = {key: newer.record[key] for key in keys} | {"started_at": "2020-01-01T00:00:00+00:00"}
    with pytest.raises(results.NewerRecordError, match="2020-01-01"):
        reproduced(paper, origin={**origin, "code": "c0de"})
    assert newer.path.read_bytes() == kept


def test_damaged_record_is_overwritten_by_force_only(paper):
    path = reproduced(paper).path
    path.write_text(path.read_text()[:-5])
    with pytest.raises(atomic.DamagedFileError, match=rf"{NAME}\.json is damaged"):
        reproduced(paper)
    assert reproduced(paper, request_for(paper, force=True)).committed is None
    assert results.read_record(path)["experiment"] == NAME


def test_preset_that_is_not_offered_is_refused_with_those_that_are(paper):
    reproduce.check_offered(paper, "table_1_walk", "paper")
    with pytest.raises(UserError, match="table_1_walk has no preset day; it has smoke, quick, pap"):
        reproduce.check_offered(paper, "table_1_walk", "day")


def test_seeds_are_the_paper_s_first_and_the_next(paper):
    assert request_for(paper).seeds(paper, NAME) == [7, 8, 9]
    assert request_for(paper, 2).seeds(paper, NAME) == [7, 8]
    assert request_for(paper, preset="smoke").seeds(paper, "table_1_walk") == [7]


def test_claim_that_fails_says_why_of_all_or_of_its_own(paper):
    claims = tuple(
        Claim(name, "ours", name, "place", Criterion("mean", ">=", threshold, partly=1.0))
        for name, threshold in (("holds", 1.5), ("partly", 2.0))
    )
    for why in ("Too short.", {"partly": "Too short."}):
        first, second = reproduced(paper, claims=claims, why_it_fails=why).record["claims"]
        assert (first["verdict"], first["note"]) == ("holds", "")
        assert (second["verdict"], second["note"]) == ("holds partly", "Too short.")


def test_metric_that_a_claim_needs_is_missing_in_a_smoke_run_only(paper):
    """A single seed meets no other one."""
    rows = [{"update": 0, "seed": 7, "place": 0.0}]
    empty = {"run": lambda config, trainer: Findings({}, rows)}
    sizes = {"configs": {"smoke": Noise()}, "num_seeds": {"smoke": 1}}
    smoke = reproduced(paper, request_for(paper, preset="smoke"), **empty, **sizes)
    assert smoke.record["claims"] == []
    with pytest.raises(KeyError, match="claim 'drifts' needs the metric 'place'"):
        reproduced(paper, **empty)


def test_published_size_may_have_claims_of_its_own():
    walk = PAPER.experiments["table_1_walk"]
    assert [claim.id for claim in walk.claims_at("quick")] == ["drifts", "far"]
    assert [claim.id for claim in walk.claims_at("paper")] == ["drifts"]
