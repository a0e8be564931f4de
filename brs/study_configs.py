"""Settings of experiments that train several things, or measure without training."""

from dataclasses import dataclass
from typing import Any

Trainings = tuple[tuple[str, Any], ...]  # name, settings


@dataclass(frozen=True)
class VariantsConfig:
    """Trainings side by side; metrics carry the variant's name in front.

    Attributes:
      variants: name and settings of each.
      differences: pairs of variants whose metrics are subtracted, as FIRST_minus_SECOND_METRIC.
      shows: how the figure is drawn.
    """

    variants: Trainings
    differences: tuple[tuple[str, str], ...] = ()
    shows: str = "policies"

    def trainings(self) -> Trainings:
        """What is trained."""
        return self.variants
