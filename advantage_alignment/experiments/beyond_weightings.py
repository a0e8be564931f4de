"""Beyond the paper: the weightings of the past in circulation, in the iterated game.

    python -m advantage_alignment reproduce --experiment beyond_weightings        (a minute)

The paper's text, derivation, appendix and released code weigh our past advantages differently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advantage_alignment.experiments.comparison import compare, comparisons, first_entrant
from advantage_alignment.experiments.ipd_study import COOPERATES, self_play_claim
from advantage_alignment.experiments.sizes import of_ipd
from common.logger.experiment import Experiment, Record, Rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Weight of the alignment beside each weighting: sums are larger than means.
_WEIGHTINGS: dict[Any, float] = {
    "discounted": 0.5,
    "outer_discounted": 0.5,
    "damped_mean": 3.0,
    "mean": 3.0,
}
_CONFIGS = comparisons(
    {
        f"{weighting}_{own}": of_ipd(weighting=weighting, own_advantage=own, beta=beta)
        for weighting, beta in _WEIGHTINGS.items()
        for own in ("td", "gae")
    }
)
_CLAIMS = tuple(
    self_play_claim(
        f"{weighting}_td",
        f"{weighting}_td",
        f"weighting {weighting.replace('_', ' ')} with one-step advantages cooperates",
        COOPERATES,
    )
    for weighting in _WEIGHTINGS
)

_KINDS = {"td": "one-step advantages", "gae": "generalised advantages"}


def draw(record: Record, rows: Rows) -> Figure:
    """Reward of self-play over weightings: bars, and curves of each kind of advantage."""
    from advantage_alignment.experiments import drawing

    names = drawing.entrants_of(record)
    figure = drawing.new_figure(record, (12, 3.8))
    bars, *curves = figure.subplots(1, 3, sharey=True, width_ratios=(4, 3, 3))
    by_kind = {own: [name for name in names if name.endswith(f"_{own}")] for own in _KINDS}
    drawing.draw_bars(
        bars, record, [n for group in by_kind.values() for n in group], "self_play", -2
    )
    bars.set(ylabel="reward per step of self-play")
    for axes, (own, group) in zip(curves, by_kind.items(), strict=True):
        drawing.draw_entrants(axes, rows, group, "self_play")
        axes.set_title(f"{_KINDS[own]}; {axes.get_title()}", fontsize=8)
        drawing.name_lines(axes)
    marks = ((-1.0, "mutual cooperation"), (-2.0, "mutual defection"))
    drawing.draw_marks((bars, *curves), marks)
    place = 0
    for own, group in by_kind.items():
        middle = place + (len(group) - 1) / 2
        bars.text(middle, -0.92, _KINDS[own], ha="center", va="bottom", fontsize=7)
        place += len(group)
    bars.set(ylim=(-2.08, -0.8))
    return figure


BEYOND_WEIGHTINGS = Experiment(
    source="beyond the paper",
    summary="The four weightings of the past in circulation, in the iterated game, each with "
    "one-step and with generalised advantages in the past",
    claims=_CLAIMS,
    configs=_CONFIGS,
    num_seeds={"smoke": 1, "quick": 4, "paper": 10},
    minutes={"smoke": 0.5, "quick": 1.0, "paper": 3.0},
    run=compare,
    draw=draw,
    trained=first_entrant,
)
