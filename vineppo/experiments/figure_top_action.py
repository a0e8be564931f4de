"""Top action identification: which of five sampled next steps is best, by critic and by rollouts.

    make reproduce-vineppo EXPERIMENT=figure_top_action        seconds after figure_value_accuracy

The paper: the critic is near chance, a fifth to a quarter, for most of training, 9 rollouts far
above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Record, Rows
from vineppo.experiments import presets
from vineppo.experiments.value_study import LABELS, measure_values, ppo_values, trained_ppo

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLAIMS = (
    Claim(
        "mc_ranks_better",
        "top action identification",
        "9 rollouts name the best of the next steps more often than the critic",
        "mc_minus_critic_top_action_over_training",
        Criterion("low", ">=", 0.0),
    ),
    Claim(
        "mc_orders_pairs_better",
        "top action identification, pairs",
        "9 rollouts order pairs of next steps right more often than the critic",
        "mc_minus_critic_pairs_over_training",
        Criterion("low", ">=", 0.0, partly=-0.05),
    ),
)


def _updates(record: Record, metric: str) -> list[int]:
    """Updates after which a metric was measured."""
    prefix = f"{metric}_at_"
    return sorted(int(n.removeprefix(prefix)) for n in record["metrics"] if n.startswith(prefix))


def draw(record: Record, rows: Rows) -> Figure:
    """Draws how often critic and rollouts rank next steps right, over PPO's iterations."""
    from vineppo.experiments import drawing

    del rows
    figure = drawing.new_figure(width=7)
    panels = figure.subplots(1, 2)
    most = max(record["config"]["estimates"])
    for axes, metric in zip(panels, ("top_action", "pairs"), strict=True):
        for name in ("critic", f"mc{most}"):
            updates = _updates(record, f"{name}_{metric}")
            values = [record["metrics"][f"{name}_{metric}_at_{u}"]["mean"] for u in updates]
            axes.plot(updates, values, label=LABELS[name], **drawing.line_style(name))
        axes.set(xlabel="iterations of PPO", ylim=(0, 1.02))
    updates = _updates(record, "critic_chance")
    chance = [record["metrics"][f"critic_chance_at_{u}"]["mean"] for u in updates]
    panels[0].plot(updates, chance, color="0.5", linestyle=":", label="chance")
    panels[0].set(ylabel="share of states", xticks=updates)
    panels[0].set_title("best next step found", fontsize=9)
    panels[1].set(ylabel="share of pairs", xticks=updates)
    panels[1].set_title("pairs of next steps ordered right", fontsize=9)
    panels[0].legend(fontsize=drawing.SMALL)
    figure.suptitle(drawing.title(record), fontsize=9)
    return figure


EXPERIMENT = Experiment(
    source="top action identification",
    summary="which of five sampled next steps is best, by critic and by 9 rollouts",
    claims=CLAIMS,
    configs=presets.by_preset(ppo_values),
    num_seeds=presets.NUM_SEEDS,
    minutes={"smoke": 0.3, "quick": 0.1, "paper": 0.0},
    run=measure_values,
    draw=draw,
    trained=trained_ppo,
    why_it_fails={
        "mc_orders_pairs_better": "ties count as wrong, and wrong steps of nearly equal value "
        "often tie in 9 rollouts; a critic never ties"
    },
    headline={
        "mc_ranks_better": "rollouts find the best next step more often (difference in share)"
    },
)
