"""Who can sit down at the Coin Game: agents of run folders, portable policies and scripts.

Here a player's name on the command line becomes a player, and an agent of a run a portable policy.
"""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from common.coin_game import CoinGame
from common.logger.run_folder import RunFolder
from advantage_alignment import coin_game_rollout, matches, methods, portable, runs
from advantage_alignment.coin_game_rollout import Player
from advantage_alignment.configs import EXPERIMENTS
from advantage_alignment.errors import UserError
from advantage_alignment.networks import Params
from advantage_alignment.runs import SavedRun
from advantage_alignment.training_configs import CoinGameConfig, IpdConfig, PolaConfig

PAPER = "loqa"
SCRIPTS = {"AC": "always_cooperate", "AD": "always_defect", "random": "random"}


class Contestant(NamedTuple):
    """A player with its parameters.

    Attributes:
      name: short, fit for the name of a file.
      game: that it was trained in; None for a script.
      in_game: game to be played -> player.
      params: its parameters.
    """

    name: str
    game: CoinGame | None
    in_game: Callable[[CoinGame], Player]
    params: Params


def find(word: str, seed: int | None = None) -> Contestant:
    """Returns the player that a word of the command line means.

    Args:
      word: a script's name, a run folder, or the file of a portable policy.
      seed: of a run's agent; None for the run's first. It means nothing to other players.

    Raises:
      FileNotFoundError: a folder is no run, or has no checkpoint.
      DamagedFileError: a file fails a check.
      UserError: there is no such player, or it plays no Coin Game; see also `portable.load`.
    """
    if word in SCRIPTS:
        script = matches.SCRIPTS[SCRIPTS[word]]
        return Contestant(word, None, lambda game: coin_game_rollout.scripted(game, script), {})
    path = Path(word)
    if path.is_dir():
        return _of_run(path, runs.load_run(path), seed)
    if path.is_file():
        return of_file(path)
    raise UserError(
        f"unknown player '{word}': neither a run folder nor an exported file nor one of "
        f"{', '.join(SCRIPTS)}"
    )


def of_file(path: Path) -> Contestant:
    """Returns the player that a portable policy is; raises what `portable.load` raises."""
    policy = portable.load(path)
    return Contestant(path.stem, policy.game, lambda game: portable.player(game, policy), {})


def check_can_play(game: CoinGame, contestant: Contestant) -> None:
    """Checks that a player knows a game.

    Raises:
      UserError: it does not; the message says why.
    """
    if contestant.game is not None:
        portable.check_same_game(game, contestant.game, contestant.name)
    elif contestant.name != "random" and game.num_coins > 1:
        raise UserError(f"{contestant.name} knows games with a single coin only; try random")


def export(
    run_dir: Path, seed: int | None, checkpoint: Path | None, output: Path | None
) -> tuple[Path, int]:
    """Writes the agent of one seed of a run as a portable policy.

    Args:
      run_dir: folder of the run.
      seed: None for the run's first.
      checkpoint: file; None for the newest.
      output: file to write; None for one in the run's folder, named after seed and update.

    Returns:
      The path written and the updates that the agent has learned for.

    Raises:
      Exception: whatever `runs.load_run` raises.
      UserError: the run is not of the Coin Game, or has no such seed.
    """
    run = runs.load_run(run_dir, checkpoint)
    config, index = _coin_game_config(run, run_dir), _index_of(run, run_dir, seed)
    seed = run.seeds[index]
    path = output or run_dir / f"player_seed_{seed}_update_{run.step:08d}.policy"
    params = _at(run.params, index)
    origin = portable.Origin(PAPER, _experiment_of(run_dir), seed, run.step)
    portable.save(
        path, methods.make_agent(config), params, coin_game_rollout.make_game(config), origin
    )
    return path, run.step


def evaluate_against(
    run_dir: Path, checkpoint: Path | None, opponent: Path
) -> tuple[dict[str, list[float]], list[int], int]:
    """Plays every seed of a run against a portable policy, which gets all seats but the first.

    Args:
      run_dir: folder of the run.
      checkpoint: file; None for the newest.
      opponent: file of the policy.

    Returns:
      Rewards per step, a value per seed: of the agent, and of the mean opponent; the seeds; and the
      updates done.

    Raises:
      Exception: whatever `runs.load_run` and `portable.load` raise.
      UserError: run and policy play different games.
    """
    run = runs.load_run(run_dir, checkpoint)
    config, other = _coin_game_config(run, run_dir), of_file(opponent)
    game = coin_game_rollout.make_game(config)
    check_can_play(game, other)
    learner = coin_game_rollout.learned(game, methods.make_agent(config))
    num_others = game.num_players - 1
    players = (learner,) + (other.in_game(game),) * num_others

    def rewards(of_seed: tuple[Params, Array]) -> Array:
        params, seed = of_seed
        key = jax.random.fold_in(jax.random.key(seed), run.step)
        seats = (params,) + (other.params,) * num_others
        return matches.rewards_per_step(
            matches.play_many(game, players, seats, key, config.num_eval_episodes)
        )

    per_seed = jax.jit(lambda all_seeds: jax.lax.map(rewards, all_seeds))  # [S, P]
    played = per_seed((run.params, jnp.asarray(run.seeds, jnp.int32)))
    metrics = {
        "vs_opponent": played[:, 0].tolist(),
        "opponent_vs_agent": played[:, 1:].mean(axis=1).tolist(),
    }
    return metrics, run.seeds, run.step


def _of_run(path: Path, run: SavedRun, seed: int | None) -> Contestant:
    config, index = _coin_game_config(run, path), _index_of(run, path, seed)
    agent = methods.make_agent(config)
    return Contestant(
        name=f"{path.resolve().name}_seed_{run.seeds[index]}",
        game=coin_game_rollout.make_game(config),
        in_game=lambda game: coin_game_rollout.learned(game, agent),
        params=_at(run.params, index),
    )


def _coin_game_config(run: SavedRun, path: Path) -> CoinGameConfig | PolaConfig:
    if isinstance(run.config, IpdConfig) or not methods.plays_coin_game(run.config):
        raise UserError(
            f"{path} is no run of the Coin Game: only its players are exported or shown"
        )
    return run.config


def _index_of(run: SavedRun, path: Path, seed: int | None) -> int:
    if seed is None:
        return 0
    if seed not in run.seeds:
        known = ", ".join(map(str, run.seeds))
        raise UserError(f"{path} has no seed {seed}; valid: {known}")
    return run.seeds.index(seed)


def _at(params: Params, index: int) -> Params:
    at_index: Params = jax.tree.map(lambda leaf: leaf[index], params)
    return at_index


def _experiment_of(run_dir: Path) -> str:
    """Name of the experiment: in the folder's path or the command, else the folder's own."""
    folders = [part.partition("-")[0] for part in reversed(run_dir.resolve().parts)]
    words = shlex.split(RunFolder.open(run_dir).provenance.get("command", ""))
    return next((name for name in [*folders, *words] if name in EXPERIMENTS), folders[0])
