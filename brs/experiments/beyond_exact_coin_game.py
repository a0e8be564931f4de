"""Beyond the paper: BRS in the Coin Game with exact gradients against its exact best response.

    make reproduce-brs EXPERIMENT=beyond_exact_coin_game          # 3 minutes, 4 seeds

Tabular agents with Coin-TFT's memory; nothing is sampled. What the paper claims of BRS, of BRS
without self-play and of the gradient through the detective is asked where all is known exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brs.experiments.exact_coin_game import FULL, NAMES, SMALL, TINY, agents
from brs.experiments.variants import VariantsConfig, compare_variants, first_variant
from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Record, Rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DIFFERENCES = (("nosp", "brs"), ("brs_no_through", "brs"))
CONFIGS = {
    "smoke": VariantsConfig(agents(TINY, NAMES[:1]), shows="values"),
    "quick": VariantsConfig(agents(SMALL), _DIFFERENCES, shows="values"),
    "paper": VariantsConfig(agents(FULL), _DIFFERENCES, shows="values"),
}


def _claim(name: str, statement: str, metric: str, criterion: Criterion) -> Claim:
    return Claim(name, "Coin Game, exact (ours)", statement, metric, criterion)


CLAIMS = (
    _claim(
        "brs_with_itself",
        "BRS cooperates with itself (reward per step)",
        "brs_self_play",
        Criterion("mean", ">=", 0.33, partly=0.25),
    ),
    _claim(
        "brs_best_response",
        "The best response to BRS leaves it nearly a cooperator's reward",
        "brs_agent_vs_best_response",
        Criterion("mean", ">=", 0.25, partly=0.15),
    ),
    _claim(
        "brs_retaliates",
        "AD gets less from BRS than the best response does (difference)",
        "brs_gain_of_cooperation",
        Criterion("mean", ">=", 0.1, partly=0.03),
    ),
    _claim(
        "nosp_extorts",
        "BRS-NOSP extorts its best responder: by how much it gets more than that",
        "nosp_extortion",
        Criterion("mean", ">=", 0.08, partly=0.03),
    ),
    _claim(
        "nosp_takes_from_ac",
        "BRS-NOSP takes from AC: by how much it gets more than that",
        "nosp_gain_from_AC",
        Criterion("mean", ">=", 0.15, partly=0.05),
    ),
    _claim(
        "nosp_with_itself",
        "BRS-NOSP cooperates less with itself than BRS (difference per step)",
        "nosp_minus_brs_self_play",
        Criterion("mean", "<=", -0.15, partly=-0.05),
    ),
    _claim(
        "self_play_only_is_exploited",
        "Self-play alone is exploited by its best response (agent's reward)",
        "sp_only_agent_vs_best_response",
        Criterion("mean", "<=", 0.0, partly=0.1),
    ),
    _claim(
        "through_term_matters",
        "Without the gradient through the detective the best responder leaves the agent less "
        "(difference)",
        "brs_no_through_minus_brs_agent_vs_best_response",
        Criterion("mean", "<=", -0.15, partly=-0.05),
    ),
)


def draw(record: Record, rows: Rows) -> Figure:
    """Rewards of every variant in every match, and against the best response along training."""
    from brs.experiments.drawing import draw_values

    return draw_values(record, rows)


BEYOND_EXACT_COIN_GAME = Experiment(
    source="beyond the paper",
    summary="BRS with exact gradients: tabular agents with Coin-TFT's memory against their "
    "exact soft best response (quick: grid 2x2, 20 steps)",
    claims=CLAIMS,
    configs=CONFIGS,
    num_seeds={"smoke": 1, "quick": 4, "paper": 5},
    minutes={"smoke": 0.4, "quick": 3.0, "paper": 60.0},
    run=compare_variants,
    draw=draw,
    trained=first_variant,
)
