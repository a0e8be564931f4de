"""The outline of the continents, to be drawn under events on the Earth.

`coastline.csv` is the coastline of Natural Earth at 1:110m (naturalearthdata.com, public domain),
simplified to 0.8 degrees, without small islands. It is drawn and never trained on.
"""

from pathlib import Path

import numpy as np

PATH = Path(__file__).with_name("coastline.csv")


def lines() -> list[np.ndarray]:
    """Returns the lines of the coast: longitude and latitude in degrees. Shape [V, 2] each."""
    rows = PATH.read_text(encoding="utf-8").splitlines()
    return [
        np.array(row.split(","), float).reshape(-1, 2) for row in rows if not row.startswith("#")
    ]
