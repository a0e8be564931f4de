"""Where the sampled shaping gradient points, against LOQA's exact one: the effect of the critic.

At a policy visited by training, the loaded-DiCE estimator is averaged over many batches and
compared with the exact gradient of `exact_gradient`, for the critic that training has learned by
then and for a perfect critic. Two numbers per case:

  cosine: between the averaged and the exact gradient; 1 is an unbiased direction.
  signal: |mean gradient| / standard deviation over batches (root of the summed variances); how much
    of one update is signal. Adam divides by the size of noise and signal together, so that a small
    signal makes slow progress however large the gradient is.
"""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
from jax import Array, lax

from common import ipd
from loqa import agents, objectives
from loqa.config import IpdConfig
from loqa.evaluation import exact_gradient
from loqa.networks import Agent, Evaluation, Params
from loqa.rollout import rollout

Metrics = dict[str, Array]


def compare_gradients(
    config: IpdConfig, params: Params, key: Array, *, num_batches: int
) -> Metrics:
    """Compares sampled shaping gradients with the exact one at a tabular policy in self-play.

    Args:
      config: settings of the run that learned `params`; its batch size is that of the comparison.
      params: actor (logits [S, A]) and critic.
      key: consumed.
      num_batches: batches whose gradients are averaged.

    Returns:
      cosine_CASE and signal_CASE for three cases: "learned", the estimator with the critic of
      `params`; "exact", with a perfect critic; "exact_value", with a perfect critic whose value
      stands in the softmax in place of the sampled return.
    """
    # The shaping gradient alone: what leaks through the advantage as published is another matter.
    config = replace(config, stop_grad_advantage=True)
    agent = agents.ipd_agent(config)
    play = exact_gradient.self_play(params["actor"], config)
    exact = jax.grad(exact_gradient.exact_shaping_loss)(params["actor"], play, config)
    perfect = with_critic(agent, exact_gradient.exact_critic(play))
    cases = {
        "learned": (agent, config),
        "exact": (perfect, config),
        "exact_value": (perfect, replace(config, taken_value="critic")),
    }
    keys = jax.random.split(key, num_batches)  # the same episodes in every case
    metrics = {}
    for name, case in cases.items():
        gradients = lax.map(partial(_batch_gradient, *case, params), keys)  # [num_batches, S, A]
        mean = jnp.mean(gradients, axis=0)
        spread = jnp.sqrt(jnp.sum(jnp.var(gradients, axis=0, ddof=1)))
        norm = jnp.linalg.norm(mean)
        metrics[f"cosine_{name}"] = jnp.vdot(mean, exact) / (norm * jnp.linalg.norm(exact))
        metrics[f"signal_{name}"] = norm / spread
    return metrics


def with_critic(agent: Agent, q_values: Array) -> Agent:
    """Returns a memory-one agent whose critic is the given table, shape [T + 1, S, A]."""

    def evaluate(params: Params, observations: Array) -> Evaluation:
        own: Evaluation = agent.evaluate(params, observations)
        return own._replace(q_values=q_values.reshape(own.q_values.shape))

    return agent._replace(evaluate=evaluate)


def _batch_gradient(agent: Agent, config: IpdConfig, params: Params, key: Array) -> Array:
    """Mean gradient of the shaping loss over one sampled batch. Shape [S, A]."""
    game = ipd.MatrixGame(episode_length=config.episode_length)

    def loss(actor: Array, key: Array) -> Array:
        trajectory = rollout(
            game, (agent, agent), (params, params), key, exploration=config.exploration
        )
        learner = {**params, "actor": actor}
        _, parts = objectives.actor_loss(agent, learner, (params,), trajectory, config)
        return parts["shaping_loss"]

    def batch_loss(actor: Array) -> Array:
        keys = jax.random.split(key, config.batch_size)
        return jnp.mean(jax.vmap(lambda key: loss(actor, key))(keys))

    return jax.grad(batch_loss)(params["actor"])
