"""Plays one episode and draws it: the Coin Game, Commons Harvest, or a negotiation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from advantage_alignment.agents import sampling_player
from advantage_alignment.config import TrainingConfig
from advantage_alignment.games import (
    coin_game,
    commons_harvest,
    harvest_drawing,
    negotiation,
    negotiation_drawing,
)
from advantage_alignment.networks import Params
from advantage_alignment.rollout import Team, rollout
from advantage_alignment.run import players
from advantage_alignment.run.training_run import load_run
from common import coin_game_drawing
from common.logger.errors import UserError

_HARVEST_FRAMES = 300  # steps of an episode that are drawn
Shown = tuple[Path, dict[str, float]]


class _Request(NamedTuple):
    """What is asked for: who plays against whom, which episode, and where it is drawn."""

    agent: str
    opponent: str | None
    seed: int | None
    episode_seed: int
    output: Path | None


def show(
    agent_word: str,
    opponent_word: str | None,
    *,
    seed: int | None,
    episode_seed: int,
    output: Path | None,
) -> Shown:
    """Plays an episode and draws it; which game it is depends on the agent.

    Args:
      agent_word: who plays, see `players.find`; or a run folder of another game.
      opponent_word: likewise; AC or AD in the Negotiation Game; None for the agent itself, as
        always in Commons Harvest.
      seed: of agents of runs; None for the first of each run.
      episode_seed: decides the episode.
      output: file to write: .gif, or .png for a strip of the Coin Game or for proposals over
        rounds; None for one in the current folder.

    Returns:
      The path written and the sum of rewards of each seat, by the player's name.

    Raises:
      Exception: whatever `players.find` and `load_run` raise.
      UserError: the game of the run cannot be shown, or not against this opponent.
    """
    request = _Request(agent_word, opponent_word, seed, episode_seed, output)
    path = Path(agent_word)
    if not path.is_dir():
        return _show_coin_game(request)
    run = load_run(path)
    if run.config.game == "ipd":
        raise UserError("the iterated prisoner's dilemma is no sight: see the experiment's figure")
    if run.config.game == "coin_game":
        return _show_coin_game(request)
    params = players.at_index(run.params, players.index_of(run, path, seed))
    show_game = {"negotiation": _show_negotiation, "commons_harvest": _show_harvest}
    return show_game[run.config.game](run.config, params, request)


def _show_coin_game(request: _Request) -> Shown:
    agent = players.find(request.agent, request.seed)
    opponent = players.find(request.opponent, request.seed) if request.opponent else agent
    rules, game, episode_seed = coin_game.RULES, coin_game.GAME, request.episode_seed
    teams = [Team(each.player, each.params, 1) for each in (agent, opponent)]
    reset_key, play_key = jax.random.split(jax.random.key(episode_seed))
    _, played, states = rollout(game, teams, game.reset(reset_key), play_key, rules.episode_length)
    path = request.output or Path(f"{agent.name}_vs_{opponent.name}_episode_{episode_seed}.gif")
    coin_game_drawing.draw_episode(rules, states, path, played.rewards)
    return path, _totals((agent.name, opponent.name), played.rewards)


def _show_negotiation(config: TrainingConfig, params: Params, request: _Request) -> Shown:
    opponents = {word: players.SCRIPTS[word] for word in ("AC", "AD")}
    if request.opponent not in (None, *opponents):
        raise UserError(
            f"an agent of negotiation is shown against self, AC or AD, got '{request.opponent}'"
        )
    name = Path(request.agent).resolve().name
    game = negotiation.make_game(config)
    learner = sampling_player(negotiation.make_agent(config))
    second, other = learner, name
    if request.opponent:
        second, other = negotiation.SCRIPTS[opponents[request.opponent]], request.opponent
    teams = [Team(learner, params, 1), Team(second, params, 1)]
    reset_key, key = jax.random.split(jax.random.key(request.episode_seed))
    _, played, states = rollout(game, teams, game.reset(reset_key), key, config.num_steps)
    path = request.output or Path(f"{name}_vs_{other}_episode_{request.episode_seed}.png")
    negotiation_drawing.draw_proposals(
        np.asarray(states.values), np.asarray(played.actions), (name, other), path
    )
    return path, _totals((name, other), played.rewards)


def _show_harvest(config: TrainingConfig, params: Params, request: _Request) -> Shown:
    if request.opponent:
        raise UserError("an agent of commons_harvest is shown against itself only")
    name = Path(request.agent).resolve().name
    game = commons_harvest.make_game(config)
    team = Team(sampling_player(commons_harvest.make_agent(config)), params, config.num_players)
    reset_key, key = jax.random.split(jax.random.key(request.episode_seed))
    num_windows = min(_HARVEST_FRAMES, config.episode_length) // config.num_steps
    state, frames, all_rewards = game.reset(reset_key), [], []
    for window_key in jax.random.split(key, num_windows):
        state, played, states = rollout(game, [team], state, window_key, config.num_steps)
        frames.append(jax.tree.map(lambda leaf: np.asarray(leaf[:-1]), states))
        all_rewards.append(played.rewards)
    path = request.output or Path(f"{name}_episode_{request.episode_seed}.gif")
    episode = jax.tree.map(lambda *leaves: np.concatenate(leaves), *frames)
    harvest_drawing.draw_episode(commons_harvest.rules_of(config), episode, path)
    return path, _totals([name] * config.num_players, np.concatenate(all_rewards))


def _totals(names: Sequence[str], rewards: Any) -> dict[str, float]:
    """Sums of the rewards [T, P] of each seat, by the player's name."""
    totals = np.sum(rewards, axis=0).tolist()
    seated = [f"{name} (seat {seat})" for seat, name in enumerate(names)]
    return dict(zip(seated, totals, strict=True))
