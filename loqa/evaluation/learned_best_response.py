"""A learned best response to a frozen player of the Coin Game: what can be taken from an agent.

A recurrent actor-critic learns against a player that does not, by proximal policy optimisation
(Schulman et al. 2017, arXiv 1707.06347) with generalised advantages (Schulman et al. 2016, arXiv
1506.02438). Its objective is the undiscounted sum of its rewards over the T steps of an episode.
What it reaches is a lower bound of what the best response gets; `exact_best_response.py` has the
bound's height for players without memory.

Actor and critic see the responder's observation and the share of the episode that has passed.
Shapes: B episodes of a batch, T steps, E = 2 P H W + 1 inputs, A actions, P = 2 players.
"""

import math
from functools import partial
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from common import coin_game
from common.coin_game import CoinGame, CoinGameState
from loqa import losses
from loqa.coin_game_rollout import Episode, Player
from loqa.differentiable_returns import discounted_sums
from loqa.evaluation import matches
from loqa.evaluation.config import BestResponseConfig
from loqa.networks import Params
from loqa.recurrent import GruTower, unroll

Metrics = dict[str, Array]
Learned = tuple[Params, optax.OptState]


class Setup(NamedTuple):
    """What a configuration means: the constants of its updates."""

    config: BestResponseConfig
    game: CoinGame
    actor: GruTower  # inputs to logits [A]
    critic: GruTower  # inputs to a value per step left [1]
    opponent: Player  # frozen, in seat 1
    optimizer: optax.GradientTransformation


class LearnerState(NamedTuple):
    """The responder while it learns."""

    params: Params
    opt_state: optax.OptState
    key: Array  # []
    step: Array  # [] int32, updates done


class Lesson(NamedTuple):
    """What one episode teaches; constants of its losses."""

    inputs: Array  # [T, E]
    actions: Array  # [T] int32
    log_probs: Array  # [T], of the actions when they were played
    advantages: Array  # [T]
    returns: Array  # [T], what the critic fits


def learn_best_response(
    config: BestResponseConfig,
    game: CoinGame,
    opponent: Player,
    opponent_params: Params,
    key: Array,
) -> Metrics:
    """Learns an answer to a frozen player from scratch, then plays fresh episodes against it.

    Pure: `vmap` over the parameters and keys of many players.

    Args:
      config: sizes and rates of the responder.
      game: parameters of the game, for two players.
      opponent: the frozen player.
      opponent_params: its parameters.
      key: consumed.

    Returns:
      Rewards per step: responder_value and agent_value (of the frozen player), of the learned
      responder's likeliest moves; learning_curve, of the responder as it played in training, means
      over C equal parts of the training. Shape [C].
    """
    setup = make_setup(config, game, opponent)
    learn_key, eval_key = jax.random.split(key)
    state, curve = lax.scan(
        lambda state, _: update(setup, opponent_params, state),
        init(setup, learn_key),
        length=config.num_updates,
    )
    players = (responder(setup, is_greedy=True), opponent)
    params = (state.params, opponent_params)
    episodes = matches.play_many(game, players, params, eval_key, config.num_eval_episodes)
    responder_value, agent_value = matches.rewards_per_step(episodes)
    return {
        "responder_value": responder_value,
        "agent_value": agent_value,
        "learning_curve": jnp.mean(curve.reshape(config.num_curve_points, -1), axis=1),
    }


def make_setup(config: BestResponseConfig, game: CoinGame, opponent: Player) -> Setup:
    """Builds networks and optimiser; actor and critic are clipped apart."""
    num_steps = config.num_updates * config.num_epochs * config.num_minibatches
    optimizer = optax.chain(
        optax.clip_by_global_norm(config.max_grad_norm),
        optax.adam(optax.linear_schedule(config.learning_rate, 0.0, num_steps)),
    )
    towers = ("actor", "critic")
    return Setup(
        config=config,
        game=game,
        actor=GruTower(config.hidden_size, game.num_actions),
        critic=GruTower(config.hidden_size, 1),
        opponent=opponent,
        optimizer=optax.partition(
            dict.fromkeys(towers, optimizer), {name: name for name in towers}
        ),
    )


def init(setup: Setup, key: Array) -> LearnerState:
    """Returns the responder before its first update; consumes the key."""
    actor_key, critic_key, run_key = jax.random.split(key, 3)
    carry = jnp.zeros(setup.config.hidden_size)
    inputs = jnp.zeros(math.prod(setup.game.observation_shape) + 1)
    params = {
        "actor": setup.actor.init(actor_key, carry, inputs),
        "critic": setup.critic.init(critic_key, carry, inputs),
    }
    return LearnerState(params, setup.optimizer.init(params), run_key, jnp.zeros((), jnp.int32))


def responder(setup: Setup, *, is_greedy: bool = False) -> Player:
    """The player in seat 0 that the actor is, drawing its moves or playing the likeliest."""

    def act(params: Params, carry: Array, state: CoinGameState, seat: int) -> tuple[Array, Array]:
        carry, logits = setup.actor.apply(
            params["actor"], carry, responder_inputs(setup.game, state, seat)
        )
        if is_greedy:
            return carry, jax.nn.one_hot(jnp.argmax(logits), len(logits))
        return carry, jax.nn.softmax(logits)

    return Player(lambda params: jnp.zeros(setup.config.hidden_size), act)


def responder_inputs(game: CoinGame, state: CoinGameState, seat: int) -> Array:
    """Observation of a seat, flattened, and t / T. Shape [E]."""
    observation = coin_game.observe(game, state)[seat].reshape(-1)
    return jnp.append(observation, state.time / game.episode_length)


