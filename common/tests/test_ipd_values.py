"""Tests of the exact values of iterated matrix games: by hand, LAPACK and enumeration."""

import itertools
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from common import ipd, ipd_values

GAMMA = 0.96
NAMED_POLICIES = {
    "always_cooperate": ipd.ALWAYS_COOPERATE,
    "always_defect": ipd.ALWAYS_DEFECT,
    "tit_for_tat": ipd.TIT_FOR_TAT,
    "grim": ipd.GRIM,
    "pavlov": ipd.PAVLOV,
}
GAMES = {
    "prisoners_dilemma": ipd.PRISONERS_DILEMMA,
    "matching_pennies": ipd.MATCHING_PENNIES,
    "chicken": ipd.CHICKEN,
}


@pytest.fixture(name="float64")
def _float64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


value_of = jax.jit(ipd_values.discounted_value, static_argnames="discount")
best_response_to = jax.jit(ipd_values.best_response_value, static_argnames="discount")


def random_policies(seed: int, num_policies: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.02, 0.98, (num_policies, 5))


def values_by_lapack(policies: np.ndarray, payoffs: ipd.Payoffs, discount: float) -> np.ndarray:
    """Forward form: discounted visits d = p_start (I - gamma M)^-1, then d . payoffs."""
    other_view = [0, 1, 3, 2, 4]
    rows = np.array(
        [
            np.outer([p, 1 - p], [q, 1 - q]).ravel()
            for p, q in zip(policies[0], policies[1][other_view], strict=True)
        ]
    )
    visits = np.linalg.solve((np.eye(4) - discount * rows[1:]).T, rows[0])
    return visits @ np.array(payoffs)


@pytest.mark.parametrize(
    ("first", "second", "per_step"),
    [
        (ipd.TIT_FOR_TAT, ipd.TIT_FOR_TAT, (-1, -1)),
        (ipd.ALWAYS_DEFECT, ipd.ALWAYS_COOPERATE, (0, -3)),
        (ipd.ALWAYS_DEFECT, ipd.ALWAYS_DEFECT, (-2, -2)),
        (ipd.GRIM, ipd.PAVLOV, (-1, -1)),
        # Suckered once, then mutual defection: -3 (1 - gamma) - 2 gamma and 0 - 2 gamma.
        (ipd.TIT_FOR_TAT, ipd.ALWAYS_DEFECT, (-2 - (1 - GAMMA), -2 * GAMMA)),
        # Pavlov is exploited every other step: -3, -2, -3, ... against 0, -2, 0, ...
        (ipd.PAVLOV, ipd.ALWAYS_DEFECT, (-2 - 1 / (1 + GAMMA), -2 * GAMMA / (1 + GAMMA))),
    ],
)
def test_discounted_value_matches_hand_computed_values(
    first: ipd.MemoryOnePolicy, second: ipd.MemoryOnePolicy, per_step: tuple[float, float]
) -> None:
    value = value_of(jnp.array([first, second], float), discount=GAMMA)
    per_step_value = value / ipd_values.effective_num_steps(GAMMA)
    np.testing.assert_allclose(per_step_value, per_step, atol=1e-6)


def test_fifty_discounted_steps_weigh_21_753() -> None:
    assert ipd_values.effective_num_steps(GAMMA, 50) == pytest.approx(21.753, abs=5e-4)
    assert ipd_values.effective_num_steps(1.0, 50) == 50
    for policy, reward in [(ipd.ALWAYS_COOPERATE, -1), (ipd.ALWAYS_DEFECT, -2)]:
        pair = jnp.array([policy, policy])
        value = ipd_values.finite_horizon_value(pair, num_steps=50, discount=GAMMA)
        np.testing.assert_allclose(value, 2 * [reward * 21.753], atol=2e-3)
        average = ipd_values.finite_horizon_value(pair, num_steps=50) / 50
        np.testing.assert_allclose(average, 2 * [reward], rtol=1e-6)


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("discount", [0.0, 0.5, GAMMA, 0.999])
def test_elimination_equals_lapack_in_the_forward_form(
    name: str, discount: float, float64: None
) -> None:
    for seed in range(5):
        policies = random_policies(seed)
        expected = values_by_lapack(policies, GAMES[name], discount)
        payoffs = jnp.asarray(GAMES[name], float)
        value = value_of(jnp.asarray(policies), payoffs, discount=discount)
        np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-10)


