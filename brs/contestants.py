"""Who can be examined: scripts by their name, and files of portable policies; writes the latter."""

import shlex
from pathlib import Path
from typing import NamedTuple

import jax

from brs import exact_coin_game, portable, runs, trained_players
from brs.coin_game_players import CONTROLLERS, Player, controlled
from brs.configs import EXPERIMENTS
from brs.errors import UserError
from brs.exact_coin_game import Values
from common.coin_game import CoinGame
from common.logger.run_folder import RunFolder

PAPER = "brs"


class Contestant(NamedTuple):
    """An agent that is examined.

    Attributes:
      name: as it is shown.
      game: that it plays.
      player: its policy; the parameters are unused.
      exact: values of best responder and agent, if they can be computed.
    """

    name: str
    game: CoinGame
    player: Player
    exact: Values | None


def find(word: str) -> Contestant:
    """Returns the agent that a word of the command line means.

    Args:
      word: a name of `CONTROLLERS`, or the file of a portable policy.

    Raises:
      DamagedFileError: a file fails a check.
      UserError: there is no such agent, or it plays another kind of game; see `portable.load`.
    """
    if word in CONTROLLERS:
        game, controller = CoinGame(), CONTROLLERS[word]
        exact = exact_coin_game.best_response(game, exact_coin_game.tabulate(game, controller))
        return Contestant(word, game, controlled(game, controller), exact)
    path = Path(word)
    if not path.is_file():
        raise UserError(
            f"unknown agent '{word}': neither a file of a portable policy nor one of "
            f"{', '.join(CONTROLLERS)}"
        )
    policy = portable.load(path)
    if policy.game.num_players != 2 or policy.game.num_coins != 1:
        raise UserError(f"{path} plays a Coin Game of more than 2 players or a single coin")
    return Contestant(path.stem, policy.game, portable.player(policy.game, policy), None)


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
    trained = trained_players.of_config(run.config, str(run_dir))
    seed = run.seeds[0] if seed is None else seed
    if seed not in run.seeds:
        known = ", ".join(map(str, run.seeds))
        raise UserError(f"{run_dir} has no seed {seed}; valid: {known}")
    index = run.seeds.index(seed)
    params = jax.tree.map(lambda leaf: leaf[index], run.params)
    path = output or run_dir / f"player_seed_{seed}_update_{run.step:08d}.policy"
    origin = portable.Origin(PAPER, _experiment_of(run_dir), seed, run.step)
    portable.save(path, trained.player, params, trained.game, origin)
    return path, run.step


def _experiment_of(run_dir: Path) -> str:
    """Name of the experiment: in the folder's path or the command, else the folder's own."""
    folders = [part.partition("-")[0] for part in reversed(run_dir.resolve().parts)]
    words = shlex.split(RunFolder.open(run_dir).provenance.get("command", ""))
    return next((name for name in [*folders, *words] if name in EXPERIMENTS), folders[0])
