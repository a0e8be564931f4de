"""Plays one episode and draws it: the Coin Game, Commons Harvest, or a negotiation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from matplotlib.figure import Figure

from advantage_alignment import contestants, harvest_drawing, methods, runs, scripts
from advantage_alignment.arguments import SELF
from advantage_alignment.errors import UserError
from advantage_alignment.networks import Params
from advantage_alignment.rollout import Team, rollout
from advantage_alignment.training_configs import TrainingConfig
from common import coin_game_drawing
from common.coin_game import CoinGame

_HARVEST_FRAMES = 300  # steps of an episode that are drawn
Shown = tuple[Path, dict[str, float]]


def show(
    agent_word: str,
    opponent_word: str,
    *,
    seed: int | None,
    episode_seed: int,
    output: Path | None,
) -> Shown:
    """Plays an episode and draws it; which game it is depends on the agent.

    Args:
      agent_word: who plays, see `contestants.find`; or a run folder of another game.
      opponent_word: likewise, or `SELF`; AC, AD or `SELF` in the Negotiation Game, and always
        `SELF` in Commons Harvest.
      seed: of agents of runs; None for the first of each run.
      episode_seed: decides the episode.
      output: file to write: .gif, or .png for a strip of the Coin Game or for proposals over
        rounds; None for one in the current folder.

    Returns:
      The path written and the sum of rewards of each seat, by the player's name.

    Raises:
      Exception: whatever `contestants.find` and `runs.load_run` raise.
      UserError: the game of the run cannot be shown, or not against this opponent.
    """
    path = Path(agent_word)
    if path.is_dir():
        run = runs.load_run(path)
        if run.config.game == "ipd":
            raise UserError(
                "the iterated prisoner's dilemma is no sight: see the experiment's figure"
            )
        if run.config.game != "coin_game":
            name = path.resolve().name
            params = contestants.at_index(run.state.params, contestants.index_of(run, path, seed))
            if run.config.game == "negotiation":
                return _show_negotiation(
                    run.config, params, name, opponent_word, episode_seed, output
                )
            if opponent_word != SELF:
                raise UserError(f"an agent of {run.config.game} is shown against itself only")
            return _show_harvest(run.config, params, name, episode_seed, output)
    return _show_coin_game(agent_word, opponent_word, seed, episode_seed, output)


def _show_coin_game(
    agent_word: str, opponent_word: str, seed: int | None, episode_seed: int, output: Path | None
) -> Shown:
    agent = contestants.find(agent_word, seed)
    opponent = agent if opponent_word == SELF else contestants.find(opponent_word, seed)
    rules = CoinGame()
    game = methods.coin_game_of(rules)
    teams = [Team(each.player, each.params, 1) for each in (agent, opponent)]
    reset_key, play_key = jax.random.split(jax.random.key(episode_seed))
    _, played, states = rollout(game, teams, game.reset(reset_key), play_key, rules.episode_length)
    path = output or Path(f"{agent.name}_vs_{opponent.name}_episode_{episode_seed}.gif")
    coin_game_drawing.draw_episode(rules, states, path)
    return path, _totals((agent.name, opponent.name), played.rewards)


def _show_negotiation(
    config: TrainingConfig,
    params: Params,
    name: str,
    opponent_word: str,
    episode_seed: int,
    output: Path | None,
) -> Shown:
    opponents = {word: contestants.SCRIPTS[word] for word in ("AC", "AD")}
    if opponent_word not in (SELF, *opponents):
        raise UserError(
            f"an agent of negotiation is shown against {SELF}, AC or AD, got '{opponent_word}'"
        )
    game, learner = methods.make_game(config), methods.learned(methods.make_agent(config))
    second, other = learner, name
    if opponent_word != SELF:
        second, other = scripts.of_game(config.game, opponents[opponent_word]), opponent_word
    teams = [Team(learner, params, 1), Team(second, params, 1)]
    reset_key, key = jax.random.split(jax.random.key(episode_seed))
    _, played, states = rollout(game, teams, game.reset(reset_key), key, config.num_steps)
    path = output or Path(f"{name}_vs_{other}_episode_{episode_seed}.png")
    _draw_proposals(np.asarray(states.values), np.asarray(played.actions), (name, other), path)
    return path, _totals((name, other), played.rewards)


def _show_harvest(
    config: TrainingConfig, params: Params, name: str, episode_seed: int, output: Path | None
) -> Shown:
    game = methods.make_game(config)
    team = Team(methods.learned(methods.make_agent(config)), params, config.num_players)
    reset_key, key = jax.random.split(jax.random.key(episode_seed))
    num_windows = min(_HARVEST_FRAMES, config.episode_length) // config.num_steps
    state, frames, all_rewards = game.reset(reset_key), [], []
    for window_key in jax.random.split(key, num_windows):
        state, played, states = rollout(game, [team], state, window_key, config.num_steps)
        frames.append(jax.tree.map(lambda leaf: np.asarray(leaf[:-1]), states))
        all_rewards.append(played.rewards)
    path = output or Path(f"{name}_episode_{episode_seed}.gif")
    episode = jax.tree.map(lambda *leaves: np.concatenate(leaves), *frames)
    harvest_drawing.draw_episode(methods.harvest_rules(config), episode, path)
    return path, _totals([name] * config.num_players, np.concatenate(all_rewards))


def _totals(names: Sequence[str], rewards: Any) -> dict[str, float]:
    """Sums of the rewards [T, P] of each seat, by the player's name."""
    totals = np.sum(rewards, axis=0).tolist()
    seated = [f"{name} (seat {seat})" for seat, name in enumerate(names)]
    return dict(zip(seated, totals, strict=True))


def _draw_proposals(
    values: np.ndarray, proposals: np.ndarray, names: Sequence[str], path: Path
) -> None:
    """Draws what both ask for over the rounds, of items that are worth more to them and less."""
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    rounds = np.arange(len(proposals))
    for seat, axes in enumerate(panels):
        for is_dear, marker, label in ((True, "o", "worth 5 to it"), (False, "x", "worth 1")):
            chosen = (values[:-1, seat] > 3) == is_dear  # [T, I]
            for item in range(proposals.shape[2]):
                where = chosen[:, item]
                axes.plot(
                    rounds[where],
                    proposals[where, seat, item],
                    marker,
                    color="0.2" if is_dear else "#D55E00",
                    markersize=4,
                    label=label if item == 0 else None,
                )
        axes.set(title=names[seat], xlabel="round", ylim=(-0.2, 5.2))
    panels[0].set_ylabel("proposal")
    panels[0].legend(fontsize=7)
    figure.savefig(path, dpi=120)
