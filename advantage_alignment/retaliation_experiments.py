"""What cooperation with retaliation needs in the Negotiation Game, one thing at a time."""

from advantage_alignment.experiment import Experiment
from advantage_alignment.negotiation_experiments import (
    BY_PRESET,
    PAPER,
    claim,
    entrants_at,
    with_options,
)
from advantage_alignment.study_configs import ComparisonConfig
from common.logger.claims import Claim, Criterion

# The quick size, and what becomes of it without one thing at a time.
_LACKS = {
    "everything": BY_PRESET,
    "no_replay": with_options(replayed_share=0.0),
    "no_last_values": with_options(shows_last_values=False),
    "no_step": with_options(critic_sees_time=False),
    "slow_copy_as_published": with_options(target_decay=PAPER.target_decay),
    "no_lag": with_options(
        own_advantage="td",
        normalizes_advantages=True,
        critic_targets="td",
        critic_learning_rate=1e-2,
        baseline="online",
        target_decay=0.0,
    ),
}


def _pays(id: str, statement: str, entrant: str) -> Claim:
    """The claim that an entrant does not make defection costly."""
    return claim(
        id,
        f"{statement}, cooperation is not there or defection pays (self-play less what "
        "always-defect gets, second half of training)",
        f"{entrant}_late_cost_of_defecting",
        Criterion("mean", "<=", 0.0, partly=0.03),
        source="ours",
    )


_LACKS_CLAIMS = (
    claim(
        "with_everything",
        "With all that the quick size has, defection costs (self-play less what always-defect "
        "gets, second half of training)",
        "everything_late_cost_of_defecting",
        Criterion("mean", ">=", 0.03, partly=0.0),
        source="ours",
    ),
    _pays("no_replay", "Without replay of earlier games", "no_replay"),
    _pays(
        "no_last_values",
        "Without seeing what the last proposals were about",
        "no_last_values",
    ),
    _pays("no_step", "With a critic that does not see the step", "no_step"),
    _pays(
        "slow_copy",
        "With a slow copy that follows in 200 updates, as published",
        "slow_copy_as_published",
    ),
    claim(
        "no_lag",
        "With a critic that follows at once and centred advantages nobody ever cooperates (return "
        "of self-play)",
        "no_lag_late_self_play",
        Criterion("mean", "<=", 0.33, partly=0.36),
        source="ours",
    ),
)

RETALIATION_EXPERIMENTS: dict[str, Experiment] = {
    "ablation_retaliation_negotiation": Experiment(
        source="beyond the paper",
        summary="What cooperation with retaliation needs in the Negotiation Game: replay of "
        "earlier games, sight of the round before, a critic without bias that lags a little",
        claims=_LACKS_CLAIMS,
        configs={
            "smoke": ComparisonConfig(entrants_at("smoke", _LACKS)),
            "quick": ComparisonConfig(entrants_at("quick", _LACKS)),
            "paper": ComparisonConfig(entrants_at("paper", _LACKS)[:2]),  # has no other of these
        },
        paper_claims=_LACKS_CLAIMS[:2],
        num_seeds={"smoke": 1, "quick": 4, "paper": 10},
        minutes={"smoke": 0.2, "quick": 10.0, "paper": 200.0},
        why_it_fails={"no_last_values": "the last proposals alone tell who asks for everything"},
        not_by_default="it explains figure_3_negotiation and tests no claim of the paper",
    ),
}
