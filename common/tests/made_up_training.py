"""The training of the made-up paper: its updates, and the loop around them."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from common.logger import resume
from common.logger.recorder import Recorder
from common.logger.run_folder import RunFolder, RunOptions
from common.tests.made_up_paper import WalkConfig, wait_at


class State(NamedTuple):
    """Of one walk."""

    place: Array
    key: Array
    steps: Array  # [E], the last ones


def begin(config: WalkConfig, seed: Array) -> State:
    """A walk begins at its seed."""
    empty = jnp.zeros(config.eval_every_updates)
    return State(seed.astype(float), jax.random.key(seed), empty)


@partial(jax.jit, static_argnums=0)
def advance(config: WalkConfig, states: State, step: Array) -> State:
    """Makes step `step` (the first is 1) of all walks."""

    def update(state: State) -> State:
        key, noise_key = jax.random.split(state.key)
        noise = config.noise.scale * config.is_noisy * jax.random.normal(noise_key)
        moved = (1.0 if config.direction == "up" else -1.0) + noise
        is_broken = (config.diverges_at > 0) & (step >= config.diverges_at)
        moved = jnp.where(is_broken, jnp.inf, moved)
        steps = state.steps.at[(step - 1) % config.eval_every_updates].set(moved)
        return State(state.place + moved, key, steps)

    return jax.vmap(update)(states)


def run(
    config: WalkConfig, folder: RunFolder, options: RunOptions, name: str, shorter: Path | None
) -> dict[str, list[float]]:
    """Goes on with the walks of a run to their end; returns where that is, for each seed."""
    seeds = jnp.asarray(folder.config["seeds"])
    template = jax.eval_shape(jax.vmap(partial(begin, config)), seeds)
    recorder = Recorder(folder, options, num_updates=config.num_updates, description=name)
    with recorder:
        if shorter:
            resume.lengthen(shorter, folder, template, options.warn)
        saved, step = recorder.saved_state(template)
        states = jax.vmap(partial(begin, config))(seeds) if saved is None else saved
        while step < config.num_updates:
            states, step = advance(config, states, jnp.int32(step + 1)), step + 1
            if step % config.eval_every_updates == 0:
                training = {"step_size": np.asarray(states.steps)}
                recorder.record(step, training, {"place": states.place}, states.place)
            else:
                recorder.advance(step)
            wait_at(step)
            recorder.save_if_due(step, lambda: states)  # noqa: B023 (called at once)
    return {"place": states.place.tolist()}
