"""Tests of the settings: each kind of nonsense is refused with field, expectation and value."""

import re
from dataclasses import asdict, dataclass, fields
from typing import Any

import pytest

from common.logger.errors import UserError
from common.logger.settings import check_divides, check_fields, differing_fields, setting
from meta_value.config import LOGISTIC, ColaConfig, MamlConfig, MetaValueConfig

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("path_length", 0, "path_length must be at least 1, got 0"),
        ("batch_size", 2.5, "batch_size must be a int, got 2.5"),
        ("batch_size", "8", "batch_size must be a int, got '8'"),
        ("batch_size", None, "batch_size must be a int, got None"),
        ("batch_size", True, "batch_size must be a int, got True"),
        ("explore_steps", -1, "explore_steps must be at least 0, got -1"),
        ("trace_decay", 1.01, "trace_decay must be between 0 and 1, got 1.01"),
        ("flip_probability", -0.1, "flip_probability must be between 0 and 1, got -0.1"),
        ("fixed_discount", 95, "fixed_discount must be between -1 and 1, got 95"),
        ("target_decay", "0.99", "target_decay must be a float, got '0.99'"),
        ("weight_decay", NAN, "weight_decay must be a float, got nan"),
        ("learning_rate", -1e-3, "learning_rate must be at least 0, got -0.001"),
        ("form", "W", "form must be one of U, V, got 'W'"),
        ("opponent", 1, "opponent must be one of meva, naive, lola, got '1'"),
    ],
)
def test_nonsense_is_refused_with_field_expectation_and_value(
    field: str, value: Any, message: str
) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        MetaValueConfig(**{field: value})


@pytest.mark.parametrize(
    ("config", "settings", "message"),
    [
        (MamlConfig, {"game": "logistic"}, "game must be one of ipd, .*, got 'logistic'"),
        (MamlConfig, {"step_size": -1.0}, "step_size must be at least 0, got -1"),
        (ColaConfig, {"game": "ipd"}, "game must be one of logistic, got 'ipd'"),
        (ColaConfig, {"largest_look_ahead": -1.0}, "largest_look_ahead must be at least 0, got -1"),
    ],
)
def test_the_rivals_refuse_nonsense_too(
    config: type, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=f"^{message}$"):
        config(**settings)


@pytest.mark.parametrize("settings", [{"learning_rate": INF}, {"weight_decay": -INF}])
def test_infinity_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=f"{next(iter(settings))} must be .* got -?inf"):
        MetaValueConfig(**settings)


def test_both_ends_of_a_range_and_whole_numbers_for_floats_are_allowed() -> None:
    config = MetaValueConfig(trace_decay=1, flip_probability=0.0, fixed_discount=-1, path_length=1)
    assert (config.trace_decay, config.flip_probability, config.fixed_discount) == (1, 0, -1)


@pytest.mark.parametrize("config", [MetaValueConfig, MamlConfig, ColaConfig])
def test_sizes_that_do_not_divide_are_refused_with_one_that_does(config: type) -> None:
    with pytest.raises(UserError, match=r"num_updates 10 must be .* eval_every_updates 4; .* 12$"):
        config(num_updates=10, eval_every_updates=4)
    assert config(num_updates=12, eval_every_updates=4).num_updates == 12
    assert config().num_updates % config().eval_every_updates == 0


def test_published_settings_of_the_logistic_game_fit() -> None:
    config = MetaValueConfig(**LOGISTIC)
    assert (config.game, config.num_updates, config.form) == ("logistic", 5001, "V")


@dataclass(frozen=True)
class _Sizes:
    batch_size: int = setting(500, "paths", low=1)
    num_devices: int = setting(8, "devices", low=1)
    offset: float = setting(-1.5, "without a range")
    is_sharded: bool = setting(True, "a switch")


def test_any_two_fields_can_be_checked_for_dividing() -> None:
    with pytest.raises(UserError, match="batch_size 500 must be a multiple of num_devices 8; try"):
        check_divides(_Sizes(), "batch_size", "num_devices")
    check_divides(_Sizes(batch_size=504), "batch_size", "num_devices")


@pytest.mark.parametrize("value", ["false", 0, 1, None])
def test_a_switch_is_true_or_false(value: Any) -> None:
    check_fields(_Sizes())
    with pytest.raises(UserError, match=f"is_sharded .* got {re.escape(repr(value))}"):
        check_fields(_Sizes(is_sharded=value))


@pytest.mark.parametrize("config", [MetaValueConfig, MamlConfig, ColaConfig])
def test_every_field_says_what_it_means(config: type) -> None:
    assert [entry.name for entry in fields(config) if not entry.metadata["help"]] == []


def test_differing_fields_name_both_values() -> None:
    ours, theirs = asdict(MetaValueConfig()), asdict(MetaValueConfig(form="V", batch_size=16))
    assert differing_fields(ours, ours) == []
    assert differing_fields(ours, theirs) == ["batch_size: 16, not 128", "form: 'V', not 'U'"]


def test_a_field_that_one_side_lacks_differs() -> None:
    assert differing_fields({"a": 1}, {"a": 1, "b": 2}) == ["b: 2, not None"]
    assert differing_fields({"a": 1, "b": 2}, {"a": 1}) == ["b: None, not 2"]
