"""Gamma sweep figure (matrix.ipynb): returns after 100 steps by gamma, seats corrected.

    make reproduce-meta_value EXPERIMENT=figure_gamma_sweep             5 minutes on two cores

The paper, read off the figure: in the prisoner's dilemma MeVa defects at gamma 0, -2; at gamma .9
it gets -.60 from naive learners and -1.02 from itself; in chicken .92 from naive learners.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Findings, Record, Rows
from meta_value.config import MetaValueConfig
from meta_value.experiments import sizes
from meta_value.experiments.trainer import Trainer

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SWEPT_DISCOUNTS = (0.0, 0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
NUM_STEPS = 100
SEATS = ("first", "second")
GAMES = {"ipd": "IPD", "chicken": "chicken", "matching_pennies": "matching pennies"}
OPPONENTS = {"naive": "naive", "lola": "LOLA", "meva": "itself"}


@dataclass(frozen=True)
class SweepConfig:
    """Trained meta-values followed at many values of gamma.

    Attributes:
      meva: trainings, by game and opponent.
      num_starts: random starts of each, the same for all gammas.
    """

    meva: tuple[MetaValueConfig, ...]
    num_starts: int = 128


_SWEPT_GAMES = {
    "smoke": sizes.GAME_NAMES[:1],
    "quick": sizes.GAME_NAMES[:2],
    "paper": sizes.GAME_NAMES,
}
CONFIGS = {
    preset: SweepConfig(
        meva=tuple(
            sizes.meva(game, opponent)[preset]
            for game in games
            for opponent in sizes.opponents(preset, game)
        ),
        num_starts=4 if preset == "smoke" else 128,
    )
    for preset, games in _SWEPT_GAMES.items()
}


def _claim(name: str, statement: str, metric: str, criterion: Criterion, paper: Any) -> Claim:
    return Claim(name, "gamma sweep", statement, metric, criterion, paper, "read off the figure")


CLAIMS = (
    _claim(
        "ipd_naive_at_0",
        "IPD: at gamma 0 MeVa is a naive learner against naive learners",
        "ipd_naive_first_0",
        Criterion("mean", "within", 0.05, target=-1.99),
        -2.0,
    ),
    _claim(
        "ipd_naive_at_.9",
        "IPD: at gamma .9 MeVa extorts naive learners",
        "ipd_naive_first_0.9",
        Criterion("mean", ">=", -0.9, partly=-1.0),
        -0.60,
    ),
    _claim(
        "ipd_self_at_.9",
        "IPD: at gamma .9 MeVa cooperates with itself",
        "ipd_meva_first_0.9",
        Criterion("mean", "within", 0.1, partly=0.3, target=-1.1),
        -1.02,
    ),
    _claim(
        "ipd_self_at_0",
        "IPD: at gamma 0 MeVa defects with itself",
        "ipd_meva_first_0",
        Criterion("mean", "within", 0.05, target=-1.99),
        -2.0,
    ),
    _claim(
        "chicken_naive_at_.9",
        "Chicken: at gamma .9 MeVa exploits naive learners",
        "chicken_naive_first_0.9",
        Criterion("mean", ">=", 0.7, partly=0.4),
        0.92,
    ),
)
PENNIES_CLAIM = _claim(
    "pennies_naive_at_0",
    "Matching pennies, seats right: at gamma 0 nobody wins (the published +1 is a mistake)",
    "matching_pennies_naive_first_0",
    Criterion("mean", "within", 0.1, target=0.0),
    None,
)


def run(config: SweepConfig, trainer: Trainer) -> Findings:
    """Returns of both seats by gamma, of MeVa against what it was trained with.

    At gamma = 0 a meta-value learner is a naive one. Metrics end in the gamma.
    """
    import jax.numpy as jnp

    from meta_value.evaluation.returns_by_gamma import returns_by_gamma
    from meta_value.meta_game import make_setup

    discounts = jnp.stack([jnp.array(SWEPT_DISCOUNTS)] * 2, axis=1)  # [G, P]
    of_training = {}
    for each in config.meva:
        name = f"{each.game}_{each.opponent}"
        params = trainer.train(each, name).params
        measure = partial(
            returns_by_gamma,
            make_setup(each),
            discounts=discounts,
            num_starts=config.num_starts,
            num_steps=NUM_STEPS,
        )
        of_training[name] = trainer.per_seed(measure, params)  # [S, G, P]
    metrics = {
        f"{name}_{seat_name}_{discount:g}": returns[:, index, seat].tolist()
        for name, returns in of_training.items()
        for index, discount in enumerate(SWEPT_DISCOUNTS)
        for seat, seat_name in enumerate(SEATS)
    }
    rows: Rows = [
        {
            "update": NUM_STEPS,
            "seed": seed,
            "discount": discount,
            **{
                f"{name}_{seat_name}": float(returns[i, index, seat])
                for name, returns in of_training.items()
                for seat, seat_name in enumerate(SEATS)
            },
        }
        for index, discount in enumerate(SWEPT_DISCOUNTS)
        for i, seed in enumerate(trainer.seeds)
    ]
    return Findings(metrics, rows)


def draw(record: Record, rows: Rows) -> Figure:
    """Returns of both seats by gamma, a panel per game and opponent."""
    from matplotlib.figure import Figure

    from meta_value.experiments import drawing

    figure = Figure(figsize=(9, 7.6), layout="constrained")
    grid = figure.subplots(3, 3)
    over_gamma = drawing.by_percent(rows)
    for line, (game, title) in zip(grid, GAMES.items(), strict=True):
        for axes, (opponent, other) in zip(line, OPPONENTS.items(), strict=True):
            axes.set_title(f"{title}, against {other}", fontsize=9)
            _draw_panel(axes, record, over_gamma, f"{game}_{opponent}")
        line[0].set_ylabel(drawing.RETURN)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    handles.append(drawing.legend_point("paper", "MeVa in the paper (read off its figure)"))
    labels.append(handles[-1].get_label())
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8)
    text = "returns after 100 steps of learning, mean and range over seeds"
    figure.suptitle(drawing.heading(record, text), fontsize=9)
    return figure


def _draw_panel(axes: Axes, record: Record, rows: Rows, name: str) -> None:
    """Both returns of a training by gamma, and the paper's; says so if it was not run.

    Every panel has limits of its own, so that those not run set none of another.
    """
    from common.logger.curve_drawing import draw_seeds, paper_values
    from meta_value.experiments import drawing

    drawing.gamma_axis(axes)
    if f"{name}_first" not in rows[0]:
        middle = {"x": 0.5, "y": 0.5, "transform": axes.transAxes, "ha": "center"}
        axes.text(s="not run at this size", fontsize=8, **middle)
        axes.set_yticks([])
        return
    for seat, label in zip(SEATS, ("MeVa", "opponent"), strict=True):
        draw_seeds(axes, rows, f"{name}_{seat}", label, drawing.LINES[seat])
    published = paper_values(record)
    for discount in SWEPT_DISCOUNTS:
        value = published.get(f"{name}_first_{discount:g}")
        if value is not None:
            drawing.points(axes, [(100 * discount, value)], "paper")


FIGURE_GAMMA_SWEEP = Experiment(
    source="gamma sweep figure (matrix.ipynb), seats corrected",
    summary="Returns after 100 steps by gamma; trainings are those of the tournament",
    claims=CLAIMS,
    paper_claims=(*CLAIMS, PENNIES_CLAIM),
    configs=CONFIGS,
    num_seeds=sizes.NUM_SEEDS,
    minutes={"smoke": 0.4, "quick": 5.0, "paper": 1500.0},
    run=run,
    draw=draw,
    trained=lambda config: config.meva[0],
)
