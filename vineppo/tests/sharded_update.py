"""Run by a test in a process with eight fake devices: an update on one device and on a mesh."""

import sys

import jax
import numpy as np
import optax

from vineppo.experiments import presets
from vineppo.tasks.setup import first_params, make_setup
from vineppo.train import RlTraining


def compare(method: presets.Method) -> None:
    """Says how many devices hold a matrix, how far metrics differ, and the step of parameters."""
    initial = presets.sft("smoke")
    setup = make_setup(initial)
    reference = first_params(setup)
    found = []
    for shards in (0, 2):
        config = presets.rl("smoke", method, initial, model_shards=shards, critic_head="normal")
        training = RlTraining(config, setup, reference)
        state, metrics = training.update(training.init(0))
        if not config.has_critic:  # evaluation is the same for all methods
            metrics |= training.evaluate(state, lambda: None)
        matrix = state.params["layers_0"]["gate"]
        found.append((metrics, jax.device_get(state.params), len(matrix.sharding.device_set)))
    (metrics, params, _), (sharded_metrics, sharded_params, num_devices) = found
    error, change = (
        optax.tree.norm(jax.tree.map(lambda a, b: np.asarray(a) - np.asarray(b), params, other))
        for other in (sharded_params, reference)
    )
    worst = max(abs(metrics[name] - sharded_metrics[name]) for name in metrics)
    sys.stdout.write(f"{num_devices} {worst:.2e} {error / change:.2e}\n")


if __name__ == "__main__":
    compare("ppo")
    compare("vineppo")
