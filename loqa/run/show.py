"""Plays one episode of the Coin Game and draws it: an animated GIF, or a PNG strip."""

from pathlib import Path

import jax
import numpy as np

from common import coin_game_drawing
from common.coin_game import CoinGame
from loqa import coin_game_rollout
from loqa.run import players


def show(
    agent_word: str,
    opponent_word: str,
    *,
    seed: int | None,
    episode_seed: int,
    output: Path | None,
) -> tuple[Path, dict[str, float]]:
    """Plays an agent in the first seat against an opponent in the others, and draws the episode.

    Args:
      agent_word: who plays, see `players.find`.
      opponent_word: likewise.
      seed: of agents of runs; None for the first of each run.
      episode_seed: decides the episode.
      output: file to write, .gif or .png; None for a GIF in the current folder.

    Returns:
      The path written and the sum of rewards of each seat, by the player's name.

    Raises:
      Exception: whatever `players.find` raises.
      UserError: the two play different games.
    """
    agent = players.find(agent_word, seed)
    opponent = agent if opponent_word == agent_word else players.find(opponent_word, seed)
    game = agent.game or opponent.game or CoinGame()
    for player in (agent, opponent):
        players.check_can_play(game, player)
    seated = (agent,) + (opponent,) * (game.num_players - 1)
    policies = [player.in_game(game) for player in seated]
    params = [player.params for player in seated]
    play = jax.jit(lambda params, key: coin_game_rollout.play(game, policies, params, key))
    episode = play(params, jax.random.key(episode_seed))

    path = output or Path(f"{agent.name}_vs_{opponent.name}_episode_{episode_seed}.gif")
    coin_game_drawing.draw_episode(game, episode.states, path, episode.rewards)
    totals = np.sum(episode.rewards, axis=0).tolist()
    names = [f"{player.name} (seat {seat})" for seat, player in enumerate(seated)]
    return path, dict(zip(names, totals, strict=True))
