"""A best responder by distillation: the exact best response to a finite controller of an agent.

Whatever the controller misses of the agent, its best response is a strategy, and what that gets
from the agent itself, in episodes that nothing was chosen on, is in expectation a lower bound of
what the best response to the agent gets. The controller is fitted anew with the play against each
response found so far, for a response leads to where no script has been.

Shapes: B episodes, T steps, P = 2 players, S states, A moves, M modes.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from brs import coin_game_players
from brs.coin_game_players import CONTROLLERS, ControllerMemory, Params, Player
from brs.exact import coin_game_values
from brs.exact.coin_game_values import Agent
from brs.responders import distillation
from brs.responders.config import DistillationConfig
from brs.responders.distillation import Behaviour, Memory, Visits
from common.coin_game import CoinGame, CoinGameState

LARGEST_POLICY = 10**8  # entries; half a gigabyte
OPPONENTS = ("AC", "AD", "random")  # who the agent meets first, and itself


class DistilledResult(NamedTuple):
    """What the responder does to the agent, and how near its model is."""

    rewards: Array  # [B, P] per step, of responder and agent
    action_kl: Array  # [opponents B], of episodes against scripts and itself that were held out
    action_kl_met: Array  # [B], of the episodes of `rewards`
    planned: Array  # [], what the responder gets from the controller per step, exactly


class Response(NamedTuple):
    """A strategy against a controller, and what it is worth."""

    table: Array  # [M, S, A], of the controller
    policy: Array  # [T, M, S, A]
    planned: Array  # [], per step, against the controller
    reward: Array  # [], per step, against the agent, where it was chosen


def learn(
    config: DistillationConfig, game: CoinGame, agent: Player, agent_params: Params, key: Array
) -> DistilledResult:
    """Distils an agent, responds to the controller, and plays fresh episodes against the agent.

    Of the responses of all rounds the one that got most is taken. The controller that is judged is
    the one that it was computed from.

    Args:
      config: sizes.
      game: parameters of the game, of two players and a single coin.
      agent: in seat 1.
      agent_params: its parameters.
      key: consumed.
    """
    memory = distillation.last_coins(config.num_remembered_coins)
    known_key, round_key, play_key = jax.random.split(key, 3)
    play_known = partial(_play_known, config, game, agent, agent_params)
    played_twice = lax.map(play_known, jax.random.split(known_key, 2))
    fitted_on, held_out = (jax.tree.map(lambda leaf, i=i: leaf[i], played_twice) for i in range(2))
    visits = distillation.add(distillation.no_visits(game, memory), fitted_on)

    def play(policy: Array, key: Array) -> tuple[Behaviour, Array]:
        players = (responder(game, memory), agent)
        seats = (policy, agent_params)
        episodes = coin_game_players.play_many(game, players, seats, key, config.num_episodes)
        seen = distillation.behaviour(game, memory, episodes, 1)
        return seen, jnp.mean(episodes.rewards, axis=1)

    def one(carry: tuple[Visits, Response], key: Array) -> tuple[tuple[Visits, Response], None]:
        visits, best = carry
        response = respond(config, game, visits)
        seen, rewards = play(response.policy, key)
        response = response._replace(reward=jnp.mean(rewards[:, 0]))
        is_better = response.reward > best.reward
        best = jax.tree.map(lambda new, old: jnp.where(is_better, new, old), response, best)
        return (distillation.add(visits, seen), best), None

    first = respond(config, game, visits)
    keys = jax.random.split(round_key, config.num_rounds)
    (_, best), _ = lax.scan(one, (visits, first), keys)
    met, rewards = play(best.policy, play_key)
    table = Agent(best.table, memory.next_modes)
    kl_known, kl_met = (distillation.action_kl(table, seen) for seen in (held_out, met))
    return DistilledResult(rewards, kl_known, kl_met, best.planned)


def obstacle(config: DistillationConfig, game: CoinGame) -> str:
    """Why there can be no such responder in a game; empty if there can."""
    num_modes = len(distillation.last_coins(config.num_remembered_coins).next_modes)
    num_states = 2 * (game.height * game.width) ** 3
    size = game.episode_length * num_modes * num_states * game.num_actions
    if size > LARGEST_POLICY:
        return f"its policy would have {size:.0e} entries on this grid, more than {LARGEST_POLICY}"
    return ""


def respond(config: DistillationConfig, game: CoinGame, visits: Visits) -> Response:
    """The exact best response to the controller that is fitted on some play; not yet played."""
    table = distillation.fit(visits, config.num_remembered_coins, config.prior_visits)
    values, q_values = coin_game_values.solve(game, table, coin_game_values.greedy, discount=1.0)
    policy = jax.vmap(coin_game_values.greedy)(q_values)
    return Response(
        table.probs, policy, values.responder / game.episode_length, jnp.array(-jnp.inf)
    )


def responder(game: CoinGame, memory: Memory) -> Player:
    """The player whose parameters are a policy [T, M, S, A]: it keeps the other's memory."""
    next_modes = jnp.asarray(memory.next_modes, jnp.int32)

    def act(
        policy: Array, remembered: ControllerMemory, state: CoinGameState, seat: int
    ) -> tuple[ControllerMemory, Array]:
        remembered, event = coin_game_players.look(remembered, state, 1 - seat)
        mode = next_modes[remembered.mode, event]
        index = coin_game_values.index_seen(game, state, seat)
        return remembered._replace(mode=mode), policy[state.time, mode, index]

    return Player(lambda policy: coin_game_players.nothing_seen(), act)


def _play_known(
    config: DistillationConfig, game: CoinGame, agent: Player, agent_params: Params, key: Array
) -> Behaviour:
    """How the agent plays against each of `OPPONENTS` and itself. [opponents B, T, ...]."""
    memory = distillation.last_coins(config.num_remembered_coins)

    def against(other: Player, params: Params, key: Array) -> Behaviour:
        seats = (params, agent_params)
        episodes = coin_game_players.play_many(
            game, (other, agent), seats, key, config.num_episodes
        )
        return distillation.behaviour(game, memory, episodes, 1)

    *script_keys, own_key = jax.random.split(key, len(OPPONENTS) + 1)
    told = [coin_game_players.as_tables(CONTROLLERS[name]) for name in OPPONENTS]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *told)
    script = coin_game_players.any_controller(game)
    scripted = lax.map(lambda each: against(script, *each), (stacked, jnp.stack(script_keys)))
    joined = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), scripted)
    itself = against(agent, agent_params, own_key)
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), joined, itself)
