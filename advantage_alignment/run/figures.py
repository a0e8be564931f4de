"""Figures of the experiments, from their records and curves; needs no JAX."""

from pathlib import Path

import matplotlib as mpl

from advantage_alignment.experiments import PAPER
from common.logger import curves, results


def draw(name: str, folder: Path) -> None:
    """Draws the figure of one experiment from its record and curves, as PNG and SVG."""
    record = results.read_record(folder / f"{name}.json")
    rows = curves.read_curves(folder / f"{name}.csv")
    mpl.rcParams["svg.hashsalt"] = PAPER.name  # the same file for the same figure
    figure = PAPER.experiments[name].draw(record, rows)
    for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        figure.savefig(folder / f"{name}.{suffix}", dpi=150, metadata=metadata)
