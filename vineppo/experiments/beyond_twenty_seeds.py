"""VinePPO and PPO of the main table in twenty seeds; the paper has one.

    make reproduce-vineppo EXPERIMENT=beyond_twenty_seeds        3 minutes at quick

The paper's differences are those of `table_main`, `figure_accuracy_over_time` and
`figure_kl_tradeoff`, whose claims stand here unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.logger.experiment import Experiment, Record, Rows
from vineppo.experiments import (
    figure_accuracy_over_time,
    figure_kl_tradeoff,
    presets,
    table_main,
)
from vineppo.experiments.comparison import (
    RATES,
    CompareConfig,
    all_methods,
    compare,
    first_method,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def against_ppo(preset: str) -> CompareConfig:
    """VinePPO and PPO as in the main table."""
    return CompareConfig(all_methods(preset).contestants[:2], RATES[preset])


CLAIMS = tuple(
    claim
    for claim in (
        *table_main.CLAIMS,
        *figure_accuracy_over_time.CLAIMS,
        *figure_kl_tradeoff.CLAIMS,
    )
    if claim.id in ("vineppo_over_ppo", "fewer_updates_than_ppo", "above_ppo_at_equal_kl")
)


def draw(record: Record, rows: Rows) -> Figure:
    """Draws test accuracies over iterations, their means, and VinePPO against PPO."""
    from vineppo.experiments import drawing

    gaps = {"vineppo_over_ppo": "at the end", "above_ppo_at_equal_kl": "at equal KL"}
    ratios = {"fewer_updates_than_ppo": "updates:\nPPO's over\nVinePPO's"}
    return drawing.draw_accuracies(record, rows, gaps=gaps, ratios=ratios)


EXPERIMENT = Experiment(
    source="main results figure",
    summary="VinePPO and PPO of the main table in twenty seeds",
    claims=CLAIMS,
    configs=presets.by_preset(against_ppo),
    num_seeds={"smoke": 1, "quick": 20, "paper": 20},
    minutes={"smoke": 0.2, "quick": 3.0, "paper": 20000.0},
    run=compare,
    draw=draw,
    trained=first_method,
    why_it_fails={"above_ppo_at_equal_kl": "ahead in thirteen seeds of twenty"},
    not_by_default="more seeds of table_main, five of which leave open who is ahead",
    headline={"vineppo_over_ppo": "VinePPO ends above PPO, tested here with more seeds"},
)
