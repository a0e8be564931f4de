"""The tables and figures, one file each, in the order in which they are run and listed."""

from pathlib import Path

from common.logger.experiment import Paper
from meta_value.experiments.beyond_exact_meta_value import BEYOND_EXACT_META_VALUE
from meta_value.experiments.beyond_one_model_for_all import BEYOND_ONE_MODEL_FOR_ALL
from meta_value.experiments.figure_ablations import FIGURE_ABLATIONS
from meta_value.experiments.figure_gamma_sweep import FIGURE_GAMMA_SWEEP
from meta_value.experiments.figure_logistic_basins import FIGURE_LOGISTIC_BASINS
from meta_value.experiments.figure_logistic_trajectories import FIGURE_LOGISTIC_TRAJECTORIES
from meta_value.experiments.figure_zd_extortion import FIGURE_ZD_EXTORTION
from meta_value.experiments.sizes import FIRST_SEED
from meta_value.experiments.table_tournament_chicken import TABLE_TOURNAMENT_CHICKEN
from meta_value.experiments.table_tournament_imp import TABLE_TOURNAMENT_IMP
from meta_value.experiments.table_tournament_ipd import TABLE_TOURNAMENT_IPD

EXPERIMENTS = {
    "figure_logistic_basins": FIGURE_LOGISTIC_BASINS,
    "figure_logistic_trajectories": FIGURE_LOGISTIC_TRAJECTORIES,
    "table_tournament_ipd": TABLE_TOURNAMENT_IPD,
    "table_tournament_chicken": TABLE_TOURNAMENT_CHICKEN,
    "table_tournament_imp": TABLE_TOURNAMENT_IMP,
    "figure_gamma_sweep": FIGURE_GAMMA_SWEEP,
    "figure_zd_extortion": FIGURE_ZD_EXTORTION,
    "figure_ablations": FIGURE_ABLATIONS,
    "beyond_one_model_for_all": BEYOND_ONE_MODEL_FOR_ALL,
    "beyond_exact_meta_value": BEYOND_EXACT_META_VALUE,
}

PAPER = Paper(
    "meta_value",
    Path(__file__).parents[1],
    EXPERIMENTS,
    FIRST_SEED,
    title="Meta-Value Learning: a General Framework for Learning with Learning Awareness "
    "(arXiv 2023)",
    finding="At reduced size MeVa reaches the good outcome of the Logistic Game, extorts naive "
    "learners and wins at matching pennies as published; it cooperates with itself a little less "
    "than it should, and a fixed gamma spoils cooperation in only some of the seeds. Against exact "
    "values, which the paper does not test, the learned meta-value is inaccurate in a zero-sum "
    "game at large gamma and at random policies; published sizes and MeVa against LOLA were not "
    "run.",
)
