"""Tests of the settings: each kind of nonsense is refused with field, expectation and value."""

import re
from dataclasses import asdict, dataclass, fields
from typing import Any

import pytest

from common.logger.errors import UserError
from common.logger.settings import check_divides, differing_fields
from loqa.config import CoinGameConfig, IpdConfig

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("episode_length", 1, "episode_length must be at least 2, got 1"),
        ("batch_size", 0, "batch_size must be at least 1, got 0"),
        ("batch_size", 2.5, "batch_size must be a int, got 2.5"),
        ("batch_size", "8", "batch_size must be a int, got '8'"),
        ("batch_size", None, "batch_size must be a int, got None"),
        ("batch_size", True, "batch_size must be a int, got True"),
        ("discount", 1.01, "discount must be between 0 and 1, got 1.01"),
        ("dice_discount", -0.1, "dice_discount must be between 0 and 1, got -0.1"),
        ("exploration", 20, "exploration must be between 0 and 1, got 20"),
        ("target_decay", "0.99", "target_decay must be a float, got '0.99'"),
        ("shaping_weight", NAN, "shaping_weight must be a float, got nan"),
        ("actor_learning_rate", -1e-3, "actor_learning_rate must be at least 0, got -0.001"),
        ("softmax_temperature", 0, "softmax_temperature must be at least 0.001, got 0"),
        ("actor", "lstm", "actor must be one of tabular, mlp, gru, got 'lstm'"),
        ("critic_targets", "td", "critic_targets must be one of sarsa, returns, got 'td'"),
        ("taken_value", 1, "taken_value must be one of return, critic, got '1'"),
    ],
)
def test_nonsense_is_refused_with_field_expectation_and_value(
    field: str, value: Any, message: str
) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        IpdConfig(**{field: value})


@pytest.mark.parametrize("value", ["false", 0, 1, None])
def test_a_switch_is_true_or_false(value: Any) -> None:
    with pytest.raises(UserError, match=f"stop_grad_advantage .* got {re.escape(repr(value))}"):
        IpdConfig(stop_grad_advantage=value)


@pytest.mark.parametrize("settings", [{"actor_learning_rate": INF}, {"shaping_weight": -INF}])
def test_infinity_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=f"{next(iter(settings))} must be .* got -?inf"):
        IpdConfig(**settings)


def test_both_ends_of_a_range_and_whole_numbers_for_floats_are_allowed() -> None:
    config = IpdConfig(episode_length=2, discount=1, dice_discount=0.0, exploration=1.0)
    assert (config.discount, config.dice_discount) == (1, 0)
    assert IpdConfig(shaping_weight=-1.0).shaping_weight == -1  # no range


@pytest.mark.parametrize(
    ("config", "sizes", "message"),
    [
        (IpdConfig, (1000, 300), "num_updates 1000 must be .* eval_every_updates 300; .* 1200"),
        (IpdConfig, (4, 5), "num_updates 4 must be .* eval_every_updates 5; .* 5"),
        (GradientConfig, (10, 4), "num_updates 10 must be .* snapshot_every_updates 4; .* 12"),
    ],
)
def test_sizes_that_do_not_divide_are_refused_with_one_that_does(
    config: type, sizes: tuple[int, int], message: str
) -> None:
    interval = "eval_every_updates" if config is IpdConfig else "snapshot_every_updates"
    with pytest.raises(UserError, match=f"{message}$"):
        config(num_updates=sizes[0], **{interval: sizes[1]})
    assert config(num_updates=12, **{interval: 4}).num_updates == 12


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_players": 4}, "num_players must be between 2 and 3, got 4"),
        ({"grid_size": 1}, "grid_size must be at least 2, got 1"),
        ({"opponents": "self"}, "opponents must be one of past_selves, current_self, got 'self'"),
        ({"num_updates": 250}, "num_updates 250 must be a multiple of eval_every_updates 100; .*"),
        (
            {"checkpoint_every_updates": 150},
            "checkpoint_every_updates 150 must be .* eval_every_updates 100; .* 200",
        ),
        ({"batch_size": 600}, "batch_size 600 must be a multiple of num_opponents 512; .* 1024"),
        (
            {"self_play": False, "opponents": "current_self"},
            "self_play False needs opponents past_selves",
        ),
    ],
)
def test_nonsense_in_the_coin_game_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=f"^{message}$"):
        CoinGameConfig(**settings)


def test_the_current_self_is_met_in_any_number_of_episodes() -> None:
    assert CoinGameConfig(batch_size=600, opponents="current_self").batch_size == 600
    assert CoinGameConfig(grid_size=2, num_players=3).grid_size == 2  # one cell is always free


def test_any_two_fields_can_be_checked_for_dividing() -> None:
    @dataclass(frozen=True)
    class Sizes:
        batch_size: int = 500
        num_devices: int = 8

    with pytest.raises(UserError, match="batch_size 500 must be a multiple of num_devices 8; try"):
        check_divides(Sizes(), "batch_size", "num_devices")
    check_divides(Sizes(batch_size=504), "batch_size", "num_devices")


@pytest.mark.parametrize("config", [IpdConfig, CoinGameConfig, GradientConfig])
def test_every_field_says_what_it_means(config: type) -> None:
    assert [entry.name for entry in fields(config) if not entry.metadata["help"]] == []


def test_differing_fields_name_both_values() -> None:
    ours, theirs = asdict(IpdConfig()), asdict(IpdConfig(actor="gru", batch_size=16))
    assert differing_fields(ours, ours) == []
    assert differing_fields(ours, theirs) == [
        "batch_size: 16, not 2048",
        "actor: 'gru', not 'tabular'",
    ]


def test_a_field_that_one_side_lacks_differs() -> None:
    assert differing_fields({"a": 1}, {"a": 1, "b": 2}) == ["b: 2, not None"]
    assert differing_fields({"a": 1, "b": 2}, {"a": 1}) == ["b: None, not 2"]
