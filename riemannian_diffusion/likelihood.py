"""Log-likelihood of a point under a diffusion model: two bounds and the exact value.

ELBO and KELBO average over inference paths; the third integrates the probability-flow ODE and its
divergence together, with error control. Densities are with respect to the embedded volume.
"""

from functools import partial

import diffrax
import jax
import jax.numpy as jnp
from jax import Array

from riemannian_diffusion import divergence, losses, sde, solvers
from riemannian_diffusion.losses import Divergence
from riemannian_diffusion.manifolds.manifold import Manifold
from riemannian_diffusion.sde import TimeField


def time_grid(horizon: float, num_steps: int, power: float = 1.0) -> Array:
    """Times 0 ... T of N steps, denser near the data for a power above 1. Shape [N + 1]."""
    return horizon * jnp.linspace(0.0, 1.0, num_steps + 1) ** power


def path_log_weight(
    manifold: Manifold,
    field: TimeField,
    measure: Divergence,
    start: Array,
    times: Array,
    key: Array,
) -> tuple[Array, Array]:
    """What one inference path says of log p: without and with the stochastic integral.

    log p_0(Y_T) - int f ds, by the trapezoidal rule, and the same minus int <P a, dB> (Ito): the
    first averages to the ELBO, the exponential of the second to p itself.

    Args:
      manifold: where.
      field: a.
      measure: divergence, as in `losses.bound_integrand`.
      start: x. Shape [E].
      times: 0 ... T. Shape [N + 1].
      key: consumed.
    """

    def drift(point: Array, time: Array) -> Array:
        del time
        return sde.inference_drift(manifold, point)

    path = solvers.heun(manifold, drift, 1.0, start, times, key)
    integrand = jax.vmap(partial(losses.bound_integrand, manifold, field, measure))
    values = integrand(path.points, times)
    integral = jnp.sum(0.5 * (values[1:] + values[:-1]) * jnp.diff(times))
    tangent = jax.vmap(sde.tangent_field(manifold, field))(path.points[:-1], times[:-1])
    bound = manifold.prior_log_prob(path.points[-1]) - integral
    return bound, bound - jnp.sum(tangent * path.increments)


def elbo(
    manifold: Manifold, field: TimeField, point: Array, times: Array, key: Array, num_paths: int = 1
) -> Array:
    """The lower bound (*) of the CT-ELBO, averaged over paths, with the exact divergence."""
    return jnp.mean(_weights(manifold, field, point, times, key, num_paths)[0])


def kelbo(
    manifold: Manifold, field: TimeField, point: Array, times: Array, key: Array, num_paths: int
) -> Array:
    """Log mean_k exp of K paths' log-weights: tighter with K, log p as K grows."""
    weights = _weights(manifold, field, point, times, key, num_paths)[1]
    return jax.nn.logsumexp(weights) - jnp.log(num_paths)


def _weights(
    manifold: Manifold, field: TimeField, point: Array, times: Array, key: Array, num_paths: int
) -> tuple[Array, Array]:
    measure = partial(divergence.exact, manifold)
    keys = jax.random.split(key, num_paths)
    return jax.vmap(lambda k: path_log_weight(manifold, field, measure, point, times, k))(keys)


def ode_log_prob(
    manifold: Manifold,
    field: TimeField,
    point: Array,
    horizon: float,
    *,
    tolerance: float = 1e-5,
    first_time: float = 0.0,
) -> Array:
    """Log p(x) = log p_0(y(T)) + int_0^T div(f) ds along dy/ds = f = U_0 - P a / 2.

    The state (y, log p) is integrated jointly, so that its steps suit both, and retracted where the
    field is evaluated: y drifts off the manifold by no more than the tolerance.

    Args:
      manifold: where.
      field: a, in the place of the score.
      point: x. Shape [E].
      horizon: T.
      tolerance: relative and absolute, of the solver.
      first_time: where integration starts; above 0 it is the density of slightly diffused data.
    """
    flow = sde.probability_flow(manifold, sde.tangent_field(manifold, field))

    def rate(time: Array, state: tuple[Array, Array], _: None) -> tuple[Array, Array]:
        on_manifold = manifold.retract(state[0])
        change = divergence.exact(manifold, lambda ambient: flow(ambient, time), on_manifold)
        return flow(on_manifold, time), change

    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(rate),
        diffrax.Dopri5(),
        t0=first_time,
        t1=horizon,
        dt0=1e-3 * horizon,
        y0=(point, jnp.zeros_like(point[0])),
        stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
        max_steps=4096,
    )
    last, change = solution.ys
    return manifold.prior_log_prob(manifold.retract(last[0])) + change[0]
