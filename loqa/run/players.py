"""Who can sit down at the Coin Game: agents of run folders, portable policies and scripts.

Here a player's name on the command line becomes a player, and an agent of a run a portable policy.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from common import coin_game, coin_game_policy
from common.coin_game import CoinGame, CoinGameState
from common.logger.errors import UserError
from common.logger.run_folder import experiment_of
from loqa import coin_game_rollout
from loqa.coin_game_rollout import Player
from loqa.config import CoinGameConfig, IpdConfig
from loqa.evaluation import matches
from loqa.experiments import PAPER
from loqa.networks import Params
from loqa.pola.config import PolaConfig
from loqa.run.training_run import SavedRun, load_run

SCRIPTS = {"AC": "always_cooperate", "AD": "always_defect", "random": "random"}


class SeatedPlayer(NamedTuple):
    """A player of the Coin Game with its parameters.

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


def find(word: str, seed: int | None = None) -> SeatedPlayer:
    """Returns the player that a word of the command line means.

    Args:
      word: a script's name, a run folder, or the file of a portable policy.
      seed: of a run's agent; None for the run's first. It means nothing to other players.

    Raises:
      FileNotFoundError: a folder is no run, or has no checkpoint.
      DamagedFileError: a file fails a check.
      UserError: there is no such player, or it plays no Coin Game; see `coin_game_policy.load`.
    """
    if word in SCRIPTS:
        script = matches.SCRIPTS[SCRIPTS[word]]
        return SeatedPlayer(word, None, lambda game: coin_game_rollout.scripted(game, script), {})
    path = Path(word)
    if path.is_dir():
        return _of_run(path, load_run(path), seed)
    if path.is_file():
        return of_file(path)
    raise UserError(
        f"unknown player '{word}': neither a run folder nor an exported file nor one of "
        f"{', '.join(SCRIPTS)}"
    )


def of_file(path: Path) -> SeatedPlayer:
    """Returns the player that a portable policy is; raises what `coin_game_policy.load` raises."""
    policy = coin_game_policy.load(path)
    return SeatedPlayer(path.stem, policy.game, lambda game: _of_policy(game, policy), {})


def check_can_play(game: CoinGame, seated: SeatedPlayer) -> None:
    """Checks that a player knows a game.

    Raises:
      UserError: it does not; the message says why.
    """
    if seated.game is not None:
        coin_game_policy.check_same_game(game, seated.game, seated.name)
    elif seated.name != "random" and game.num_coins > 1:
        raise UserError(f"{seated.name} knows games with a single coin only; try random")


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
      Exception: whatever `load_run` raises.
      UserError: the run is not of the Coin Game, or has no such seed.
    """
    run = load_run(run_dir, checkpoint)
    game = coin_game_rollout.make_game(_coin_game_config(run, run_dir))
    index = _index_of(run, run_dir, seed)
    params, seed = _at(run.params, index), run.seeds[index]
    path = output or run_dir / f"player_seed_{seed}_update_{run.step:08d}.policy"

    def act(carry: Any, observation: Array) -> tuple[Any, Array]:
        carry, probs = run.agent.act(params, carry, observation.reshape(-1))
        return carry, jnp.log(probs)

    origin = coin_game_policy.Origin(PAPER.name, experiment_of(run_dir, PAPER), seed, run.step)
    coin_game_policy.save(path, lambda: run.agent.start(params), act, game, origin)
    return path, run.step


def evaluate_against(run: SavedRun, run_dir: Path, opponent: Path) -> dict[str, list[float]]:
    """Plays every seed of a run against a portable policy, which gets all seats but the first.

    Args:
      run: whose agents play.
      run_dir: its folder.
      opponent: file of the policy.

    Returns:
      Rewards per step, a value per seed: of the agent, and of the mean opponent.

    Raises:
      Exception: whatever `coin_game_policy.load` raises.
      UserError: run and policy play different games.
    """
    config, other = _coin_game_config(run, run_dir), of_file(opponent)
    game = coin_game_rollout.make_game(config)
    check_can_play(game, other)
    learner = coin_game_rollout.learned(game, run.agent)
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
    return {
        "vs_opponent": played[:, 0].tolist(),
        "opponent_vs_agent": played[:, 1:].mean(axis=1).tolist(),
    }


def _of_policy(game: CoinGame, policy: coin_game_policy.Policy) -> Player:
    """The player that a policy is; its parameters are unused, for they are baked in."""
    functions = coin_game_policy.functions(policy)

    def act(params: Params, carry: Any, state: CoinGameState, seat: int) -> tuple[Any, Array]:
        del params
        carry, log_probs = functions.act(carry, coin_game.observe(game, state)[seat])
        return carry, jnp.exp(log_probs)

    return Player(lambda params: functions.start(), act)


def _of_run(path: Path, run: SavedRun, seed: int | None) -> SeatedPlayer:
    game = coin_game_rollout.make_game(_coin_game_config(run, path))
    index = _index_of(run, path, seed)
    return SeatedPlayer(
        name=f"{path.resolve().name}_seed_{run.seeds[index]}",
        game=game,
        in_game=lambda game: coin_game_rollout.learned(game, run.agent),
        params=_at(run.params, index),
    )


def _coin_game_config(run: SavedRun, path: Path) -> CoinGameConfig | PolaConfig:
    """Settings of a run of the Coin Game.

    Raises:
      UserError: it is of the iterated prisoner's dilemma.
    """
    config = run.config
    if isinstance(config, IpdConfig) or (isinstance(config, PolaConfig) and config.game == "ipd"):
        raise UserError(
            f"{path} is no run of the Coin Game: only its players are exported or shown"
        )
    return config


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
