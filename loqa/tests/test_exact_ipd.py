"""Tests of the evaluation: fixed policies by hand, sampled play against exact values."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from common import ipd
from loqa import agents, networks
from loqa.config import IpdConfig
from loqa.evaluation import exact_ipd
from loqa.networks import STATE_OBSERVATIONS
from loqa.tests.random_parameters import random_parameters

CONFIG = IpdConfig()  # 50 steps, discount .96
KEY_NAMES = {
    *(f"cooperation_{state}" for state in ("start", "cc", "cd", "dc", "dd")),
    *("is_tit_for_tat", "self_play_value"),
    *("value_vs_always_cooperate", "value_vs_always_defect"),
}

exact_evaluation = jax.jit(functools.partial(exact_ipd.exact_evaluation, CONFIG))


@pytest.mark.parametrize(
    ("policy", "values"),
    [
        # Self-play, against always cooperate, against always defect; then the agent's and the best
        # responder's value per step when that responder plays.
        (ipd.TIT_FOR_TAT, (-1, -1, -(3 + 2 * 49) / 50, -1, -1)),
        (ipd.GRIM, (-1, -1, -(3 + 2 * 49) / 50, -1, -1)),
        (ipd.ALWAYS_COOPERATE, (-1, -1, -3, -3, 0)),
        (ipd.ALWAYS_DEFECT, (-2, 0, -2, -2, -2)),
        # Pavlov is suckered every other step by a defector, whose best play then that is: it gets
        # 0, -2, 0, ... worth -2 gamma / (1 + gamma), Pavlov -3, -2, -3, ...
        (ipd.PAVLOV, (-1, -1, -2.5, -2 - 1 / 1.96, -2 * 0.96 / 1.96)),
        # A coin in every state; the best response defects and gets 0 or -2, the agent -3 or -2.
        ((0.5,) * 5, (-1.5, -0.5, -2.5, -2.5, -1)),
    ],
)
def test_exact_evaluation_matches_hand_computed_values(policy: tuple, values: tuple) -> None:
    metrics = exact_evaluation(jnp.array(policy))
    names = (
        *("self_play_value", "value_vs_always_cooperate", "value_vs_always_defect"),
        *("value_vs_best_response", "best_response_value"),
    )
    np.testing.assert_allclose([metrics[name] for name in names], values, atol=1e-5)
    cooperation = [metrics[f"cooperation_{state}"] for state in ("start", "cc", "cd", "dc", "dd")]
    np.testing.assert_allclose(cooperation, policy)
    assert set(metrics) == KEY_NAMES | {"value_vs_best_response", "best_response_value"}


# START, CC, CD, DC, DD
@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (ipd.TIT_FOR_TAT, True),
        ((0.81, 0.81, 0.25, 0.75, 0.25), True),  # differences of one half, exact in binary
        ((0.8, 0.9, 0.0, 0.9, 0.0), False),  # not above .8 at the start
        ((0.9, 0.8, 0.0, 0.9, 0.0), False),  # nor after mutual cooperation
        ((0.9, 0.9, 0.25, 0.74, 0.0), False),  # a difference below one half, to CD
        ((0.9, 0.9, 0.0, 0.74, 0.25), False),  # to DD
        ((1.0, 1.0, 0.0, 0.5, 0.0), True),
        (ipd.ALWAYS_COOPERATE, False),
        (ipd.ALWAYS_DEFECT, False),
        (ipd.GRIM, False),
        (ipd.PAVLOV, False),
    ],
)
def test_tit_for_tat_is_told_from_other_policies(policy: tuple, expected: bool) -> None:
    assert bool(exact_ipd.is_tit_for_tat(jnp.array(policy))) == expected


@pytest.mark.parametrize("actor", ["tabular", "mlp"])
def test_cooperation_is_that_of_the_actor_in_the_five_states(actor: str) -> None:
    agent = networks.memory_one_agent(actor, 8, 16, num_steps=4)
    params = random_parameters(agent, seed=0, scale=1.0)
    evaluation = agent.evaluate(params, jnp.array(STATE_OBSERVATIONS))
    expected = np.exp(evaluation.log_policy[evaluation.inputs][:, 0])
    np.testing.assert_allclose(exact_ipd.cooperation_probs(agent, params), expected, rtol=1e-5)


def test_sampled_and_exact_evaluation_of_a_memory_one_agent_agree() -> None:
    """The mean reward of an episode deviates by up to .145: .02 is four standard errors."""
    agent = agents.ipd_agent(CONFIG)
    policy = jnp.array([0.7, 0.8, 0.3, 0.6, 0.2])
    logits = jnp.log(jnp.stack([policy, 1 - policy], axis=1))
    params = {**random_parameters(agent, seed=0), "actor": logits}
    sampled = jax.jit(
        lambda key: exact_ipd.sampled_evaluation(CONFIG.episode_length, agent, params, key)
    )(jax.random.key(0))
    exact = exact_evaluation(policy)
    for name, value in sampled.items():
        tolerance = 1e-5 if name.startswith("cooperation_") else 0.02
        assert float(value) == pytest.approx(float(exact[name]), abs=tolerance), name
    assert set(sampled) == KEY_NAMES


def test_a_recurrent_agent_that_tosses_coins_is_evaluated_by_sampling() -> None:
    """Zero parameters. Per step -1.5, -.5 and -2.5; tolerances are four standard errors."""
    config = IpdConfig(actor="gru", actor_hidden_size=2, critic_hidden_size=2)
    agent = agents.ipd_agent(config)
    params = random_parameters(agent, seed=0, scale=0.0)
    metrics = jax.jit(
        lambda key: exact_ipd.evaluate(config, agents.ipd_agent(config), params, key)
    )(jax.random.key(0))
    num_steps = 1024 * 50
    assert float(metrics["self_play_value"]) == pytest.approx(
        -1.5, abs=4 * (1.25 / num_steps) ** 0.5
    )
    tolerance = 4 * (0.25 / num_steps) ** 0.5
    assert float(metrics["value_vs_always_cooperate"]) == pytest.approx(-0.5, abs=tolerance)
    assert float(metrics["value_vs_always_defect"]) == pytest.approx(-2.5, abs=tolerance)
    assert float(metrics["cooperation_dc"]) == pytest.approx(0.5)
    assert set(metrics) == KEY_NAMES
