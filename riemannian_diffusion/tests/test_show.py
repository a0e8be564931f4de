"""Tests of the pictures of `show` and of the grids below them."""

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from riemannian_diffusion.config import DiffusionConfig
from riemannian_diffusion.evaluation import grids
from riemannian_diffusion.manifolds import hyperboloid as hyperbolic
from riemannian_diffusion.run import globe, show


def test_a_globe_shows_what_faces_the_reader(tmp_path):
    """One dark cell on the equator at longitude 0 stands in the middle when it faces us."""
    size = 30
    log_density = np.full((size, 2 * size), -20.0)
    log_density[12:18, 27:33] = 0.0
    frames = globe.frames(log_density.ravel(), np.zeros((0, 3)), size)
    assert len(frames) == globe.NUM_FRAMES
    darkness = [255.0 - frame[:, :, 0] for frame in frames]
    middle = [each[120:220, 130:170].mean() for each in darkness]
    assert np.argmax(middle) in (0, 1, globe.NUM_FRAMES - 1)
    assert max(middle) > min(middle) + 30
    assert all(frame[330:].min() < 100 for frame in frames)  # labels stand below
    path = tmp_path / "globe.gif"
    show._write_gif(path, frames)
    with Image.open(path) as image:
        assert image.format == "GIF"
        assert image.n_frames > 10  # frames that are alike are written once


def test_views_are_rotations():
    turn = globe.view(0.7)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)


def test_areas_of_grids_add_up_to_the_volume():
    assert grids.make_grid("S^2", 20).areas.sum() == pytest.approx(4 * np.pi)
    assert grids.make_grid("T^2", 20).areas.sum() == pytest.approx(4 * np.pi**2)


@pytest.mark.parametrize("name", ["S^2", "T^2", "H^2"])
def test_points_of_a_grid_have_its_coordinates(name):
    grid = grids.make_grid(name, 8)
    np.testing.assert_allclose(
        grids.coordinates(name, np.asarray(grid.points)), grid.coordinates, atol=1e-3
    )


def test_the_disc_is_inverted():
    point = hyperbolic.lift(jnp.array([1.5, -0.3]))
    back = hyperbolic.from_poincare_disc(hyperbolic.poincare_disc(point))
    np.testing.assert_allclose(back, point, rtol=1e-5)


def test_turns_are_rotations_around_the_axes():
    grid = grids.make_grid("SO(3)", 4)
    matrices = np.asarray(grid.points).reshape(-1, 3, 3)
    for (axis, angle), matrix in zip(grid.coordinates, matrices, strict=True):
        np.testing.assert_allclose(matrix @ np.eye(3)[int(axis)], np.eye(3)[int(axis)], atol=1e-6)
        assert np.trace(matrix) == pytest.approx(1 + 2 * np.cos(np.deg2rad(angle)), abs=1e-5)


@pytest.mark.parametrize(
    ("target", "name"),
    [("torus_mixture", "T^2"), ("hyperbolic_wrapped", "H^2"), ("so3_modes", "SO(3)")],
)
def test_a_picture_shows_the_density_and_samples_that_have_coordinates(target, name):
    grid = grids.make_grid(name, 4)
    shown = show.Shown(jnp.zeros(len(grid.points)), grid.points[:3])
    figure = show._picture(DiffusionConfig(target=target), name, grid, shown, seed=0)
    panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    assert len(panels) == (3 if name == "SO(3)" else 1)
    drawn = [each for axes in figure.axes for each in (*axes.lines, *axes.collections)]
    assert len(drawn) >= 2
