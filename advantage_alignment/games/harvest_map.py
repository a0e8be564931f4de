"""Maps of Commons Harvest, and what follows from them: which cell is what, whose neighbour.

Letters: W wall, A apple, P spawn, Q the first players' spawn, space floor. A map has a ring of
wall. Shapes: H and W rows and columns, M cells with apples.
"""

from functools import cached_property

import numpy as np

# Melting Pot's commons_harvest__open: six patches of apples, two of 6 cells, four of 13.
OPEN = """
WWWWWWWWWWWWWWWWWWWWWWWW
WAAA    A      A    AAAW
WAA    AAA    AAA    AAW
WA    AAAAA  AAAAA    AW
W      AAA    AAA      W
W       A      A       W
W  A                A  W
W AAA  Q        Q  AAA W
WAAAAA            AAAAAW
W AAA              AAA W
W  A                A  W
W                      W
W                      W
W                      W
W  PPPPPPPPPPPPPPPPPP  W
W PPPPPPPPPPPPPPPPPPPP W
WPPPPPPPPPPPPPPPPPPPPPPW
WWWWWWWWWWWWWWWWWWWWWWWW
"""

# Ours, for two cores: one patch of 13 cells and a small field, for two or three players.
SMALL = """
WWWWWWWWW
W   A   W
W  AAA  W
W AAAAA W
W  AAA  W
W   A   W
WQ     QW
W PPPPP W
WWWWWWWWW
"""

MAPS = {"open": OPEN, "small": SMALL}

_REACH = 2  # L2 distance within which live apples help an empty cell


class HarvestMap:
    """A map as arrays."""

    def __init__(self, text: str) -> None:
        """Reads a map from its letters."""
        self.letters = np.array([list(line) for line in text.strip("\n").split("\n")])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.letters.shape

    @cached_property
    def is_wall(self) -> np.ndarray:
        """Where the walls are. Shape [H, W], bool."""
        return self.letters == "W"

    @cached_property
    def apple_cells(self) -> np.ndarray:
        """Row and column of the cells that can hold an apple. Shape [M, 2], int32."""
        return np.argwhere(self.letters == "A").astype(np.int32)

    @cached_property
    def apple_index(self) -> np.ndarray:
        """Index of each cell among those of apples, -1 for the others. Shape [H, W], int32."""
        index = np.full(self.shape, -1, np.int32)
        index[tuple(self.apple_cells.T)] = np.arange(len(self.apple_cells))
        return index

    @cached_property
    def neighbours(self) -> np.ndarray:
        """Whether two cells of apples lie within reach of each other. Shape [M, M], float32."""
        offsets = self.apple_cells[:, None] - self.apple_cells[None]
        squared = np.sum(offsets**2, axis=-1)
        return ((squared > 0) & (squared <= _REACH**2)).astype(np.float32)

    @cached_property
    def spawn_cells(self) -> np.ndarray:
        """Cells on which players begin and come back. Shape [S, 2], int32."""
        return np.argwhere(self.letters == "P").astype(np.int32)

    @cached_property
    def inside_cells(self) -> np.ndarray:
        """Cells on which the first players begin. Shape [.., 2], int32."""
        return np.argwhere(self.letters == "Q").astype(np.int32)