def test_float32_values_are_accurate_to_1e_6_per_step() -> None:
    for seed in range(20):
        policies = random_policies(seed).astype(np.float32)
        exact = values_by_lapack(policies.astype(np.float64), ipd.PRISONERS_DILEMMA, GAMMA)
        value = value_of(jnp.asarray(policies), discount=GAMMA)
        np.testing.assert_allclose(value * (1 - GAMMA), exact * (1 - GAMMA), atol=1e-6)


def test_finite_horizon_converges_to_the_infinite_one(float64: None) -> None:
    policies = jnp.asarray(random_policies(3))
    infinite = ipd_values.discounted_value(policies, discount=GAMMA)
    errors = []
    for num_steps in (100, 200, 1000):
        finite = ipd_values.finite_horizon_value(policies, num_steps=num_steps, discount=GAMMA)
        errors.append(float(jnp.max(jnp.abs(finite - infinite))))
        assert errors[-1] <= 3 * GAMMA**num_steps / (1 - GAMMA) + 1e-12
    assert errors[-1] < 1e-12


@pytest.mark.parametrize("name", GAMES)
def test_swapping_players_and_payoffs_swaps_the_values(name: str, float64: None) -> None:
    policies = jnp.asarray(random_policies(4))
    payoffs = jnp.asarray(GAMES[name])
    swapped = payoffs[jnp.array([0, 2, 1, 3]), ::-1]
    for value in (
        lambda pair, table: ipd_values.discounted_value(pair, table, discount=GAMMA),
        lambda pair, table: ipd_values.finite_horizon_value(pair, table, num_steps=7),
    ):
        np.testing.assert_allclose(
            value(policies, payoffs), value(policies[::-1], swapped)[::-1], rtol=1e-12
        )


def test_gradients_in_both_policies_match_finite_differences(float64: None) -> None:
    policies = jnp.asarray(random_policies(5))
    values = [
        lambda pair: ipd_values.discounted_value(pair, discount=GAMMA),
        lambda pair: ipd_values.finite_horizon_value(pair, num_steps=9, discount=GAMMA),
    ]
    for value in values:
        gradient = jax.jit(jax.jacobian(value))
        check_grads(jax.jit(value), (policies,), order=1, rtol=1e-6)
        check_grads(gradient, (policies,), order=1, modes=["fwd"], rtol=1e-6)


def test_values_vmap_and_differentiate_over_thousands_of_pairs() -> None:
    policies = jnp.asarray(random_policies(6, 2 * 4096).reshape(4096, 2, 5), dtype=jnp.float32)
    gradient = jax.grad(lambda pair: ipd_values.discounted_value(pair, discount=GAMMA)[0])
    gradients = jax.jit(jax.vmap(gradient))(policies)
    np.testing.assert_allclose(gradients[17], jax.jit(gradient)(policies[17]), rtol=1e-4)


def all_deterministic_policies() -> list[tuple[float, ...]]:
    return list(itertools.product((0.0, 1.0), repeat=5))


@pytest.mark.parametrize("name", GAMES)
def test_best_response_equals_enumeration_and_value_iteration(name: str, float64: None) -> None:
    payoffs = np.array(GAMES[name], float)
    policies = list(random_policies(7, 8)) + [np.array(p) for p in NAMED_POLICIES.values()]
    for policy in policies:
        response = best_response_to(jnp.asarray(policy, float), payoffs, discount=GAMMA)
        enumerated = max(
            values_by_lapack(np.array([policy, responder]), GAMES[name], GAMMA)[1]
            for responder in all_deterministic_policies()
        )
        iterated = best_responder_values_by_value_iteration(policy, payoffs, GAMMA, 800)
        np.testing.assert_allclose(response.responder_value, enumerated, atol=1e-9)
        np.testing.assert_allclose(response.responder_value, iterated, atol=1e-9)
        pair = jnp.stack([jnp.asarray(policy, float), response.responder_policy])
        values = value_of(pair, payoffs, discount=GAMMA)
        np.testing.assert_allclose([response.agent_value, response.responder_value], values)


def best_responder_values_by_value_iteration(
    policy: np.ndarray, payoffs: np.ndarray, discount: float, num_sweeps: int
) -> float:
    """V(x) <- max_b sum_a p(a | x) (r(a, b) + gamma V(ab)), states named by the agent."""
    values = np.zeros(5)
    for _ in range(num_sweeps):
        after = (payoffs[:, 1] + discount * values[1:]).reshape(2, 2)  # agent's action, responder's
        values = (np.stack([policy, 1 - policy], axis=1) @ after).max(axis=1)
    return float(values[ipd.START])


