"""LOLA, HOLA-2, COLA and MeVa in the Logistic Game: what both of its figures train and measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from common.logger.experiment import Metrics
from meta_value.config import ColaConfig, MetaValueConfig
from meta_value.experiments import sizes
from meta_value.experiments.trainer import Trainer

if TYPE_CHECKING:
    import numpy as np

    from meta_value.evaluation.logistic_rules import Rules

NOTEBOOK = "logistic_game.ipynb"
MINUTES = {"smoke": 0.2, "quick": 9.0, "paper": 240.0}
# Title, name in metrics, what its level is; levels and, read from the published figure, shares of
# the 29 x 29 starts that reach B there.
PANELS: tuple[tuple[str, str, str, dict[float, float]], ...] = (
    ("LOLA", "lola", "look-ahead", {0: 0.49, 1: 0.529, 10: 0.517, 20: 0.606}),
    ("HOLA-2", "hola2", "look-ahead", {0: 0.49, 1: 0.536, 10: 0.554, 20: 0.247}),
    ("COLA", "cola", "look-ahead", {0: 0.553, 1: 0.549, 20: 0.716, 30: 0.815}),
    ("MeVa", "meva", "gamma", {0: 0.524, 0.8: 0.605, 0.9: 0.705, 0.95: 1.0}),
)


@dataclass(frozen=True)
class LogisticConfig:
    """Four rules in the Logistic Game, of which MeVa and COLA are trained.

    Attributes:
      meta_value: the training of MeVa.
      cola: the training of COLA.
      shows: which figure is drawn; both measure the same.
      grid_size: starts per axis.
    """

    meta_value: MetaValueConfig
    cola: ColaConfig
    shows: Literal["basins", "trajectories"]
    grid_size: int = 29


def configs(shows: Literal["basins", "trajectories"]) -> dict[str, LogisticConfig]:
    """Settings by preset."""
    return {
        preset: LogisticConfig(
            sizes.LOGISTIC_MEVA[preset], sizes.COLA[preset], shows, 5 if preset == "smoke" else 29
        )
        for preset in sizes.PRESETS
    }


class Comparison(NamedTuple):
    """What four rules, each at four levels, do to a grid of starts.

    Attributes:
      metrics: by rule and level, the share of starts from which both players end above 0, the mean
        distance from B of those that do, and the share of starts that diverge.
      reached: by rule and level, which starts of the grid reach B. Shape [S, N].
    """

    metrics: Metrics
    reached: dict[str, np.ndarray]


def train(config: LogisticConfig, trainer: Trainer) -> tuple[Any, Any]:
    """Trains MeVa and COLA; returns the parameters of all seeds of each."""
    meva = trainer.train(config.meta_value, "meva").params
    return meva, trainer.train(config.cola, "cola").params


def compare_rules(config: LogisticConfig, params: tuple[Any, Any], trainer: Trainer) -> Comparison:
    """Lets every rule learn from the grid at its four levels; once for both figures.

    Args:
      config: of the figure.
      params: of MeVa and COLA, what `train` returned.
      trainer: of the figure.
    """
    trainings = (config.meta_value, config.cola, config.grid_size)
    return trainer.once(trainings, lambda: _compare_rules(config, params, trainer))


def _compare_rules(config: LogisticConfig, params: tuple[Any, Any], trainer: Trainer) -> Comparison:
    import jax
    import jax.numpy as jnp

    from meta_value.evaluation import basins, logistic_rules

    def exact(unused: Any, key: Any) -> dict[str, Any]:
        del unused
        return logistic_rules.outcomes_of_exact_rules(config.grid_size, key)

    def learned(params: tuple[Any, Any], key: Any) -> dict[str, Any]:
        del key
        return logistic_rules.outcomes(learned_rules(config, params), basins.grid(config.grid_size))

    with jax.enable_x64(True):
        found = trainer.per_seed(exact, jnp.zeros(len(trainer.seeds)))
    found |= trainer.per_seed(learned, params)
    is_reached = {name for name in found if name.endswith("_reached")}
    return Comparison(
        {name: v.astype(float).tolist() for name, v in found.items() if name not in is_reached},
        {name.removesuffix("_reached"): found[name] for name in found if name in is_reached},
    )


def learned_rules(config: LogisticConfig, params: tuple[Any, Any]) -> Rules:
    """COLA and MeVa of one seed."""
    import jax.numpy as jnp

    from meta_value.baselines import cola
    from meta_value.evaluation import basins
    from meta_value.evaluation.logistic_rules import Rule
    from meta_value.meta_game import make_setup

    meva_params, cola_params = params
    meta_value = make_setup(config.meta_value).meta_value
    return {
        "cola": Rule(
            basins.COLA_LOOK_AHEADS,
            lambda level: cola.field(config.cola, cola_params, jnp.full(2, level)),
        ),
        "meva": Rule(
            basins.MEVA_DISCOUNTS,
            lambda level: meta_value.field(meva_params, jnp.full(2, level)),
        ),
    }
