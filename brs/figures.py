"""Figures of the experiments, from their records and curves; needs no JAX."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from brs import coin_game_figures, ipd_figures, league_figures
from brs.configs import EXPERIMENTS
from brs.curve_drawing import Record, Rows
from common.logger import curves, results

PICTURES: dict[str, Callable[[Any, Record, Rows], Figure]] = {
    "policies": ipd_figures.draw_policies,
    "learned": ipd_figures.draw_learned,
    "front": ipd_figures.draw_front,
    "certificate": coin_game_figures.draw_certificate,
    "values": coin_game_figures.draw_values,
    "head_to_head": league_figures.draw_head_to_head,
    "exploitability": league_figures.draw_exploitability,
    "files": league_figures.draw_files,
}


def draw(name: str, folder: Path) -> None:
    """Draws the figure of one experiment from its record and curves, as PNG and SVG."""
    record = results.read_record(folder / f"{name}.json")
    rows = curves.read_curves(folder / f"{name}.csv")
    mpl.rcParams["svg.hashsalt"] = "brs"  # the same file for the same figure
    config = EXPERIMENTS[name].configs[record["preset"]]
    figure = PICTURES[config.shows](config, record, rows)
    for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        figure.savefig(folder / f"{name}.{suffix}", dpi=130, metadata=metadata)
