"""Payoff polytopes figure (matrix.ipynb): extortion while MeVa learns against a naive learner.

    make reproduce-meta_value EXPERIMENT=figure_zd_extortion            2 minutes on two cores

The paper: payoffs against random opponents turn from a polygon into a steep line, then a vertical
one; at the end MeVa gets about -.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Findings, Metrics, Record, Rows
from meta_value.config import MetaValueConfig
from meta_value.experiments import sizes
from meta_value.experiments.trainer import Trainer

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SOURCE = "payoff polytopes"
TIMES = (0, 5, 10, 20, 35, 50)
NUM_DRAWN = 200  # random opponents of a policy that go into the curves
PAYOFF_POLYGON = ((-2, -2), (0, -3), (-1, -1), (-3, 0), (-2, -2))  # second, first


@dataclass(frozen=True)
class ExtortionConfig:
    """What a MeVa learner's policies force on opponents while it learns against a naive one.

    Attributes:
      meva: the training against naive learners.
      num_opponents: random opponents of each policy.
    """

    meva: MetaValueConfig
    num_opponents: int = 1000


CONFIGS = {
    preset: ExtortionConfig(config, 20 if preset == "smoke" else 1000)
    for preset, config in sizes.meva("ipd", "naive").items()
}

CLAIMS = (
    Claim(
        "steep",
        SOURCE,
        "After 5 steps MeVa gains more than a random opponent does when that gains (degrees of the "
        "line of payoffs: 45 if both gain alike, 90 if MeVa alone does)",
        "angle_at_5",
        Criterion("mean", "within", 22.5, target=67.5),
    ),
    Claim(
        "vertical",
        SOURCE,
        "After 35 steps MeVa alone gains: the line of payoffs against random opponents is nearly "
        "vertical (degrees)",
        "angle_at_35",
        Criterion("mean", "within", 15.0, partly=30.0, target=90.0),
    ),
    Claim(
        "one_dimensional",
        SOURCE,
        "After 20 steps MeVa's payoffs against random opponents lie almost on a line (share of "
        "variance)",
        "share_along_line_at_20",
        Criterion("mean", ">=", 0.95, partly=0.9),
    ),
    Claim(
        "ends_extorting",
        SOURCE,
        "After 50 steps with a naive learner MeVa gets more than mutual cooperation, -1, gives",
        "return_of_first_at_50",
        Criterion("mean", ">=", -0.9, partly=-1.0),
        -0.5,
    ),
)


def run(config: ExtortionConfig, trainer: Trainer) -> Findings:
    """Follows MeVa and a naive learner, and pairs MeVa's policy with random ones at some times.

    Metrics by time: the angle of the line of payoffs in degrees, the share of their variance along
    it, both returns of the pair.
    """
    from meta_value.evaluation import extortion
    from meta_value.evaluation.log_point import DISCOUNT
    from meta_value.meta_game import make_setup

    params = trainer.train(config.meva, "meva").params
    measure = partial(
        extortion.payoffs_while_learning,
        make_setup(config.meva),
        discount=DISCOUNT,
        times=TIMES,
        num_opponents=config.num_opponents,
    )
    found = trainer.per_seed(measure, params)
    metrics: Metrics = {}
    for index, time in enumerate(TIMES):
        lines = [extortion.line_of_payoffs(payoffs[index]) for payoffs in found["random"]]
        metrics[f"angle_at_{time}"] = [angle for angle, _ in lines]
        metrics[f"share_along_line_at_{time}"] = [share for _, share in lines]
        for seat, name in enumerate(("first", "second")):
            metrics[f"return_of_{name}_at_{time}"] = found["pair"][:, index, seat].tolist()
    return Findings(metrics, _rows(found["random"], found["pair"], trainer.seeds))


def _rows(random: np.ndarray, pair: np.ndarray, seeds: Any) -> Rows:
    """Payoffs at each time: of random opponents (is_pair 0) and of the pair itself (1).

    Args:
      random: shape [S, time, N, P].
      pair: shape [S, time, P].
      seeds: S of them.
    """
    return [
        {
            "update": time,
            "seed": seed,
            "is_pair": float(is_pair),
            "first": float(payoffs[0]),
            "second": float(payoffs[1]),
        }
        for i, seed in enumerate(seeds)
        for index, time in enumerate(TIMES)
        for is_pair, points in ((0, random[i, index, :NUM_DRAWN]), (1, pair[i, index][None]))
        for payoffs in points
    ]


def draw(record: Record, rows: Rows) -> Figure:
    """Payoffs of MeVa's policy against random ones, as it learns: a row per seed."""
    from matplotlib.figure import Figure

    from common.logger.curve_drawing import paper_values
    from meta_value.experiments import drawing

    seeds = record["seeds"][:4]
    times = sorted({int(row["update"]) for row in rows})
    figure = Figure(figsize=(1.9 * len(times), 2.1 * len(seeds) + 0.4), layout="constrained")
    grid = figure.subplots(len(seeds), len(times), sharex=True, sharey=True, squeeze=False)
    published = paper_values(record)
    for line, seed in zip(grid, seeds, strict=True):
        for axes, time in zip(line, times, strict=True):
            axes.set_title(f"seed {seed}, step {time}", fontsize=8)
            now = [row for row in rows if (row["update"], row["seed"]) == (time, seed)]
            _draw_panel(axes, now, published.get(f"return_of_first_at_{time}"))
    for axes in grid[-1]:
        axes.set_xlabel("opponent's return", fontsize=8)
    for axes in grid[:, 0]:
        axes.set_ylabel("MeVa's return", fontsize=8)
    handles, labels = grid[-1, -1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8)
    text = "what MeVa's policy pays, while it learns against a naive learner (returns per round)"
    figure.suptitle(drawing.heading(record, text), fontsize=9)
    return figure


def _draw_panel(axes: Axes, rows: Rows, published: float | None) -> None:
    """Payoffs of one policy on top of all that are possible, and what MeVa gets in the paper."""
    from common.logger.curve_drawing import mark_paper
    from meta_value.experiments import drawing

    axes.fill(*zip(*PAYOFF_POLYGON, strict=True), color="0.9", label="all possible payoffs")
    looks = (("random", "with a random opponent"), ("pair", "with the naive learner"))
    for is_pair, (name, label) in enumerate(looks):
        places = [(row["second"], row["first"]) for row in rows if row["is_pair"] == is_pair]
        drawing.points(axes, places, name, label)
    if published is not None:
        mark_paper(axes, published, "MeVa's return in the paper")
    axes.set_aspect("equal")


FIGURE_ZD_EXTORTION = Experiment(
    source="payoff polytopes figure (matrix.ipynb)",
    summary="Payoffs that MeVa's policies force on random opponents while a naive one learns",
    claims=CLAIMS,
    configs=CONFIGS,
    num_seeds=sizes.NUM_SEEDS,
    minutes={"smoke": 0.4, "quick": 2.0, "paper": 170.0},
    run=run,
    draw=draw,
    trained=lambda config: config.meva,
)
