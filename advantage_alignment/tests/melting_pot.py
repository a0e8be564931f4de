"""Melting Pot's own commons_harvest__open, read as a `HarvestState`; for the tests marked `parity`.

The simulator is the package dmlab2d; its rules are the Lua files of Melting Pot's sources, which
must be found as the package `meltingpot`: unpacked and on PYTHONPATH is enough, its models, bots
and TensorFlow are not needed.
"""

import importlib
import importlib.util
import sys
import types
from typing import Any, NamedTuple

import numpy as np

from advantage_alignment.games.harvest_map import MAPS, HarvestMap
from advantage_alignment.games.harvest_rules import ACTIONS

_MOVES = {"forward": 1, "step_right": 2, "backward": 3, "step_left": 4}
_TURNS = {"turn_left": -1, "turn_right": 1}
_SPRITE = 8  # pixels of a cell
_APPLE_RED = (214, 88, 88)
_BEAM = (252, 252, 106)


class Frame(NamedTuple):
    """What the simulator shows after a step."""

    cells: np.ndarray  # [P, 2] row, column; where an absent player was last
    orientations: np.ndarray  # [P]
    readiness: np.ndarray  # [P]
    is_present: np.ndarray  # [P] bool: its view is not blank
    apples: np.ndarray  # [M] bool; where somebody stands there is none
    is_visible: np.ndarray  # [M] bool: no beam covers the apple's cell
    rewards: np.ndarray  # [P]
    zaps: set[tuple[int, int]]  # who hit whom


def is_installed() -> bool:
    """Whether the simulator and Melting Pot's sources can be found."""
    return all(importlib.util.find_spec(name) is not None for name in ("dmlab2d", "meltingpot"))


class Simulator:
    """One game of the simulator with seven players."""

    def __init__(self, seed: int, num_players: int = 7) -> None:
        """Starts an episode."""
        self.num_players = num_players
        self.map = HarvestMap(MAPS["open"])
        substrate, builder = _import_substrate()
        settings = substrate.build(["default"] * num_players, substrate.get_config())
        self._environment = builder.builder(settings, env_seed=seed)
        self.first = self._frame(self._environment.reset())

    def step(self, actions: np.ndarray) -> Frame:
        """Plays one simultaneous move, indices into `ACTIONS` [P]."""
        named = [ACTIONS[action] for action in actions]
        chosen = {}
        for player, name in enumerate(named, start=1):
            chosen[f"{player}.move"] = np.int32(_MOVES.get(name, 0))
            chosen[f"{player}.turn"] = np.int32(_TURNS.get(name, 0))
            chosen[f"{player}.fireZap"] = np.int32(name == "zap")
        return self._frame(self._environment.step(chosen))

    def _frame(self, timestep: Any) -> Frame:
        seen = timestep.observation
        players = range(1, self.num_players + 1)

        def of_players(name: str) -> np.ndarray:
            return np.array([seen[f"{player}.{name}"] for player in players])

        cells = of_players("POSITION")[:, ::-1]  # the simulator's are column, row
        is_present = np.array([seen[f"{player}.RGB"].any() for player in players])
        picture = seen["WORLD.RGB"].astype(int)
        height, width = self.map.shape
        patches = picture.reshape(height, _SPRITE, width, _SPRITE, 3).swapaxes(1, 2)
        ground = patches[tuple(self.map.apple_cells.T)].reshape(-1, _SPRITE**2, 3)  # [M, pixels, 3]
        stands = (self.map.apple_cells[:, None] == cells[is_present][None]).all(axis=2).any(axis=1)
        return Frame(
            cells=cells,
            orientations=of_players("ORIENTATION"),
            readiness=of_players("READY_TO_SHOOT"),
            is_present=is_present,
            apples=_shows(ground, _APPLE_RED) & ~stands,
            is_visible=~_shows(ground, _BEAM),
            rewards=of_players("REWARD"),
            zaps=self._zaps(),
        )

    def _zaps(self) -> set[tuple[int, int]]:
        """Pairs of shooter and hit of the last step."""
        found = set()
        for name, content in self._environment.events():
            if name == "zap":
                values = dict(zip(content[1::2], content[2::2], strict=True))
                found.add((int(values[b"source"]) - 1, int(values[b"target"]) - 1))
        return found


def _shows(pixels: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Whether a colour is among the pixels [M, N, 3]. Shape [M]."""
    shown: np.ndarray = (pixels == np.array(colour)).all(axis=2).any(axis=1)
    return shown


def _import_substrate() -> tuple[Any, Any]:
    """Modules of the game's settings and of their builder, past the package's own imports."""
    if "meltingpot" not in sys.modules:
        found = importlib.util.find_spec("meltingpot")
        bare = types.ModuleType("meltingpot")
        bare.__path__ = list((found and found.submodule_search_locations) or ())
        sys.modules["meltingpot"] = bare
    substrate = importlib.import_module("meltingpot.configs.substrates.commons_harvest__open")
    vars(substrate)["_ENABLE_DEBUG_OBSERVATIONS"] = True  # positions and orientations
    return substrate, importlib.import_module("meltingpot.utils.substrates.builder")
