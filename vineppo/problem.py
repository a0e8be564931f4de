"""Puts together what all trainings share: task, model, initial policy and samplers."""

from functools import lru_cache
from typing import NamedTuple

import jax
from jax import Array

from vineppo import arithmetic, policy, transformer
from vineppo.pass_rate import accuracy
from vineppo.sampling import Sampler
from vineppo.tasks import Split, Task
from vineppo.training_configs import SftConfig
from vineppo.transformer import Params, TransformerConfig


class Problem(NamedTuple):
    """A task and the model that learns it.

    Attributes:
      config: of the initial policy.
      task: questions, grader, cutter of steps.
      architecture: of the model.
    """

    config: SftConfig
    task: Task
    architecture: TransformerConfig

    def sampler(self, temperature: float, top_p: float = 1.0) -> Sampler:
        """A sampler of this task."""
        return policy.make_sampler(
            self.task,
            temperature=temperature,
            top_p=top_p,
            max_new_tokens=self.config.max_new_tokens,
            max_length=self.architecture.max_length,
        )

    def evaluate(
        self, params: Params, split: Split, sampler: Sampler, num_samples: int, key: Array
    ) -> dict[str, float]:
        """Pass@1 and more on a split, see `pass_rate.accuracy`; consumes the key."""
        return accuracy(self.architecture, sampler, params, self.task, split, num_samples, key)


@lru_cache(maxsize=8)
def make_problem(config: SftConfig) -> Problem:
    """Loads or draws the questions and reads the sizes of the model.

    Raises:
      UserError: data or checkpoint are missing, damaged or not supported.
    """
    if config.task != "arithmetic":
        from vineppo import text_tasks

        return Problem(config, *text_tasks.make(config))
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
    return Problem(config, task, architecture)


def first_params(problem: Problem) -> Params:
    """Parameters before any imitation: random ones, or those of the checkpoint."""
    if problem.config.model:
        from vineppo import hugging_face

        return hugging_face.load_params(problem.config.model, problem.architecture)
    key = jax.random.fold_in(jax.random.key(problem.config.seed), 0)
    return transformer.init(problem.architecture, key)
