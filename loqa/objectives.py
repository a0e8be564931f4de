"""What one episode contributes to the two gradients: LOQA's actor loss and its critic loss.

Here the networks meet the losses: the functions evaluate both players along the episode and hand
arrays to `losses` and `differentiable_returns`. Shapes: T steps, N distinct inputs, A actions.
"""

import jax.numpy as jnp
from jax import Array, lax

from loqa import differentiable_returns, losses, networks
from loqa.configs import IpdConfig
from loqa.networks import Agent, Evaluation, Params
from loqa.rollout import Trajectory

Metrics = dict[str, Array]


def make_agent(config: IpdConfig) -> Agent:
    """Builds the agent of a configuration."""
    return networks.make_agent(
        config.actor,
        config.actor_hidden_size,
        config.critic_hidden_size,
        num_steps=config.episode_length,
    )


def actor_loss(
    agent: Agent, params: Params, opponent_params: Params, trajectory: Trajectory, config: IpdConfig
) -> tuple[Array, Metrics]:
    """LOQA's actor loss of one episode: L_agent + beta L_ent + w L_op.

    Args:
      agent: networks of both seats.
      params: of the agent in seat 0, differentiated.
      opponent_params: of the opponent in seat 1, constant.
      trajectory: one episode.
      config: coefficients and options.

    Returns:
      The loss and its three parts.
    """
    own = agent.evaluate(params, trajectory.observations[:, 0])
    opponent = agent.evaluate(lax.stop_gradient(opponent_params), trajectory.observations[:, 1])
    log_probs = _at_taken(own.log_policy, own, trajectory.actions[:, 0])
    advantages = losses.td_advantages(
        trajectory.rewards[:, 0], _values(own), discount=config.discount
    )
    if config.stop_grad_advantage:
        advantages = lax.stop_gradient(advantages)
    opponent_log_probs = shaped_log_probs(log_probs, opponent, trajectory, config)
    negative_entropies = losses.negative_entropies(own.log_policy)[own.inputs[:-1]]
    parts = {
        "policy_loss": losses.policy_loss(log_probs, advantages),
        "negative_entropy": jnp.mean(negative_entropies),
        "shaping_loss": losses.shaping_loss(opponent_log_probs, advantages),
    }
    loss = (
        parts["policy_loss"]
        + config.entropy_weight * parts["negative_entropy"]
        + config.shaping_weight * parts["shaping_loss"]
    )
    return loss, parts


def shaped_log_probs(
    log_probs: Array, opponent: Evaluation, trajectory: Trajectory, config: IpdConfig
) -> Array:
    """Log-probability of the opponent's actions as a function of our log-probabilities.

    Args:
      log_probs: log pi(a_t | h_t) of the agent, differentiable. Shape [T].
      opponent: the opponent's own evaluation of the episode, constant.
      trajectory: the episode, agent in seat 0.
      config: discounts, temperature, and which value the action taken has in the softmax.

    Returns:
      log pi_hat(b_t | h_t). Shape [T].
    """
    rewards, actions = trajectory.rewards[:, 1], trajectory.actions[:, 1]
    returns = differentiable_returns.loaded_dice_returns(
        rewards,
        _values(opponent)[:-1],
        log_probs,
        discount=config.discount,
        dice_discount=config.dice_discount,
    )
    taken_values = differentiable_returns.taken_action_values(
        rewards, returns, discount=config.discount
    )
    if config.taken_value == "critic":
        critic_values = _at_taken(opponent.q_values, opponent, actions)
        taken_values = critic_values + taken_values - lax.stop_gradient(taken_values)
    rest = losses.rest_log_sum_exp(opponent.q_values, temperature=config.softmax_temperature)
    return losses.opponent_log_probs(
        taken_values, _at_taken(rest, opponent, actions), temperature=config.softmax_temperature
    )


def critic_loss(
    agent: Agent, params: Params, target_params: Params, trajectory: Trajectory, config: IpdConfig
) -> Array:
    """Critic loss of one episode, from the agent's seat only.

    Args:
      agent: networks.
      params: of the agent, differentiated.
      target_params: of the slow copy.
      trajectory: one episode.
      config: discount and the kind of targets.

    Returns:
      Scalar.
    """
    observations, actions = trajectory.observations[:, 0], trajectory.actions[:, 0]
    rewards = trajectory.rewards[:, 0]
    own = agent.evaluate(params, observations)
    if config.critic_targets == "returns":
        targets = differentiable_returns.discounted_sums(rewards, config.discount)
    else:
        slow = agent.evaluate(target_params, observations)
        targets = losses.sarsa_targets(
            rewards,
            _at_taken(slow.q_values, slow, actions),
            _values(slow)[-1],
            discount=config.discount,
        )
    return losses.critic_loss(_at_taken(own.q_values, own, actions), targets)


def _values(evaluation: Evaluation) -> Array:
    """V_t = sum_a pi(a | h_t) Q(h_t, a). Shape [T + 1]."""
    values = jnp.sum(jnp.exp(evaluation.log_policy) * evaluation.q_values, axis=-1)  # [N]
    return values[evaluation.inputs]


def _at_taken(table: Array, evaluation: Evaluation, actions: Array) -> Array:
    """Entries of a table [N, A] at the inputs and actions of the episode. Shape [T]."""
    return table[evaluation.inputs[:-1], actions]
