"""Players of the Coin Game by name: agents of run folders, portable policies and scripts.

Here a player's name on the command line becomes a player, and an agent of a run a portable policy.
"""

from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from advantage_alignment import policies
from advantage_alignment.agents import sampling_player
from advantage_alignment.evaluation import matches
from advantage_alignment.experiments import PAPER
from advantage_alignment.games import coin_game
from advantage_alignment.networks import Params
from advantage_alignment.rollout import Player, PlayerInput
from advantage_alignment.run.training_run import SavedRun, load_run
from common import coin_game_policy
from common.logger.errors import UserError
from common.logger.run_folder import experiment_of

SCRIPTS = {"AC": "always_cooperate", "AD": "always_defect", "random": "random"}


class NamedPlayer(NamedTuple):
    """A player of the Coin Game with its parameters; the name is fit for that of a file."""

    name: str
    player: Player
    params: Params


def find(word: str, seed: int | None = None) -> NamedPlayer:
    """Returns the player of the Coin Game that a word of the command line means.

    Args:
      word: a script's name, a run folder, or the file of a portable policy.
      seed: of a run's agent; None for the run's first. It means nothing to other players.

    Raises:
      FileNotFoundError: a folder is no run, or has no checkpoint.
      DamagedFileError: a file fails a check.
      UserError: there is no such player, or it plays no Coin Game; see `coin_game_policy.load`.
    """
    if word in SCRIPTS:
        return NamedPlayer(word, coin_game.SCRIPTS[SCRIPTS[word]], {})
    path = Path(word)
    if path.is_dir():
        run = load_run(path)
        check_game(run, path)
        index = index_of(run, path, seed)
        name = f"{path.resolve().name}_seed_{run.seeds[index]}"
        player = sampling_player(coin_game.make_agent(run.config))
        return NamedPlayer(name, player, at_index(run.params, index))
    if path.is_file():
        return of_file(path)
    raise UserError(
        f"unknown player '{word}': neither a run folder nor an exported file nor one of "
        f"{', '.join(SCRIPTS)}"
    )


def of_file(path: Path) -> NamedPlayer:
    """Returns the player of a portable policy; raises what `coin_game_policy.load` raises."""
    policy = coin_game_policy.load(path)
    coin_game_policy.check_same_game(coin_game.RULES, policy.game, path.stem)
    functions = coin_game_policy.functions(policy)

    def act(params: Params, carry: Any, seen: PlayerInput, noise: Array) -> tuple:
        del params  # they are baked in
        observation = seen.observation.reshape(policy.game.observation_shape)
        carry, log_probs = functions.act(carry, observation)
        action = policies.choose(jnp.exp(log_probs), noise)
        return carry, action, log_probs[action]

    player = Player(lambda params: functions.start(), policies.uniform_noise, act)
    return NamedPlayer(path.stem, player, {})


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
    check_game(run, run_dir)
    index = index_of(run, run_dir, seed)
    seed, params = run.seeds[index], at_index(run.params, index)
    agent = coin_game.make_agent(run.config)

    def act(memory: Any, observation: Array) -> tuple[Any, Array]:
        memory, logits = agent.act(params, memory, observation.reshape(-1))
        return memory, jax.nn.log_softmax(logits)

    path = output or run_dir / f"player_seed_{seed}_update_{run.step:08d}.policy"
    origin = coin_game_policy.Origin(PAPER.name, experiment_of(run_dir, PAPER), seed, run.step)
    coin_game_policy.save(path, lambda: agent.initial_memory(params), act, coin_game.RULES, origin)
    return path, run.step


def evaluate_against(run: SavedRun, run_dir: Path, opponent: Path) -> dict[str, list[float]]:
    """Plays every seed of a run against a portable policy.

    Args:
      run: whose agents play.
      run_dir: its folder.
      opponent: file of the policy.

    Returns:
      Rewards per step, a value per seed: of the agent, and of the opponent.

    Raises:
      Exception: whatever `coin_game_policy.load` raises.
      UserError: run and policy play different games.
    """
    check_game(run, run_dir)
    other = of_file(opponent)
    learner = sampling_player(coin_game.make_agent(run.config))

    def rewards(of_seed: tuple[Params, Array]) -> Array:
        params, seed = of_seed
        key = jax.random.fold_in(jax.random.key(seed), run.step)
        sizes = (run.config.num_eval_episodes, run.config.num_steps)
        seats = ((learner, params), (other.player, other.params))
        return matches.rewards_per_step(matches.play_many(coin_game.GAME, *seats, key, *sizes))

    per_seed = jax.jit(lambda all_seeds: jax.lax.map(rewards, all_seeds))  # [S, P]
    played = per_seed((run.params, jnp.asarray(run.seeds, jnp.int32)))
    return {
        "vs_opponent": played[:, 0].tolist(),
        "opponent_vs_agent": played[:, 1].tolist(),
    }


def check_game(run: SavedRun, path: Path) -> None:
    """Checks that a run is of the Coin Game.

    Raises:
      UserError: it is of another game.
    """
    if run.config.game != "coin_game":
        raise UserError(f"{path} is a run of {run.config.game}, not of coin_game")


def index_of(run: SavedRun, path: Path, seed: int | None) -> int:
    """Place of a seed in a run; of the first if None.

    Raises:
      UserError: the run has no such seed.
    """
    if seed is None:
        return 0
    if seed not in run.seeds:
        known = ", ".join(map(str, run.seeds))
        raise UserError(f"{path} has no seed {seed}; valid: {known}")
    return run.seeds.index(seed)


def at_index(params: Params, index: int) -> Params:
    """Parameters of one seed out of those of all."""
    at: Params = jax.tree.map(lambda leaf: leaf[index], params)
    return at
