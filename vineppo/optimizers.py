"""The optimiser and its schedule, shared by every training."""

import math

import optax
from jax import Array

WARMUP_SHARE = 0.03


def make_optimizer(learning_rate: float | Array, num_steps: int) -> optax.GradientTransformation:
    """AdamW without decay, gradients clipped to norm 1, as published.

    The learning rate rises from 0 during the first 3 % of the steps and falls linearly to 0 at the
    last: it spans the whole planned run.
    """
    warmup = max(math.ceil(WARMUP_SHARE * num_steps), 1)
    schedule = optax.join_schedules(
        [
            optax.linear_schedule(0.0, learning_rate, warmup),
            optax.linear_schedule(learning_rate, 0.0, max(num_steps - warmup, 1)),
        ],
        [warmup],
    )
    adam = optax.adamw(schedule, b1=0.9, b2=0.999, eps=1e-8, weight_decay=0.0)
    return optax.chain(optax.clip_by_global_norm(1.0), adam)
