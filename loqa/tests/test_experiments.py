"""Tests of the experiments: names, presets, and claims judged on made-up metrics."""

from dataclasses import replace
from functools import partial
from itertools import permutations

import jax
import numpy as np
import pytest

from common.logger.claims import Verdict, judge
from common.logger.errors import UserError
from loqa.config import CoinGameConfig, IpdConfig
from loqa.evaluation import matches, thresholds
from loqa.evaluation.config import GradientConfig
from loqa.experiments import PAPER, beyond_ipd_estimator_bias, figure_1_ipd, league_study
from loqa.experiments.beyond_exploitability import ExploitabilityConfig
from loqa.experiments.figure_3_scaling import ScalingConfig
from loqa.experiments.league_study import LeagueConfig
from loqa.pola.config import PolaConfig
from loqa.run.training_run import KINDS, RunResult

EXPERIMENTS = PAPER.experiments
PRESETS = ("smoke", "quick", "paper")
IN_THE_IPD = figure_1_ipd.EXPERIMENTS | beyond_ipd_estimator_bias.EXPERIMENTS
CLAIMS = [(name, claim) for name, each in EXPERIMENTS.items() for claim in each.claims]
ON_NUMBERS = [(name, claim) for name, each in EXPERIMENTS.items() for claim in each.paper_claims]

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

# The same for the Coin Game, by the end of the claim's id: rewards per step. Cooperators get .35
# each, always-defect .64 from always-cooperate, which is left with -.27; two defectors get 0.
MADE_UP_COIN_GAMES = {
    "self_play": ([0.32, 0.3, 0.25], [0.15, 0.12, 0.1], [0.0, 0.05, 0.01]),
    "other_seeds": ([0.32, 0.3, 0.25], [0.15, 0.12, 0.1], [0.0, 0.05, 0.01]),
    "does_not_exploit": ([0.35, 0.37, 0.36], [0.53, 0.54, 0.53], [0.63, 0.64, 0.6]),
    "leaves_a_share": ([0.3, 0.31, 0.33], [0.03, 0.04, 0.035], [-0.26, -0.2, 0.0]),
    "retaliates": ([0.12, 0.2, 0.1], [0.35, 0.36, 0.34], [0.64, 0.6, 0.63]),
    "loses_little": ([-0.05, -0.06, -0.07], [-0.22, -0.23, -0.225], [-0.27, -0.26, -0.25]),
    "naive_does_not_cooperate": ([0.0, 0.02, 0.01], [0.12, 0.13, 0.125], [0.3, 0.32, 0.31]),
    "naive_exploits": ([-0.2, -0.27, -0.25], None, [0.3, 0.31, 0.32]),
    "exploits_more": ([0.11, 0.08, 0.1], [0.01, 0.02, 0.0], [-0.05, 0.0, -0.01]),
    "cooperates_less": ([-0.12, -0.1, -0.05], [-0.02, -0.01, 0.0], [0.05, 0.0, 0.01]),
    "beyond_three_players-cooperates": ([0.9, 0.8, 0.5], [0.3, 0.4, 0.3], [0.0, 0.1, 0.05]),
    "beyond_three_players-retaliates": ([0.2, 0.3, 0.1], [0.6, 0.7, 0.65], [1.0, 0.9, 0.8]),
    "learned_is_near_exact": ([0.64, 0.62, 0.63], [0.6, 0.59, 0.6], [0.5, 0.64, 0.64]),
    "loqa_is_hard_to_exploit": ([0.4, 0.41, 0.42], [0.45, 0.46, 0.47], [0.6, 0.62, 0.61]),
    "loqa_keeps_a_profit": ([0.1, 0.12, 0.11], [-0.05, -0.04, -0.06], [-0.2, -0.25, -0.27]),
    **{f"loqa_strong_{n}x{n}": ([1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]) for n in (3, 4, 5)},
    **{f"naive_strong_{n}x{n}": ([0, 0, 0, 0], None, [0, 0, 1, 0]) for n in (3, 4, 5)},
}


def made_up(name, claim):
    """Values of a claim; those of the experiment's own come before what claims have in common."""
    if name in IN_THE_IPD:
        return MADE_UP[claim.id]
    fitting = [end for end in MADE_UP_COIN_GAMES if f"{name}-{claim.id}".endswith(end)]
    return MADE_UP_COIN_GAMES[max(fitting, key=len)]


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


def trainings(config):
    """Settings of every training of an experiment."""
    if isinstance(config, ScalingConfig):  # POLA on growing grids is for preset paper alone
        return [each for _, each in config.entrants if not isinstance(each, PolaConfig)]
    if isinstance(config, (LeagueConfig, ExploitabilityConfig)):
        return [entrant for _, entrant in config.entrants]
    return [config]


def without_sizes(config):
    """A training's settings with sizes that are the same at every preset."""
    sizes = {"num_updates": 6, "batch_size": 1}
    if isinstance(config, GradientConfig):
        return replace(config, **sizes, snapshot_every_updates=1, num_batches=2)
    if isinstance(config, PolaConfig):
        sizes |= {"num_eval_episodes": 1, "hidden_size": 1}
        sizes |= {"num_outer_steps": 1, "num_inner_steps": 1}
    if isinstance(config, CoinGameConfig):
        sizes |= {"num_eval_episodes": 1, "num_opponents": 1}
        sizes |= {"actor_hidden_size": 1, "critic_hidden_size": 1}
    return replace(config, **sizes, eval_every_updates=1)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_smoke_is_tiny_and_no_preset_changes_the_algorithm(name):
    smoke, quick, paper = (trainings(EXPERIMENTS[name].configs[preset]) for preset in PRESETS)
    assert EXPERIMENTS[name].num_seeds["smoke"] == 1
    assert all(training.num_updates * training.batch_size <= 32 for training in smoke)
    sized = [[without_sizes(training) for training in each] for each in (smoke, quick, paper)]
    assert sized[0] == sized[1] == sized[2]


