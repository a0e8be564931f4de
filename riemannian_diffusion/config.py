"""Settings of the trainings: diffusion models, and mixtures as baselines.

The defaults of `DiffusionConfig` are those of the code that the authors wrote, where they are
known; what the final runs of the paper used is not.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from common.logger.errors import UserError
from common.logger.settings import check_divides, check_fields, setting

SyntheticName = Literal[
    "sphere_mixture",
    "sphere_clusters",
    "torus_mixture",
    "so3_modes",
    "hyperbolic_wrapped",
    "hyperbolic_gaussians",
    "hyperbolic_checkerboard",
    "hyperbolic_crossed",
]
EarthName = Literal["volcano", "earthquake", "flood", "fire"]
ProteinName = Literal["general", "glycine", "proline", "pre_pro"]
TargetName = Literal[SyntheticName, EarthName, ProteinName, "top8000", "rna"]

SYNTHETIC, EARTH, PROTEIN = map(get_args, (SyntheticName, EarthName, ProteinName))
REAL = (*EARTH, *PROTEIN, "top8000", "rna")


@dataclass(frozen=True)
class DiffusionConfig:
    """A Riemannian diffusion model: what it learns, how times and paths are drawn, its network."""

    target: TargetName = setting("sphere_mixture", "distribution or data set that is learned")
    deduplicate: bool = setting(False, "keep one of identical points of a data set")
    num_updates: int = setting(10_000, "gradient steps", low=1)
    eval_every_updates: int = setting(1000, "gradient steps between log points", low=1)
    batch_size: int = setting(64, "points per gradient step (B)", low=1)
    objective: Literal["bound", "denoising"] = setting(
        "bound", "implicit score matching (the bound), or matching the exact heat kernel's score"
    )
    divergence: Literal["frame", "random_frame", "gaussian", "rademacher", "closest_point"] = (
        setting("frame", "route to the divergence in training")
    )
    simulation: Literal["heun", "walk", "exact"] = setting(
        "heun", "of inference: Stratonovich Heun, geodesic random walk, or the heat kernel"
    )
    num_steps: int = setting(100, "steps of a simulated path, up to its time s", low=1)
    horizon: float = setting(2.0, "time T of inference", low=1e-3)
    time_sampling: Literal["uniform", "power", "learned"] = setting(
        "uniform", "how times are drawn (stratified)"
    )
    time_power: float = setting(2.0, "s = T u^power, for time_sampling power", low=1.0, high=10.0)
    sampler_warmup: int = setting(100, "steps of the learned sampler before training", low=0)
    sampler_every: int = setting(500, "gradient steps between its trainings", low=1)
    sampler_steps: int = setting(10, "its steps each time", low=1)
    num_hidden_layers: int = setting(2, "of the network", low=1)
    hidden_size: int = setting(256, "units of every layer (H)", low=1)
    activation: Literal["sin", "swish"] = setting("sin", "of the network")
    first_frequency: float = setting(
        1.0, "factor on the first layer's input; above 1 for fine detail (not published)", low=0.1
    )
    normalise_input: bool = setting(False, "shift and scale inputs, initialised on a batch")
    learning_rate: float = setting(1e-3, "Adam", low=0.0)
    schedule: Literal["constant", "cosine"] = setting("constant", "of the learning rate")
    warmup_updates: int = setting(0, "gradient steps of linear warm-up", low=0)
    largest_gradient: float = setting(0.0, "norm at which gradients are clipped; 0: never", low=0)
    average_decay: float = setting(
        0.995, "of the averaged parameters, which are evaluated", low=0, high=1
    )
    num_eval_points: int = setting(256, "test points whose likelihood is evaluated", low=1)
    num_paths: int = setting(100, "paths per point of the KELBO (K)", low=1)
    num_eval_steps: int = setting(100, "steps of these paths", low=1)
    eval_tolerance: float = setting(1e-5, "of the likelihood's ODE", low=1e-9, high=1.0)

    def __post_init__(self) -> None:
        """Refuses values outside their range and choices that do not fit each other."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")
        if self.time_sampling == "learned":
            check_divides(self, "eval_every_updates", "sampler_every")
        if self.schedule == "cosine" and self.num_updates <= self.warmup_updates:
            raise UserError(
                f"schedule cosine needs more updates than warmup_updates {self.warmup_updates}, "
                f"got num_updates {self.num_updates}"
            )
        is_hyperbolic = self.target.startswith("hyperbolic")
        if is_hyperbolic and self.divergence == "closest_point":
            raise UserError(
                "divergence closest_point is wrong on the hyperboloid, whose retraction is not the "
                "closest point; try divergence frame"
            )
        if is_hyperbolic and (self.simulation != "heun" or self.objective != "bound"):
            raise UserError(
                "on the hyperboloid neither geodesics nor the heat kernel are known; use "
                "simulation heun and objective bound"
            )
        if self.objective == "denoising" and self.simulation != "exact":
            raise UserError("objective denoising needs the heat kernel: simulation exact")


@dataclass(frozen=True)
class MixtureConfig:
    """A mixture fitted by maximum likelihood: power-spherical on tori, von Mises-Fisher on S^2."""

    target: TargetName = setting("torus_mixture", "distribution or data set that is learned")
    deduplicate: bool = setting(False, "keep one of identical points of a data set")
    num_updates: int = setting(10_000, "gradient steps", low=1)
    eval_every_updates: int = setting(1000, "gradient steps between log points", low=1)
    batch_size: int = setting(64, "points per gradient step", low=1)
    num_components: int = setting(4096, "of the mixture", low=1)
    trains_means: bool = setting(
        True, "whether means are trained; in the published baseline they are not, by a fault"
    )
    learning_rate: float = setting(0.1, "Adam", low=0.0)
    num_eval_points: int = setting(256, "test points whose likelihood is evaluated", low=1)

    def __post_init__(self) -> None:
        """Refuses values outside their range, and manifolds without such a mixture."""
        check_fields(self)
        check_divides(self, "num_updates", "eval_every_updates")
        if self.target.startswith(("so3", "hyperbolic")):
            raise UserError(f"there is no mixture on the manifold of {self.target}")
