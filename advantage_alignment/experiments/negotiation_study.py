"""What the experiments in the Negotiation Game share: who is trained, and claims on it."""

from advantage_alignment.experiments.sizes import NEGOTIATION, with_options
from common.logger.claims import Claim, Criterion

PLACE = "Figure 3, Negotiation Game"
ENTRANTS = {
    "alignment": NEGOTIATION,
    "ppo": with_options(NEGOTIATION, beta=0.0),
    "ppo_sum": with_options(NEGOTIATION, beta=0.0, sums_rewards=True),
}


def claim(
    id: str,
    statement: str,
    metric: str,
    criterion: Criterion,
    paper: float | None = None,
    source: str = PLACE,
) -> Claim:
    """A claim on the Negotiation Game."""
    return Claim(
        id=id,
        source=source,
        statement=statement,
        metric=metric,
        criterion=criterion,
        paper_value=paper,
    )
