"""Tests of the recurrent agents: flax's GRU and numpy's, whole episodes against single steps."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from jax import Array, lax

from advantage_alignment import recurrent
from advantage_alignment.networks import Agent, Params
from advantage_alignment.recurrent import GruTower
from advantage_alignment.tests.random_parameters import random_parameters

NUM_INPUTS, NUM_STEPS, SIZE, NUM_OUTPUTS = 3, 7, 5, 4
INPUTS = jnp.asarray(np.random.default_rng(0).normal(size=(NUM_STEPS, NUM_INPUTS)), jnp.float32)
ZERO_CARRY = jnp.zeros(SIZE)


def random_tower(num_layers: int = 2) -> tuple[GruTower, Any]:
    """A tower and parameters that are random in every entry, biases included."""
    tower = GruTower(SIZE, NUM_OUTPUTS, num_layers)
    shapes = jax.eval_shape(tower.init, jax.random.key(0), ZERO_CARRY, INPUTS[0])
    random = np.random.default_rng(num_layers)
    return tower, jax.tree.map(
        lambda leaf: jnp.asarray(random.normal(scale=0.7, size=leaf.shape), leaf.dtype), shapes
    )


def tower_by_hand(params: Any, inputs: np.ndarray | Array) -> np.ndarray:
    """Dense, relu, (Dense,) GRU from zero, Dense in numpy: h' = (1 - z) n + z h. [T, outputs]."""

    def dense(layer: dict, x: np.ndarray) -> np.ndarray:
        return x @ np.asarray(layer["kernel"]) + np.asarray(layer["bias"])

    def sigmoid(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    layers, outputs = params["params"], []
    of_reset, of_update, of_candidate = np.split(np.asarray(layers["recurrent_kernel"]), 3, axis=1)
    h = np.zeros(len(of_reset))
    for seen in np.asarray(inputs):
        x = np.maximum(dense(layers["Dense_0"], seen), 0)
        x = dense(layers["Dense_1"], x) if "Dense_1" in layers else x
        to_reset, to_update, to_candidate = np.split(dense(layers["input_gates"], x), 3)
        r, z = sigmoid(to_reset + h @ of_reset), sigmoid(to_update + h @ of_update)
        n = np.tanh(to_candidate + r * (h @ of_candidate + np.asarray(layers["candidate_bias"])))
        h = (1 - z) * n + z * h
        outputs.append(dense(layers["readout"], h))
    return np.array(outputs)


def cell_parameters(layers: dict) -> dict:
    """Parameters of flax's cell with the gates of a tower; biases where flax has them."""
    kernels = jnp.split(layers["input_gates"]["kernel"], 3, axis=1)
    biases = jnp.split(layers["input_gates"]["bias"], 3)
    recurrent_kernels = jnp.split(layers["recurrent_kernel"], 3, axis=1)
    from_inputs = {
        f"i{gate}": {"kernel": kernel, "bias": bias}
        for gate, kernel, bias in zip("rzn", kernels, biases, strict=True)
    }
    from_carry = {
        f"h{gate}": {"kernel": kernel}
        for gate, kernel in zip("rzn", recurrent_kernels, strict=True)
    }
    from_carry["hn"]["bias"] = layers["candidate_bias"]
    return {"params": {**from_inputs, **from_carry}}


@pytest.mark.parametrize("num_layers", [1, 2])
def test_tower_equals_a_gru_by_hand(num_layers: int) -> None:
    tower, params = random_tower(num_layers)
    outputs = recurrent.unroll(tower, params, INPUTS)
    assert outputs.shape == (NUM_STEPS, NUM_OUTPUTS)
    np.testing.assert_allclose(outputs, tower_by_hand(params, INPUTS), rtol=1e-4, atol=1e-5)


def test_tower_equals_the_cell_of_flax_with_the_same_parameters() -> None:
    tower, params = random_tower()
    layers = params["params"]
    cell, dense = nn.GRUCell(SIZE), nn.Dense(SIZE)
    carry = expected = jnp.linspace(-0.9, 0.9, SIZE)
    for seen in INPUTS[:3]:
        hidden = nn.relu(dense.apply({"params": layers["Dense_0"]}, seen))
        hidden = dense.apply({"params": layers["Dense_1"]}, hidden)
        expected, _ = cell.apply(cell_parameters(layers), expected, hidden)
        carry, outputs = tower.apply(params, carry, seen)
        np.testing.assert_allclose(carry, expected, rtol=1e-5, atol=1e-6)
        read = nn.Dense(NUM_OUTPUTS).apply({"params": layers["readout"]}, expected)
        np.testing.assert_allclose(outputs, read, rtol=1e-5, atol=1e-6)


def test_parameters_start_as_those_of_flax() -> None:
    """Every recurrent gate orthogonal, no biases, input gates with variance 1 / H."""
    size = 64
    init = jax.jit(GruTower(size, NUM_OUTPUTS).init)
    layers = init(jax.random.key(0), jnp.zeros(size), INPUTS[0])["params"]
    gates = np.split(np.asarray(layers["recurrent_kernel"]), 3, axis=1)
    for gate in gates:
        np.testing.assert_allclose(gate @ gate.T, np.eye(size), atol=1e-5)
    assert np.any(gates[0] != gates[1])
    assert np.any(gates[1] != gates[2])
    biases = [leaf for leaf in jax.tree.leaves(layers) if leaf.ndim == 1]
    assert len(biases) == 5
    assert not np.any(np.concatenate(biases))
    # 3 H^2 draws: a deviation of the standard deviation by 3 % is more than four standard errors.
    assert np.std(layers["input_gates"]["kernel"]) == pytest.approx(size**-0.5, rel=0.03)


def test_unrolling_equals_step_by_step() -> None:
    tower, params = random_tower()
    carry, outputs = ZERO_CARRY, []
    for seen in INPUTS:
        carry, output = tower.apply(params, carry, seen)
        outputs.append(output)
    np.testing.assert_allclose(
        recurrent.unroll(tower, params, INPUTS), jnp.stack(outputs), rtol=1e-5, atol=1e-6
    )


def test_gradient_of_unrolling_is_that_of_a_scan_that_stores_every_step() -> None:
    tower, params = random_tower()
    weights = jnp.asarray(np.random.default_rng(1).normal(size=(NUM_STEPS, NUM_OUTPUTS)))

    def stored(params: Any, inputs: Array) -> Array:
        outputs = lax.scan(lambda h, seen: tower.apply(params, h, seen), ZERO_CARRY, inputs)[1]
        return jnp.sum(weights * outputs)

    def ours(params: Any, inputs: Array) -> Array:
        return jnp.sum(weights * recurrent.unroll(tower, params, inputs))

    expected, gradient = (
        jax.jit(jax.grad(function, argnums=(0, 1)))(params, INPUTS) for function in (stored, ours)
    )
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), gradient, expected
    )
    assert all(np.any(leaf != 0) for leaf in jax.tree.leaves(gradient))


