"""What importance sampling, steps of simulation and the exact heat kernel change."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from riemannian_diffusion import model, point_sets, time_sampling
from riemannian_diffusion.findings import (
    Findings,
    Metrics,
    as_metrics,
    curve_rows,
    per_seed,
    side_by_side,
)
from riemannian_diffusion.methods import load_target
from riemannian_diffusion.model import Diffuse, Setup
from riemannian_diffusion.runs import RunResult
from riemannian_diffusion.study_configs import KernelConfig, StepsConfig, TimeSamplingConfig
from riemannian_diffusion.time_sampling import TimeSampler
from riemannian_diffusion.trainer import Trainer

NUM_BINS = 64
BINS_POWER = 2.0  # bins of time are shorter near the data
POWER = 2.0  # of the power law that variances are compared with


def compare_time_samplings(config: TimeSamplingConfig, trainer: Trainer) -> Findings:
    """Variance of the loss under several densities of time, for every trained model.

    Metrics, by variant: those of the final evaluation, `loss_variance` and `loss_spread` of the
    last log point, and `variance_NAME`, of one f / q under density NAME for the trained model.
    `optimal` is the least possible: (int sqrt(E f^2) ds)^2 - (int E f ds)^2.
    """
    results = {name: trainer.train(variant, name) for name, variant in config.variants}
    metrics: Metrics = {}
    for name, variant in config.variants:
        result = results[name]
        setup = model.make_setup(variant, load_target(variant, trainer.options.data_dir))
        of_seed = partial(_variances, setup, config.num_points)
        found = as_metrics(per_seed(of_seed, _measured(result), trainer.seeds))
        last = {key: result.log[-1][key] for key in ("loss", "loss_variance", "loss_spread")}
        for key, values in {**result.metrics, **last, **found}.items():
            metrics[f"{name}_{key}"] = values
    first, *others = results
    for other in others:
        for key in ("nll", "loss_variance", "loss_spread"):
            ours, base = metrics[f"{other}_{key}"], metrics[f"{first}_{key}"]
            pairs = list(zip(ours, base, strict=True))
            metrics[f"{other}_minus_{first}_{key}"] = [a - b for a, b in pairs]
            metrics[f"{other}_over_{first}_{key}"] = [a / b for a, b in pairs]
    for name, variant in config.variants:
        if variant.time_sampling == "learned":
            for other_density in ("uniform", "optimal"):
                pairs = list(
                    zip(
                        metrics[f"{name}_variance_learned"],
                        metrics[f"{name}_variance_{other_density}"],
                        strict=True,
                    )
                )
                metrics[f"{name}_variance_over_{other_density}"] = [a / b for a, b in pairs]
    curves = {name: curve_rows(result.log, trainer.seeds) for name, result in results.items()}
    return Findings(metrics, side_by_side(curves))


def _measured(result: RunResult) -> dict[str, Any]:
    """What of a trained state is measured; no random keys."""
    state = result.state
    return {
        "average": state.average,
        "sampler_params": state.sampler_params,
        "order": state.order,
    }


def _variances(
    setup: Setup, num_points: int, trained: dict[str, Any], key: Array
) -> dict[str, Array]:
    """Variance of f / q for one model under several densities."""
    horizon = setup.config.horizon
    samplers = {
        "uniform": time_sampling.power_law(horizon),
        "power": time_sampling.power_law(horizon, POWER),
    }
    if setup.config.time_sampling == "learned":
        samplers["learned"] = setup.sampler._replace(params=trained["sampler_params"])
    found = {}
    for name, sampler in samplers.items():
        _, integrand, densities = integrands(
            setup, setup.diffuse, sampler, num_points, trained, key
        )
        found[f"variance_{name}"] = jnp.var(integrand / densities)
    bins = time_sampling.power_law(horizon, BINS_POWER)
    times, integrand, densities = integrands(setup, setup.diffuse, bins, num_points, trained, key)
    order = jnp.argsort(times)
    second = jnp.mean((integrand[order] ** 2).reshape(NUM_BINS, -1), axis=1)
    widths = jnp.diff(horizon * jnp.linspace(0.0, 1.0, NUM_BINS + 1) ** BINS_POWER)
    mean = jnp.mean(integrand / densities)
    found["variance_optimal"] = jnp.sum(jnp.sqrt(second) * widths) ** 2 - mean**2
    return found


def integrands(
    setup: Setup,
    diffuse: Diffuse,
    sampler: TimeSampler,
    num_points: int,
    trained: dict[str, Any],
    key: Array,
) -> tuple[Array, Array, Array]:
    """Times, f there and the times' densities, of fresh or training points. Shapes [M].

    Args:
      setup: of the model.
      diffuse: the way to Y_s.
      sampler: of the times, with its parameters.
      num_points: M.
      trained: see `_measured`.
      key: consumed.
    """
    point_key, time_key, path_key, probe_key = jax.random.split(key, 4)
    points = point_sets.training_batch(setup.target, trained["order"], point_key, num_points)
    uniforms = time_sampling.stratified_uniforms(time_key, num_points)
    times, log_densities = jax.vmap(partial(sampler.sample, sampler.params))(uniforms)
    field = model.field_of(setup, trained["average"])

    def one(of_point: tuple[Array, Array, Array, Array]) -> Array:
        point, time, path_key, probe_key = of_point
        end = diffuse(point, time, path_key)
        return setup.objective(field, point, end, time, probe_key)

    path_keys, probe_keys = (jax.random.split(k, num_points) for k in (path_key, probe_key))
    batched = (points, times, path_keys, probe_keys)
    integrand = jax.lax.map(one, batched, batch_size=min(num_points, 1024))
    return times, integrand, jnp.exp(log_densities)


def compare_steps(config: StepsConfig, trainer: Trainer) -> Findings:
    """Each model's loss on paths of its own number of steps, and on exact ones.

    Metrics, by variant: those of the final evaluation, `loss` and `direct_loss` of the trained
    model, and `bias`, their difference.
    """
    results = {name: trainer.train(variant, name) for name, variant in config.variants}
    metrics: Metrics = {}
    for name, variant in config.variants:
        target = load_target(variant, trainer.options.data_dir)
        setup = model.make_setup(variant, target)
        exact = model.make_setup(
            type(variant)(**{**vars(variant), "simulation": "exact"}), target
        ).diffuse

        def of_seed(
            trained: dict[str, Any], key: Array, setup: Setup = setup, exact: Diffuse = exact
        ) -> dict[str, Array]:
            found = {}
            for kind, diffuse in (("loss", setup.diffuse), ("direct_loss", exact)):
                sampler = setup.sampler
                _, integrand, densities = integrands(
                    setup, diffuse, sampler, config.num_points, trained, key
                )
                found[kind] = jnp.mean(integrand / densities) + setup.target.manifold.prior_entropy
            return {**found, "bias": found["loss"] - found["direct_loss"]}

        found = as_metrics(per_seed(of_seed, _measured(results[name]), trainer.seeds))
        for key, values in {**results[name].metrics, **found}.items():
            metrics[f"{name}_{key}"] = values
    curves = {name: curve_rows(result.log, trainer.seeds) for name, result in results.items()}
    return Findings(metrics, side_by_side(curves))


def compare_with_kernel(config: KernelConfig, trainer: Trainer) -> Findings:
    """The bound on simulated paths against denoising with the exact kernel, by manifold.

    Metrics, by manifold: those of the final evaluations, `gap_difference` (kernel less simulation)
    and `time_ratio`, of the seconds that all updates took (kernel over simulation).
    """
    metrics: Metrics = {}
    curves = {}
    for manifold, *both in config.pairs:
        seconds = {}
        for kind, variant in zip(("simulated", "exact"), both, strict=True):
            name = f"{manifold}_{kind}"
            result = trainer.train(variant, name)
            curves[name] = curve_rows(result.log, trainer.seeds)
            seconds[kind] = result.seconds_per_update * variant.num_updates
            for key, values in result.metrics.items():
                metrics[f"{name}_{key}"] = values
            metrics[f"{name}_seconds"] = [seconds[kind]] * len(trainer.seeds)
        gaps = np.subtract(metrics[f"{manifold}_exact_gap"], metrics[f"{manifold}_simulated_gap"])
        metrics[f"{manifold}_gap_difference"] = gaps.tolist()
        ratio = seconds["exact"] / max(seconds["simulated"], 1e-9)
        metrics[f"{manifold}_time_ratio"] = [ratio] * len(trainer.seeds)
    return Findings(metrics, side_by_side(curves))
