"""A trained best responder: a recurrent actor-critic that learns against a frozen agent.

Proximal policy optimisation (Schulman et al. 2017, arXiv 1707.06347) with generalised advantages,
for the undiscounted return. What it reaches is a lower bound of what the best response gets. It
looks at its own observation and at the share of the episode that has passed.

Shapes: B episodes, T steps, E inputs, A actions.
"""

import math
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from jax import Array, lax

from brs.coin_game_players import Episode, Params, Player, play_many
from brs.losses import mean_entropy
from brs.networks import GruLayer
from brs.responders.config import ResponderConfig
from common import coin_game
from common.coin_game import CoinGame, CoinGameState


class Network(nn.Module):
    """Actor and critic on a memory each: carry [2, H] and inputs [E] to logits [A] and a value."""

    hidden_size: int
    num_actions: int

    @nn.compact
    def __call__(self, carry: Array, inputs: Array) -> tuple[Array, Array, Array]:
        """Maps carry [2, H] and inputs [E] to the next carry, logits [A] and a value []."""
        actor = GruLayer(self.hidden_size, name="actor")(carry[0], inputs)
        critic = GruLayer(self.hidden_size, name="critic")(carry[1], inputs)
        logits, value = nn.Dense(self.num_actions)(actor), nn.Dense(1)(critic)
        return jnp.stack([actor, critic]), logits, value[0]


class Learner(NamedTuple):
    """What learns, and against whom."""

    config: ResponderConfig
    game: CoinGame
    network: Network
    agent: Player
    agent_params: Params
    optimizer: optax.GradientTransformation


class Experience(NamedTuple):
    """What the losses of one episode need; constants in them."""

    inputs: Array  # [T, E]
    actions: Array  # [T] int32
    log_probs: Array  # [T], of the actions when they were played
    advantages: Array  # [T]
    returns: Array  # [T]


def learn(
    config: ResponderConfig, game: CoinGame, agent: Player, agent_params: Params, key: Array
) -> Array:
    """Learns an answer to an agent, then plays fresh episodes with its likeliest moves.

    Args:
      config: sizes and rates.
      game: parameters of the game.
      agent: frozen, in seat 1.
      agent_params: its parameters.
      key: consumed.

    Returns:
      Rewards per step of responder and agent in each episode. Shape [B, P].
    """
    learner = make_learner(config, game, agent, agent_params)
    init_key, learn_key, play_key = jax.random.split(key, 3)
    params = init(learner, init_key)
    state = (params, learner.optimizer.init(params))
    keys = jax.random.split(learn_key, config.num_updates)
    (params, _), _ = lax.scan(partial(update, learner), state, keys)
    players = (responder(learner, is_greedy=True), agent)
    seats = (params, agent_params)
    episodes = play_many(game, players, seats, play_key, config.num_eval_episodes)
    return jnp.mean(episodes.rewards, axis=1)


def make_learner(
    config: ResponderConfig, game: CoinGame, agent: Player, agent_params: Params
) -> Learner:
    """Builds network and optimiser."""
    num_steps = config.num_updates * config.num_epochs
    optimizer = optax.chain(
        optax.clip_by_global_norm(config.max_grad_norm),
        optax.adam(optax.linear_schedule(config.learning_rate, 0.0, num_steps)),
    )
    network = Network(config.hidden_size, game.num_actions)
    return Learner(config, game, network, agent, agent_params, optimizer)


def init(learner: Learner, key: Array) -> Params:
    """Parameters before the first update; consumes the key."""
    inputs = jnp.zeros(math.prod(learner.game.observation_shape) + 1)
    return learner.network.init(key, _start(learner), inputs)


def responder(learner: Learner, *, is_greedy: bool = False) -> Player:
    """The player in seat 0 that the network is, drawing its moves or playing the likeliest."""

    def act(params: Params, carry: Array, state: CoinGameState, seat: int) -> tuple[Array, Array]:
        inputs = _inputs(learner.game, state, seat)
        carry, logits, _ = learner.network.apply(params, carry, inputs)
        if is_greedy:
            return carry, jax.nn.one_hot(jnp.argmax(logits), len(logits))
        return carry, jax.nn.softmax(logits)

    return Player(lambda params: _start(learner), act)


