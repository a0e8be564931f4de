"""Beyond the paper: one self-trained network follows every pair of gammas.

    make reproduce-meta_value EXPERIMENT=beyond_one_model_for_all       2.5 minutes on two cores

A player with gamma 0 is a naive learner, which the network never trained against.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Findings, Metrics, Record, Rows
from meta_value.config import MetaValueConfig
from meta_value.experiments import sizes
from meta_value.experiments.trainer import Trainer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DISCOUNTS = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class OneModelConfig:
    """One self-trained meta-value, whose two gammas make every kind of pair.

    Attributes:
      meva: the training against itself.
      num_starts: random starts of every pair of gammas.
    """

    meva: MetaValueConfig
    num_starts: int = 128


CONFIGS = {
    preset: OneModelConfig(config, 4 if preset == "smoke" else 128)
    for preset, config in sizes.meva("ipd").items()
}

CLAIMS = (
    Claim(
        "extorts_naive_unseen",
        "ours",
        "Trained against itself alone, MeVa with gamma .95 extorts a naive learner",
        "first_0.95_0",
        Criterion("mean", ">=", -0.9, partly=-1.0),
    ),
    Claim(
        "naive_is_extorted_unseen",
        "ours",
        "MeVa trained against itself alone leaves a naive learner near mutual defection, -2",
        "second_0.95_0",
        Criterion("mean", "<=", -1.8, partly=-1.5),
    ),
    Claim(
        "equal_gammas_cooperate",
        "ours",
        "One network for all gammas cooperates with itself where both are .95",
        "first_0.95_0.95",
        Criterion("mean", "within", 0.1, partly=0.3, target=-1.1),
    ),
    Claim(
        "both_naive_defect",
        "ours",
        "One network for all gammas: with both 0 it is two naive learners",
        "first_0_0",
        Criterion("mean", "within", 0.05, target=-1.99),
    ),
)


def run(config: OneModelConfig, trainer: Trainer) -> Findings:
    """Returns of both seats for all pairs of gammas of one self-trained network."""
    import jax.numpy as jnp

    from meta_value.evaluation.returns_by_gamma import returns_by_gamma
    from meta_value.evaluation.tournament import NUM_STEPS
    from meta_value.meta_game import make_setup

    params = trainer.train(config.meva, "meva").params
    pairs = [(first, second) for first in DISCOUNTS for second in DISCOUNTS]
    measure = partial(
        returns_by_gamma,
        make_setup(config.meva),
        discounts=jnp.array(pairs),
        num_starts=config.num_starts,
        num_steps=NUM_STEPS,
    )
    returns = trainer.per_seed(measure, params)  # [S, G * G, P]
    metrics: Metrics = {
        f"{seat_name}_{first:g}_{second:g}": returns[:, index, seat].tolist()
        for index, (first, second) in enumerate(pairs)
        for seat, seat_name in enumerate(("first", "second"))
    }
    rows: Rows = [
        {
            "update": NUM_STEPS,
            "seed": seed,
            "discount_1": first,
            "discount_2": second,
            "first": float(returns[i, index, 0]),
            "second": float(returns[i, index, 1]),
        }
        for index, (first, second) in enumerate(pairs)
        for i, seed in enumerate(trainer.seeds)
    ]
    return Findings(metrics, rows)


def draw(record: Record, rows: Rows) -> Figure:
    """Heat maps of both players' returns over pairs of gammas."""
    from matplotlib.figure import Figure

    from meta_value.experiments import drawing

    levels = sorted({row["discount_1"] for row in rows})
    names = [f"{level:g}" for level in levels]
    figure = Figure(figsize=(9.5, 4.4), layout="constrained")
    panels = figure.subplots(1, 2)
    for axes, seat in zip(panels, ("first", "second"), strict=True):
        means = [
            [record["metrics"][f"{seat}_{first}_{second}"]["mean"] for second in names]
            for first in names
        ]
        image = axes.imshow(means, cmap="cividis", vmin=-2.1, vmax=-0.4, origin="lower")
        for i, line in enumerate(means):
            for j, value in enumerate(line):
                colour = "black" if value > -1.2 else "white"
                axes.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=8, color=colour)
        axes.set_xticks(range(len(levels)), names)
        axes.set_yticks(range(len(levels)), names)
        axes.set(xlabel="gamma of the second player", ylabel="gamma of the first player")
        axes.set_title(f"return of the {seat} player", fontsize=9)
    figure.colorbar(image, ax=panels, label=drawing.RETURN)
    text = "one network for all gammas, of which 0 is a naive learner; mean over seeds"
    figure.suptitle(drawing.heading(record, text), fontsize=9)
    return figure


BEYOND_ONE_MODEL_FOR_ALL = Experiment(
    source="beyond the paper",
    summary="One self-trained network follows every pair of gammas in the prisoner's dilemma, "
    "a naive learner (gamma 0) among them, which it never trained against",
    claims=CLAIMS,
    configs=CONFIGS,
    num_seeds=sizes.NUM_SEEDS,
    minutes={"smoke": 0.4, "quick": 2.5, "paper": 170.0},
    run=run,
    draw=draw,
    trained=lambda config: config.meva,
)
