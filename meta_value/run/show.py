"""Writes a page on which the learned meta-value of the Logistic Game can be explored."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from common.logger import atomic, checkpoints, json_text
from common.logger.errors import UserError
from common.logger.run_folder import RunFolder
from meta_value.config import MetaValueConfig
from meta_value.evaluation import basins
from meta_value.learners import Field
from meta_value.meta_game import Setup, make_setup
from meta_value.networks import Params
from meta_value.run import training_run

RUNS = Path("runs", "meta_value")
TEMPLATE = Path(__file__).with_name("landscape_page.html")
PLACEHOLDER = "LANDSCAPE_AS_JSON"
# Steps of the slider, of both players: closer together where the landscape changes most.
DISCOUNTS: tuple[float, ...] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
DISCOUNTS += (0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99)
GRID_SIZE = 41  # nodes per axis
NUM_DIGITS = 4  # significant ones of every number on the page


class Landscape(NamedTuple):
    """Meta-values on a grid, at L levels of gamma: N nodes per axis, first that of x_1."""

    values: np.ndarray  # V of both players. [L, N, N, P]
    gradients: np.ndarray  # dV_i/dx_i of player i. [L, N, N, P]


def show_logistic(run_dir: Path | None, output: Path, seed: int | None) -> Path:
    """Writes a self-contained page: landscape, flow and basins of one seed, with a gamma slider.

    Args:
      run_dir: folder of a training in the Logistic Game; None for the newest below `RUNS`.
      output: file to write.
      seed: of the run; None for the run's first.

    Returns:
      The path written.

    Raises:
      Exception: whatever `training_run.load_run` raises.
      UserError: the run is of something else, or has no such seed; or there is none.
    """
    path = newest_run(RUNS) if run_dir is None else run_dir
    run = training_run.load_run(path)
    if not isinstance(run.config, MetaValueConfig) or not _is_shown(vars(run.config)):
        raise UserError(
            f"{path} is no run of MeVa against itself in the Logistic Game: only that is shown"
        )
    index = _index_of(run.seeds, path, seed)
    params = jax.tree.map(lambda leaf: leaf[index], run.params)
    origin = {"run": path.resolve().name, "seed": run.seeds[index], "num_updates": run.step}
    atomic.write_text(output, page(make_setup(run.config), params, origin))
    return output


def newest_run(root: Path) -> Path:
    """Returns the run of the Logistic Game with a checkpoint that was started last below `root`.

    Raises:
      DamagedFileError: the `run.json` of a run there is damaged.
      UserError: there is none.
    """
    folders = [RunFolder.open(file.parent) for file in root.rglob("run.json")]
    candidates = [
        folder
        for folder in folders
        if folder.config.get("kind") == MetaValueConfig.__name__
        and _is_shown(folder.config)
        and checkpoints.list_checkpoints(folder.path)
    ]
    if not candidates:
        raise UserError(
            f"no run of the Logistic Game with a checkpoint below {root}; "
            "`python -m meta_value train figure_logistic_basins` trains one"
        )
    return max(candidates, key=lambda each: (str(each.provenance["started_at"]), each.path)).path


def page(setup: Setup, params: Params, origin: dict[str, Any]) -> str:
    """Returns the page.

    It holds the numbers of player 1 alone: the network being equivariant, those of player 2 are the
    same with x_1 and x_2 swapped.

    Args:
      setup: of the run.
      params: of one seed.
      origin: name of the run, seed and number of updates.
    """
    fixed = setup.config.fixed_discount  # the only gamma that the network knows, if not negative
    discounts = (fixed,) if fixed >= 0 else DISCOUNTS
    found = landscape(setup, params, discounts, GRID_SIZE)
    contents = {
        **origin,
        "discounts": discounts,
        "half_width": basins.GRID_HALF_WIDTH,
        "grid_size": GRID_SIZE,
        "values": _rounded(found.values[..., 0]),
        "gradients": _rounded(found.gradients[..., 0]),
        "shares_to_b": _rounded(shares_to_b(setup, params, discounts)),
        "basin_grid_size": basins.GRID_SIZE,
        "num_steps": basins.NUM_STEPS,
        "step_size": setup.game.step_size,
        "point_b": basins.POINT_B,
    }
    text = json_text.to_text(contents).replace("<", "\\u003c")  # none may end the script element
    return TEMPLATE.read_text(encoding="utf-8").replace(PLACEHOLDER, text)


def landscape(
    setup: Setup, params: Params, discounts: Sequence[float], grid_size: int
) -> Landscape:
    """Evaluates the meta-value and every player's own gradient on a grid over [-10, 10]^2.

    Args:
      setup: of the run.
      params: of one seed.
      discounts: L levels of gamma, each for both players.
      grid_size: N.
    """
    policies = basins.grid(grid_size)

    def at_level(discount: Array) -> tuple[Array, Array]:
        both = jnp.full(2, discount)
        field = setup.meta_value.field(params, both)
        values = jax.vmap(lambda x: setup.meta_value.values(params, x, both))(policies)
        return values, jax.vmap(field)(policies)[..., 0]

    found = jax.jit(lambda levels: lax.map(at_level, levels))(jnp.array(discounts))
    shape = (len(discounts), grid_size, grid_size, 2)
    return Landscape(*(np.asarray(numbers).reshape(shape) for numbers in found))


def shares_to_b(setup: Setup, params: Params, discounts: Sequence[float]) -> np.ndarray:
    """Shares of the basins figure's starts that reach B by the network itself, per level. [L]."""

    def field_at(discount: Array) -> Field:
        return setup.meta_value.field(params, jnp.full(2, discount))

    shares = jax.jit(lambda: basins.shares_to_b(setup.game, field_at, tuple(discounts)))
    return np.asarray(shares())


def _is_shown(config: dict[str, Any]) -> bool:
    """Whether settings of MeVa are those of a landscape that is the same for both players."""
    return config.get("game") == "logistic" and config.get("opponent") == "meva"


def _index_of(seeds: Sequence[int], path: Path, seed: int | None) -> int:
    if seed is None:
        return 0
    if seed not in seeds:
        raise UserError(f"{path} has no seed {seed}; valid: {', '.join(map(str, seeds))}")
    return seeds.index(seed)


def _rounded(numbers: np.ndarray) -> Any:
    """Nested lists of the numbers."""
    round_one = np.vectorize(lambda number: float(f"{number:.{NUM_DIGITS}g}"))
    return round_one(numbers).tolist()
