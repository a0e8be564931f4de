"""Figures of the experiments, from their records and curves; needs no JAX."""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from advantage_alignment import ipd_figures
from advantage_alignment.curve_drawing import Record, Rows
from common.logger import curves, results

_PICTURES: dict[str, Callable[[Record, Rows], Figure]] = {
    "figure_1_ipd": ipd_figures.draw_policy,
}


def draw(name: str, folder: Path) -> None:
    """Draws the figure of one experiment from its record and curves, as PNG and SVG."""
    record = results.read_record(folder / f"{name}.json")
    rows = curves.read_curves(folder / f"{name}.csv")
    mpl.rcParams["svg.hashsalt"] = "advantage_alignment"  # the same file for the same figure
    figure = _PICTURES[name](record, rows)
    for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        figure.savefig(folder / f"{name}.{suffix}", dpi=150, metadata=metadata)
