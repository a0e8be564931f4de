"""Figures of the experiments, from their records and curves; needs no JAX."""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from advantage_alignment import comparison_figures, ipd_figures, league_figures
from advantage_alignment.curve_drawing import Record, Rows
from common.logger import curves, results

_IPD_SELF_PLAY = comparison_figures.comparison(
    "self_play",
    "reward per step of self-play",
    ((-1.0, "mutual cooperation"), (-2.0, "mutual defection")),
)
_NEGOTIATION_SELF_PLAY = comparison_figures.comparison(
    "self_play", "return of self-play", ((0.5, "full cooperation"), (0.3, "mutual defection"))
)

_COIN_GAME_SELF_PLAY = comparison_figures.comparison(
    "self_play", "reward per step of self-play", ((0.347, "full cooperation"), (0.0, "none"))
)

_PICTURES: dict[str, Callable[[Record, Rows], Figure]] = {
    "figure_1_ipd": ipd_figures.draw_policy,
    "figure_1_ipd_long": ipd_figures.draw_states,
    "figure_1_ipd_gru": ipd_figures.draw_states,
    "ablation_beta": _IPD_SELF_PLAY,
    "ablation_masks_ipd": _IPD_SELF_PLAY,
    "beyond_weightings": _IPD_SELF_PLAY,
    "figure_3_negotiation": league_figures.draw_league,
    "ablation_beta_negotiation": _NEGOTIATION_SELF_PLAY,
    "figure_3_negotiation_gru": league_figures.draw_league,
    "ablation_retaliation_negotiation": comparison_figures.draw_retaliation,
    "beyond_exploitability": comparison_figures.draw_exploitability,
    "figure_4_commons_harvest": comparison_figures.draw_harvest,
    "figure_2_coin_league": league_figures.draw_league,
    "ablation_beta_coin_game": _COIN_GAME_SELF_PLAY,
    "ablation_beta_commons_harvest": comparison_figures.draw_harvest,
    "ablation_masks": league_figures.draw_league,
}


def draw(name: str, folder: Path) -> None:
    """Draws the figure of one experiment from its record and curves, as PNG and SVG."""
    record = results.read_record(folder / f"{name}.json")
    rows = curves.read_curves(folder / f"{name}.csv")
    mpl.rcParams["svg.hashsalt"] = "advantage_alignment"  # the same file for the same figure
    figure = _PICTURES[name](record, rows)
    for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        figure.savefig(folder / f"{name}.{suffix}", dpi=150, metadata=metadata)
