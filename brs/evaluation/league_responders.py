"""Every best responder of a league, and two scripts, against one agent: all its seeds at once.

Shapes: S seeds, B episodes, P = 2 players.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from brs import coin_game_players
from brs.coin_game_players import CONTROLLERS, Player
from brs.evaluation.config import LeagueConfig
from brs.responders import distilled_responder, searcher, trained_responder
from brs.responders.config import SearchConfig
from brs.responders.search_model import Case
from common.coin_game import CoinGame

Rewards = dict[str, np.ndarray]  # responder or opponent -> [S, P] per step, of it and of the agent
_SCRIPTS = ("AC", "AD")  # of the paper's Figure 1


def respond(
    config: LeagueConfig, game: CoinGame, agent: Player, params: Any, seeds: Sequence[int]
) -> tuple[Rewards, dict[str, np.ndarray]]:
    """What every responder and the agent get, and how near the distilled controller is.

    Args:
      config: the responders.
      game: that the agent was made for.
      agent: who is responded to.
      params: its parameters. [S, ...]
      seeds: of the responders.

    Returns:
      Rewards by responder; and by name [S]: action_kl and action_kl_met, in nats, and what the
      distilled responder gets from the controller per step, controller_best_response.
    """
    found: Rewards = {}
    for search in config.searches:
        rewards = _over_seeds(_searched(config, search, game, agent), params, seeds)
        for i, base in enumerate(config.bases):
            found[f"{search.kind}_{base}"] = rewards[:, i]
    if config.responder is not None:
        learner = config.responder

        def learned(params: Any, key: Array) -> Array:
            played = trained_responder.learn(learner, game, agent, params, key)
            return jnp.mean(played, axis=0)

        found["trained"] = _over_seeds(learned, params, seeds)
    sizes = config.distillation
    if sizes is None or distilled_responder.obstacle(sizes, game):
        return found, {}

    def distilled(params: Any, key: Array) -> Array:
        learned = distilled_responder.learn(sizes, game, agent, params, key)
        kl, kl_met = jnp.mean(learned.action_kl), jnp.mean(learned.action_kl_met)
        model = jnp.stack([kl, kl_met, learned.planned])
        return jnp.concatenate([jnp.mean(learned.rewards, axis=0), model])

    columns = _over_seeds(distilled, params, seeds)  # [S, P + 3]
    found["distilled"] = columns[:, :2]
    names = ("action_kl", "action_kl_met", "controller_best_response")
    return found, dict(zip(names, columns[:, 2:].T, strict=True))


def play_scripts_and_itself(
    config: LeagueConfig, game: CoinGame, agent: Player, params: Any, seeds: Sequence[int]
) -> Rewards:
    """What AC, AD and the agent itself get from the agent; "self" has the mean of both seats."""
    tables = [coin_game_players.as_tables(CONTROLLERS[name]) for name in _SCRIPTS]
    scripts = jax.tree.map(lambda *leaves: jnp.stack(leaves), *tables)
    script = coin_game_players.any_controller(game)

    def rewards(other: Player, seats: Any, key: Array) -> Array:
        played = coin_game_players.play_many(game, (other, agent), seats, key, config.num_episodes)
        return jnp.mean(played.rewards, axis=(0, 1))

    def one(params: Any, key: Array) -> Array:
        script_key, own_key = jax.random.split(key)
        scripted = jax.lax.map(lambda each: rewards(script, (each, params), script_key), scripts)
        itself = jnp.mean(rewards(agent, (params, params), own_key), keepdims=True)
        return jnp.concatenate([scripted, jnp.tile(itself, 2)[None]])

    played = _over_seeds(one, params, seeds)  # [S, 3, P]
    return {name: played[:, i] for i, name in enumerate((*_SCRIPTS, "self"))}


def _searched(
    config: LeagueConfig, search: SearchConfig, game: CoinGame, agent: Player
) -> Callable[[Any, Array], Array]:
    """Rewards per step with every base policy, of one seed. [bases, P]."""

    def searched(params: Any, key: Array) -> Array:
        keys = jax.random.split(key, config.num_search_episodes)
        cases = [searcher.make_case(params, base, search.exploration) for base in config.bases]
        stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *cases)

        def one(case: Case) -> Array:
            return jnp.mean(searcher.play_many(search, game, agent, case, keys), axis=0)

        return jax.vmap(one)(stacked)

    return searched


def _over_seeds(
    function: Callable[[Any, Array], Array], params: Any, seeds: Sequence[int]
) -> np.ndarray:
    """Applies a function of parameters and a key to all seeds. [S, ...]."""

    def of_seed(inputs: tuple[Any, Array]) -> Array:
        params, seed = inputs
        return function(params, jax.random.key(seed))

    inputs = (params, jnp.asarray(seeds, jnp.int32))
    mapped = jax.jit(lambda inputs: jax.lax.map(of_seed, inputs))(inputs)
    return np.asarray(mapped, np.float64)