@pytest.mark.parametrize(
    "name", [n for n, e in EXPERIMENTS.items() if len(trainings(e.configs["paper"])) > 1]
)
def test_entrants_have_the_same_names_at_every_preset(name):
    named = [[n for n, _ in EXPERIMENTS[name].configs[preset].entrants] for preset in PRESETS]
    assert named[0] == named[1] == named[2][: len(named[1])]
    assert len(set(named[0])) == len(named[0])


def test_every_claim_of_the_iterated_game_has_made_up_metrics():
    ids = {claim.id for name, claim in CLAIMS if name in IN_THE_IPD}
    assert ids == MADE_UP.keys()


@pytest.mark.parametrize(
    ("name", "claim"), CLAIMS, ids=[f"{name}-{claim.id}" for name, claim in CLAIMS]
)
def test_criterion_holds_fails_and_holds_partly_on_made_up_metrics(name, claim):
    reproduced, partly, not_reproduced = made_up(name, claim)
    assert judge(claim.criterion, reproduced) == Verdict.HOLDS
    assert judge(claim.criterion, not_reproduced) == Verdict.FAILS
    assert (partly is None) == (claim.criterion.partly is None)
    if partly is not None:
        assert judge(claim.criterion, partly) == Verdict.PARTLY


@pytest.mark.parametrize(
    ("name", "claim"), ON_NUMBERS, ids=[f"{name}-{claim.id}" for name, claim in ON_NUMBERS]
)
def test_claims_on_numbers_allow_two_published_deviations_and_four_for_partly(name, claim):
    deviation = float(claim.paper_spread.split()[1])
    for distance, verdict in (
        (1.9, Verdict.HOLDS),
        (3.9, Verdict.PARTLY),
        (4.1, Verdict.FAILS),
    ):
        for sign in (-1, 1):
            value = claim.paper_value + sign * distance * deviation
            assert judge(claim.criterion, [value] * 3) == verdict


def evaluated(config):
    """What an evaluation of a training measures, found without running anything."""
    kind = KINDS[type(config)]
    agent = kind.make_agent(config)
    params = jax.eval_shape(agent.init, jax.random.key(0))
    return set(jax.eval_shape(partial(kind.evaluate, config, agent), params, jax.random.key(0)))


def league_metrics(config):
    """Names of a league's metrics, row player first, and differences to the first entrant."""
    names = {name for name, _ in config.entrants}
    first, *others = (name for name, _ in config.entrants)
    of_training = evaluated(config.entrants[0][1])  # whatever its settings
    metrics = {f"{row}_vs_{column}" for row, column in permutations(names, 2)}
    for name in names:
        metrics |= {f"{name}_self", f"{name}_vs_other_seeds", f"other_seeds_vs_{name}"}
        metrics |= {f"{name}_vs_{script}" for script in matches.SCRIPTS}
        metrics |= {f"{script}_vs_{name}" for script in matches.SCRIPTS}
        metrics |= {league_study.league_name(name, metric) for metric in of_training}
    for rest in ("self", *(f"vs_{script}" for script in matches.SCRIPTS)):
        metrics |= {f"{other}_minus_{first}_{rest}" for other in others}
    return metrics


def metrics_of(config):
    """Names of what an experiment measures with two seeds or more."""
    if isinstance(config, GradientConfig):
        cases = ("cosine_learned", "signal_learned", "cosine_exact", "cosine_exact_value")
        means = {
            critic: dict.fromkeys(cases, np.zeros(2))
            for critic in beyond_ipd_estimator_bias.CRITICS
        }
        return set(beyond_ipd_estimator_bias.compared_critics(means))
    if isinstance(config, LeagueConfig):
        return league_metrics(config)
    if isinstance(config, ExploitabilityConfig):
        names = [*(name for name, _ in config.entrants), "always_cooperate", "always_defect"]
        return {f"best_response_vs_{n}" for n in names} | {f"{n}_vs_best_response" for n in names}
    if isinstance(config, ScalingConfig):
        cases = [f"{name}_{n}x{n}" for name, _ in config.entrants for n in config.grid_sizes]
        return {f"{case}_{level}_passed" for case in cases for level in thresholds.THRESHOLDS}
    return evaluated(config)


@pytest.mark.usefixtures("keys_unchecked")
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_claim_is_about_a_metric_of_its_experiment(name):
    experiment = EXPERIMENTS[name]
    claimed = {claim.metric for claim in (*experiment.claims, *experiment.paper_claims)}
    assert claimed <= metrics_of(experiment.configs["smoke"])


class UntrainedTrainer:
    """Gives agents of two seeds as they are before the first update."""

    seeds = (42, 43)

    def train(self, config, name):
        agent = KINDS[type(config)].make_agent(config)
        params = jax.jit(jax.vmap(agent.init))(jax.random.split(jax.random.key(0)))
        metrics = {name: [0.0, 0.0] for name in evaluated(config)}
        return RunResult(agent, params, metrics, [{"step": 4, **metrics}], {}, 0.0, 0.0)


def test_metrics_of_a_league_have_the_names_that_its_claims_use(keys_unchecked):
    experiment = EXPERIMENTS["figure_2_league"]
    config = experiment.configs["smoke"]
    findings = experiment.run(config, UntrainedTrainer())
    assert findings.metrics.keys() == league_metrics(config)
    assert {len(values) for values in findings.metrics.values()} == {2}


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
