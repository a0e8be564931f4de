"""Tests of the experiments: names, presets, and claims judged on made-up metrics."""

from dataclasses import replace
from functools import partial

import jax
import pytest

from common.logger.claims import Verdict, judge
from loqa import evaluate, objectives, reproduce
from loqa.configs import EXPERIMENTS, PRESETS, GradientConfig, IpdConfig
from loqa.errors import UserError

CLAIMS = [(name, claim) for name, each in EXPERIMENTS.items() for claim in each.claims]

# Values over seeds by which each claim must be reproduced, partly, and not at all. In the iterated
# game -1 is mutual cooperation, -2 mutual defection, and -3 to be exploited for ever; against
# always-defect tit-for-tat gets -2.02.
MADE_UP = {
    "tit_for_tat": ([1.0] * 9 + [0.0], [1.0] * 8 + [0.0] * 2, [1.0] * 4 + [0.0] * 6),
    "self_play": ([-1.0, -1.1, -1.0], [-1.0, -1.0, -2.0], [-2.0, -2.0, -1.0]),
    "retaliates": ([-2.02, -2.02, -2.1], [-2.02, -2.5, -2.02], [-3.0, -2.02, -3.0]),
    "best_response_cooperates": ([-1.0, -1.05], [-1.0, -1.9], [-2.0, -2.0]),
    "naive_defects": ([-2.0, -1.95], [-2.0, -1.5], [-1.0, -1.0]),
    "perfect_critic": ([0.95, 0.8], [0.95, 0.4], [0.1, -0.1]),
    "sarsa_critic": ([-0.4, 0.3], [0.1, 0.5], [0.9, 0.9]),
    "returns_critic": ([0.95, 0.8], [0.95, 0.4], [0.1, -0.1]),
    "noise_in_softmax": ([0.1, 0.4], None, [0.3, 0.3]),
}


def test_names_begin_with_their_place():
    places = ("table_", "figure_", "ablation_", "beyond_")
    assert [name for name in EXPERIMENTS if not name.startswith(places)] == []


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_has_settings_seeds_and_minutes_at_every_preset(name):
    experiment = EXPERIMENTS[name]
    for by_preset in (experiment.configs, experiment.num_seeds, experiment.minutes):
        assert tuple(by_preset) == PRESETS
    assert experiment.claims
    assert len({claim.id for claim in experiment.claims}) == len(experiment.claims)
    assert experiment.num_seeds["quick"] >= 3 or experiment.not_by_default
    assert experiment.num_seeds["paper"] >= experiment.num_seeds["quick"]


def test_default_run_fits_its_twenty_minutes():
    default = [each for each in EXPERIMENTS.values() if not each.not_by_default]
    assert sum(experiment.minutes["quick"] for experiment in default) <= 20
    assert sum(experiment.minutes["smoke"] for experiment in default) <= 1


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_smoke_is_tiny_and_no_preset_changes_the_algorithm(name):
    smoke, quick, paper = (EXPERIMENTS[name].configs[preset] for preset in PRESETS)
    assert EXPERIMENTS[name].num_seeds["smoke"] == 1
    assert smoke.num_updates * smoke.batch_size <= 32
    sizes = {"num_updates": 6, "batch_size": 1}
    if isinstance(smoke, GradientConfig):
        sizes |= {"snapshot_every_updates": 1, "num_batches": 2}
    else:
        sizes |= {"eval_every_updates": 1}
    assert replace(smoke, **sizes) == replace(quick, **sizes) == replace(paper, **sizes)


def test_every_claim_has_made_up_metrics():
    assert {claim.id for _, claim in CLAIMS} == MADE_UP.keys()


@pytest.mark.parametrize(
    ("name", "claim"), CLAIMS, ids=[f"{name}-{claim.id}" for name, claim in CLAIMS]
)
def test_criterion_holds_fails_and_holds_partly_on_made_up_metrics(name, claim):
    reproduced, partly, not_reproduced = MADE_UP[claim.id]
    assert judge(claim.criterion, reproduced) == Verdict.REPRODUCED
    assert judge(claim.criterion, not_reproduced) == Verdict.NOT_REPRODUCED
    assert (partly is None) == (claim.criterion.partly is None)
    if partly is not None:
        assert judge(claim.criterion, partly) == Verdict.PARTLY


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_claim_is_about_a_metric_of_its_experiment(name):
    config = EXPERIMENTS[name].configs["smoke"]
    if isinstance(config, GradientConfig):
        cases = ("cosine_learned", "signal_learned", "cosine_exact", "cosine_exact_value")
        metrics = reproduce._compared({run: dict.fromkeys(cases, 0.0) for run in reproduce.CRITICS})
    else:
        params = jax.eval_shape(objectives.make_agent(config).init, jax.random.key(0))
        metrics = jax.eval_shape(partial(evaluate.evaluate, config), params, jax.random.key(0))
    assert {claim.metric for claim in EXPERIMENTS[name].claims} <= metrics.keys()


def test_an_ablation_changes_what_it_says_and_nothing_else():
    remedy = EXPERIMENTS["figure_1_ipd"].configs["quick"]
    changes = {
        "ablation_ipd_returns_critic_only": {"stop_grad_advantage": False},
        "ablation_ipd_stop_gradient_only": {"critic_targets": "sarsa"},
        "ablation_ipd_critic_value": {"taken_value": "critic"},
        "beyond_ipd_mlp": {"actor": "mlp"},
    }
    for name, change in changes.items():
        assert EXPERIMENTS[name].configs["quick"] == replace(remedy, **change)
    released = replace(remedy, critic_targets="sarsa", stop_grad_advantage=False)
    published = EXPERIMENTS["figure_1_ipd_as_published"].configs["quick"]
    assert published == replace(released, num_updates=7000)


def test_trainings_of_the_gradient_comparison_are_those_of_the_figure():
    config = GradientConfig(num_updates=10, snapshot_every_updates=5, batch_size=3)
    sizes = {"num_updates": 10, "eval_every_updates": 5, "batch_size": 3}
    for critic, name in (("sarsa", "figure_1_ipd_as_published"), ("returns", "figure_1_ipd")):
        assert config.training(critic) == replace(EXPERIMENTS[name].configs["quick"], **sizes)


def test_snapshots_must_divide_the_updates():
    with pytest.raises(UserError, match="must be a multiple of snapshot_every_updates 3; try"):
        GradientConfig(num_updates=10, snapshot_every_updates=3)
    assert IpdConfig().num_updates == 7000
