"""What tree search gets from trained agents of the Coin Game.

Shapes: S seeds, P = 2 players: searcher and agent.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from brs import train
from brs.config import BrsConfig
from brs.evaluation.evaluate import agent_player
from brs.responders import searcher
from brs.responders.config import SearchConfig
from common.logger.experiment import Metrics

BASES = ("AC", "AD")  # how the searcher plays in roll-outs


def search_agents(
    search: SearchConfig, num_episodes: int, config: BrsConfig, actors: Any, seeds: Sequence[int]
) -> Metrics:
    """Lets the search play against the agent of every seed; the better of two base policies.

    Args:
      search: the search.
      num_episodes: of every seed and base policy.
      config: settings of the training that made the agents.
      actors: parameters of the agents' actors. [S, ...]
      seeds: S of them; the games' luck.

    Returns:
      Rewards per step, a value per seed: search_vs_agent, agent_vs_search.
    """
    # All that an agent's play depends on: one program serves the variants of a training.
    alike = BrsConfig(
        game=config.game,
        grid_size=config.grid_size,
        episode_length=config.episode_length,
        agent=config.agent,
        hidden_size=config.hidden_size,
    )
    inputs = (jax.device_get(actors), jnp.asarray(seeds, jnp.int32))
    rewards = np.asarray(_rewards_per_step(search, num_episodes, alike, inputs), np.float64)
    best = np.argmax(np.mean(rewards[..., 0], axis=0))
    searched, agents = rewards[:, best].T
    return {"search_vs_agent": searched.tolist(), "agent_vs_search": agents.tolist()}


@partial(jax.jit, static_argnums=(0, 1, 2))
def _rewards_per_step(
    search: SearchConfig, num_episodes: int, config: BrsConfig, inputs: tuple[Any, Array]
) -> Array:
    """Of actors [S, ...] and seeds [S] with every base policy. Shape [S, bases, P]."""
    game = train.make_coin_game(config)
    player = agent_player(game, train.make_players(config))

    def of_seed(inputs: tuple[Any, Array]) -> Array:
        actor, seed = inputs
        keys = jax.random.split(jax.random.key(seed), num_episodes)
        cases = [searcher.make_case(actor, base, search.exploration) for base in BASES]
        played = [searcher.play_many(search, game, player, case, keys) for case in cases]
        return jnp.mean(jnp.stack(played), axis=1)

    return lax.map(of_seed, inputs)