def update(
    setup: Setup, opponent_params: Params, state: LearnerState
) -> tuple[LearnerState, Array]:
    """Plays a batch and learns from it; also returns the responder's reward per step."""
    config = setup.config
    key, play_key = jax.random.split(state.key)
    players, params = (responder(setup), setup.opponent), (state.params, opponent_params)
    episodes = matches.play_many(setup.game, players, params, play_key, config.batch_size)
    lessons = jax.vmap(partial(make_lesson, setup, state.params))(episodes)
    lessons = lessons._replace(advantages=standardize(lessons.advantages))
    entropy_weight = config.entropy_weight * (1 - state.step / config.num_updates)

    # Episodes are independent: parts of the batch need no shuffling.
    parts = jax.tree.map(
        lambda leaf: leaf.reshape(config.num_minibatches, -1, *leaf.shape[1:]), lessons
    )

    def learn(carry: Learned, part: Lesson) -> tuple[Learned, None]:
        params, opt_state = carry
        gradient = jax.grad(partial(batch_loss, setup))(params, part, entropy_weight)
        changes, opt_state = setup.optimizer.update(gradient, opt_state)
        return (optax.apply_updates(params, changes), opt_state), None

    carry, _ = lax.scan(
        lambda carry, _: lax.scan(learn, carry, parts),
        (state.params, state.opt_state),
        length=config.num_epochs,
    )
    state = LearnerState(*carry, key=key, step=state.step + 1)
    return state, jnp.mean(episodes.rewards[..., 0])


def make_lesson(setup: Setup, params: Params, episode: Episode) -> Lesson:
    """Computes advantages and returns of an episode with the critic that played it."""
    before = jax.tree.map(lambda leaf: leaf[:-1], episode.states)
    inputs = jax.vmap(lambda state: responder_inputs(setup.game, state, 0))(before)
    actions = episode.actions[:, 0]
    values = state_values(setup, params, inputs)
    advantages = generalized_advantages(
        episode.rewards[:, 0],
        values,
        discount=setup.config.discount,
        gae_discount=setup.config.gae_discount,
    )
    log_probs = _at_taken(episode.log_policies[:, 0], actions)
    return Lesson(inputs, actions, log_probs, advantages, advantages + values)


def state_values(setup: Setup, params: Params, inputs: Array) -> Array:
    """V_t = (T - t) v_t, with v the critic's output: the steps left are known. Shape [T]."""
    outputs = unroll(setup.critic, params["critic"], inputs)
    chex.assert_shape(outputs, (len(inputs), 1))
    return jnp.arange(len(inputs), 0, -1) * outputs[:, 0]


def generalized_advantages(
    rewards: Array, values: Array, *, discount: float, gae_discount: float
) -> Array:
    """Generalised advantages: A_t = delta_t + gamma lambda A_{t+1}.

    delta_t = r_t + gamma V_{t+1} - V_t, with V_T = 0: the game ends at T.

    Args:
      rewards: r_t. Shape [T].
      values: V_t for t = 0..T-1. Shape [T].
      discount: gamma, per step.
      gae_discount: lambda, per step.

    Returns:
      A_t. Shape [T].
    """
    chex.assert_equal_shape([rewards, values])
    td_errors = losses.td_advantages(rewards, jnp.append(values, 0.0), discount=discount)
    return discounted_sums(td_errors, discount * gae_discount)


def standardize(advantages: Array) -> Array:
    """Gives all advantages of a batch mean zero and deviation one."""
    return (advantages - jnp.mean(advantages)) / (jnp.std(advantages) + 1e-6)


def batch_loss(setup: Setup, params: Params, lessons: Lesson, entropy_weight: Array) -> Array:
    """Mean loss of the episodes [B, ...]: L_policy + beta L_entropy + L_value."""

    def one(lesson: Lesson) -> Array:
        log_policy = jax.nn.log_softmax(unroll(setup.actor, params["actor"], lesson.inputs))
        policy_loss = clipped_policy_loss(
            _at_taken(log_policy, lesson.actions),
            lesson.log_probs,
            lesson.advantages,
            clip_epsilon=setup.config.clip_epsilon,
        )
        negative_entropy = jnp.mean(losses.negative_entropies(log_policy))
        values = state_values(setup, params, lesson.inputs)
        value_loss = jnp.mean((values - lesson.returns) ** 2) / len(values)
        return policy_loss + entropy_weight * negative_entropy + value_loss

    return jnp.mean(jax.vmap(one)(lessons))


def clipped_policy_loss(
    log_probs: Array, old_log_probs: Array, advantages: Array, *, clip_epsilon: float
) -> Array:
    """Clipped surrogate, Eq. (7) of PPO: -mean_t min(u_t A_t, clip(u_t, 1 - eps, 1 + eps) A_t).

    Args:
      log_probs: log pi(a_t | h_t), differentiable. Shape [T].
      old_log_probs: the same of the policy that played. Shape [T].
      advantages: A_t. Shape [T].
      clip_epsilon: eps, how far the ratio u_t = pi / pi_old is followed.

    Returns:
      Scalar.
    """
    chex.assert_equal_shape([log_probs, old_log_probs, advantages])
    ratios = jnp.exp(log_probs - old_log_probs)
    clipped = jnp.clip(ratios, 1 - clip_epsilon, 1 + clip_epsilon)
    return -jnp.mean(jnp.minimum(ratios * advantages, clipped * advantages))


def _at_taken(table: Array, actions: Array) -> Array:
    """Entries [T] of a table [T, A] at the actions."""
    return table[jnp.arange(len(actions)), actions]
