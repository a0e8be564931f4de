"""Inference and generative processes: Riemannian Langevin dynamics towards the prior, and back.

Time s of inference runs from the data at 0 to (almost) the prior at T; t = T - s is that of the
generative process. Noise is ambient Gaussian noise projected on the tangent space, V = P, so the
inference process has the generator U_0 . grad + Laplace-Beltrami / 2. All fields with the same
marginals q_s form a family in lambda <= 1 (Theorem 3): 0 is the training process, 1 the
probability-flow ODE.
"""

from collections.abc import Callable
from typing import NamedTuple

from jax import Array

from riemannian_diffusion.manifolds.manifold import Manifold

TimeField = Callable[[Array, Array], Array]  # point [E], time [] -> ambient vector [E]


class Process(NamedTuple):
    """dY = U(Y, s) ds + c P o dB.

    Attributes:
      manifold: where.
      drift: U, of point and time.
      noise_scale: c.
    """

    manifold: Manifold
    drift: TimeField
    noise_scale: float = 1.0


def inference(manifold: Manifold) -> Process:
    """The training process, from data to prior: U_0 and P, lambda = 0."""
    return Process(manifold, lambda point, time: inference_drift(manifold, point))


def inference_drift(manifold: Manifold, point: Array) -> Array:
    """U_0 = grad log p_0 / 2: zero where the prior is uniform."""
    return 0.5 * manifold.prior_score(point)


def tangent_field(manifold: Manifold, field: TimeField) -> TimeField:
    """P a: the part of a network's output that counts."""
    return lambda point, time: manifold.project_to_tangent(point, field(point, time))


def equivalent_inference(manifold: Manifold, score: TimeField, interpolation: float) -> Process:
    """The inference process of one lambda.

    dY = (U_0 - lambda/2 grad log q_s) ds + sqrt(1 - lambda) P dB.
    """

    def drift(point: Array, time: Array) -> Array:
        return inference_drift(manifold, point) - 0.5 * interpolation * score(point, time)

    return Process(manifold, drift, (1 - interpolation) ** 0.5)


def equivalent_generation(
    manifold: Manifold, score: TimeField, interpolation: float, horizon: float
) -> Process:
    """The generative process of one lambda, its drift in generative time t.

    dX = ((1 - lambda/2) grad log q_{T-t} - U_0) dt + sqrt(1 - lambda) P dB.
    """

    def drift(point: Array, time: Array) -> Array:
        learned = (1 - 0.5 * interpolation) * score(point, horizon - time)
        return learned - inference_drift(manifold, point)

    return Process(manifold, drift, (1 - interpolation) ** 0.5)


def probability_flow(manifold: Manifold, score: TimeField) -> TimeField:
    """dy/ds = U_0 - grad log q_s / 2: the deterministic process with the marginals of inference."""
    return equivalent_inference(manifold, score, 1.0).drift
