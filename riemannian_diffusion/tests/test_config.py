"""Tests of the settings: ranges, choices that do not fit each other, meanings."""

import re
from dataclasses import fields
from typing import Any

import pytest

from common.logger.errors import UserError
from riemannian_diffusion.config import DiffusionConfig, MixtureConfig


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("num_steps", 0, "num_steps must be at least 1, got 0"),
        ("average_decay", 1.01, "average_decay must be between 0 and 1, got 1.01"),
        ("learning_rate", -1e-3, "learning_rate must be at least 0, got -0.001"),
        ("activation", "relu", "activation must be one of sin, swish, got 'relu'"),
        ("deduplicate", "no", "deduplicate must be True or False, got 'no'"),
    ],
)
def test_nonsense_is_refused_with_field_expectation_and_value(
    field: str, value: Any, message: str
) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        DiffusionConfig(**{field: value})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": "hyperbolic_wrapped", "divergence": "closest_point"}, "not the closest point"),
        ({"target": "hyperbolic_wrapped", "simulation": "walk"}, "use simulation heun"),
        ({"objective": "denoising"}, "needs the heat kernel"),
        ({"num_updates": 1500}, "must be a multiple of eval_every_updates"),
        ({"time_sampling": "learned", "sampler_every": 3}, "multiple of sampler_every"),
        ({"schedule": "cosine", "warmup_updates": 10_000}, "needs more updates than warmup"),
    ],
)
def test_choices_that_do_not_fit_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        DiffusionConfig(**changes)


def test_a_mixture_needs_a_manifold_that_has_one() -> None:
    with pytest.raises(UserError, match="no mixture on the manifold of so3_modes"):
        MixtureConfig(target="so3_modes")
    with pytest.raises(UserError, match="num_components must be at least 1"):
        MixtureConfig(num_components=0)


@pytest.mark.parametrize("config", [DiffusionConfig, MixtureConfig])
def test_every_field_says_what_it_means(config: type) -> None:
    assert [entry.name for entry in fields(config) if not entry.metadata["help"]] == []
