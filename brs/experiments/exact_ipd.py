"""What the experiments in the prisoner's dilemma with exact gradients share: settings, sizes."""

from dataclasses import replace
from typing import Any

from brs.config import ExactConfig
from brs.experiments.variants import VariantsConfig
from common.logger.claims import Claim, Criterion

BRS = ExactConfig()
NOSP: dict[str, Any] = {"self_play": "none"}
WEIGHTED: dict[str, Any] = {"self_play": "weighted"}
NOT_THROUGH: dict[str, Any] = {"through_detective": False}

NUM_SEEDS = {"smoke": 1, "quick": 24, "paper": 24}


def variants(
    changes: dict[str, dict[str, Any]],
    *,
    base: ExactConfig = BRS,
    differences: tuple[tuple[str, str], ...] = (),
    shows: str = "policies",
) -> dict[str, VariantsConfig]:
    """Variants of a setting by preset; a smoke run is shorter, and of the first only."""
    first = dict(list(changes.items())[:1])
    sizes: dict[str, dict[str, Any]] = {
        "smoke": {"num_updates": 4, "eval_every_updates": 2},
        "quick": {},
        "paper": {},
    }
    return {
        preset: VariantsConfig(
            tuple(
                (name, replace(base, **change, **sizes[preset])) for name, change in kept.items()
            ),
            differences if len(kept) == len(changes) else (),
            shows,
        )
        for preset, kept in {"smoke": first, "quick": changes, "paper": changes}.items()
    }


def claim(
    name: str,
    statement: str,
    metric: str,
    criterion: Criterion,
    *,
    source: str = "Figure 2, IPD",
    paper: str | None = None,
) -> Claim:
    """A claim of the prisoner's dilemma; `paper` is the paper's value in words."""
    return Claim(name, source, statement, metric, criterion, paper_spread=paper)


def minutes(quick: float) -> dict[str, float]:
    """Minutes by preset; the published size is that of quick."""
    return {"smoke": 0.2, "quick": quick, "paper": quick}
