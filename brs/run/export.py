"""Writes a Coin Game player of a run to one file, which any program can play."""

from pathlib import Path
from typing import Any

import jax

from brs.evaluation import portable_players
from brs.experiments import PAPER
from brs.run.training_run import KINDS, TrainedPlayer, load_run
from common.coin_game_policy import Origin
from common.logger.errors import UserError
from common.logger.run_folder import experiment_of


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
    trained = player_of(run.config, str(run_dir))
    seed = run.seeds[0] if seed is None else seed
    if seed not in run.seeds:
        known = ", ".join(map(str, run.seeds))
        raise UserError(f"{run_dir} has no seed {seed}; valid: {known}")
    index = run.seeds.index(seed)
    params = jax.tree.map(lambda leaf: leaf[index], run.params)
    path = output or run_dir / f"player_seed_{seed}_update_{run.step:08d}.policy"
    origin = Origin(PAPER.name, experiment_of(run_dir, PAPER), seed, run.step)
    portable_players.write(path, trained.player, params, trained.game, origin)
    return path, run.step


def player_of(config: Any, name: str) -> TrainedPlayer:
    """The player of the Coin Game that a training with these settings makes.

    Raises:
      UserError: it is of another game; the message names the run.
    """
    player = KINDS[type(config)].make_player(config)
    if player is None:
        raise UserError(f"{name} is no run of the Coin Game: only its players are exported")
    return player
