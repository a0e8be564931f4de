"""Tests of settings: nonsense is refused with field, expectation and value; written is read."""

import json
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

import pytest

from common.logger.errors import UserError
from common.logger.settings import (
    as_settings,
    check_divides,
    check_fields,
    config_of,
    differing_fields,
    setting,
)

NAN, INF = float("nan"), float("inf")
RUN = Path("runs/run")


@dataclass(frozen=True)
class Optimizer:
    """A configuration inside another one."""

    learning_rate: float = setting(0.1, "of the optimiser", low=0)
    warm_up: int = setting(0, "updates")

    def __post_init__(self):
        check_fields(self)


@dataclass(frozen=True)
class Config:
    """One field of each kind."""

    batch_size: int = setting(500, "games", low=1)
    num_devices: int = setting(4, "devices", low=1)
    discount: float = setting(0.96, "per step", low=0, high=1)
    weight: float = setting(1.0, "of a loss")
    actor: Literal["tabular", "mlp"] = setting("tabular", "network")
    is_greedy: bool = setting(False, "whether it is greedy")
    name: str = setting("a", "of a game")
    optimizer: Optimizer = Optimizer()
    payoffs: tuple[float, ...] = field(default=(1.0, 1.0, -2.0))

    def __post_init__(self):
        check_fields(self)


@dataclass(frozen=True)
class OtherConfig(Config):
    """Settings of another kind with the same fields."""


KINDS = (Config, OtherConfig)
CONFIG = Config(batch_size=8, optimizer=Optimizer(0.5, 3), payoffs=(2.0, 3.0))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("batch_size", 0, "batch_size must be at least 1, got 0"),
        ("batch_size", 2.5, "batch_size must be a int, got 2.5"),
        ("batch_size", "8", "batch_size must be a int, got '8'"),
        ("batch_size", None, "batch_size must be a int, got None"),
        ("batch_size", True, "batch_size must be a int, got True"),
        ("batch_size", 2**31, "batch_size must be a int of 32 bits, got 2147483648"),
        ("discount", 1.01, "discount must be between 0 and 1, got 1.01"),
        ("discount", -0.1, "discount must be between 0 and 1, got -0.1"),
        ("weight", "1", "weight must be a float, got '1'"),
        ("weight", NAN, "weight must be a float, got nan"),
        ("weight", -INF, "weight must be a float of 32 bits, got -inf"),
        ("weight", 1e39, "weight must be a float of 32 bits, got 1e+39"),
        ("actor", "gru", "actor must be one of tabular, mlp, got 'gru'"),
        ("actor", 1, "actor must be one of tabular, mlp, got '1'"),
        ("is_greedy", "false", "is_greedy must be True or False, got 'false'"),
        ("is_greedy", 0, "is_greedy must be True or False, got 0"),
        ("name", 3, "name must be a str, got 3"),
    ],
)
def test_nonsense_is_refused_with_field_expectation_and_value(name, value, message):
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        Config(**{name: value})


def test_both_ends_of_a_range_and_whole_numbers_for_floats_are_allowed():
    config = Config(batch_size=1, discount=1, weight=-3)
    assert (config.discount, config.weight) == (1, -3)
    assert Config(discount=0.0).discount == 0


def test_sizes_that_do_not_divide_are_refused_with_one_that_does():
    with pytest.raises(
        UserError, match=r"batch_size 500 must be .* num_devices 8; try batch_size 504"
    ):
        check_divides(Config(num_devices=8), "batch_size", "num_devices")
    check_divides(Config(batch_size=504, num_devices=8), "batch_size", "num_devices")


@pytest.mark.parametrize("kind", KINDS)
def test_settings_written_down_give_back_the_same_configuration_and_seeds(kind):
    config = kind(**{**vars(CONFIG)})
    written = json.loads(json.dumps(as_settings(config, range(7, 9))))
    assert written["kind"] == kind.__name__
    read, seeds = config_of(written, KINDS, RUN)
    assert (read, seeds) == (config, [7, 8])
    assert type(read) is kind
    assert type(read.optimizer) is Optimizer
    assert as_settings(read, seeds) == written


@pytest.mark.parametrize("kind", [None, "Konfig"])
def test_unknown_kind_is_of_another_version(kind):
    written = {**as_settings(CONFIG, [7]), "kind": kind}
    with pytest.raises(UserError, match=rf"^{RUN} is of another version .* unknown kind {kind!r}$"):
        config_of(written, KINDS, RUN)


def test_unknown_and_missing_names_are_of_another_version():
    written = as_settings(CONFIG, [7])
    written["momentum"] = written.pop("discount")
    with pytest.raises(UserError, match=r"the settings: unknown momentum, missing discount$"):
        config_of(written, KINDS, RUN)
    written = as_settings(CONFIG, [7])
    del written["optimizer"]["warm_up"]
    with pytest.raises(UserError, match=r"the settings: missing warm_up$"):
        config_of(written, KINDS, RUN)
    with pytest.raises(UserError, match="another version of the settings"):
        config_of(asdict(CONFIG), KINDS, RUN)


def test_differing_fields_name_both_values():
    ours, theirs = as_settings(CONFIG, [7]), as_settings(replace(CONFIG, actor="mlp"), [8])
    assert differing_fields(ours, ours) == []
    assert differing_fields(ours, theirs) == [
        "actor: 'mlp', not 'tabular'",
        "seeds: [8], not [7]",
    ]


def test_a_field_that_one_side_lacks_differs():
    assert differing_fields({"a": 1}, {"a": 1, "b": 2}) == ["b: 2, not None"]
    assert differing_fields({"a": 1, "b": 2}, {"a": 1}) == ["b: None, not 2"]
