"""POLA-DiCE, a baseline: proximal learning with opponent-learning awareness, in either game.

Zhao et al. 2022, arXiv 2210.10125. A player improves its policy theta by looking ahead: it plays
against what the opponent's policy would be after a few steps of its own, and follows the gradient
also through the dependence of these steps on theta. In an update (an "epoch"), for a player with
policy theta and an opponent with policy phi:

  repeat num_outer_steps:
    phi' = phi
    repeat num_inner_steps, on new episodes of theta and phi':
      phi' <- phi' - rate grad_phi' [ -J_opponent(theta, phi') + inner_penalty KL(phi || phi') ]
    on new episodes of theta and phi'(theta):
      theta <- Adam: grad_theta [ -J_player(theta, phi'(theta)) + outer_penalty KL(start || theta) ]

J is a DiCE objective with a learned baseline, KL(p || q) the mean over the states of the episodes.
Both players do so from the same start, then both are replaced. With no penalties, one inner and one
outer step this is LOLA-DiCE (Foerster et al. 2018, arXiv 1802.05098), up to the optimiser: the only
step of a new Adam goes by the signs of the gradient.

Deviation: the games are LOQA's. Whoever looks sees itself first, while the second player of the
original sees the first player's view; one network can thus play either seat. The games being
symmetric, whoever learns sits in seat 0. In the iterated game START is all zeros instead of a flag,
and the payoffs are three times the original's (contribution factor 4/3), less two.

Shapes: B episodes, T steps, P = 2 players, A actions, E entries of an observation.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from common import ipd
from loqa import coin_game_rollout
from loqa.networks import Agent, Evaluation, Params
from loqa.pola.config import PolaConfig
from loqa.pola.look_ahead import Metrics, Setup, outer_gradient
from loqa.recurrent import GruTower, recurrent_agent, unroll
from loqa.rollout import Trajectory, rollout


class TrainState(NamedTuple):
    """Everything a run of one seed is: resuming needs nothing else."""

    params: Params  # of both players, leading axis P
    key: Array  # []
    step: Array  # [] int32, updates done


class Training(NamedTuple):
    """The pure functions of a training run of one seed."""

    init: Callable[[Array], TrainState]  # consumes the key
    update: Callable[[TrainState], tuple[TrainState, Metrics]]
    learner: Callable[[TrainState], Params]  # the agent that is evaluated


def make_train(config: PolaConfig) -> Training:
    """Builds the training run of a configuration.

    Args:
      config: sizes, rates and penalties.

    Returns:
      `init`, which makes the state of a seed from its key, `update`, which does one epoch and
      returns scalar metrics, and `learner`, the first player. All are pure: jit and vmap them.
    """
    setup = make_setup(config)
    return Training(
        partial(init, setup),
        partial(update, setup),
        lambda state: jax.tree.map(lambda leaf: leaf[0], state.params),
    )


def make_agent(config: PolaConfig) -> Agent:
    """Builds the agent that a player is, to be played and evaluated.

    It has values of histories instead of actions: each action is given the value of its history.
    """
    actor, critic, observation_size = _towers(config)

    def init(key: Array) -> Params:
        actor_key, critic_key = jax.random.split(key)
        observation = jnp.zeros(observation_size)
        return {
            "actor": actor.init(actor_key, jnp.zeros(actor.hidden_size), observation),
            "critic": critic.init(critic_key, jnp.zeros(critic.hidden_size), observation),
        }

    def evaluate(
        params: Params, observations: Array, log_policy: Array | None = None
    ) -> Evaluation:
        if log_policy is None:
            log_policy = jax.nn.log_softmax(unroll(actor, params["actor"], observations))
        values = unroll(critic, params["critic"], observations)  # [T + 1, 1]
        q_values = jnp.broadcast_to(values, (len(values), actor.num_outputs))
        return Evaluation(log_policy, q_values, jnp.arange(len(observations)))

    plays_alike = recurrent_agent(actor, critic, observation_size)
    return plays_alike._replace(init=init, evaluate=evaluate)


def make_setup(config: PolaConfig) -> Setup:
    """Builds game and networks of a configuration."""
    actor, critic, _ = _towers(config)
    agent = make_agent(config)
    play_one = _ipd_play(config, agent) if config.game == "ipd" else _coin_game_play(config, agent)

    def play(own: Params, other: Params, key: Array) -> Trajectory:
        keys = jax.random.split(key, config.batch_size)
        return jax.vmap(lambda key: play_one(own, other, key))(keys)

    return Setup(
        config=config,
        init_params=agent.init,
        play=play,
        log_policy=lambda params, seen: jax.nn.log_softmax(unroll(actor, params, seen)),
        values=lambda params, seen: unroll(critic, params, seen)[:, 0],
    )


def init(setup: Setup, key: Array) -> TrainState:
    """Returns the state before the first update; consumes the key."""
    params_key, run_key = jax.random.split(key)
    params = jax.vmap(setup.init_params)(jax.random.split(params_key))
    return TrainState(params, run_key, jnp.zeros((), jnp.int32))


def update(setup: Setup, state: TrainState) -> tuple[TrainState, Metrics]:
    """Does one epoch of both players, each against the other's start; metrics are their mean."""
    key, epoch_key = jax.random.split(state.key)
    params, metrics = improve_both(setup, state.params, jax.random.split(epoch_key))
    return TrainState(params, key, state.step + 1), jax.tree.map(jnp.mean, metrics)


