"""Beyond the paper: LOQA in the Coin Game of three players.

`make reproduce-loqa EXPERIMENT=beyond_three_players`, 43 minutes at quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.logger.claims import Criterion
from common.logger.curves import curve_rows
from common.logger.experiment import Experiment, Findings, Record, Rows
from loqa.config import CoinGameConfig
from loqa.experiments.coin_game_claims import claim
from loqa.experiments.sizes import BY_NAME, NUM_SEEDS, loqa_with, minutes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from loqa.run.training_run import Trainer


def run(config: CoinGameConfig, trainer: Trainer) -> Findings:
    """Trains all seeds; their last evaluation is what is found."""
    result = trainer.train(config)
    return Findings(result.metrics, curve_rows(result.log, trainer.seeds))


def draw(record: Record, rows: Rows) -> Figure:
    """Rewards of the agent against itself and the scripts, and of the scripts, along training."""
    from common.logger.curve_drawing import draw_seeds
    from loqa.experiments.drawing import LOOKS, SCRIPTS, SMALL, new_figure

    figure = new_figure(record, 8.5, 3.6)
    own, other = figure.subplots(1, 2, sharey=True)
    draw_seeds(own, rows, "self_play", "with two of itself", LOOKS["self_play"].line)
    for script in SCRIPTS:
        look = LOOKS[script]
        draw_seeds(own, rows, f"vs_{script}", f"with two {look.label} players", look.line)
        draw_seeds(other, rows, f"{script}_vs_agent", look.label, look.line)
    own.set(xlabel="update", ylabel="reward per step")
    own.set_title("LOQA's reward; mean and range over seeds", fontsize=8)
    other.set(xlabel="update")
    other.set_title("reward of a player beside LOQA and another of its kind", fontsize=8)
    for axes in (own, other):
        axes.axhline(0.0, color="0.6", lw=0.8)
        axes.legend(fontsize=SMALL)
    return figure


EXPERIMENTS: dict[str, Experiment] = {
    "beyond_three_players": Experiment(
        source="beyond the paper",
        summary="LOQA in the Coin Game of three players, in self-play and beside two defectors",
        claims=(
            claim(
                "cooperates",
                "Three LOQA agents cooperate (share of what three always-cooperators get)",
                "cooperation",
                Criterion("mean", ">=", 0.5, partly=0.25),
                source="ours",
            ),
            claim(
                "retaliates",
                "Two always-defecting players get less from LOQA than from always-cooperate "
                "(share)",
                "defection_pays",
                Criterion("mean", "<=", 0.5, partly=0.75),
                source="ours",
            ),
        ),
        configs=loqa_with(num_players=3),
        run=run,
        draw=draw,
        num_seeds=NUM_SEEDS,
        why_it_fails={
            "cooperates": "The reward in self-play is still rising when the quick preset ends.",
            "retaliates": "Two defectors mostly take from each other, and so lose little to a "
            "third player. When the quick preset ends LOQA has learned to hold its own beside "
            "them, not to punish them.",
        },
        minutes=minutes(43.0, 1200.0),
        not_by_default=BY_NAME,
    ),
}
