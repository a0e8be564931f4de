"""Ablation: number, length and kind of the roll-outs that answer the detective's questions.

    make reproduce-brs EXPERIMENT=ablation_qa          # 4 minutes, 4 seeds

The paper names neither K nor L; it has no such table.
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

CONFIGS = ablation_configs(
    ("brs", "k_1", "l_2", "policy_probs"),
    ("brs", "k_4", "l_4", "l_32", "policy_probs", "stop_carry"),
    (("k_1", "brs"), ("l_2", "brs"), ("policy_probs", "brs")),
)


CLAIMS = (
    claim(
        "short",
        "ablation",
        "Answers over 2 steps show too little of retaliation: the exact "
        "best response leaves the agent less (difference to 5 steps)",
        "l_2_minus_brs_agent_vs_best_response",
        Criterion("mean", "<=", -0.05, partly=-0.02),
    ),
    claim(
        "one_roll_out",
        "ablation",
        "One roll-out per question, as K = 4, is left a cooperator's reward",
        "k_1_agent_vs_best_response",
        Criterion("mean", ">=", 0.25, partly=0.15),
    ),
    claim(
        "probabilities",
        "ablation",
        "Told probabilities of the agent's next move instead of "
        "returns, BRS is left less (difference)",
        "policy_probs_minus_brs_agent_vs_best_response",
        Criterion("mean", "<=", -0.05, partly=-0.02),
    ),
)
# At the published size: grid 3x3, 50 steps, a recurrent agent.
PAPER_CLAIMS = (
    claim(
        "answers",
        "ablation",
        "Answers over 4 steps are too short-sighted: AD gains more",
        "l_4_AD_vs_agent",
        Criterion("mean", ">=", 0.3, partly=0.25),
    ),
)

ABLATION_QA = Experiment(
    source="ablation",
    summary="Number, length and kind of the questions' roll-outs",
    claims=CLAIMS,
    paper_claims=PAPER_CLAIMS,
    configs=CONFIGS,
    num_seeds=NUM_SEEDS,
    minutes=minutes(4.0),
    why_it_fails="On so small a grid the agent can take a coin back within the two steps.",
    not_by_default="four minutes by itself, for choices that the paper leaves open",
    run=compare_variants,
    draw=draw,
    trained=first_variant,
)
