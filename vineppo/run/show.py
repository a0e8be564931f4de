"""Writes a page of responses, coloured by the values and advantages of their steps."""

from pathlib import Path
from typing import Any

import jax
import numpy as np

from common.logger import atomic, json_text
from common.logger.errors import UserError
from vineppo import advantages, value_estimation
from vineppo.config import RlConfig
from vineppo.evaluation import value_accuracy
from vineppo.run.kinds import SavedRun, load_run

TEMPLATE = Path(__file__).with_name("responses_page.html")
PLACEHOLDER = "RESPONSES_AS_JSON"
SHOW_KEY = 17


def show(run_dir: Path, output: Path, seed: int | None, number: int, num_rollouts: int) -> Path:
    """Writes a self-contained page.

    Args:
      run_dir: folder of a run of reinforcement.
      output: file to write.
      seed: of the run; None for its first.
      number: responses shown.
      num_rollouts: of a state, for its true value.

    Returns:
      The path written.

    Raises:
      Exception: whatever `load_run` raises.
      UserError: the run is of something else, or has no such seed.
    """
    run = load_run(run_dir)
    if not isinstance(run.config, RlConfig):
        raise UserError(f"{run_dir} is no run of reinforcement: only that is shown")
    seed = run.seeds[0] if seed is None else seed
    if seed not in run.seeds:
        raise UserError(f"{run_dir} has no seed {seed}; it has {', '.join(map(str, run.seeds))}")
    state = run.states[run.seeds.index(seed)]
    page = {
        "run": f"{run_dir.parent.name}/{run_dir.name}",
        "method": run.config.method,
        "seed": seed,
        "updates": run.step,
        "rollouts": run.config.num_rollouts,
        "truth": num_rollouts,
        "responses": describe(run, state, number, num_rollouts),
    }
    text = TEMPLATE.read_text().replace(PLACEHOLDER, _script_safe(json_text.to_text(page)))
    atomic.write_text(output, text)
    return output


def describe(run: SavedRun, state: Any, number: int, num_rollouts: int) -> list[dict[str, Any]]:
    """Fresh responses to training questions, with the values of their steps by every estimator."""
    training, config = run.training, run.config
    assert isinstance(config, RlConfig)
    task = training.setup.task
    sample_key, truth_key, value_key = jax.random.split(
        jax.random.fold_in(state.key, 2**31 - 3 - SHOW_KEY), 3
    )
    responses, _ = training.sample(state, sample_key)
    chosen = np.unique(np.linspace(0, len(responses.rows) - 1, number).round().astype(int))
    responses = jax.tree.map(lambda leaf: leaf[chosen], responses)
    rewards = task.grade(task.train, responses)
    boundaries = task.segment(responses)
    states = value_estimation.distinct_states(responses, boundaries, 0)

    def values(number: int, key: Any) -> np.ndarray:
        policy = training.policy(state.params)
        rewards = value_accuracy.rollout_rewards(policy, responses, states, number, key)
        return np.mean(rewards, axis=1)

    estimates = {
        "truth": values(num_rollouts, truth_key),
        "monte_carlo": values(config.num_rollouts, value_key),
    }
    if state.critic is not None:
        estimates["critic"] = value_accuracy.critic_at(
            training.setup, state.critic.params, responses, states
        )
    return [
        _one(
            task,
            responses,
            index,
            float(rewards[index]),
            boundaries[index],
            {name: found[states.of_steps[index]] for name, found in estimates.items()},
        )
        for index in range(len(chosen))
    ]


def _one(
    task: Any,
    responses: Any,
    index: int,
    reward: float,
    cuts: np.ndarray,
    values: dict[str, np.ndarray],
) -> dict[str, Any]:
    """A response for the page: its question and its steps."""
    tokens, length = responses.tokens[index], responses.lengths[index]
    row = responses.rows[index]
    split = task.train
    ends = [*cuts[1:], length]
    credit = {name: advantages.step_advantages(v, reward) for name, v in values.items()}
    return {
        "question": task.decode(split.prompts[row][: split.prompt_lengths[row]]),
        "reward": reward,
        "finished": bool(responses.is_finished[index]),
        "steps": [
            {
                "text": task.decode(tokens[begin:end]),
                "values": {name: round(float(v[step]), 4) for name, v in values.items()},
                "advantages": {name: round(float(a[step]), 4) for name, a in credit.items()},
            }
            for step, (begin, end) in enumerate(zip(cuts, ends, strict=True))
        ],
    }


def _script_safe(text: str) -> str:
    """JSON that cannot end the script it stands in: responses are text of a model."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
