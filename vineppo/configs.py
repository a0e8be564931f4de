"""Every experiment by name, in the order in which they are run and listed."""

from vineppo.beyond_experiments import BEYOND_EXPERIMENTS
from vineppo.experiment import FIRST_SEED, PRESETS, Experiment
from vineppo.table_experiments import TABLE_EXPERIMENTS
from vineppo.value_experiments import VALUE_EXPERIMENTS

__all__ = ["EXPERIMENTS", "FIRST_SEED", "PRESETS", "Experiment"]

EXPERIMENTS: dict[str, Experiment] = {
    **TABLE_EXPERIMENTS,
    **VALUE_EXPERIMENTS,
    **BEYOND_EXPERIMENTS,
}
