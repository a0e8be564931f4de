"""Every table and figure by name, in the order in which they are run and listed."""

from pathlib import Path

from brs.experiments import (
    beyond_exploitability_league,
    figure_1_other_papers,
    figure_7_head_to_head,
)
from brs.experiments.ablation_qa import ABLATION_QA
from brs.experiments.ablation_through_term_coin_game import ABLATION_THROUGH_TERM_COIN_GAME
from brs.experiments.ablation_through_term_ipd import ABLATION_THROUGH_TERM_IPD
from brs.experiments.beyond_exact_coin_game import BEYOND_EXACT_COIN_GAME
from brs.experiments.beyond_exploitability_league import BEYOND_EXPLOITABILITY_LEAGUE
from brs.experiments.beyond_stackelberg_front import BEYOND_STACKELBERG_FRONT
from brs.experiments.certificates import CERTIFICATE_OPEN_LOOP_SEARCH, CERTIFICATE_TREE_SEARCH
from brs.experiments.figure_1_coin_game import FIGURE_1_COIN_GAME
from brs.experiments.figure_1_other_papers import FIGURE_1_OTHER_PAPERS
from brs.experiments.figure_2_ipd import FIGURE_2_IPD
from brs.experiments.figure_3_nosp import FIGURE_3_NOSP
from brs.experiments.figure_4_norb import FIGURE_4_NORB
from brs.experiments.figure_7_head_to_head import FIGURE_7_HEAD_TO_HEAD
from brs.experiments.learned_detective_ipd import (
    BEYOND_LEARNED_DETECTIVE_IPD,
    BEYOND_SAMPLED_DETECTIVE_IPD,
)
from common.logger.experiment import Paper

FIRST_SEED = 100  # settings and criteria were chosen on seeds below 100

PAPER = Paper(
    name="brs",
    folder=Path(__file__).resolve().parents[1],
    experiments={
        "figure_2_ipd": FIGURE_2_IPD,
        "ablation_through_term_ipd": ABLATION_THROUGH_TERM_IPD,
        "beyond_stackelberg_front": BEYOND_STACKELBERG_FRONT,
        "beyond_learned_detective_ipd": BEYOND_LEARNED_DETECTIVE_IPD,
        "beyond_sampled_detective_ipd": BEYOND_SAMPLED_DETECTIVE_IPD,
        "figure_1_coin_game": FIGURE_1_COIN_GAME,
        "figure_3_nosp": FIGURE_3_NOSP,
        "figure_4_norb": FIGURE_4_NORB,
        "ablation_through_term_coin_game": ABLATION_THROUGH_TERM_COIN_GAME,
        "ablation_qa": ABLATION_QA,
        "certificate_tree_search": CERTIFICATE_TREE_SEARCH,
        "certificate_open_loop_search": CERTIFICATE_OPEN_LOOP_SEARCH,
        "beyond_exact_coin_game": BEYOND_EXACT_COIN_GAME,
        "figure_7_head_to_head": FIGURE_7_HEAD_TO_HEAD,
        "beyond_exploitability_league": BEYOND_EXPLOITABILITY_LEAGUE,
        "figure_1_other_papers": FIGURE_1_OTHER_PAPERS,
    },
    first_seed=FIRST_SEED,
    title="Best Response Shaping (RLJ 2024)",
    finding="At the sizes run here, the iterated prisoner's dilemma (IPD) and a Coin Game on a 2x2 "
    "grid, BRS cooperates with itself and retaliates, and except in a rare seed its best responder "
    "leaves it nearly what cooperation pays; the published Coin Game (3x3, a recurrent agent) has "
    "not been run. BRS is not tit-for-tat in the IPD with exact gradients, and without self-play "
    "it extorts its best responder clearly where gradients are exact, but not where everything is "
    "sampled.",
)


def paper_with(policies: tuple[str, ...]) -> Paper:
    """The paper, with files of portable policies among those who take part in the leagues."""
    changed = {
        "figure_7_head_to_head": figure_7_head_to_head.experiment_with(policies),
        "beyond_exploitability_league": beyond_exploitability_league.experiment_with(policies),
        "figure_1_other_papers": figure_1_other_papers.experiment_with(policies),
    }
    return PAPER._replace(experiments={**PAPER.experiments, **changed})
