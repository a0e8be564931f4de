"""Tests of the list of experiments: what they train, share and record."""

import subprocess
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from common.logger.claims import Verdict, judge
from riemannian_diffusion.experiments import PAPER
from riemannian_diffusion.experiments.trainings import data_sets
from riemannian_diffusion.tests import commands


def test_the_list_needs_neither_jax_nor_matplotlib():
    code = (
        "import sys; import riemannian_diffusion.experiments; "
        "sys.exit(any(m.partition('.')[0] in ('jax', 'numpy', 'matplotlib') for m in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=commands.ROOT, check=True)


def test_experiments_share_their_trainings_where_they_can():
    """At quick, those of the two figures of times, and of the exact targets."""
    settings = {
        name: {training for _, training in each.configs["quick"].trainings()}
        for name, each in PAPER.experiments.items()
    }
    assert settings["figure_2_variance_reduction"] < settings["beyond_time_sampling"]
    assert settings["figure_so3"] < settings["beyond_exact_targets"]
    assert settings["figure_ramachandran"] < settings["beyond_exact_targets"]
    assert settings["figure_hyperbolic"] & settings["beyond_exact_targets"]
    assert settings["beyond_exact_heat_kernel"] & settings["beyond_exact_targets"]
    earth = settings["table_1_flood"] | settings["table_1_fire"]
    assert settings["figure_earth_density"] < earth


def test_data_sets_are_named_once_and_distributions_are_none():
    configs = {name: each.configs["quick"] for name, each in PAPER.experiments.items()}
    assert data_sets(configs["table_1_flood"]) == ["flood"]
    assert data_sets(configs["figure_earth_density"]) == ["flood", "fire"]
    assert data_sets(configs["beyond_exact_targets"]) == []


def test_what_train_runs_is_the_first_training_of_every_experiment():
    for experiment in PAPER.experiments.values():
        for config in experiment.configs.values():
            assert experiment.trained(config) == config.trainings()[0][1]


# Values over seeds by which a claim must hold, and those of a method that is broken: an untrained
# model, whose density is uniform; a sampler of times that learns nothing; samples of two modes of
# three; a kernel as slow as the simulation. By the end of the claim's id.
MADE_UP = {
    "_gap": ([0.03, 0.05, 0.08], [1.7, 1.8, 1.7]),
    "kelbo_valid": ([0.1, 0.2, -0.01], [-0.2, 0.1, 0.1]),
    "smaller_variance": ([0.5, 0.6, 0.65], [1.0, 1.02, 1.01]),
    "smaller_spread": ([0.7, 0.8, 0.8], [1.0, 1.02, 1.01]),
    "no_worse_likelihood": ([0.0, -0.01, 0.02], [0.5, 0.4, 0.3]),
    "few_steps_mislead": ([-0.3, -0.2, -0.15], [0.01, -0.01, 0.02]),
    "hundred_steps_suffice": ([0.01, -0.03, 0.02], [-0.3, -0.4, -0.2]),
    "below_uniform": ([0.3, 0.5, 0.4], [1.0, 1.01, 1.0]),
    "near_optimal": ([1.1, 1.3, 1.2], [5.0, 4.9, 5.1]),
    "mass": ([0.001, -0.01, 0.01], [0.5, 0.4, 0.3]),
    "three_modes": ([0.31, 0.33, 0.32], [0.0, 0.01, 0.0]),
    "no_worse": ([-0.02, 0.01, 0.0], [0.3, 0.2, 0.4]),
    "faster": ([0.3, 0.3, 0.3], [1.0, 1.0, 1.0]),
    "below_mixture": ([0.2, 0.3, 0.25], [-0.3, -0.2, -0.4]),
    "repeats_help": ([0.4, 0.5, 0.6], [-0.1, 0.0, 0.1]),
}
CLAIMS = [
    pytest.param(claim, id=f"{name}-{size}-{claim.id}")
    for name, each in PAPER.experiments.items()
    for size, claims in (("quick", each.claims), ("paper", each.paper_claims))
    for claim in claims
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_holds_of_what_it_says_and_fails_of_a_broken_method(claim):
    if claim.id.endswith("nll"):  # the paper's value, and the uniform density's
        uniform = 2.531 if claim.source == "Table 1" else 3.676
        uniform = 12.865 if claim.statement.endswith("rna") else uniform
        holding, failing = [claim.paper_value] * 3, [uniform] * 3
    else:
        holding, failing = next(v for end, v in MADE_UP.items() if claim.id.endswith(end))
    assert judge(claim.criterion, holding) == Verdict.HOLDS
    assert judge(claim.criterion, failing) == Verdict.FAILS


@dataclass
class MadeUpTrainer:
    """Gives every training the same numbers for two seeds, but for what its settings say."""

    seeds: tuple[int, ...] = (0, 1)

    def train(self, config, name):
        gap = [0.1, 0.2] if "simulated" in name else [0.05, 0.1]
        nll = [1.5, 1.25] if name == "mixture" else [1.0, 1.0]
        line = {"step": config.num_updates, "loss": [0.5, 0.5]}
        metrics = {"nll": nll, "gap": gap, "negative_kelbo": [1.5, 1.0], "entropy": [0.5, 0.5]}
        return SimpleNamespace(
            metrics=metrics, log=[line], seconds_per_update=0.5 if "simulated" in name else 0.125
        )


def test_a_comparison_is_of_the_first_model_and_of_the_truth():
    config = PAPER.experiments["table_1_flood"].configs["quick"]
    metrics, rows = PAPER.experiments["table_1_flood"].run(config, MadeUpTrainer())
    assert metrics["mixture_minus_rdm_nll"] == [0.5, 0.25]
    assert metrics["rdm_kelbo_minus_nll"] == [0.5, 0.0]
    assert metrics["rdm_kelbo_minus_entropy"] == [1.0, 0.5]
    assert {"rdm_loss", "mixture_loss"} < rows[0].keys()


def test_the_heat_kernel_is_compared_in_gap_and_time():
    experiment = PAPER.experiments["beyond_exact_heat_kernel"]
    metrics, _ = experiment.run(experiment.configs["quick"], MadeUpTrainer())
    assert metrics["sphere_gap_difference"] == [-0.05, -0.1]
    assert metrics["so3_time_ratio"] == [0.25, 0.25]
    assert metrics["torus_simulated_seconds"] == [750.0, 750.0]
