"""How each class of settings is trained: the table for runs of which only the folder is known."""

from typing import Any

from vineppo.baselines.dpo import DpoTraining
from vineppo.baselines.restem import RestEmTraining
from vineppo.config import DpoConfig, RestEmConfig, RlConfig, SftConfig, TrainingConfig
from vineppo.sft import SftTraining
from vineppo.tasks.setup import make_setup
from vineppo.train import RlTraining
from vineppo.transformer import Params

Training = Any  # init(seed), evaluate(state), and update(state) or advance(state, num_updates)

TRAININGS: dict[type[TrainingConfig], Any] = {
    SftConfig: SftTraining,
    RlConfig: RlTraining,
    RestEmConfig: RestEmTraining,
    DpoConfig: DpoTraining,
}


def make_training(config: TrainingConfig, reference: Params | None) -> Training:
    """The training of one seed.

    Args:
      config: settings; their class decides what is trained.
      reference: the initial policy; imitation, which makes it, does not look at it.
    """
    return TRAININGS[type(config)](config, make_setup(config.initial), reference)
