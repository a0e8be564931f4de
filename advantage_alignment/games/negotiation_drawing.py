"""Draws a negotiation: what both ask for over the rounds."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure


def draw_proposals(
    values: np.ndarray, proposals: np.ndarray, names: Sequence[str], path: Path
) -> None:
    """Draws what both ask for over the rounds, of items that are worth more to them and less.

    Args:
      values: of the items before each round and after the last. Shape [T + 1, P, I].
      proposals: shape [T, P, I].
      names: of the players.
      path: file to write.
    """
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    rounds = np.arange(len(proposals))
    for seat, axes in enumerate(panels):
        for is_dear, marker, label in ((True, "o", "worth 5 to it"), (False, "x", "worth 1")):
            chosen = (values[:-1, seat] > 3) == is_dear  # [T, I]
            for item in range(proposals.shape[2]):
                where = chosen[:, item]
                axes.plot(
                    rounds[where],
                    proposals[where, seat, item],
                    marker,
                    color="0.2" if is_dear else "#D55E00",
                    markersize=4,
                    label=label if item == 0 else None,
                )
        axes.set(title=names[seat], xlabel="round", ylim=(-0.2, 5.2))
    panels[0].set_ylabel("proposal")
    panels[0].legend(fontsize=7)
    figure.savefig(path, dpi=120)
