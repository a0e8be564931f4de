"""Facts of the iterated prisoner's dilemma with gamma .96, and the soft response's derivatives."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brs.exact import ipd_best_response as responses
from common import ipd, ipd_values

GAMMA = 0.96
SEEDS = range(4)


def policy_of(seed):
    return jax.random.uniform(jax.random.key(seed), (5,), minval=0.05, maxval=0.95)


@jax.jit
def against_best_response(policy):
    policy = jnp.array(policy)
    return responses.play(policy, responses.best_response(policy, GAMMA), GAMMA)


def test_tit_for_tat_makes_cooperation_the_best_response():
    assert jnp.all(responses.best_response(jnp.array(ipd.TIT_FOR_TAT), GAMMA) == 1)
    np.testing.assert_allclose(against_best_response(ipd.TIT_FOR_TAT), (-1, -1), atol=1e-5)


@pytest.mark.parametrize(
    ("policy", "values"),
    [
        (ipd.ALWAYS_COOPERATE, (-3, 0)),
        (ipd.ALWAYS_DEFECT, (-2, -2)),
        # Win-stay, lose-shift is exploited: the responder defects for ever, DC and DD in turn.
        (ipd.PAVLOV, ((-3 - 2 * GAMMA) / (1 + GAMMA), -2 * GAMMA / (1 + GAMMA))),
    ],
)
def test_values_against_the_best_response(policy, values):
    np.testing.assert_allclose(against_best_response(policy), values, atol=1e-5)


@pytest.mark.parametrize(("generosity", "cooperates"), [(0.47, True), (0.488, False)])
def test_generous_tit_for_tat_holds_up_to_one_minus_one_over_two_gamma(generosity, cooperates):
    threshold = 1 - 1 / (2 * GAMMA)
    assert (generosity <= threshold) == cooperates
    generous = jnp.array((1.0, 1.0, generosity, 1.0, generosity))
    value = against_best_response(generous).responder
    assert (value <= -1 + 1e-5) == cooperates  # defection gains something above the threshold


def test_leaders_optimum_is_extortion_that_defects_with_itself():
    half = 1 / (2 * GAMMA)
    policy = jnp.array((0.0, half, 0.0, half, 0.0))
    # The follower is indifferent everywhere, so that rounding decides its ties: it is given the
    # kindest response, which loses nothing.
    follower = jnp.ones(5)
    values = responses.play(policy, follower, GAMMA)
    np.testing.assert_allclose(values.agent / (1 - GAMMA), -12.5, rtol=1e-4)
    np.testing.assert_allclose(values.responder / (1 - GAMMA), -50.0, rtol=1e-4)
    objective = responses.stackelberg_value(policy, lambda shown: follower, GAMMA)
    assert objective == values.agent
    np.testing.assert_allclose(responses.regret(policy, follower, GAMMA), 0.0, atol=1e-4)
    itself = responses.play(policy, policy, GAMMA)
    np.testing.assert_allclose(itself.agent, -2.0, atol=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_memory_one_leader_beats_the_optimum(seed):
    policies = jax.random.uniform(jax.random.key(seed), (256, 5))
    policies = policies.at[:128].set(jnp.round(policies[:128] * 8) / 8)
    best = jax.jit(jax.vmap(lambda p: ipd_values.best_response_value(p, discount=GAMMA)))(policies)
    assert jnp.max(best.agent_value) <= -12.5 + 1e-3
    assert jnp.min(best.responder_value) >= -50 - 1e-3


@pytest.mark.parametrize("seed", SEEDS)
def test_soft_response_becomes_the_best_response_as_the_temperature_falls(seed):
    policy = policy_of(seed)
    soft = responses.soft_best_response(policy, GAMMA, 1e-3)
    np.testing.assert_allclose(soft, responses.best_response(policy, GAMMA), atol=1e-3)


@pytest.mark.parametrize("temperature", [0.3, 1.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_implicit_and_unrolled_response_agree_with_their_derivatives(seed, temperature):
    policy = policy_of(seed)

    def implicit(policy):
        return responses.soft_best_response(policy, GAMMA, temperature)

    def unrolled(policy):
        return responses.tree_search_response(policy, GAMMA, temperature, depth=500)

    np.testing.assert_allclose(jax.jit(implicit)(policy), jax.jit(unrolled)(policy), atol=1e-5)
    ours, theirs = (jax.jit(jax.jacobian(of))(policy) for of in (implicit, unrolled))
    assert jnp.max(jnp.abs(theirs)) > 1e-3
    np.testing.assert_allclose(ours, theirs, atol=1e-4, rtol=1e-3)


def test_implicit_derivative_agrees_with_finite_differences():
    policy, step = policy_of(7), 1e-2

    @jax.jit
    def response(policy):
        return responses.soft_best_response(policy, GAMMA, 1.0)

    for direction in np.eye(5, dtype=np.float32):
        measured = (response(policy + step * direction) - response(policy - step * direction)) / (
            2 * step
        )
        _, derived = jax.jvp(response, (policy,), (jnp.asarray(direction),))
        np.testing.assert_allclose(derived, measured, atol=3e-3)


def tree_value(policy, state, depth, temperature):
    """Value and action values of a node by walking the whole tree of joint actions below it."""
    if depth == 0:
        return 0.0, None
    p = float(policy[state])
    q_values = []
    for b in (0, 1):
        total = 0.0
        for a, probability in ((0, p), (1, 1 - p)):
            reward = ipd.PRISONERS_DILEMMA[2 * a + b][1]
            below, _ = tree_value(policy, 1 + 2 * a + b, depth - 1, temperature)
            total += probability * (reward + GAMMA * below)
        q_values.append(total)
    return temperature * np.logaddexp(*np.array(q_values) / temperature), q_values


@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_collapsed_tree_search_is_the_search_of_the_whole_tree(temperature):
    policy = policy_of(1)
    response = responses.tree_search_response(policy, GAMMA, temperature, depth=5)
    for state in range(5):
        _, (cooperate, defect) = tree_value(np.asarray(policy), state, 5, temperature)
        expected = jax.nn.sigmoid((cooperate - defect) / temperature)
        np.testing.assert_allclose(response[responses.OTHER_VIEW[state]], expected, atol=1e-4)


def test_hard_response_has_no_gradient_and_the_soft_one_has():
    policy = policy_of(3)

    def gradient(response):
        held = jax.lax.stop_gradient(policy)
        return jax.jit(jax.grad(lambda p: responses.play(held, response(p), GAMMA).agent))(policy)

    hard = gradient(lambda p: responses.best_response(p, GAMMA))
    soft = gradient(lambda p: responses.soft_best_response(p, GAMMA, 1.0))
    np.testing.assert_array_equal(hard, 0.0)
    assert jnp.linalg.norm(soft) > 1e-3


def test_regret_is_zero_for_the_best_and_positive_for_other_responses():
    policy = policy_of(5)
    best = jax.jit(lambda p: responses.best_response(p, GAMMA))(policy)
    assert abs(jax.jit(lambda q: responses.regret(policy, q, GAMMA))(best)) < 1e-6
    others = [q for q in itertools.product((0.0, 1.0), repeat=5) if q != tuple(best.tolist())]
    regrets = jax.jit(jax.vmap(lambda q: responses.regret(policy, q, GAMMA)))(jnp.array(others))
    assert jnp.all(regrets >= -1e-5)
    assert jnp.max(regrets) > 0.1


def test_fidelity_is_one_with_itself_and_minus_one_with_the_mirror_image():
    policy = policy_of(2)

    def soft(p):
        return responses.soft_best_response(p, GAMMA, 1.0)

    def mirrored(p):
        return 2 * soft(policy) - soft(p)

    def fidelity(response):
        return jax.jit(lambda p: responses.fidelity(p, response, soft, GAMMA))(policy)

    assert fidelity(soft) == pytest.approx(1, abs=1e-4)
    assert fidelity(mirrored) == pytest.approx(-1, abs=1e-4)


def test_closed_form_answers_are_the_returns_of_a_random_player():
    """Brute force: the expected rewards of 30 steps, summed."""
    policy = np.asarray(policy_of(6), np.float64)
    answers = responses.answers_in_closed_form(jnp.asarray(policy, jnp.float32), GAMMA, 30)
    rewards = np.array(ipd.PRISONERS_DILEMMA)[:, 1]
    for state in range(5):
        for b in (0, 1):
            p = policy[state]
            joint = np.zeros(4)
            joint[0 + b], joint[2 + b] = p, 1 - p
            total, weight = 0.0, 1.0
            for _ in range(30):
                total += weight * joint @ rewards
                weight *= GAMMA
                cooperation = joint @ policy[1:]
                joint = 0.5 * np.array([cooperation, cooperation, 1 - cooperation, 1 - cooperation])
            np.testing.assert_allclose(answers[state, b], total, rtol=1e-4)


def test_small_systems_are_solved():
    matrix = 5 * jnp.eye(4) - jax.random.uniform(jax.random.key(0), (4, 4))
    solution = jnp.arange(4.0)
    np.testing.assert_allclose(
        responses.solve_dominant(matrix, matrix @ solution), solution, atol=1e-5
    )
