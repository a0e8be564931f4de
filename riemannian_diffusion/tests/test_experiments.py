"""Tests of the list of experiments: what they train, share and record."""

import json
import subprocess
import sys
from dataclasses import asdict

from common.logger import results
from riemannian_diffusion.experiments import PAPER
from riemannian_diffusion.experiments.trainings import data_sets
from riemannian_diffusion.tests import commands

SINGLE = "figure_so3"


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


def test_a_record_says_what_was_run_and_where_it_comes_from(smoke_run):
    record = results.read_record(smoke_run / "results" / "smoke" / f"{SINGLE}.json")
    config = PAPER.experiments[SINGLE].configs["smoke"]
    assert record["config"] == json.loads(json.dumps(asdict(config)))  # tuples become lists
    assert record["seeds"] == [PAPER.first_seed]
    assert record["command"].startswith("python -m riemannian_diffusion reproduce --preset smoke")
    assert 0 < record["compile_seconds"] < record["wall_seconds"]
    assert record["peak_memory_bytes"] > 2**20
    assert {metric["ci95"] for metric in record["metrics"].values()} == {None}  # of one seed
