"""Settings of a model on each manifold and of a mixture, at each preset."""

from typing import Any

from riemannian_diffusion.config import EARTH, PROTEIN, DiffusionConfig, MixtureConfig

PRESETS = ("smoke", "quick", "paper")
NUM_SEEDS = {"smoke": 1, "quick": 3, "paper": 5}  # the paper's splits are five

# Horizons at which the prior is reached up to .01 nats or so; the released code's default is 2.
HORIZONS = {"sphere": 3.0, "torus": 5.0, "so3": 5.0, "hyperbolic": 6.0}
ACTIVATIONS = {"sphere": "sin", "torus": "swish", "so3": "swish", "hyperbolic": "swish"}

_SMOKE: dict[str, Any] = {
    "num_updates": 2,
    "eval_every_updates": 2,
    "batch_size": 8,
    "num_steps": 3,
    "sampler_warmup": 1,
    "sampler_every": 2,
    "sampler_steps": 1,
    "num_hidden_layers": 1,
    "hidden_size": 8,
    "num_eval_points": 8,
    "num_paths": 2,
    "num_eval_steps": 4,
    "eval_tolerance": 1e-2,
}
_QUICK: dict[str, Any] = {
    "num_updates": 1500,
    "eval_every_updates": 250,
    "batch_size": 256,
    "num_steps": 50,
    "sampler_warmup": 50,
    "sampler_every": 250,
    "num_hidden_layers": 3,
    "hidden_size": 64,
    "learning_rate": 5e-3,
    "schedule": "cosine",
    "warmup_updates": 50,
    "average_decay": 0.98,
    "num_eval_points": 256,
    "num_paths": 8,
    "num_eval_steps": 100,
    "eval_tolerance": 1e-4,
}
# Sizes of the final runs are not known: those of RSGM on the same data sets, marked ours.
_PAPER: dict[str, Any] = {
    "num_updates": 300_000,
    "eval_every_updates": 10_000,
    "batch_size": 512,
    "num_steps": 100,
    "sampler_every": 500,
    "num_hidden_layers": 5,
    "hidden_size": 512,
    "learning_rate": 2e-4,
    "schedule": "cosine",
    "warmup_updates": 100,
    "num_eval_points": 14_000,  # all test points of every data set
    "num_paths": 100,
    "num_eval_steps": 1000,
}
SIZES = {"smoke": _SMOKE, "quick": _QUICK, "paper": _PAPER}

# A target of known density on each manifold: what it is called, and the manifold's symbol.
KNOWN_TARGETS = {
    "sphere": ("sphere_mixture", "S^2"),
    "torus": ("torus_mixture", "T^2"),
    "so3": ("so3_modes", "SO(3)"),
    "hyperbolic": ("hyperbolic_wrapped", "H^2"),
}


def manifold_of(target: str) -> str:
    """The family of manifolds that a target lives on."""
    if target in EARTH or target.startswith("sphere"):
        return "sphere"
    if target in (*PROTEIN, "top8000", "rna") or target.startswith("torus"):
        return "torus"
    return "so3" if target.startswith("so3") else "hyperbolic"


def diffusion(target: str, preset: str, **changes: Any) -> DiffusionConfig:
    """Settings of a diffusion model at a preset.

    Args:
      target: what it learns.
      preset: smoke, quick or paper.
      **changes: fields that differ.
    """
    manifold = manifold_of(target)
    settings: dict[str, Any] = {
        "target": target,
        "horizon": HORIZONS[manifold],
        "activation": ACTIVATIONS[manifold],
        "time_sampling": "learned",
        **SIZES[preset],
    }
    if manifold == "so3":
        settings["divergence"] = "rademacher"
    if manifold == "hyperbolic":
        settings |= {"normalise_input": True, "largest_gradient": 1.0}
    return DiffusionConfig(**{**settings, **changes})


def mixture(target: str, preset: str, **changes: Any) -> MixtureConfig:
    """Settings of a mixture at a preset; see `diffusion`."""
    sizes: dict[str, dict[str, Any]] = {
        "smoke": {
            "num_updates": 2,
            "eval_every_updates": 2,
            "batch_size": 8,
            "num_components": 4,
            "num_eval_points": 8,
        },
        "quick": {
            "num_updates": 1500,
            "eval_every_updates": 500,
            "num_components": 64,
            "learning_rate": 0.05,
            "num_eval_points": 256,
        },
        "paper": {"num_eval_points": 14_000},
    }
    return MixtureConfig(**{"target": target, **sizes[preset], **changes})
