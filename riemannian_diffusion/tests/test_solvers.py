"""Tests of simulation: moments of Brownian motion, order of convergence, symmetry, laws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from riemannian_diffusion import likelihood, sde, solvers
from riemannian_diffusion.manifolds import heat_kernel, orthogonal, sphere, torus
from riemannian_diffusion.manifolds import hyperboloid as hyperbolic

NUM_PATHS = 20_000
TIME = 0.8
# Mean of <x, Y_s> / <x, x>, from the first eigenvalue of the Laplacian.
DECAY = {
    "S^2": (lambda: sphere.sphere(2), 1.0),
    "circle": (lambda: torus.torus(1), 0.5),
    "SO(3)": (lambda: orthogonal.rotations(3), 0.5),
}


def simulate(step, process, start, times, num_paths=NUM_PATHS, seed=0):
    keys = jax.random.split(jax.random.key(seed), num_paths)
    one = jax.vmap(lambda key: solvers.last_point(step, process, start, times, key))
    return np.asarray(jax.jit(one)(keys))


@pytest.mark.parametrize("name", ["S^2", "circle", pytest.param("SO(3)", marks=pytest.mark.slow)])
@pytest.mark.parametrize("step", [solvers.heun_step, solvers.walk_step])
def test_brownian_motion_decays_as_the_first_eigenfunction(name, step):
    """E <x, Y_s> = exp(-s) on S^2, E cos = exp(-s / 2), E tr / 3 = exp(-s / 2) on SO(3)."""
    make, rate = DECAY[name]
    manifold = make()
    start = manifold.sample_prior(jax.random.key(4))
    ends = simulate(step, sde.inference(manifold), start, jnp.linspace(0, TIME, 97))
    overlap = ends @ np.asarray(start) / np.vdot(start, start)
    error = 3 * float(overlap.std()) / NUM_PATHS**0.5
    # Heun's own error is .022 on S^2 with 24 steps, and falls with their number.
    assert overlap.mean() == pytest.approx(np.exp(-rate * TIME), abs=error + 0.006)
    np.testing.assert_allclose(
        jax.vmap(manifold.retract)(jnp.asarray(ends[:50])), ends[:50], atol=1e-5
    )


def test_heun_converges_to_the_fine_path_with_order_one_half_at_least():
    """Coarse steps sum the increments of fine ones; a quarter of the step halves the error."""
    manifold = sphere.sphere(2)
    process = sde.inference(manifold)
    start = jnp.array([0.0, 0.6, 0.8])
    num_fine, horizon = 256, 1.0
    keys = jax.random.split(jax.random.key(0), 400)
    fine = jax.vmap(
        lambda k: solvers.brownian_increments(k, jnp.linspace(0, horizon, num_fine + 1), start)
    )(keys)

    def end(increments, num_steps):
        summed = increments.reshape(num_steps, -1, 3).sum(axis=1)
        times = jnp.linspace(0, horizon, num_steps + 1)

        def advance(point, interval):
            return solvers.heun_step(process, point, interval), None

        intervals = solvers.Interval(times[:-1], times[1:], summed)
        return jax.lax.scan(advance, start, intervals)[0]

    ends = {n: jax.jit(jax.vmap(lambda i, n=n: end(i, n)))(fine) for n in (4, 16, 64, 256)}
    errors = [float(jnp.sqrt(jnp.mean((ends[n] - ends[256]) ** 2))) for n in (4, 16, 64)]
    assert errors[0] > 1.9 * errors[1] > 3.6 * errors[2]


def test_the_sphere_is_simulated_alike_however_it_is_turned():
    """Rotating start and increments rotates the path; so does rotating a field its drift."""
    manifold = sphere.sphere(2)
    turn = orthogonal.rotation(jnp.array([2.0, -1.0, 2.0]) / 3, jnp.array(1.1))
    start = jnp.array([0.0, 0.6, 0.8])
    pole = jnp.array([1.0, 0.0, 0.0])

    def drift_to(target):
        return lambda point, time: manifold.project_to_tangent(point, target) * (1 + time)

    interval = solvers.Interval(jnp.array(0.1), jnp.array(0.3), jnp.array([0.2, -0.5, 0.1]))
    turned = interval._replace(increment=turn @ interval.increment)
    for step in (solvers.heun_step, solvers.walk_step):
        end = step(sde.Process(manifold, drift_to(pole)), start, interval)
        other = step(sde.Process(manifold, drift_to(turn @ pole)), turn @ start, turned)
        np.testing.assert_allclose(turn @ end, other, atol=1e-6)
    field = lambda point, time: jnp.sin(3 * point) + time  # noqa: E731
    rotated = lambda point, time: turn @ field(turn.T @ point, time)  # noqa: E731
    log_prob = jax.jit(
        lambda x, is_turned: likelihood.ode_log_prob(
            manifold, rotated if is_turned else field, x, 0.5
        ),
        static_argnums=1,
    )
    assert log_prob(turn @ start, True) == pytest.approx(float(log_prob(start, False)), abs=1e-4)


@pytest.mark.parametrize("interpolation", [0.0, 0.6, 1.0])
def test_all_processes_of_the_family_have_the_same_marginals(interpolation):
    """From p_T back to the data on the circle, by the exact score of wrapped normals; E cos."""
    manifold, start, horizon = torus.torus(1), 0.3, 1.5

    def score(point, time):
        slope = jax.grad(heat_kernel.circle_log_density)(torus.to_angles(point)[0], start + time)
        return slope * torus.directions(point)[0]

    process = sde.equivalent_generation(manifold, score, interpolation, horizon)
    times = jnp.linspace(0, horizon, 51)
    noise = jnp.sqrt(start + horizon) * jax.random.normal(jax.random.key(1), (NUM_PATHS, 1))
    starts = jax.vmap(torus.from_angles)(noise)
    keys = jax.random.split(jax.random.key(2), NUM_PATHS)
    generate = jax.vmap(
        lambda x, key: solvers.last_point(solvers.heun_step, process, x, times, key)
    )
    cosines = np.asarray(jax.jit(generate)(starts, keys))[:, 0]
    error = 3 * float(cosines.std()) / NUM_PATHS**0.5
    assert cosines.mean() == pytest.approx(np.exp(-start / 2), abs=error + 0.005)


def test_langevin_on_the_hyperboloid_keeps_its_prior():
    """Points of the prior stay distributed so: E r^2 = 2, E y^2 z^2 = 1, after a time of 2."""
    manifold = hyperbolic.hyperboloid()
    keys = jax.random.split(jax.random.key(0), NUM_PATHS)

    def evolve(key):
        prior_key, path_key = jax.random.split(key)
        start = manifold.sample_prior(prior_key)
        process = sde.inference(manifold)
        times = jnp.linspace(0, 2.0, 41)
        return solvers.last_point(solvers.heun_step, process, start, times, path_key)

    plane = np.asarray(jax.jit(jax.vmap(evolve))(keys))[:, 1:]
    assert (plane**2).sum(1).mean() == pytest.approx(2.0, abs=0.1)
    assert np.prod(plane**2, axis=1).mean() == pytest.approx(1.0, abs=0.15)