def random_agent() -> tuple[Agent, Params]:
    """Actor and critic of different sizes."""
    towers = GruTower(SIZE, NUM_OUTPUTS), GruTower(SIZE + 1, NUM_OUTPUTS)
    agent = recurrent.recurrent_agent(*towers, observation_size=NUM_INPUTS)
    return agent, random_parameters(agent, seed=3)


def test_agent_is_one_tower_of_the_observations_and_one_that_sees_the_raw_time_too() -> None:
    agent, params = random_agent()
    evaluation = jax.jit(agent.evaluate)(params, INPUTS)
    logits = tower_by_hand(params["actor"], INPUTS)
    log_policy = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    np.testing.assert_allclose(evaluation.log_policy, log_policy, rtol=1e-4, atol=1e-5)
    timed = np.concatenate([INPUTS, np.arange(NUM_STEPS)[:, None]], axis=1)
    q_values = tower_by_hand(params["critic"], timed)
    np.testing.assert_allclose(evaluation.q_values, q_values, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(evaluation.inputs, np.arange(NUM_STEPS))


def test_what_was_played_takes_the_place_of_the_actor_and_leaves_the_critic() -> None:
    agent, params = random_agent()
    played = jnp.log(jnp.full((NUM_STEPS, NUM_OUTPUTS), 1 / NUM_OUTPUTS))
    evaluation = jax.jit(agent.evaluate)(params, INPUTS, played)
    np.testing.assert_array_equal(evaluation.log_policy, played)
    expected = jax.jit(agent.evaluate)(params, INPUTS).q_values
    np.testing.assert_array_equal(evaluation.q_values, expected)
