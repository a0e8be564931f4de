"""Figure 7: every agent meets every agent, trained ones, scripts, and players of files.

    make reproduce-brs EXPERIMENT=figure_7_head_to_head          # 90 seconds, 4 seeds
    make reproduce-brs EXPERIMENT=figure_7_head_to_head POLICIES=FOLDER

The paper: BRS cooperates with itself; where BRS-NOSP meets BRS it gets .11 to .25 per step, BRS
-.04 to 0.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from brs.evaluation.config import LeagueConfig
from brs.experiments.exact_coin_game import FULL, NAMES, SMALL, TINY, agents
from brs.experiments.league_settings import names_of, with_policies
from brs.experiments.variants import first_variant
from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Findings, Record, Rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CONFIGS = {
    "smoke": LeagueConfig(agents(TINY, NAMES[:1]), "head_to_head", scripts=("AD",), num_episodes=2),
    "quick": LeagueConfig(agents(SMALL), "head_to_head"),
    "paper": LeagueConfig(agents(FULL), "head_to_head"),
}

CLAIMS = (
    Claim(
        "brs_with_itself",
        "Figure 7",
        "BRS cooperates with itself (reward per step)",
        "brs_vs_brs",
        Criterion("mean", ">=", 0.33, partly=0.25),
    ),
    Claim(
        "nosp_over_brs",
        "Figure 7; paper: 0.11 to 0.25 against -0.04 to 0",
        "BRS-NOSP gets more than BRS where they meet (difference)",
        "brs_over_nosp",
        Criterion("mean", "<=", -0.1, partly=-0.03),
    ),
    Claim(
        "tit_for_tat",
        "Figure 7",
        "BRS cooperates with a reciprocator: its reward against Coin-TFT",
        "brs_vs_Coin-TFT",
        Criterion("mean", ">=", 0.3, partly=0.2),
    ),
    Claim(
        "no_through_is_robbed",
        "ablation",
        "Without the through-term BRS is robbed by AD (its reward)",
        "brs_no_through_vs_AD",
        Criterion("mean", "<=", -0.15, partly=-0.1),
    ),
)


def run(config: LeagueConfig, trainer: Any) -> Findings:
    """Trains the agents and plays every pair."""
    from brs.evaluation.head_to_head import head_to_head

    return head_to_head(config, trainer)


def draw(record: Record, rows: Rows) -> Figure:
    """Reward per step of the row's agent where it meets the column's, mean over seeds."""
    from brs.experiments.drawing import SMALL, new_figure, player

    del rows
    names = names_of(record)
    means = [[record["metrics"][f"{row}_vs_{column}"]["mean"] for column in names] for row in names]
    figure = new_figure(record, 3.2 + 0.7 * len(names), 2.4 + 0.6 * len(names))
    axes = figure.subplots()
    image = axes.imshow(means, cmap="cividis")
    middle = sum(image.get_clim()) / 2
    for i, row in enumerate(means):
        for j, mean in enumerate(row):
            color = "white" if mean < middle else "black"
            text = f"{round(mean, 2) + 0.0:.2f}"  # no minus before zero
            axes.text(j, i, text, ha="center", va="center", fontsize=SMALL, color=color)
    labels = [player(name) for name in names]
    axes.set_xticks(range(len(names)), labels, rotation=40, ha="right", fontsize=SMALL)
    axes.set_yticks(range(len(names)), labels, fontsize=SMALL)
    axes.set(xlabel="meets", ylabel="reward of")
    figure.colorbar(image, label="reward per step, mean over seeds", shrink=0.8)
    return figure


FIGURE_7_HEAD_TO_HEAD = Experiment(
    source="Figure 7",
    summary="Every agent meets every agent: trained with exact gradients, scripted, or of "
    "files given with --policies (quick: grid 2x2, 20 steps)",
    claims=CLAIMS,
    configs=CONFIGS,
    num_seeds={"smoke": 1, "quick": 4, "paper": 5},
    minutes={"smoke": 0.3, "quick": 1.5, "paper": 60.0},
    why_it_fails="It defects against AD much as BRS does. What it lacks is that its best "
    "responder cooperates (beyond_exact_coin_game).",
    run=run,
    draw=draw,
    trained=first_variant,
    headline={
        "nosp_over_brs": "Coin Game: BRS-NOSP gets more than BRS when they meet (BRS's lead)"
    },
)


def experiment_with(policies: tuple[str, ...]) -> Experiment:
    """The experiment with files of portable policies among those who take part."""
    return replace(FIGURE_7_HEAD_TO_HEAD, configs=with_policies(CONFIGS, policies))
