"""Tests of exact transition densities against values computed by quadrature elsewhere."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from riemannian_diffusion.manifolds import heat_kernel

pytestmark = pytest.mark.usefixtures("float64")


@pytest.mark.parametrize(
    ("time", "density", "slope"), [(0.5, 0.27547773, -0.91362193), (0.1, 0.47354191, -4.9149465)]
)
def test_sphere_density_and_score_at_half_a_radian(time, density, slope):
    """Values from a quadrature of the series."""
    pole, point = jnp.array([0.0, 0.0, 1.0]), jnp.array([jnp.sin(0.5), 0.0, jnp.cos(0.5)])
    found = heat_kernel.sphere_log_density(jnp.cos(0.5), time)
    assert jnp.exp(found) == pytest.approx(density, abs=1e-8)
    along = jnp.array([jnp.cos(0.5), 0.0, -jnp.sin(0.5)])  # d/dtheta
    score = heat_kernel.sphere_score(point, pole, time)
    assert jnp.vdot(score, along) == pytest.approx(slope, abs=1e-6)
    assert jnp.vdot(score, point) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("time", "entropy"), [(0.1, 0.485147), (1.0, 2.314551), (2.0, 2.503205)])
def test_sphere_density_integrates_to_one_and_has_the_known_entropy(time, entropy):
    nodes, weights = np.polynomial.legendre.leggauss(200)
    log_density = jax.vmap(lambda c: heat_kernel.sphere_log_density(c, time))(jnp.asarray(nodes))
    density = np.exp(log_density)
    assert 2 * np.pi * np.sum(weights * density) == pytest.approx(1, abs=1e-9)
    found = -2 * np.pi * np.sum(weights * density * np.asarray(log_density))
    assert found == pytest.approx(entropy, abs=1e-6)


def test_circle_density_integrates_to_one_and_has_the_known_entropy():
    """A wrapped normal of standard deviation .2: -.19050."""
    angles = jnp.linspace(-jnp.pi, jnp.pi, 2000, endpoint=False)
    log_density = jax.vmap(lambda a: heat_kernel.circle_log_density(a, 0.04))(angles)
    cell = 2 * np.pi / len(angles)
    assert np.sum(np.exp(log_density)) * cell == pytest.approx(1, abs=1e-12)
    entropy = -np.sum(np.exp(log_density) * log_density) * cell
    assert entropy == pytest.approx(-0.19050, abs=1e-5)
