"""Run by a test in a process with eight fake devices: an update on one device and on a mesh."""

import sys

import jax
import numpy as np

from vineppo import presets
from vineppo.problem import first_params, make_problem
from vineppo.train import RlTraining


def main() -> int:
    """Says how many devices hold a matrix, and the largest differences that were found."""
    initial = presets.sft("smoke")
    problem = make_problem(initial)
    reference = first_params(problem)
    found = []
    for shards in (0, 2):
        config = presets.rl("smoke", "ppo", initial, model_shards=shards)
        training = RlTraining(config, problem, reference)
        state, metrics = training.update(training.init(0))
        matrix = state.params["layers"][0]["gate"]
        found.append((metrics, jax.device_get(state.params), len(matrix.sharding.device_set)))
    (metrics, params, _), (sharded_metrics, sharded_params, num_devices) = found
    errors = jax.tree.map(lambda a, b: np.max(np.abs(a - b)), params, sharded_params)
    worst = max(abs(metrics[name] - sharded_metrics[name]) for name in metrics)
    sys.stdout.write(f"{num_devices} {worst:.2e} {max(jax.tree.leaves(errors)):.2e}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
