"""Tests of the networks: published sizes, equivariance, frozen others, orthogonal matrices."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meta_value.networks import LogisticNetwork, MatrixNetwork, orthogonal_columns

KINDS = {"logistic": (LogisticNetwork, 1), "matrix": (MatrixNetwork, 5)}
GAMMAS = jnp.array([0.2, 0.9])


def made(kind, **options):
    """A small network, its parameters away from their special initial values, and policies."""
    network_type, num_parameters = KINDS[kind]
    network = network_type(8, 3, **options)
    policies = jax.random.normal(jax.random.key(1), (2, num_parameters))
    params = network.init(jax.random.key(0), policies, GAMMAS)
    leaves, structure = jax.tree.flatten(params)
    keys = jax.random.split(jax.random.key(2), len(leaves))
    moved = [
        leaf + 0.1 * jax.random.normal(key, leaf.shape)
        for leaf, key in zip(leaves, keys, strict=True)
    ]
    return network, jax.tree.unflatten(structure, moved), policies


@pytest.mark.parametrize(
    ("network", "num_parameters", "num_expected"),
    [
        (LogisticNetwork(64, 16), 1, 34_576),
        (MatrixNetwork(128, 64), 5, 108_608),
        (MatrixNetwork(128, 64, True), 5, 108_608 + 2 * 2 * 256),
    ],
)
def test_number_of_weights_is_the_published_one(network, num_parameters, num_expected):
    policies = jnp.zeros((2, num_parameters))
    shapes = jax.eval_shape(network.init, jax.random.key(0), policies, jnp.zeros(2))
    assert sum(leaf.size for leaf in jax.tree.leaves(shapes)) == num_expected


@pytest.mark.parametrize("kind", KINDS)
def test_swapping_the_players_swaps_the_outputs(kind):
    network, params, policies = made(kind)
    outputs = network.apply(params, policies, GAMMAS)
    swapped = network.apply(params, policies[::-1], GAMMAS[::-1])[::-1]
    np.testing.assert_allclose(outputs, swapped, rtol=1e-6, atol=1e-6)
    assert not np.allclose(outputs[0], outputs[1], atol=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_marks_tell_the_players_apart(kind):
    """Without them a zero-sum game has no solution but the value zero."""
    network, params, policies = made(kind, tells_players_apart=True)
    outputs = network.apply(params, policies, GAMMAS)
    swapped = network.apply(params, policies[::-1], GAMMAS[::-1])[::-1]
    assert not np.allclose(outputs, swapped, atol=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_the_others_gamma_and_policy_matter(kind):
    network, params, policies = made(kind)
    outputs = network.apply(params, policies, GAMMAS)
    for changed in (
        network.apply(params, policies, GAMMAS.at[1].set(0.1)),
        network.apply(params, policies.at[1].add(1.0), GAMMAS),
    ):
        assert not np.allclose(changed[0], outputs[0], atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tells_players_apart", [False, True])
def test_frozen_others_leave_values_and_own_gradients_alone(kind, tells_players_apart):
    network, params, policies = made(kind, tells_players_apart=tells_players_apart)

    def means(policies, freezes_others):
        outputs = network.apply(params, policies, GAMMAS, None, freezes_others)
        return jnp.mean(outputs, axis=1)

    np.testing.assert_array_equal(means(policies, True), means(policies, False))
    frozen, free = (jax.jacrev(means)(policies, freezes) for freezes in (True, False))
    for player in (0, 1):
        np.testing.assert_allclose(
            frozen[player, player], free[player, player], rtol=1e-5, atol=1e-7
        )
        np.testing.assert_array_equal(frozen[player, 1 - player], 0)
        assert np.any(free[player, 1 - player] != 0)


@pytest.mark.parametrize("kind", KINDS)
def test_sign_flips_turn_last_hidden_units(kind):
    """All signs turned: what the output layer adds to its offset turns; one player's alone do."""
    network, params, policies = made(kind)
    outputs = network.apply(params, policies, GAMMAS)
    last = max((name for name in params["params"] if name.startswith("Dense")), key=lambda n: n[-1])
    offset = params["params"][last]["bias"][None]
    flips = jnp.ones((2, 8)).at[0].set(-1.0)
    flipped = network.apply(params, policies, GAMMAS, flips)
    np.testing.assert_allclose(flipped[0] - offset[0], offset[0] - outputs[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(flipped[1], outputs[1])


@pytest.mark.parametrize("shape", [(8, 8), (16, 8), (5, 3)])
def test_columns_are_orthonormal(shape):
    matrix = orthogonal_columns(jax.random.key(0), shape)
    assert matrix.shape == shape
    np.testing.assert_allclose(matrix.T @ matrix, np.eye(shape[1]), atol=1e-6)


def test_more_columns_than_rows_are_refused():
    with pytest.raises(ValueError, match="8 columns of 5 entries"):
        orthogonal_columns(jax.random.key(0), (5, 8))
