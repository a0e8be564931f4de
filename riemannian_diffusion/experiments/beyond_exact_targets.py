"""Experiments on targets whose density is known exactly: they need no data."""

from common.logger.claims import Claim, Criterion
from riemannian_diffusion.base_settings import NUM_SEEDS, diffusion
from riemannian_diffusion.experiment import PRESETS, Experiment
from riemannian_diffusion.study_configs import (
    ComparisonConfig,
    DensityConfig,
    KernelConfig,
    Trainings,
)

MODELS = {
    "sphere": ("sphere_mixture", "S^2"),
    "torus": ("torus_mixture", "T^2"),
    "so3": ("so3_modes", "SO(3)"),
    "hyperbolic": ("hyperbolic_wrapped", "H^2"),
}

_FLOW_FAR_OUT = (
    "the deterministic flow carries errors of the field far from the origin along; the bounds, of "
    "the process with noise, are nearer to the truth there"
)
_FIELD_FAR_OUT = (
    "the bounds are far off too, so it is the field that is not learned, not only its flow; why is "
    "not settled (these targets reach far out, where coordinates are large)"
)


def exact_models(preset: str) -> Trainings:
    """One model per manifold."""
    return tuple((name, diffusion(target, preset)) for name, (target, _) in MODELS.items())


# .1 nats is a tenth of what separates the targets from a single mode. Fixed before the recorded
# seeds were run, after trials with another seed on the sphere (see the README).
_GAP_CLAIMS = tuple(
    Claim(
        f"{name}_gap",
        "ours",
        f"Gap of the exact log-likelihood to a known density on {manifold}",
        f"{name}_gap",
        Criterion("mean", "<=", 0.1, partly=0.3),
        unit="nats",
    )
    for name, (_, manifold) in MODELS.items()
)
_BOUND_CLAIMS = tuple(
    Claim(
        f"{name}_kelbo_valid",
        "appendix on the KELBO",
        f"The bound of K paths does not rise above the truth on {manifold} (-KELBO less the "
        "entropy, at the same points)",
        f"{name}_kelbo_minus_entropy",
        Criterion("min", ">=", -0.05),
        unit="nats",
    )
    for name, (_, manifold) in MODELS.items()
)

EXACT_TARGETS = {
    "beyond_exact_targets": Experiment(
        source="beyond the paper",
        summary="Models of distributions with known density on all four manifolds, with learned "
        "time sampling: how far their likelihoods are from the truth",
        claims=(*_GAP_CLAIMS, *_BOUND_CLAIMS),
        configs={preset: ComparisonConfig(exact_models(preset)) for preset in PRESETS},
        num_seeds=NUM_SEEDS,
        minutes={"smoke": 0.3, "quick": 3.0, "paper": 4000.0},
        why_it_fails={"hyperbolic_gap": _FLOW_FAR_OUT},
    ),
}

_HYPERBOLIC = ("wrapped", "gaussians", "checkerboard", "crossed")
_SHOWN = {"smoke": 4, "quick": 40, "paper": 100}


def _hyperbolic(preset: str) -> DensityConfig:
    kinds = _HYPERBOLIC[:1] if preset == "smoke" else _HYPERBOLIC
    models = tuple((kind, diffusion(f"hyperbolic_{kind}", preset)) for kind in kinds)
    return DensityConfig(models, _SHOWN[preset], num_samples=16 if preset == "smoke" else 2000)


def _one(target: str, preset: str) -> DensityConfig:
    is_smoke = preset == "smoke"
    return DensityConfig(
        ((target, diffusion(target, preset)),),
        _SHOWN[preset],
        num_samples=16 if is_smoke else 2000,
        num_sampling_steps=4 if is_smoke else 100,
    )