def update(
    learner: Learner, state: tuple[Params, Any], key: Array
) -> tuple[tuple[Params, Any], Array]:
    """Plays a batch and learns from it; also returns the responder's reward per step."""
    config = learner.config
    players = (responder(learner), learner.agent)
    seats = (state[0], learner.agent_params)
    episodes = play_many(learner.game, players, seats, key, config.batch_size)
    experiences = jax.vmap(partial(make_experience, learner, state[0]))(episodes)
    spread = jnp.std(experiences.advantages) + 1e-6
    experiences = experiences._replace(
        advantages=(experiences.advantages - jnp.mean(experiences.advantages)) / spread
    )

    def one(state: tuple[Params, Any], _: None) -> tuple[tuple[Params, Any], None]:
        params, optimizer_state = state
        gradient = jax.grad(partial(batch_loss, learner))(params, experiences)
        changes, optimizer_state = learner.optimizer.update(gradient, optimizer_state)
        return (optax.apply_updates(params, changes), optimizer_state), None

    state, _ = lax.scan(one, state, length=config.num_epochs)
    return state, jnp.mean(episodes.rewards[..., 0])


def make_experience(learner: Learner, params: Params, episode: Episode) -> Experience:
    """Advantages and returns of an episode by the critic that played it."""
    before = jax.tree.map(lambda leaf: leaf[:-1], episode.states)
    inputs = jax.vmap(lambda state: _inputs(learner.game, state, 0))(before)
    actions = episode.actions[:, 0]
    _, values = unroll(learner, params, inputs)
    advantages = generalized_advantages(
        episode.rewards[:, 0], values, trace_decay=learner.config.trace_decay
    )
    log_probs = jnp.take_along_axis(episode.log_policies[:, 0], actions[:, None], axis=1)[:, 0]
    return Experience(inputs, actions, log_probs, advantages, advantages + values)


def generalized_advantages(rewards: Array, values: Array, *, trace_decay: float) -> Array:
    """A_t = delta_t + lambda A_{t+1}, delta_t = r_t + V_{t+1} - V_t, V_T = 0. Shape [T]."""
    td_errors = rewards + jnp.append(values[1:], 0.0) - values

    def one(later: Array, td_error: Array) -> tuple[Array, Array]:
        advantage = td_error + trace_decay * later
        return advantage, advantage

    return lax.scan(one, jnp.zeros(()), td_errors, reverse=True)[1]


def batch_loss(learner: Learner, params: Params, experiences: Experience) -> Array:
    """Mean of the clipped surrogate, Eq. (7) of PPO, the critic's error and minus the entropy."""
    config = learner.config

    def one(experience: Experience) -> Array:
        log_policy, values = unroll(learner, params, experience.inputs)
        taken = jnp.take_along_axis(log_policy, experience.actions[:, None], axis=1)[:, 0]
        ratios = jnp.exp(taken - experience.log_probs)
        clipped = jnp.clip(ratios, 1 - config.clip_epsilon, 1 + config.clip_epsilon)
        surrogate = jnp.mean(
            jnp.minimum(ratios * experience.advantages, clipped * experience.advantages)
        )
        value_loss = jnp.mean((values - experience.returns) ** 2) / len(values)
        return value_loss - surrogate - config.entropy_weight * mean_entropy(log_policy)

    return jnp.mean(jax.vmap(one)(experiences))


def unroll(learner: Learner, params: Params, inputs: Array) -> tuple[Array, Array]:
    """Log-policies [T, A] and values [T] along inputs [T, E]; V_t = (T - t) times the output."""

    def one(carry: Array, seen: Array) -> tuple[Array, tuple[Array, Array]]:
        carry, logits, value = learner.network.apply(params, carry, seen)
        return carry, (jax.nn.log_softmax(logits), value)

    _, (log_policy, values) = lax.scan(one, _start(learner), inputs)
    return log_policy, jnp.arange(len(inputs), 0, -1) * values


def _start(learner: Learner) -> Array:
    return jnp.zeros((2, learner.config.hidden_size))


def _inputs(game: CoinGame, state: CoinGameState, seat: int) -> Array:
    """Observation of a seat, flattened, and t / T. Shape [E]."""
    observation = coin_game.observe(game, state)[seat].reshape(-1)
    return jnp.append(observation, state.time / game.episode_length)
