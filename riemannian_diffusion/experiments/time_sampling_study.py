"""One model trained with times drawn in several ways: the variance of its loss under each.

The estimate of the loss is f(s) / q(s), s ~ q. Its mean is the same for every density q of time.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from common.logger.experiment import Findings, Metrics, Record, Rows
from riemannian_diffusion.experiments.sizes import diffusion
from riemannian_diffusion.experiments.trainings import (
    LossConfig,
    Trainer,
    differences,
    joined_curves,
    named,
    ratios,
    train_all,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NUM_POINTS = {"smoke": 64, "quick": 4096, "paper": 8192}
WHY_IT_FAILS = (
    "the published sampler learns slowly, and takes 110 steps here in the place of 6100: its "
    "density is near the uniform still. The variance could fall by four fifths; the power law "
    "s = T u^2, which learns nothing, takes two thirds away"
)


def settings(preset: str, *samplings: str) -> LossConfig:
    """Returns trainings that differ in how times are drawn.

    At `quick` on clusters on the sphere, at `paper` on the earthquakes, as published, with the
    default sizes of the released code. At `smoke` trainings are those of beyond_exact_targets.

    Args:
      preset: smoke, quick or paper.
      *samplings: ways to draw times; at `smoke` the first two are enough.
    """
    target = {"smoke": "sphere_mixture", "quick": "sphere_clusters", "paper": "earthquake"}[preset]
    changes: dict[str, Any] = {} if preset == "smoke" else {"horizon": 2.0}
    if preset == "paper":
        changes |= {"num_hidden_layers": 2, "hidden_size": 256, "batch_size": 64}
    variants = tuple(
        (sampling, diffusion(target, preset, time_sampling=sampling, **changes))
        for sampling in (samplings[:2] if preset == "smoke" else samplings)
    )
    return LossConfig(variants, NUM_POINTS[preset])


def run(config: LossConfig, trainer: Trainer) -> Findings:
    """Trains every variant and estimates the variance of its loss under several densities of time.

    Metrics, by variant: those of the final evaluation, `loss_variance` and `loss_spread` of the
    last log point, `variance_NAME` of one f / q under density NAME for the trained model, and
    their ratios to the first variant's, to the uniform density's and to the optimal density's.
    """
    from riemannian_diffusion.evaluation import loss_estimates
    from riemannian_diffusion.train_state import trained_model

    results = train_all(config, trainer)
    metrics: Metrics = {}
    for name, result in results.items():
        variances = partial(
            loss_estimates.variances_by_time_density, result.setup, config.num_points
        )
        measured = trainer.per_seed(variances, trained_model(result.state))
        last = {key: result.log[-1][key] for key in ("loss", "loss_variance", "loss_spread")}
        metrics |= named(name, {**result.metrics, **last, **measured})
    first, *others = results
    for other in others:
        for key in ("nll", "loss_variance", "loss_spread"):
            pair = metrics[f"{other}_{key}"], metrics[f"{first}_{key}"]
            metrics[f"{other}_minus_{first}_{key}"] = differences(*pair)
            metrics[f"{other}_over_{first}_{key}"] = ratios(*pair)
    for name, variant in config.variants:
        if variant.time_sampling == "learned":
            for density in ("uniform", "optimal"):
                metrics[f"{name}_variance_over_{density}"] = ratios(
                    metrics[f"{name}_variance_learned"], metrics[f"{name}_variance_{density}"]
                )
    return Findings(metrics, joined_curves(results, trainer.seeds))


def draw(record: Record, rows: Rows) -> Figure:
    """Draws the loss and the variance of one estimate of it, with times drawn in several ways."""
    from riemannian_diffusion.experiments import drawing

    text = "times drawn in several ways"
    if record["experiment"].startswith("figure_2"):
        text += "; the paper says: learned below uniform, and prints no number"
    figure, left, right = drawing.two_panels(record, text)
    if "learned_variance_optimal" in record["metrics"]:
        optimal, look = drawing.mean(record, "learned_variance_optimal"), drawing.LOOKS["optimal"]
        right.axhline(optimal, label=look.words, **look.style)
    right.set_yscale("log")
    drawing.plain_logarithmic(right.yaxis)
    names = drawing.training_names(record, "_nll")
    drawing.draw_curves(left, rows, names, "loss")
    drawing.draw_curves(right, rows, names, "loss_variance")
    left.set_ylabel("loss, mean since the last point (nats)")
    right.set_ylabel("variance of the loss in a batch (nats$^2$)")
    return figure
