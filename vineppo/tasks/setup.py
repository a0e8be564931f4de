"""Puts together what all trainings share: task, sizes of the model, first parameters, samplers."""

from functools import lru_cache
from typing import NamedTuple

import jax

from vineppo import transformer
from vineppo.config import SftConfig
from vineppo.sampling import Sampler
from vineppo.tasks import arithmetic
from vineppo.tasks.task import Task
from vineppo.transformer import Params, TransformerConfig


class Setup(NamedTuple):
    """A task and the model that learns it.

    Attributes:
      config: of the initial policy.
      task: questions, grader, cutter of steps.
      architecture: sizes of the model.
    """

    config: SftConfig
    task: Task
    architecture: TransformerConfig

    def sampler(self, temperature: float, top_p: float = 1.0) -> Sampler:
        """Returns how responses to questions of the task are drawn."""
        return Sampler(
            temperature=temperature,
            top_p=top_p,
            max_new_tokens=self.config.max_new_tokens,
            end_token=self.task.end_token,
            stop_sequences=self.task.stop_sequences,
            num_tokens=self.task.num_tokens,
            max_length=self.architecture.max_length,
        )


@lru_cache(maxsize=8)
def make_setup(config: SftConfig) -> Setup:
    """Loads or draws the questions and reads the sizes of the model.

    Raises:
      UserError: data or checkpoint are missing, damaged or not supported.
    """
    if config.task != "arithmetic":
        from vineppo.tasks import text_tasks

        return Setup(config, *text_tasks.make(config))
    task = arithmetic.make_task(
        arithmetic.Arithmetic(
            regime=config.regime,
            num_lines=config.num_lines,
            num_critical=config.num_critical,
            share_right=config.share_right,
            num_train=config.num_train,
            num_held_out=config.num_held_out,
        )
    )
    architecture = TransformerConfig(
        vocab_size=task.num_tokens,
        hidden_size=config.hidden_size,
        intermediate_size=2 * config.hidden_size,
        num_layers=config.num_layers,
        num_heads=config.num_heads,
        num_kv_heads=config.num_heads,
        head_dim=config.hidden_size // config.num_heads,
        max_length=task.train.prompts.shape[1] + 2 * config.max_new_tokens,
        dtype=config.dtype,
        rematerialise=config.rematerialise,
    )
    return Setup(config, task, architecture)


def first_params(setup: Setup) -> Params:
    """Parameters before any imitation: random ones, or those of the checkpoint."""
    if setup.config.model:
        from vineppo.model_files import hugging_face

        return hugging_face.load_params(setup.config.model, setup.architecture)
    key = jax.random.fold_in(jax.random.key(setup.config.seed), 0)
    return transformer.init(setup.architecture, key)
