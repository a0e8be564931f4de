"""Riemannian divergence of tangent fields, four ways.

A tangent field is a function of ambient points, of any smooth extension off the manifold; J is its
ambient Jacobian. div v = tr(P J P) (Proposition 1). All by forward-mode differentiation.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

from riemannian_diffusion.manifolds.manifold import Manifold

Field = Callable[[Array], Array]  # ambient point [E] -> tangent vector [E]


def along_basis(field: Field, point: Array, basis: Array) -> Array:
    """sum_j <q_j, J q_j> over the rows of a basis [N, E]; exact for an orthonormal frame."""

    def one(direction: Array) -> Array:
        _, change = jax.jvp(field, (point,), (direction,))
        return jnp.vdot(direction, change)

    return jnp.sum(jax.vmap(one)(lax.stop_gradient(basis)))


def exact(manifold: Manifold, field: Field, point: Array) -> Array:
    """By the manifold's own orthonormal frame: D forward products."""
    return along_basis(field, point, manifold.frame(point))


def by_random_frame(manifold: Manifold, field: Field, point: Array, key: Array) -> Array:
    """By D random vectors, projected and made orthonormal (QR); exact, needs no frame.

    Gram-Schmidt, each row twice, in the place of LAPACK.
    """
    gaussian = jax.random.normal(key, (manifold.dimension, manifold.ambient_dimension))
    rows = jax.vmap(lambda vector: manifold.project_to_tangent(point, vector))(gaussian)

    def orthogonalise(index: Array, rows: Array) -> Array:
        is_before = (jnp.arange(len(rows)) < index)[:, None]
        before, row = jnp.where(is_before, rows, 0.0), rows[index]
        for _ in range(2):
            row = row - (before @ row) @ before
        return rows.at[index].set(row / jnp.sqrt(jnp.vdot(row, row)))

    return along_basis(field, point, lax.fori_loop(0, len(rows), orthogonalise, rows))


def hutchinson(
    manifold: Manifold, field: Field, point: Array, key: Array, *, is_rademacher: bool = False
) -> Array:
    """<q, J q> for one projected random probe q: unbiased, one forward product.

    Args:
      manifold: of the field.
      field: tangent.
      point: where.
      key: consumed.
      is_rademacher: probes of signs; otherwise Gaussian.
    """
    shape = (manifold.ambient_dimension,)
    if is_rademacher:
        probe = jax.random.rademacher(key, shape, point.dtype)
    else:
        probe = jax.random.normal(key, shape, point.dtype)
    return along_basis(field, point, manifold.project_to_tangent(point, probe)[None])


def by_closest_point(manifold: Manifold, field: Field, point: Array) -> Array:
    """Trace of the Jacobian of v(pi(x)): E forward products through the closest point.

    Raises:
      ValueError: the manifold's retraction is not the closest point.
    """
    if not manifold.retracts_to_closest:
        raise ValueError(
            f"{manifold.name}'s retraction is not the closest point: its closest-point divergence "
            "would be wrong; use the frame"
        )
    return along_basis(lambda ambient: field(manifold.retract(ambient)), point, jnp.eye(len(point)))