def improve_both(setup: Setup, params: Params, keys: Array) -> tuple[Params, Metrics]:
    """Improves each player against the other, one after the other to save memory.

    Args:
      setup: constants of the run.
      params: of both players, leading axis P.
      keys: one for each player, consumed. Shape [P].

    Returns:
      New parameters and metrics, leading axis P.
    """
    others = jax.tree.map(lambda leaf: jnp.flip(leaf, 0), params)
    return lax.map(lambda player: improve(setup, *player), (params, others, keys))


def improve(setup: Setup, start: Params, other: Params, key: Array) -> tuple[Params, Metrics]:
    """Does the outer steps of one player, with new Adam moments, close to where it starts.

    Args:
      setup: constants of the run.
      start: of the player that learns; the anchor of its penalty.
      other: of the opponent, from where each look-ahead starts.
      key: consumed.

    Returns:
      New parameters of the player and metrics, means over the outer steps.
    """
    optimizer = _optimizer(setup.config)
    keys = jax.random.split(key, setup.config.num_outer_steps)

    def step(
        carry: tuple[Params, optax.OptState], key: Array
    ) -> tuple[tuple[Params, optax.OptState], Metrics]:
        params, opt_state = carry
        gradient, metrics = outer_gradient(setup, params, other, start["actor"], key)
        updates, opt_state = optimizer.update(gradient, opt_state)
        return (optax.apply_updates(params, updates), opt_state), metrics

    (params, _), metrics = lax.scan(step, (start, optimizer.init(start)), keys)
    return params, jax.tree.map(jnp.mean, metrics)


def _optimizer(config: PolaConfig) -> optax.GradientTransformation:
    """Adam with a rate for the policy and one for the values."""
    rates = {"actor": config.outer_learning_rate, "critic": config.value_learning_rate}
    optimizers = {part: optax.adam(rate) for part, rate in rates.items()}
    return optax.multi_transform(optimizers, {part: part for part in rates})


def _towers(config: PolaConfig) -> tuple[GruTower, GruTower, int]:
    """Networks of policy and values, and the size of an observation."""
    game = coin_game_rollout.make_game(config) if config.game == "coin_game" else ipd.MatrixGame()
    actor = GruTower(config.hidden_size, game.num_actions, num_layers=1)
    critic = GruTower(config.hidden_size, num_outputs=1, num_layers=1)
    return actor, critic, math.prod(game.observation_shape)


def _coin_game_play(
    config: PolaConfig, agent: Agent
) -> Callable[[Params, Params, Array], Trajectory]:
    game = coin_game_rollout.make_game(config)
    players = (coin_game_rollout.learned(game, agent),) * 2

    def play_one(own: Params, other: Params, key: Array) -> Trajectory:
        episode = coin_game_rollout.play(game, players, (own, other), key)
        return coin_game_rollout.trajectory(game, episode)._replace(log_policies=None)

    return play_one


def _ipd_play(config: PolaConfig, agent: Agent) -> Callable[[Params, Params, Array], Trajectory]:
    game = ipd.MatrixGame(episode_length=config.episode_length)
    return lambda own, other, key: rollout(game, (agent, agent), (own, other), key)