@pytest.mark.parametrize("discount", [1.0, GAMMA])
@pytest.mark.parametrize("name", GAMES)
def test_finite_best_response_equals_value_iteration_and_is_attained(
    name: str, discount: float, float64: None
) -> None:
    policy = random_policies(8)[0]
    response = ipd_values.finite_horizon_best_response(
        jnp.asarray(policy), GAMES[name], num_steps=12, discount=discount
    )
    expected = best_responder_values_by_value_iteration(
        policy, np.array(GAMES[name]), discount, num_sweeps=12
    )
    np.testing.assert_allclose(response.responder_value, expected, rtol=1e-12)
    values = values_of_time_dependent_responder(policy, response, GAMES[name], discount)
    np.testing.assert_allclose(response.agent_value, values[0], rtol=1e-12)
    np.testing.assert_allclose(expected, values[1], rtol=1e-12)


def values_of_time_dependent_responder(
    policy: np.ndarray, response: ipd_values.BestResponse, payoffs: ipd.Payoffs, discount: float
) -> np.ndarray:
    """Pushes the distribution of the last joint action forward through the episode."""
    distribution, values = np.array([1.0, 0, 0, 0, 0]), np.zeros(2)
    for time, responder in enumerate(np.asarray(response.responder_policy)):
        reached = np.zeros(5)
        for state, other_view in enumerate([0, 1, 3, 2, 4]):
            p, q = policy[state], responder[other_view]
            reached[1:] += distribution[state] * np.outer([p, 1 - p], [q, 1 - q]).ravel()
        distribution = reached
        values += discount**time * distribution[1:] @ np.array(payoffs)
    return values


def test_best_response_to_tit_for_tat_cooperates() -> None:
    response = best_response_to(jnp.array(ipd.TIT_FOR_TAT, float), discount=GAMMA)
    np.testing.assert_array_equal(response.responder_policy, np.ones(5))
    np.testing.assert_allclose(response[:2], (-25, -25), rtol=1e-6)


@pytest.mark.parametrize(
    ("agent", "values"), [("always_cooperate", (0, -75)), ("always_defect", (-50, -50))]
)
def test_best_response_to_an_unconditional_agent_defects(
    agent: str, values: tuple[float, float]
) -> None:
    response = best_response_to(jnp.array(NAMED_POLICIES[agent], float), discount=GAMMA)
    np.testing.assert_array_equal(response.responder_policy, np.zeros(5))
    np.testing.assert_allclose(response[:2], values, rtol=1e-6)


@pytest.mark.parametrize("generosity", [0.478, 0.480])
def test_generous_tit_for_tat_is_exploited_beyond_its_threshold(generosity: float) -> None:
    """Cooperation stays optimal for the other iff generosity <= 1 - 1 / (2 gamma) = 0.479167."""
    policy = jnp.array([1, 1, generosity, 1, generosity])
    response = best_response_to(policy, discount=GAMMA)
    cooperates = bool(response.responder_policy[ipd.START])
    assert cooperates == (generosity <= 1 - 1 / (2 * GAMMA))


def test_indifferent_responder_cooperates() -> None:
    """The agent that pins the other to -50 whatever it does: p_CC = p_DC = 1 / (2 gamma)."""
    fair = 1 / (2 * GAMMA)
    response = best_response_to(jnp.array([0, fair, 0, fair, 0]), discount=GAMMA)
    np.testing.assert_array_equal(response.responder_policy, np.ones(5))
    np.testing.assert_allclose(response[:2], (-50, -12.5), rtol=1e-5)


def test_last_step_of_a_finite_best_response_to_tit_for_tat_defects() -> None:
    policy = jnp.array(ipd.TIT_FOR_TAT)
    response = ipd_values.finite_horizon_best_response(policy, num_steps=50)
    np.testing.assert_allclose(response[:2], (-49, -52), rtol=1e-6)  # one free defection
    expected = np.ones((50, 5))
    expected[-1] = 0
    np.testing.assert_array_equal(response.responder_policy, expected)


def test_best_response_gradient_is_that_of_the_value_with_the_responder_fixed(
    float64: None,
) -> None:
    policy = jnp.asarray(random_policies(9)[0])

    values = [
        lambda p: ipd_values.best_response_value(p, discount=GAMMA)[:2],
        lambda p: ipd_values.finite_horizon_best_response(p, num_steps=5)[:2],
    ]
    for value in values:
        check_grads(jax.jit(value), (policy,), order=1, rtol=1e-6)


def test_a_discount_of_one_is_refused_over_the_infinite_horizon() -> None:
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\), got 1.0; use finite_horizon"):
        ipd_values.discounted_value(jnp.array([ipd.GRIM, ipd.GRIM]), discount=1.0)