DENSITY_EXPERIMENTS = {
    "figure_ramachandran": Experiment(
        source="Figure 4",
        summary="Learned density of two angles beside the true one (at `paper` the General set)",
        claims=(
            Claim(
                "mass",
                "ours",
                "The learned density on T^2 sums to 1 over the grid (difference)",
                "torus_mixture_mass_error",
                Criterion("max", "<=", 0.02, partly=0.05),
            ),
        ),
        paper_claims=(
            Claim(
                "general_nll",
                "Table 2",
                "Negative log-likelihood of the General set",
                "general_nll",
                Criterion("mean", "within", 0.05, partly=0.1, target=1.04),
                paper_value=1.04,
                paper_spread="± 0.012",
                unit="nats",
            ),
        ),
        configs={
            preset: _one("general" if preset == "paper" else "torus_mixture", preset)
            for preset in PRESETS
        },
        num_seeds=NUM_SEEDS,
        minutes={"smoke": 0.1, "quick": 1.0, "paper": 1500.0},
    ),
    "figure_so3": Experiment(
        source="Figure 6",
        summary="Learned density on SO(3) along rotations around the axes, and samples",
        claims=(
            Claim(
                "three_modes",
                "Figure 6",
                "Samples find all three modes of the target (smallest share, of 1/3)",
                "so3_modes_smallest_mode_share",
                Criterion("min", ">=", 0.28, partly=0.2),
            ),
        ),
        configs={preset: _one("so3_modes", preset) for preset in PRESETS},
        num_seeds=NUM_SEEDS,
        minutes={"smoke": 0.1, "quick": 1.0, "paper": 1500.0},
    ),
    "figure_hyperbolic": Experiment(
        source="Figure 5",
        summary="Four densities on the hyperbolic plane in the Poincare disc, learned and true",
        claims=tuple(
            Claim(
                f"{kind}_gap",
                "Figure 5",
                f"Gap of the likelihood to the true density, {name}",
                f"{kind}_gap",
                Criterion("mean", "<=", 0.15, partly=0.4),
                unit="nats",
            )
            for kind, name in zip(
                _HYPERBOLIC,
                ("one wrapped normal", "five normals", "checkerboard", "four crossed normals"),
                strict=True,
            )
        ),
        configs={preset: _hyperbolic(preset) for preset in PRESETS},
        num_seeds=NUM_SEEDS,
        minutes={"smoke": 0.1, "quick": 3.0, "paper": 4000.0},
        why_it_fails={
            "wrapped_gap": _FLOW_FAR_OUT,
            "checkerboard_gap": "the checkerboard's edges are sharp: its density is discontinuous",
            **dict.fromkeys(("gaussians_gap", "crossed_gap"), _FIELD_FAR_OUT),
        },
    ),
}


def _kernel(preset: str) -> KernelConfig:
    names = ("sphere",) if preset == "smoke" else ("sphere", "torus", "so3")
    exact = {"simulation": "exact", "objective": "denoising", "time_sampling": "power"}
    return KernelConfig(
        tuple(
            (
                name,
                diffusion(MODELS[name][0], preset),
                diffusion(MODELS[name][0], preset, **exact),
            )
            for name in names
        )
    )


KERNEL_EXPERIMENTS = {
    "beyond_exact_heat_kernel": Experiment(
        source="beyond the paper",
        summary="Denoising with the exact heat kernel against the bound on simulated paths: gap "
        "to the known density after as many updates, and time of training",
        claims=(
            *(
                Claim(
                    f"{name}_no_worse",
                    "ours",
                    f"On {MODELS[name][1]} its gap is no larger (difference)",
                    f"{name}_gap_difference",
                    Criterion("mean", "<=", 0.02, partly=0.05),
                    unit="nats",
                )
                for name in ("sphere", "torus", "so3")
            ),
            *(
                Claim(
                    f"{name}_faster",
                    "ours",
                    f"On {MODELS[name][1]} its updates take less time (ratio)",
                    f"{name}_time_ratio",
                    Criterion("mean", "<=", 0.7, partly=0.95),
                )
                for name in ("sphere", "torus", "so3")
            ),
        ),
        configs={preset: _kernel(preset) for preset in PRESETS},
        num_seeds=NUM_SEEDS,
        minutes={"smoke": 0.2, "quick": 4.0, "paper": 4000.0},
    ),
}
