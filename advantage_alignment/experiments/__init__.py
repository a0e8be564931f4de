"""Every experiment by name, in the order in which they are run and listed."""

from pathlib import Path

from advantage_alignment.experiments.ablation_beta import (
    ABLATION_BETA,
    ABLATION_BETA_COIN_GAME,
    ABLATION_BETA_COMMONS_HARVEST,
    ABLATION_BETA_NEGOTIATION,
)
from advantage_alignment.experiments.ablation_masks import ABLATION_MASKS, ABLATION_MASKS_IPD
from advantage_alignment.experiments.ablation_retaliation_negotiation import (
    ABLATION_RETALIATION_NEGOTIATION,
)
from advantage_alignment.experiments.beyond_exploitability import BEYOND_EXPLOITABILITY
from advantage_alignment.experiments.beyond_weightings import BEYOND_WEIGHTINGS
from advantage_alignment.experiments.figure_1_ipd import (
    FIGURE_1_IPD,
    FIGURE_1_IPD_GRU,
    FIGURE_1_IPD_LONG,
)
from advantage_alignment.experiments.figure_2_coin_league import FIGURE_2_COIN_LEAGUE
from advantage_alignment.experiments.figure_3_negotiation import (
    FIGURE_3_NEGOTIATION,
    FIGURE_3_NEGOTIATION_GRU,
)
from advantage_alignment.experiments.figure_4_commons_harvest import FIGURE_4_COMMONS_HARVEST
from common.logger.experiment import Paper

PAPER = Paper(
    name="advantage_alignment",
    folder=Path(__file__).parents[1],
    experiments={
        "figure_1_ipd": FIGURE_1_IPD,
        "ablation_beta": ABLATION_BETA,
        "ablation_masks_ipd": ABLATION_MASKS_IPD,
        "beyond_weightings": BEYOND_WEIGHTINGS,
        "figure_1_ipd_long": FIGURE_1_IPD_LONG,
        "figure_1_ipd_gru": FIGURE_1_IPD_GRU,
        "figure_3_negotiation": FIGURE_3_NEGOTIATION,
        "figure_3_negotiation_gru": FIGURE_3_NEGOTIATION_GRU,
        "ablation_beta_negotiation": ABLATION_BETA_NEGOTIATION,
        "beyond_exploitability": BEYOND_EXPLOITABILITY,
        "ablation_retaliation_negotiation": ABLATION_RETALIATION_NEGOTIATION,
        "figure_4_commons_harvest": FIGURE_4_COMMONS_HARVEST,
        "ablation_beta_commons_harvest": ABLATION_BETA_COMMONS_HARVEST,
        "figure_2_coin_league": FIGURE_2_COIN_LEAGUE,
        "ablation_masks": ABLATION_MASKS,
        "ablation_beta_coin_game": ABLATION_BETA_COIN_GAME,
    },
    first_seed=42,  # as published: seeds 42 to 51
    title="Advantage Alignment Algorithms (ICLR 2025)",
    finding="At small sizes it learns tit-for-tat in the IPD, cooperates most of the time and "
    "retaliates in the Negotiation Game, and cooperates in the Coin Game, where always-defect "
    "still gets too much. In Commons Harvest only some seeds keep the apples alive, and in the "
    "IPD cooperation does not need the empathetic quadrant; the published sizes were not run.",
)
