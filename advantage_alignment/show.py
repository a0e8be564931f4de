"""Plays one episode of the Coin Game and draws it: an animated GIF, or a PNG strip."""

from pathlib import Path

import jax
import numpy as np

from common import coin_game_drawing
from common.coin_game import CoinGame
from advantage_alignment import coin_game_rollout, contestants
from advantage_alignment.arguments import SELF


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
      agent_word: who plays, see `contestants.find`.
      opponent_word: likewise, or `SELF`.
      seed: of agents of runs; None for the first of each run.
      episode_seed: decides the episode.
      output: file to write, .gif or .png; None for a GIF in the current folder.

    Returns:
      The path written and the sum of rewards of each seat, by the player's name.

    Raises:
      Exception: whatever `contestants.find` raises.
      UserError: the two play different games.
    """
    agent = contestants.find(agent_word, seed)
    opponent = agent if opponent_word == SELF else contestants.find(opponent_word, seed)
    game = agent.game or opponent.game or CoinGame()
    for contestant in (agent, opponent):
        contestants.check_can_play(game, contestant)
    seated = (agent,) + (opponent,) * (game.num_players - 1)
    players = [contestant.in_game(game) for contestant in seated]
    params = [contestant.params for contestant in seated]
    play = jax.jit(lambda params, key: coin_game_rollout.play(game, players, params, key))
    episode = play(params, jax.random.key(episode_seed))

    path = output or Path(f"{agent.name}_vs_{opponent.name}_episode_{episode_seed}.gif")
    coin_game_drawing.draw_episode(game, episode.states, path)
    totals = np.sum(episode.rewards, axis=0).tolist()
    names = [f"{contestant.name} (seat {seat})" for seat, contestant in enumerate(seated)]
    return path, dict(zip(names, totals, strict=True))
