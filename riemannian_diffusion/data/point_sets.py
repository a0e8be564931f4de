"""Points of a target for training, validation and testing: fresh ones, or a data set's by seed."""

import jax
import jax.numpy as jnp
from jax import Array

from riemannian_diffusion.data.datasets import split_sizes
from riemannian_diffusion.data.targets import Target


def random_order(target: Target, key: Array) -> Array:
    """A seed's order of a data set's points; empty for a distribution; consumes the key."""
    num_points = 0 if target.points is None else len(target.points)
    return jax.random.permutation(key, num_points).astype(jnp.int32)


def training_batch(target: Target, order: Array, key: Array, size: int) -> Array:
    """Random points for a gradient step, with replacement; consumes the key. Shape [B, E]."""
    if target.points is None:
        return fresh_points(target, key, size)
    split = split_sizes(len(target.points))
    return target.points[order[jax.random.randint(key, (size,), 0, split.num_train)]]


def validation_points(target: Target, order: Array, key: Array, size: int) -> Array:
    """At most `size` points that no gradient step sees; consumes the key. Shape [M, E]."""
    if target.points is None:
        return fresh_points(target, key, size)
    split = split_sizes(len(target.points))
    return target.points[order[split.num_train :][: min(size, split.num_valid)]]


def test_points(target: Target, order: Array, key: Array, size: int) -> Array:
    """At most `size` points of the test split; consumes the key. Shape [M, E]."""
    if target.points is None:
        return fresh_points(target, key, size)
    split = split_sizes(len(target.points))
    first = split.num_train + split.num_valid
    return target.points[order[first:][: min(size, split.num_test)]]


def fresh_points(target: Target, key: Array, size: int) -> Array:
    """Independent points of a distribution; consumes the key. Shape [B, E]."""
    assert target.sample is not None
    return jax.vmap(target.sample)(jax.random.split(key, size))
