"""Values of PPO's critic and of rollouts against the truth, measured once for three figures."""

from typing import Any

from common.logger.experiment import Findings, Metrics, Rows
from vineppo.config import RlConfig
from vineppo.evaluation.value_config import ValueConfig
from vineppo.experiments.comparison import RATES, method_of, train_tuned
from vineppo.experiments.trainer import Trainer

LABELS = {
    "critic": "critic",
    "mc1": "1 rollout",
    "mc2": "2 rollouts",
    "mc3": "3 rollouts",
    "mc9": "9 rollouts",
}


def ppo_values(preset: str) -> ValueConfig:
    """Settings that measure the values of the main table's PPO."""
    sizes: dict[str, dict[str, Any]] = {
        "smoke": {
            "num_trajectories": 8,
            "num_states": 4,
            "num_truth_rollouts": 8,
            "estimates": (1, 2),
            "num_action_states": 2,
        },
        "quick": {"num_states": 64, "num_action_states": 16},
        "paper": {"num_trajectories": 512},
    }
    ppo = method_of(preset, "ppo")
    return ValueConfig(ppo=ppo, learning_rates=RATES[preset], **sizes[preset])


def trained_ppo(config: ValueConfig) -> RlConfig:
    """The training that `train` runs."""
    return config.ppo


def measure_values(config: ValueConfig, trainer: Trainer) -> Findings:
    """Trains PPO and measures values at every evaluation; once per call, whoever asks for it.

    Metrics without an update in their name are of the last evaluation; those that end in
    `_over_training` are means over all. Curves have a row per state of the first seed.
    """
    tuned = train_tuned(trainer, config.ppo, "ppo", config.learning_rates, config.tuning_seeds)

    def measure() -> Findings:
        from jax import random

        from vineppo.evaluation import value_estimators
        from vineppo.model_files.snapshots import load_snapshot
        from vineppo.policy import Policy
        from vineppo.tasks.setup import make_setup

        setup = make_setup(config.ppo.initial)
        result = tuned.result
        metrics: Metrics = {}
        rows: Rows = []
        template = [{"params": s.params, "critic": s.critic} for s in result.states]
        steps = [line["step"] for line in result.log]
        for step in steps:
            models = load_snapshot(result.path, step, template)
            for seed, model in zip(trainer.seeds, models, strict=True):
                key = random.fold_in(random.fold_in(random.key(seed), step), 1)
                policy = Policy(setup, config.ppo, model["params"])
                found = value_estimators.estimate_all(policy, model["critic"].params, config, key)
                for name, value in value_estimators.summarise(found, config.tolerance).items():
                    metrics.setdefault(f"{name}_at_{step}", []).append(value)
                if seed == trainer.seeds[0]:
                    rows += value_estimators.state_rows(found, step, seed)
        most = max(config.estimates)
        return Findings(metrics | value_estimators.over_training(metrics, steps, most), rows)

    return trainer.measure_once(config, measure)
