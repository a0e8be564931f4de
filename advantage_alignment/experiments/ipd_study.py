"""What experiments in the iterated prisoner's dilemma share: claims on self-play, its figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Record, Rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COOPERATES = Criterion("mean", ">=", -1.2, partly=-1.5)
DEFECTS = Criterion("mean", "<=", -1.8, partly=-1.6)


def self_play_claim(
    id: str, entrant: str, statement: str, criterion: Criterion, source: str = "ours"
) -> Claim:
    """A claim on the reward of an entrant's self-play."""
    return Claim(
        id=id,
        source=source,
        statement=f"IPD: {statement} (reward per step of self-play)",
        metric=f"{entrant}_self_play",
        criterion=criterion,
    )


def draw_self_play(record: Record, rows: Rows) -> Figure:
    """Reward of self-play over entrants, between mutual defection and mutual cooperation."""
    from advantage_alignment.experiments import drawing

    marks = ((-1.0, "mutual cooperation"), (-2.0, "mutual defection"))
    label = "reward per step of self-play"
    return drawing.draw_self_play(record, rows, label, marks, base=-2.0)
