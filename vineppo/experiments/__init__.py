"""Every experiment of VinePPO, in the order in which they are run and listed; a file for each."""

from pathlib import Path

from common.logger.experiment import Experiment, Paper
from vineppo.experiments import (
    ablation_k,
    ablation_temperature,
    beyond_lambda,
    beyond_long_chains,
    beyond_token_matched,
    beyond_twenty_seeds,
    beyond_when_it_helps,
    figure_accuracy_over_time,
    figure_error_by_step,
    figure_generalisation_slope,
    figure_kl_tradeoff,
    figure_top_action,
    figure_value_accuracy,
    table_main,
)

EXPERIMENTS: dict[str, Experiment] = {
    "table_main": table_main.EXPERIMENT,
    "figure_accuracy_over_time": figure_accuracy_over_time.EXPERIMENT,
    "figure_kl_tradeoff": figure_kl_tradeoff.EXPERIMENT,
    "figure_generalisation_slope": figure_generalisation_slope.EXPERIMENT,
    "figure_value_accuracy": figure_value_accuracy.EXPERIMENT,
    "figure_top_action": figure_top_action.EXPERIMENT,
    "figure_error_by_step": figure_error_by_step.EXPERIMENT,
    "ablation_k": ablation_k.EXPERIMENT,
    "beyond_lambda": beyond_lambda.EXPERIMENT,
    "beyond_token_matched": beyond_token_matched.EXPERIMENT,
    "beyond_when_it_helps": beyond_when_it_helps.EXPERIMENT,
    "ablation_temperature": ablation_temperature.EXPERIMENT,
    "beyond_long_chains": beyond_long_chains.EXPERIMENT,
    "beyond_twenty_seeds": beyond_twenty_seeds.EXPERIMENT,
}
PAPER = Paper(
    "vineppo",
    Path(__file__).parents[1],
    EXPERIMENTS,
    first_seed=0,
    title="VinePPO: Refining Credit Assignment in RL Training of LLMs (ICML 2025)",
    finding="On a small made-up task VinePPO ends above GRPO, RLOO, DPO-Positive and, which only "
    "more seeds make clear, PPO, and values from rollouts are far more accurate than the critic's. "
    "It ends below RestEM, saves no processor time, and is not shown to be ahead of PPO at equal "
    "KL or in generalisation; the published size was not run.",
)
