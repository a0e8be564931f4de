"""Ablation: BRS without the gradient through the detective, in the Coin Game.

    make reproduce-brs EXPERIMENT=ablation_through_term_coin_game          # 3 minutes, 4 seeds

The paper has no such table; its reviewers asked what the gradient through the detective is for.
"""

from brs.experiments.learned_coin_game import (
    NUM_SEEDS,
    ablation_configs,
    claim,
    draw,
    minutes,
)
from brs.experiments.variants import compare_variants, first_variant
from common.logger.claims import Criterion
from common.logger.experiment import Experiment

_NAMES = ("brs", "no_through", "nosp", "nosp_no_through")
CONFIGS = ablation_configs(_NAMES, _NAMES, (("no_through", "brs"), ("nosp_no_through", "nosp")))


CLAIMS = (
    claim(
        "best_response",
        "ablation",
        "Without the through-term the exact best response leaves the agent less (difference)",
        "no_through_minus_brs_agent_vs_best_response",
        Criterion("mean", "<=", -0.1, partly=-0.03),
    ),
    claim(
        "extortion",
        "ablation",
        "Without self-play the through-term is what extorts (difference without it)",
        "nosp_no_through_minus_nosp_agent_vs_best_response",
        Criterion("mean", "<=", -0.1, partly=-0.03),
    ),
)
# At the published size: grid 3x3, 50 steps, a recurrent agent.
PAPER_CLAIMS = (
    claim(
        "needed",
        "ablation",
        "Without the through-term AD gains more",
        "no_through_AD_vs_agent",
        Criterion("mean", ">=", 0.3, partly=0.25),
    ),
)

ABLATION_THROUGH_TERM_COIN_GAME = Experiment(
    source="ablation that the paper's reviewers asked for",
    summary="Without the gradient through the detective",
    claims=CLAIMS,
    paper_claims=PAPER_CLAIMS,
    configs=CONFIGS,
    num_seeds=NUM_SEEDS,
    minutes=minutes(3.0),
    run=compare_variants,
    draw=draw,
    trained=first_variant,
    headline={
        "best_response": "Coin Game, no gradient through the detective: is left less (difference)"
    },
)
