"""What is said of a memory-one policy of the iterated prisoner's dilemma, all of it exact."""

import jax.numpy as jnp
from jax import Array

from brs.exact import ipd_best_response as responses
from common import ipd

STATES = ("start", "cc", "cd", "dc", "dd")


def describe(policy: Array, discount: float) -> dict[str, Array]:
    """Describes a policy by its probabilities and its values per step.

    Args:
      policy: probability of cooperating, its own view. Shape [5].
      discount: gamma, per step.

    Returns:
      cooperation_STATE; self_play; agent_vs_best_response and best_response, the two values where
      the other player responds best; agent_vs_AC, agent_vs_AD and the other's AC_vs_agent and
      AD_vs_agent; is_cooperative, is_extortionate (0 or 1), the two shapes of the paper's claim.
    """
    best = responses.play(policy, responses.best_response(policy, discount), discount)
    itself = responses.play(policy, policy, discount).agent
    kind = responses.play(policy, jnp.array(ipd.ALWAYS_COOPERATE), discount)
    unkind = responses.play(policy, jnp.array(ipd.ALWAYS_DEFECT), discount)
    is_cooperative = (itself > -1.1) & (best.agent > -1.1) & (best.responder > -1.1)
    is_extortionate = (best.agent > best.responder + 0.2) & (itself < -1.5)
    return {
        **{f"cooperation_{name}": policy[i] for i, name in enumerate(STATES)},
        "self_play": itself,
        "agent_vs_best_response": best.agent,
        "best_response": best.responder,
        "agent_vs_AC": kind.agent,
        "AC_vs_agent": kind.responder,
        "agent_vs_AD": unkind.agent,
        "AD_vs_agent": unkind.responder,
        "is_cooperative": is_cooperative.astype(jnp.float32),
        "is_extortionate": is_extortionate.astype(jnp.float32),
    }
