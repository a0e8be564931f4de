"""Where step credit helps: exact chains of many shapes, then the small model in two regimes."""

import numpy as np

from vineppo import chain, comparisons
from vineppo.findings import Findings, Metrics, Rows
from vineppo.study_configs import PhaseConfig
from vineppo.trainer import Trainer


def find_phases(config: PhaseConfig, trainer: Trainer) -> Findings:
    """Signal-to-noise of VinePPO over RLOO on exact chains, and accuracies of the model.

    Curves have a row per chain: seed 0, `update` its length.
    """
    rows: Rows = []
    group_size = 8
    for length in config.lengths:
        for share in config.shares:
            right = chain.chain_of(length, share, *config.right)
            ratios = {
                f"signal_ratio_k{rollouts}": chain.advantage_in_signal(right, rollouts, group_size)
                for rollouts in config.rollouts
            }
            rows.append({"update": length, "seed": 0, "share": share, **ratios})
    metrics: Metrics = {}
    num_seeds = len(trainer.seeds)
    for row in rows:
        for rollouts in config.rollouts:
            name = f"chain_{row['update']:g}_share_{row['share']:g}_k{rollouts}"
            metrics[name] = [row[f"signal_ratio_k{rollouts}"]] * num_seeds
    for regime, contestants in config.regimes:
        tuned = {
            name: comparisons.train_tuned(
                trainer, each, f"{regime}_{name}", config.learning_rates, config.tuning_seeds
            )
            for name, each in contestants
        }
        found = comparisons.measured(tuned, num_seeds)
        metrics |= {f"{regime}_{name}": values for name, values in found.items()}
    if len(config.regimes) > 1:
        (first, contestants), (second, _) = config.regimes[:2]
        gap = f"{contestants[0][0]}_minus_{contestants[1][0]}_mean_accuracy"
        metrics[f"{gap}_{first}_minus_{second}"] = (
            np.array(metrics[f"{first}_{gap}"]) - np.array(metrics[f"{second}_{gap}"])
        ).tolist()
    return Findings(metrics, rows)
