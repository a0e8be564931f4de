"""Throughput on this machine: iterations of training, likelihoods, and routes to the divergence."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from common.logger import atomic, provenance, results
from common.logger.timing import Row, compile_for, row, timed
from riemannian_diffusion import divergence, model, train
from riemannian_diffusion.config import DiffusionConfig
from riemannian_diffusion.data import targets
from riemannian_diffusion.evaluation import likelihoods
from riemannian_diffusion.manifolds import sphere
from riemannian_diffusion.networks import VectorField
from riemannian_diffusion.train_state import TrainState

UPDATES_PER_REPEAT = 20


class Case(NamedTuple):
    """One training whose iterations are timed."""

    name: str
    config: DiffusionConfig
    num_seeds: int = 1


_PUBLISHED = DiffusionConfig(
    num_updates=UPDATES_PER_REPEAT, eval_every_updates=UPDATES_PER_REPEAT, num_eval_points=64
)
_LARGE = replace(_PUBLISHED, num_hidden_layers=5, hidden_size=512, batch_size=512)
DEFAULT_CASES = (
    # 7.3 to 8 ms in PyTorch on an idle laptop CPU.
    Case("S^2, batch 64, 2 x 256, 100 Heun steps", _PUBLISHED),
    Case("S^2, batch 64, 2 x 256, 100 Heun steps", _PUBLISHED, 5),
    Case("S^2, batch 64, 2 x 256, exact paths", replace(_PUBLISHED, simulation="exact")),
    Case("T^2, batch 64, 2 x 256, 100 Heun steps", replace(_PUBLISHED, target="torus_mixture")),
    Case(
        "SO(3), batch 64, 2 x 256, 100 Heun steps",
        replace(_PUBLISHED, target="so3_modes", divergence="rademacher"),
    ),
    Case("S^2, batch 512, 5 x 512, 100 Heun steps", _LARGE),
)
DIMENSIONS = (2, 8, 32)


def run(
    repeats: int,
    output: Path,
    cases: tuple[Case, ...] = DEFAULT_CASES,
    dimensions: tuple[int, ...] = DIMENSIONS,
) -> str:
    """Measures, writes a JSON file and returns the table as text.

    Args:
      repeats: timed repeats after a warm-up; the median is reported.
      output: file to write.
      cases: trainings to time; likelihoods are those of the first.
      dimensions: of the spheres on which routes to the divergence are timed.
    """
    rows = [each for case in cases for each in _update_rows(case, repeats)]
    rows += _likelihood_rows(cases[0], repeats)
    rows += [each for d in dimensions for each in _divergence_rows(d, repeats)]
    memory = provenance.peak_memory_bytes() / 2**20
    rows.append(row("peak memory of the whole benchmark", "MiB", [memory]))
    atomic.write_json(
        output,
        {
            "schema_version": results.SCHEMA_VERSION,
            "paper": "riemannian_diffusion",
            "rows": rows,
            "repeats": repeats,
            **provenance.collect(),
        },
    )
    return "\n".join(
        f"{each['what']:<66} {each['median']:>12,.4g} {each['unit']}"
        f"  [{each['range'][0]:,.4g}, {each['range'][1]:,.4g}]"
        for each in rows
    )


def _update_rows(case: Case, repeats: int) -> list[Row]:
    """Milliseconds of one iteration of all seeds."""
    setup = model.make_setup(case.config, targets.make_target(case.config.target))
    seeds = jnp.arange(case.num_seeds)
    state = jax.jit(jax.vmap(lambda seed: train.init(setup, jax.random.key(seed))))(seeds)
    numbers = jnp.arange(case.config.num_updates)

    def advance(state: TrainState) -> TrainState:
        last, _ = lax.scan(partial(train.update, setup), state, numbers)
        return last

    compiled, seconds = compile_for(jax.jit(jax.vmap(advance)), state)
    times = timed(compiled, state, repeats=repeats).seconds
    name = f"{case.name}, {case.num_seeds} seed{'s' * (case.num_seeds > 1)}"
    each = [1e3 * t / case.config.num_updates for t in times]
    return [
        row(f"{name}: one iteration", "ms", each),
        row(f"{name}: iterations of all seeds", "1/s", [case.num_seeds * 1e3 / t for t in each]),
        row(f"{name}: compilation", "s", [seconds]),
    ]


def _likelihood_rows(case: Case, repeats: int) -> list[Row]:
    """Seconds of the likelihood of 64 points: by the ODE, and by 10 paths of 100 steps."""
    config = replace(case.config, num_paths=10)
    setup = model.make_setup(config, targets.make_target(config.target))
    state = jax.jit(partial(train.init, setup))(jax.random.key(0))
    keys = jax.random.split(jax.random.key(1), config.num_eval_points)
    assert setup.target.sample is not None
    points = jax.jit(jax.vmap(setup.target.sample))(keys)

    def by_ode(points: Array) -> Array:
        return likelihoods.log_probs(setup, model.field_of(setup, state.params), points)

    def by_paths(points: Array) -> Array:
        field = model.field_of(setup, state.params)
        return likelihoods.path_bounds(setup, field, points, jax.random.key(2))[1]

    measured = []
    for what, function in (("ODE likelihood", by_ode), ("KELBO, 10 paths", by_paths)):
        compiled, _ = compile_for(jax.jit(function), points)
        name = f"{case.name}: {what} of {config.num_eval_points} points"
        measured.append(row(name, "s", timed(compiled, points, repeats=repeats).seconds))
    return measured


def _divergence_rows(dimension: int, repeats: int, batch_size: int = 64) -> list[Row]:
    """Milliseconds of the gradient of each route's divergence, by dimension of the sphere."""
    manifold = sphere.sphere(dimension)
    network = VectorField((256, 256))
    points = jax.vmap(manifold.sample_prior)(jax.random.split(jax.random.key(0), batch_size))
    params = network.init(jax.random.key(1), points[0], jnp.zeros(()))
    routes = {
        "frame": lambda field, x, key: divergence.exact(manifold, field, x),
        "random frame (QR)": partial(divergence.by_random_frame, manifold),
        "Hutchinson": partial(divergence.hutchinson, manifold),
        "closest point": lambda field, x, key: divergence.by_closest_point(manifold, field, x),
    }
    measured = []
    for name, route in routes.items():

        def total(params: object, route: object = route) -> Array:
            def one(point: Array, key: Array) -> Array:
                def field(ambient: Array) -> Array:
                    learned = network.apply(params, ambient, jnp.zeros(()))
                    return manifold.project_to_tangent(ambient, learned)

                return route(field, point, key=key)  # type: ignore[operator]

            return jnp.sum(jax.vmap(one)(points, jax.random.split(jax.random.key(2), batch_size)))

        compiled, _ = compile_for(jax.jit(jax.grad(total)), params)
        times = timed(compiled, params, repeats=repeats).seconds
        what = f"S^{dimension}, batch {batch_size}, 2 x 256: divergence by {name}, and gradient"
        measured.append(row(what, "ms", [1e3 * t for t in times]))
    return measured
