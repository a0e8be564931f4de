"""Tests of every claim's criterion on made-up metrics that must pass and that must fail."""

import math

import pytest

from common.logger.claims import Verdict, judge
from meta_value.experiments import EXPERIMENTS

# By experiment and claim: values over seeds that show the claim, and values that refute it.
CASES = {
    "figure_logistic_basins": {
        "far_sighted_all_to_b": ([1.0, 1.0, 0.999], [0.7, 0.8, 0.75]),
        "short_sighted_half": ([0.49, 0.53, 0.51], [1.0, 1.0, 1.0]),
        "gamma_.8_share": ([0.58, 0.6, 0.62], [0.9, 0.95, 1.0]),
        "gamma_.9_share": ([0.65, 0.7, 0.75], [0.3, 0.3, 0.35]),
        "lola_1_share": ([445 / 841] * 3, [427 / 841] * 3),
        "lola_10_share": ([435 / 841] * 3, [445 / 841] * 3),
        "lola_20_share": ([506 / 841, 509 / 841, 511 / 841], [435 / 841] * 3),
        "hola2_1_share": ([451 / 841] * 3, [445 / 841] * 3),
        "hola2_10_share": ([466 / 841] * 3, [451 / 841] * 3),
        "hola2_20_share": ([208 / 841] * 3, [466 / 841] * 3),
        "hola_diverges": ([163 / 841] * 3, [23 / 841] * 3),
        "cola_not_all": ([0.8, 0.99, 0.7], [1.0, 1.0, 1.0]),
    },
    "figure_logistic_trajectories": {
        "meva_at_b": ([0.1, 0.2, 0.6], [2.0, 3.0, 2.5]),
        "cola_beyond_b": ([7.0, 8.0, 9.0], [0.1, 0.2, 0.1]),
        "naive_at_b": ([0.003] * 3, [0.003, 0.003, 0.5]),
    },
    "table_tournament_ipd": {
        "naive_vs_naive": ([-1.99, -1.985, -1.995], [-1.9, -1.9, -1.9]),
        "naive_vs_lola": ([-1.36, -1.38, -1.40], [-1.99, -1.99, -1.99]),
        "lola_vs_naive": ([-1.34, -1.36, -1.38], [-1.04, -1.04, -1.04]),
        "lola_vs_lola": ([-1.04, -1.05, -1.03], [-1.38, -1.38, -1.38]),
        "extorts_naive": ([-0.5, -0.55, -0.6], [-1.1, -1.2, -1.05]),
        "naive_is_extorted": ([-2.0, -1.99, -2.01], [-1.0, -1.1, -1.05]),
        "cooperates_with_itself": ([-1.02, -1.05, -1.15], [-2.0, -1.9, -1.95]),
        "exploits_maml": ([-0.53, -0.6, -0.55], [-1.5, -1.4, -1.3]),
    },
    "table_tournament_chicken": {
        "naive_vs_naive": ([-0.05, 0.0, -0.03], [-0.99, -0.98, -0.99]),
        "naive_vs_lola": ([-0.41, -0.42, -0.39], [0.38, 0.38, 0.38]),
        "lola_vs_naive": ([0.38, 0.39, 0.37], [-0.4, -0.4, -0.4]),
        "lola_vs_lola": ([-0.007, -0.008, -0.006], [-1.6, -2.5, -1.5]),
        "exploits_naive": ([0.95, 0.96, 0.97], [0.0, 0.1, -0.1]),
        "naive_yields": ([-0.98, -0.99, -0.97], [0.0, 0.1, -0.1]),
        "no_crash_with_itself": ([-0.08, -0.02, -0.05], [-1.6, -2.5, -0.1]),
    },
    "table_tournament_imp": {
        "naive_vs_naive": ([0.01, -0.01, 0.02], [0.3, 0.3, 0.3]),
        "naive_vs_lola": ([0.03, 0.01, 0.05], [0.3, 0.3, 0.3]),
        "lola_vs_lola": ([0.02, -0.01, 0.03], [0.3, 0.3, 0.3]),
        "beats_naive": ([0.2, 0.25, 0.22], [-0.1, 0.0, -0.05]),
        "even_with_itself": ([0.01, -0.01, 0.0], [0.3, 0.3, 0.3]),
        "even_with_maml": ([0.01, 0.02, 0.0], [0.3, 0.3, 0.3]),
    },
    "figure_gamma_sweep": {
        "ipd_naive_at_0": ([-1.99, -2.0, -1.98], [-1.0, -1.0, -1.0]),
        "ipd_naive_at_.9": ([-0.6, -0.55, -0.65], [-1.9, -1.9, -1.9]),
        "ipd_self_at_.9": ([-1.02, -1.05, -1.1], [-1.9, -1.9, -1.9]),
        "ipd_self_at_0": ([-1.99, -2.0, -1.98], [-1.0, -1.0, -1.0]),
        "chicken_naive_at_.9": ([0.9, 0.92, 0.93], [0.0, 0.1, -0.1]),
        # As in the notebook, whose stale cell has MeVa win at gamma 0.
        "pennies_naive_at_0": ([0.01, -0.02, 0.0], [1.0, 1.0, 1.0]),
    },
    "figure_zd_extortion": {
        "steep": ([55.0, 65.0, 80.0], [30.0, 20.0, 35.0]),
        "vertical": ([95.0, 85.0, 99.0], [45.0, 50.0, 40.0]),
        "one_dimensional": ([0.99, 0.98, 0.99], [0.7, 0.6, 0.8]),
        "ends_extorting": ([-0.5, -0.55, -0.6], [-1.9, -1.9, -1.9]),
    },
    "figure_ablations": {
        "default_cooperates": ([-1.03, -1.05, -1.1], [-2.0, -1.9, -1.95]),
        "fixed_gamma_fails": ([-2.0, -1.9, -1.95], [-1.03, -1.05, -1.1]),
        "u_form_matters": ([-0.4, -0.3, -0.2], [0.0, 0.1, 0.0]),
        "u_form_td_error_is_biased": ([0.1, 0.2, 0.05], [0.0, 0.2, 0.1]),
    },
    "beyond_one_model_for_all": {
        "extorts_naive_unseen": ([-0.6, -0.5, -0.8], [-1.5, -1.6, -1.4]),
        "naive_is_extorted_unseen": ([-1.9, -2.0, -1.85], [-1.0, -1.1, -1.2]),
        "equal_gammas_cooperate": ([-1.02, -1.05, -1.1], [-1.9, -1.9, -1.9]),
        "both_naive_defect": ([-1.99, -2.0, -1.98], [-1.0, -1.0, -1.0]),
    },
    "beyond_exact_meta_value": {
        "concave": ([0.05, 0.08, 0.1], [1.0, 1.0, 1.0]),
        "bilinear": ([0.05, 0.08, 0.1], [1.0, 1.0, 1.0]),
        "logistic_0": ([0.03, 0.04, 0.05], [1.0, 1.0, 1.0]),
        "logistic_nested": ([0.03, 0.04, 0.05], [1.0, 1.0, 1.0]),
        "ipd_0": ([0.1, 0.15, 0.12], [1.0, 1.0, 1.0]),
        "ipd_0_on_paths": ([0.1, 0.15, 0.12], [1.0, 1.0, 1.0]),
    },
}
CLAIMS = {
    (name, claim.id): claim
    for name, experiment in EXPERIMENTS.items()
    for claim in (*experiment.claims, *experiment.paper_claims)
}


def test_every_claim_has_its_cases():
    assert set(CLAIMS) == {(name, claim) for name, cases in CASES.items() for claim in cases}


@pytest.mark.parametrize(("name", "claim"), CLAIMS)
def test_criterion_tells_what_shows_a_claim_from_what_refutes_it(name, claim):
    criterion = CLAIMS[name, claim].criterion
    shows, refutes = CASES[name][claim]
    assert judge(criterion, shows) == Verdict.HOLDS
    assert judge(criterion, refutes) == Verdict.FAILS
    assert judge(criterion, [*shows[:-1], math.nan]) == Verdict.FAILS


@pytest.mark.parametrize(("name", "claim"), CLAIMS)
def test_the_papers_own_value_would_reproduce(name, claim):
    paper = CLAIMS[name, claim].paper_value
    if paper is not None:
        assert judge(CLAIMS[name, claim].criterion, [paper] * 4) == Verdict.HOLDS
