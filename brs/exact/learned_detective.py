"""How good a learned detective of the prisoner's dilemma is, exactly: its policy, its regret.

A detective that is told the expected answers in closed form is a memory-one policy q(p), and so has
exact values and exact derivatives. S = 5 states.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from brs import question_answering
from brs.episodes import Players
from brs.exact import ipd_best_response
from brs.exact.ipd_best_response import OTHER_VIEW
from brs.train_state import Metrics

REFERENCE_TEMPERATURE = 0.3  # of the exact soft response that the learned one is compared with
# What a player sees in each memory-one state: I cooperated, I defected, and the same of the other.
STATE_OBSERVATIONS = (
    (0.0, 0.0, 0.0, 0.0),
    (1.0, 0.0, 1.0, 0.0),
    (1.0, 0.0, 0.0, 1.0),
    (0.0, 1.0, 1.0, 0.0),
    (0.0, 1.0, 0.0, 1.0),
)


def detective_policy(players: Players, detective: Any, policy: Array) -> Array:
    """How a detective that is told expected answers plays against an agent.

    Args:
      players: networks and questions.
      detective: parameters of its actor.
      policy: the agent's probability of cooperating, its own view. Shape [S].

    Returns:
      The detective's probability of cooperating, its own view. Shape [S].
    """
    questions = players.questions
    deltas = ipd_best_response.answers_in_closed_form(
        policy, questions.discount, questions.num_steps
    )
    if questions.kind == "returns":
        shown = jax.vmap(partial(question_answering.normalise, questions=questions))(deltas)
    else:
        shown = expected_policy_probs(policy)

    def cooperation(observation: Array, answers: Array) -> Array:
        _, logits, _ = players.detective.act(detective, (), observation, answers)
        return jax.nn.softmax(logits)[0]

    return jax.vmap(cooperation)(jnp.array(STATE_OBSERVATIONS), shown[OTHER_VIEW])


def expected_policy_probs(policy: Array) -> Array:
    """Expected answers of the kind "policy_probs", agent's view of the state. Shape [S, 4]."""
    after = policy[1:].reshape(2, 2)  # agent's action, detective's
    cooperation = policy[:, None] * after[:1] + (1 - policy[:, None]) * after[1:]  # [S, 2]
    return jnp.stack([cooperation, 1 - cooperation], axis=2).reshape(5, 4)


def measure(players: Players, detective: Any, policy: Array, discount: float) -> Metrics:
    """How good an answer a detective is to an agent, and how faithful its derivative.

    Args:
      players: networks and questions.
      detective: parameters of its actor.
      policy: the agent's probability of cooperating, its own view. Shape [S].
      discount: gamma, per step.

    Returns:
      agent_vs_detective and detective_vs_agent, their values per step; detective_regret and
      detective_fidelity (see `ipd_best_response`).
    """
    told = partial(detective_policy, players, detective)
    reference = partial(
        ipd_best_response.soft_best_response,
        discount=discount,
        temperature=REFERENCE_TEMPERATURE,
    )
    responder = told(policy)
    values = ipd_best_response.play(policy, responder, discount)
    return {
        "agent_vs_detective": values.agent,
        "detective_vs_agent": values.responder,
        "detective_regret": ipd_best_response.regret(policy, responder, discount),
        "detective_fidelity": ipd_best_response.fidelity(policy, told, reference, discount),
    }
