"""Beyond the paper: what cooperation with retaliation needs in the Negotiation Game.

    python -m advantage_alignment reproduce --experiment ablation_retaliation_negotiation

Ten minutes. One thing at a time is taken from the quick size of figure_3_negotiation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advantage_alignment.config import PUBLISHED
from advantage_alignment.experiments.comparison import (
    ComparisonConfig,
    compare,
    entrants_at,
    first_entrant,
)
from advantage_alignment.experiments.negotiation_study import claim
from advantage_alignment.experiments.sizes import NEGOTIATION, with_options
from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Record, Rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The quick size, and what becomes of it without one thing at a time.
_ENTRANTS = {
    "everything": NEGOTIATION,
    "no_replay": with_options(NEGOTIATION, replayed_share=0.0),
    "no_last_values": with_options(NEGOTIATION, shows_last_values=False),
    "no_step": with_options(NEGOTIATION, critic_sees_time=False),
    "slow_copy_as_published": with_options(
        NEGOTIATION, target_decay=PUBLISHED["negotiation"].target_decay
    ),
    "no_lag": with_options(
        NEGOTIATION,
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


_CLAIMS = (
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

run = compare


def draw(record: Record, rows: Rows) -> Figure:
    """What defecting costs each entrant's opponents, and the two rewards that it is made of."""
    from advantage_alignment.experiments.drawing import (
        draw_bars,
        draw_entrants,
        entrants_of,
        name_lines,
        new_figure,
    )

    names = entrants_of(record)
    figure = new_figure(record, (12, 3.8))
    bars, *curves = figure.subplots(1, 3)
    draw_bars(bars, record, names, "late_cost_of_defecting")
    bars.axhline(0.0, color="0.5", lw=0.8)
    bars.set(ylabel="return of self-play less\nwhat always-defect gets")
    bars.set_title("second half of training; dots: seeds", fontsize=8)
    for axes, metric, title in (
        (curves[0], "self_play", "self-play"),
        (curves[1], "always_defect_vs_agent", "what always-defect gets"),
    ):
        draw_entrants(axes, rows, names, metric)
        axes.set(ylabel="return")
        axes.set_title(f"{title}; {axes.get_title()}", fontsize=8)
    curves[0].sharey(curves[1])
    for axes in curves:
        name_lines(axes)
    return figure


ABLATION_RETALIATION_NEGOTIATION = Experiment(
    source="beyond the paper",
    summary="What cooperation with retaliation needs in the Negotiation Game: replay of "
    "earlier games, sight of the round before, a critic without bias that lags a little",
    claims=_CLAIMS,
    configs={
        "smoke": ComparisonConfig(entrants_at("smoke", _ENTRANTS)),
        "quick": ComparisonConfig(entrants_at("quick", _ENTRANTS)),
        "paper": ComparisonConfig(entrants_at("paper", _ENTRANTS)[:2]),  # has no other of these
    },
    paper_claims=_CLAIMS[:2],
    num_seeds={"smoke": 1, "quick": 4, "paper": 10},
    minutes={"smoke": 0.2, "quick": 10.0, "paper": 200.0},
    run=run,
    draw=draw,
    trained=first_entrant,
    why_it_fails={"no_last_values": "the last proposals alone tell who asks for everything"},
    not_by_default="it explains figure_3_negotiation and tests no claim of the paper",
)
