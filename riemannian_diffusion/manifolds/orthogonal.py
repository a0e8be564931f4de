"""The rotation groups SO(n) as matrices in R^{n x n}, flattened; uniform (Haar) prior.

The metric is Frobenius': twice that of rotation angles for n = 3. No LAPACK call: several of them
at a time can wait for each other for ever on CPU.
"""

import functools
import math

import jax
import jax.numpy as jnp
from jax import Array

from riemannian_diffusion.manifolds.manifold import Manifold, no_score

NUM_POLAR_STEPS = 5
NUM_SQUARINGS = 6
NUM_TAYLOR_TERMS = 12


def rotations(size: int = 3) -> Manifold:
    """Builds SO(n); `log_map` is known for n = 3 only."""
    dimension = size * (size - 1) // 2
    # Successive columns are uniform on spheres; every generator has length sqrt(2).
    spheres = [2 * math.pi ** (k / 2) / math.gamma(k / 2) for k in range(2, size + 1)]
    volume = 2 ** (dimension / 2) * math.prod(spheres)
    return Manifold(
        name=f"SO({size})",
        dimension=dimension,
        ambient_dimension=size * size,
        project_to_tangent=project_to_tangent,
        retract=retract,
        retracts_to_closest=True,
        frame=frame,
        exp_map=exp_map,
        log_map=log_map,
        prior_log_prob=lambda point: jnp.full_like(point[0], -math.log(volume)),
        prior_score=no_score,
        sample_prior=lambda key: random_rotation(key, size).reshape(size * size),
        prior_entropy=math.log(volume),
        volume=volume,
    )


def project_to_tangent(point: Array, vector: Array) -> Array:
    """P_x v = (v - x v' x) / 2."""
    x, v = as_matrix(point), as_matrix(vector)
    return (0.5 * (v - product(product(x, v.T), x))).reshape(vector.shape)


def retract(point: Array) -> Array:
    """The closest orthogonal matrix, the polar factor, by Newton's and Schulz's iteration.

    y <- y (3 - y'y) / 2 converges quadratically where the singular values lie below sqrt(3). Their
    square is at most the largest row sum of |y'y|: where that exceeds 2, y is made smaller first.
    """
    y = as_matrix(point)
    bound = jnp.max(jnp.sum(jnp.abs(product(y.T, y)), axis=1))
    y = y / jnp.sqrt(jnp.maximum(1.0, 0.5 * bound))
    for _ in range(NUM_POLAR_STEPS):
        y = 0.5 * product(y, 3 * jnp.eye(len(y)) - product(y.T, y))
    return y.reshape(point.shape)


def frame(point: Array) -> Array:
    """X S for the skew matrices S = (e_i e_j' - e_j e_i') / sqrt(2), i < j. Shape [D, n * n]."""
    x = as_matrix(point)
    rows, columns = jnp.triu_indices(len(x), 1)
    num_generators = len(rows)
    index = jnp.arange(num_generators)
    skew = jnp.zeros((num_generators, len(x), len(x)))
    skew = skew.at[index, rows, columns].set(1.0).at[index, columns, rows].set(-1.0)
    return (x @ (skew / math.sqrt(2))).reshape(num_generators, len(point))


def exp_map(point: Array, vector: Array) -> Array:
    """X exp(x' v), by a Taylor series of a small part of the exponent, squared."""
    x = as_matrix(point)
    exponent = x.T @ as_matrix(vector) / 2**NUM_SQUARINGS
    term = result = jnp.eye(len(x))
    for k in range(1, NUM_TAYLOR_TERMS):
        term = term @ exponent / k
        result = result + term
    for _ in range(NUM_SQUARINGS):
        result = result @ result
    return (x @ result).reshape(point.shape)


def log_map(point: Array, other: Array) -> Array:
    """X log(x' y) of rotations in space: axis and angle of x' y, below a half turn."""
    x, turn = as_matrix(point), as_matrix(point).T @ as_matrix(other)
    if len(x) != 3:
        raise NotImplementedError(f"the logarithm is known for SO(3), not for SO({len(x)})")
    skew = 0.5 * (turn - turn.T)  # sin(angle) times the axis' skew matrix
    squared_sine = 0.5 * jnp.sum(skew**2)
    is_zero = squared_sine < 1e-14
    sine = jnp.sqrt(jnp.where(is_zero, 1.0, squared_sine))
    angle = jnp.arctan2(sine, 0.5 * (jnp.trace(turn) - 1))
    scale = jnp.where(is_zero, 1.0, angle / sine)
    return (x @ (scale * skew)).reshape(point.shape)


def random_rotation(key: Array, size: int) -> Array:
    """A uniform rotation [n, n], by uniform directions for axis after axis; consumes the key."""
    result = jnp.eye(size)
    for k, axis_key in zip(range(2, size + 1), jax.random.split(key, size - 1), strict=True):
        direction = jax.random.normal(axis_key, (k,))
        direction = direction / jnp.linalg.norm(direction)
        inner = jnp.eye(size).at[size - k :, size - k :].set(_rotation_to(direction))
        result = inner @ result
    return result


def _rotation_to(direction: Array) -> Array:
    """The rotation in the plane of the first axis and a direction that takes the one to the other.

    I - (e + v)(e + v)' / (1 + <e, v>) + 2 v e'.
    """
    first = jnp.zeros_like(direction).at[0].set(1.0)
    middle = first + direction
    turn = jnp.eye(len(direction)) - middle[:, None] * middle[None, :] / (1 + direction[0])
    return turn + 2 * direction[:, None] * first[None, :]


def rotation(axis: Array, angle: Array) -> Array:
    """The turn by an angle around a unit axis, by Rodrigues' formula. Shape [3, 3]."""
    x, y, z = axis
    zero = jnp.zeros_like(x)
    skew = jnp.stack([zero, -z, y, z, zero, -x, -y, x, zero]).reshape(3, 3)
    return jnp.eye(3) + jnp.sin(angle) * skew + (1 - jnp.cos(angle)) * skew @ skew


def product(a: Array, b: Array) -> Array:
    """A product of small matrices, term by term: it compiles into its surroundings."""
    terms = [a[:, k, None] * b[None, k, :] for k in range(len(b))]
    return functools.reduce(jnp.add, terms)


def as_matrix(vector: Array) -> Array:
    """[n * n] as [n, n]."""
    size = math.isqrt(len(vector))
    return vector.reshape(size, size)
