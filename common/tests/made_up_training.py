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


@jax.jit
def advance(states: State, step: Array, drift: Array, scale: Array, is_broken: Array) -> State:
    """Makes step `step` (the first is 1) of all walks."""

    def update(state: State) -> State:
        key, noise_key = jax.random.split(state.key)
        moved = jnp.where(is_broken, jnp.inf, drift + scale * jax.random.normal(noise_key))
        steps = state.steps.at[(step - 1) % len(state.steps)].set(moved)
        return State(state.place + moved, key, steps)

    return jax.vmap(update)(states)


def run(
    config: WalkConfig, folder: RunFolder, options: RunOptions, name: str, shorter: Path | None
) -> dict[str, list[float]]:
    """Goes on with the walks of a run to their end; returns where that is, for each seed."""
    seeds = jnp.asarray(folder.config["seeds"])
    begin_all = jax.jit(jax.vmap(partial(begin, config)))
    template = jax.eval_shape(begin_all, seeds)
    drift = jnp.float32(1.0 if config.direction == "up" else -1.0)
    scale = jnp.float32(config.noise.scale * config.is_noisy)
    recorder = Recorder(folder, options, num_updates=config.num_updates, description=name)
    with recorder:
        if shorter:
            resume.lengthen(shorter, folder, template, options.warn)
        saved, step = recorder.saved_state(template)
        states = begin_all(seeds) if saved is None else saved
        while step < config.num_updates:
            step += 1
            is_broken = jnp.bool(0 < config.diverges_at <= step)
            states = advance(states, jnp.int32(step), drift, scale, is_broken)
            if step % config.eval_every_updates == 0:
                training = {"step_size": np.asarray(states.steps)}
                recorder.record(step, training, {"place": states.place}, states.place)
            else:
                recorder.advance(step)
            wait_at(step)
            recorder.save_if_due(step, lambda: states)  # noqa: B023 (called at once)
    return {"place": states.place.tolist()}
