"""What each kind of settings trains."""

from collections.abc import Callable
from typing import Any

from vineppo.dpo import DpoTraining
from vineppo.problem import make_problem
from vineppo.restem import RestEmTraining
from vineppo.sft import SftTraining
from vineppo.train import RlTraining
from vineppo.training_configs import DpoConfig, RestEmConfig, RlConfig, SftConfig
from vineppo.transformer import Params

Config = SftConfig | RlConfig | RestEmConfig | DpoConfig
Training = Any  # init(seed), evaluate(state), policy(state), and update or advance
KINDS: dict[str, type[Config]] = {
    kind.__name__: kind for kind in (SftConfig, RlConfig, RestEmConfig, DpoConfig)
}


def make_training(config: Config, reference: Params | None) -> Training:
    """The training of one seed.

    Args:
      config: settings; their type decides what is trained.
      reference: the initial policy; None for imitation, which makes it.
    """
    if isinstance(config, SftConfig):
        return SftTraining(make_problem(config))
    kinds: dict[type, Callable[..., Training]] = {
        RlConfig: RlTraining,
        RestEmConfig: RestEmTraining,
        DpoConfig: DpoTraining,
    }
    return kinds[type(config)](config, make_problem(config.initial), reference)


def initial_of(config: Config) -> SftConfig:
    """Settings of the initial policy."""
    return config if isinstance(config, SftConfig) else config.initial
