"""Log-likelihood of a point under a diffusion model: two bounds and the exact value.

ELBO and KELBO average over inference paths; the third integrates the probability-flow ODE and its
divergence together, with error control. Densities are with respect to the embedded volume.
"""

import diffrax
import jax
import jax.numpy as jnp
from jax import Array

from riemannian_diffusion import divergence, losses, sde, solvers
from riemannian_diffusion.manifolds.manifold import Manifold
from riemannian_diffusion.sde import TimeField


def time_grid(horizon: float, num_steps: int, power: float = 1.0) -> Array:
    """Times 0 ... T of N steps, denser near the data for a power above 1. Shape [N + 1]."""
    return horizon * jnp.linspace(0.0, 1.0, num_steps + 1) ** power


def path_log_weight(
    manifold: Manifold, field: TimeField, start: Array, times: Array, key: Array
) -> Array:
    """What one inference path says of log p: its mean is the ELBO, the mean of its exp p itself.

    log p_0(Y_T) - int f ds - int <P a, dB>, with f = |P a|^2 / 2 + div(P a - U_0) and an integral
    after Ito. In Stratonovich's sense, as it is computed, that integral is larger by
    int div(P a) / 2 ds:

        log p_0(Y_T) - int ( |P a|^2 / 2 + div(P a / 2 - U_0) ) ds - int <P a, o dB>.

    Both integrals by the trapezoidal rule: with Ito's sums the error in time is several times
    larger, and lifts the bound above log p.

    Args:
      manifold: where.
      field: a.
      start: x. Shape [E].
      times: 0 ... T. Shape [N + 1].
      key: consumed.
    """
    path = solvers.path(solvers.heun_step, sde.inference(manifold), start, times, key)

    def terms(point: Array, time: Array) -> tuple[Array, Array]:
        def half_excess(ambient: Array) -> Array:
            learned = manifold.project_to_tangent(ambient, field(ambient, time))
            return 0.5 * learned - sde.inference_drift(manifold, ambient)

        tangent = manifold.project_to_tangent(point, field(point, time))
        change = divergence.exact(manifold, half_excess, point)
        return tangent, losses.bound_integrand(tangent, change)

    tangents, rates = jax.vmap(terms)(path.points, times)  # [N + 1, E], [N + 1]
    integral = jnp.sum(0.5 * (rates[1:] + rates[:-1]) * jnp.diff(times))
    stochastic = jnp.sum(0.5 * (tangents[1:] + tangents[:-1]) * path.increments)
    return manifold.prior_log_prob(path.points[-1]) - integral - stochastic


def path_log_weights(
    manifold: Manifold, field: TimeField, point: Array, times: Array, key: Array, num_paths: int
) -> Array:
    """`path_log_weight` of K paths; consumes the key. Shape [K]."""
    keys = jax.random.split(key, num_paths)
    return jax.vmap(lambda k: path_log_weight(manifold, field, point, times, k))(keys)


def elbo(log_weights: Array) -> Array:
    """The lower bound (*) of the CT-ELBO, from K paths' log weights.

    The stochastic integral has mean zero and takes most of the variance away.
    """
    return jnp.mean(log_weights)


def kelbo(log_weights: Array) -> Array:
    """Log mean exp of K paths' log weights: a tighter bound with K, log p as K grows."""
    return jax.nn.logsumexp(log_weights) - jnp.log(len(log_weights))


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
