"""What one episode contributes to the two gradients: LOQA's actor loss and its critic loss.

Here the networks meet the losses: the functions evaluate both players along the episode and hand
arrays to `losses` and `differentiable_returns`. Shapes: T steps, N distinct inputs, A actions.
"""

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array, lax

from loqa import differentiable_returns, losses
from loqa.config import LoqaConfig
from loqa.networks import Agent, Evaluation, Params
from loqa.rollout import Trajectory

Metrics = dict[str, Array]


def actor_loss(
    agent: Agent,
    params: Params,
    opponents: Sequence[Params],
    trajectory: Trajectory,
    config: LoqaConfig,
) -> tuple[Array, Metrics]:
    """LOQA's actor loss of one episode: L_agent + beta L_ent + w sum over opponents L_op.

    Args:
      agent: networks of all seats.
      params: of the agent in seat 0, differentiated.
      opponents: parameters of the opponents in seats 1, ..., constant; not looked at if the
        trajectory holds their evaluations.
      trajectory: one episode.
      config: coefficients and options.

    Returns:
      The loss and its three parts.
    """
    own = agent.evaluate(params, trajectory.observations[:, 0])
    log_probs = _at_taken(own.log_policy, own, trajectory.actions[:, 0])
    advantages = _advantages(trajectory.rewards[:, 0], _values(own), config)
    negative_entropies = losses.negative_entropies(own.log_policy)[own.inputs[:-1]]
    evaluations = trajectory.opponents or evaluate_opponents(agent, opponents, trajectory)
    shaping_losses = [
        losses.shaping_loss(
            shaped_log_probs(log_probs, opponent, trajectory, config, seat=seat), advantages
        )
        for seat, opponent in enumerate(evaluations, start=1)
    ]
    parts = {
        "policy_loss": losses.policy_loss(log_probs, advantages),
        "negative_entropy": jnp.mean(negative_entropies),
        "shaping_loss": sum(shaping_losses[1:], start=shaping_losses[0]),
    }
    loss = (
        parts["policy_loss"]
        + config.entropy_weight * parts["negative_entropy"]
        + config.shaping_weight * parts["shaping_loss"]
    )
    return loss, parts


def evaluate_opponents(
    agent: Agent, opponents: Sequence[Params], trajectory: Trajectory
) -> tuple[Evaluation, ...]:
    """Evaluates players that do not learn; what they played need not be computed again.

    Args:
      agent: networks of all seats.
      opponents: parameters of the players in seats 1, ...
      trajectory: one episode.
    """

    def evaluation(seat: int, params: Params) -> Evaluation:
        params, observations = lax.stop_gradient(params), trajectory.observations[:, seat]
        if trajectory.log_policies is None:
            return agent.evaluate(params, observations)
        return agent.evaluate(params, observations[:-1], trajectory.log_policies[:, seat])

    return tuple(evaluation(seat, params) for seat, params in enumerate(opponents, start=1))


def shaped_log_probs(
    log_probs: Array,
    opponent: Evaluation,
    trajectory: Trajectory,
    config: LoqaConfig,
    *,
    seat: int = 1,
) -> Array:
    """Log-probability of an opponent's actions as a function of our log-probabilities.

    Args:
      log_probs: log pi(a_t | h_t) of the learning agent, differentiable. Shape [T].
      opponent: the opponent's own evaluation of the episode, constant.
      trajectory: the episode, agent in seat 0.
      config: discounts, temperature, and which value the action taken has in the softmax.
      seat: of the opponent.

    Returns:
      log pi_hat(b_t | h_t). Shape [T].
    """
    rewards, actions = trajectory.rewards[:, seat], trajectory.actions[:, seat]
    returns = _opponent_returns(rewards, _values(opponent)[: len(rewards)], log_probs, config)
    taken_values = differentiable_returns.taken_action_values(
        rewards, returns, discount=config.discount
    )
    if config.taken_value == "critic":
        critic_values = _at_taken(opponent.q_values, opponent, actions)
        taken_values = critic_values + taken_values - lax.stop_gradient(taken_values)
    rest = losses.rest_log_sum_exp(opponent.q_values, temperature=config.softmax_temperature)
    return losses.opponent_log_probs(
        taken_values,
        _at_taken(rest, opponent, actions),
        temperature=config.softmax_temperature,
        stop_grad_normalizer=config.stop_grad_normalizer,
    )


def critic_loss(
    agent: Agent, params: Params, target_params: Params, trajectory: Trajectory, config: LoqaConfig
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


def _advantages(rewards: Array, values: Array, config: LoqaConfig) -> Array:
    """A_t of the agent, a constant if the configuration stops it. Shape [T]."""
    if config.advantage == "td":
        advantages = losses.td_advantages(rewards, values, discount=config.discount)
    else:
        returns = differentiable_returns.discounted_sums(rewards, config.discount)
        advantages = losses.return_advantages(returns, values)
    return lax.stop_gradient(advantages) if config.stop_grad_advantage else advantages


def _opponent_returns(rewards: Array, values: Array, log_probs: Array, config: LoqaConfig) -> Array:
    """G_t of the opponent, differentiable in our log-probabilities. Shape [T]."""
    if config.num_differentiable_rewards:
        return differentiable_returns.n_step_returns(
            rewards,
            log_probs,
            discount=config.discount,
            num_rewards=config.num_differentiable_rewards,
        )
    return differentiable_returns.loaded_dice_returns(
        rewards,
        values,
        log_probs,
        discount=config.discount,
        dice_discount=config.dice_discount,
    )


def _values(evaluation: Evaluation) -> Array:
    """V_t = sum_a pi(a | h_t) Q(h_t, a). Shape [T + 1]."""
    values = jnp.sum(jnp.exp(evaluation.log_policy) * evaluation.q_values, axis=-1)  # [N]
    return values[evaluation.inputs]


def _at_taken(table: Array, evaluation: Evaluation, actions: Array) -> Array:
    """Entries of a table [N, A] at the inputs and actions of the episode. Shape [T]."""
    return table[evaluation.inputs[: len(actions)], actions]
