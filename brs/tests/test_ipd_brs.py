"""BRS with exact gradients: its terms against finite differences, and what each variant learns."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brs.config import ExactConfig
from brs.exact import ipd_brs

CONFIG = ExactConfig()
SHORT = replace(CONFIG, num_updates=400, temperature=1.0)


def trained(config, num_seeds=6):
    training = ipd_brs.make_train(config)

    def run(seed):
        state = training.init(jax.random.key(seed))
        state, _ = jax.lax.scan(
            lambda state, _: training.update(state), state, length=config.num_updates
        )
        return training.evaluate(state, jax.random.key(0))

    return jax.jit(jax.vmap(run))(jnp.arange(num_seeds))


@pytest.mark.parametrize("objective", ["detective_objective", "self_play_objective"])
def test_gradients_agree_with_finite_differences(objective):
    logits, step = jax.random.normal(jax.random.key(1), (5,)), 2e-2

    @jax.jit
    def value(logits):
        return getattr(ipd_brs, objective)(CONFIG, logits)

    gradient = jax.grad(value)(logits)
    for i, direction in enumerate(jnp.eye(5)):
        measured = (value(logits + step * direction) - value(logits - step * direction)) / (
            2 * step
        )
        np.testing.assert_allclose(gradient[i], measured, atol=2e-3)


def test_without_the_through_term_the_gradient_is_that_against_a_fixed_opponent():
    logits = jax.random.normal(jax.random.key(2), (5,))
    responder = ipd_brs.make_detective(CONFIG)(jax.nn.sigmoid(logits))

    def against_fixed(logits):
        policy = jax.nn.sigmoid(logits)
        return ipd_brs.responses.play(policy, responder, CONFIG.discount).agent

    blind = replace(CONFIG, through_detective=False)
    ours = jax.grad(lambda logits: ipd_brs.detective_objective(blind, logits))(logits)
    np.testing.assert_allclose(ours, jax.grad(against_fixed)(logits), atol=1e-6)
    through = jax.grad(lambda logits: ipd_brs.detective_objective(CONFIG, logits))(logits)
    assert jnp.linalg.norm(through - ours) > 1e-2


def test_self_play_term_is_ascent_on_the_mean_return_of_both_seats():
    """The paper's proposition: in a symmetric game, Eq. (6) is reward sharing with one policy."""
    logits = jax.random.normal(jax.random.key(3), (5,))

    def shared(logits):
        policy = jax.nn.sigmoid(logits)
        return jnp.mean(jnp.stack(ipd_brs.responses.play(policy, policy, CONFIG.discount)))

    ours = jax.grad(lambda logits: ipd_brs.self_play_objective(CONFIG, logits))(logits)
    np.testing.assert_allclose(ours, jax.grad(shared)(logits), atol=1e-5)


def test_brs_cooperates_and_its_best_responder_too():
    metrics = trained(SHORT)
    assert jnp.all(metrics["is_cooperative"] == 1)
    assert jnp.mean(metrics["cooperation_cd"]) < 0.4


def test_nosp_extorts_its_best_responder_and_defects_with_itself():
    metrics = trained(replace(SHORT, self_play="none"))
    assert jnp.all(metrics["is_extortionate"] == 1)


def test_self_play_alone_is_exploited():
    metrics = trained(replace(SHORT, learning_rate=0.0))
    assert jnp.all(metrics["self_play"] > -1.1)
    assert jnp.all(metrics["agent_vs_best_response"] < -2)


def test_same_seed_same_numbers_other_seed_others():
    init = ipd_brs.make_train(CONFIG).init
    first, again, other = (init(jax.random.key(seed)).params for seed in (1, 1, 2))
    assert jnp.all(first == again)
    assert jnp.any(first != other)
