"""The figure of an experiment, drawn from its record and curves alone."""

from pathlib import Path

from common.logger import curves, results
from common.logger.experiment import Experiment


def draw(experiment: Experiment, folder: Path, name: str) -> Path:
    """Draws the figure of one experiment as a PNG beside its record; returns the path.

    Args:
      experiment: says how.
      folder: holds NAME.json and NAME.csv.
      name: of the experiment.

    Raises:
      FileNotFoundError: there is no record, or no curves beside it.
      DamagedFileError: one of them is damaged.
    """
    record = results.read_record(folder / f"{name}.json")
    figure = experiment.draw(record, curves.read_curves(folder / f"{name}.csv"))
    path = folder / f"{name}.png"
    figure.savefig(path, dpi=150, metadata={"Software": None})  # the same file for the same figure
    return path
