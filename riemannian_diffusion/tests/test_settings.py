"""Tests of the settings: each kind of nonsense is refused with field, expectation and value."""

import re
from dataclasses import asdict, fields
from typing import Any

import pytest

from common.logger.errors import UserError
from common.logger.settings import differing_fields
from riemannian_diffusion.config import DiffusionConfig, MixtureConfig

NAN = float("nan")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("num_steps", 0, "num_steps must be at least 1, got 0"),
        ("batch_size", 2.5, "batch_size must be a int, got 2.5"),
        ("batch_size", "8", "batch_size must be a int, got '8'"),
        ("batch_size", True, "batch_size must be a int, got True"),
        ("average_decay", 1.01, "average_decay must be between 0 and 1, got 1.01"),
        ("horizon", NAN, "horizon must be a float, got nan"),
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


def test_a_mixture_needs_a_manifold_that_has_one() -> None:
    with pytest.raises(UserError, match="no mixture on the manifold of so3_modes"):
        MixtureConfig(target="so3_modes")
    with pytest.raises(UserError, match="num_components must be at least 1"):
        MixtureConfig(num_components=0)


@pytest.mark.parametrize("config", [DiffusionConfig, MixtureConfig])
def test_sizes_that_do_not_divide_are_refused_with_one_that_does(config: type) -> None:
    with pytest.raises(UserError, match=r"num_updates 10 must be .* eval_every_updates 4; .* 12$"):
        config(num_updates=10, eval_every_updates=4)
    assert config(num_updates=12, eval_every_updates=4).num_updates == 12


@pytest.mark.parametrize("config", [DiffusionConfig, MixtureConfig])
def test_every_field_says_what_it_means(config: type) -> None:
    assert [entry.name for entry in fields(config) if not entry.metadata["help"]] == []


def test_differing_fields_name_both_values() -> None:
    ours, theirs = asdict(DiffusionConfig()), asdict(DiffusionConfig(batch_size=16))
    assert differing_fields(ours, ours) == []
    assert differing_fields(ours, theirs) == ["batch_size: 16, not 64"]
