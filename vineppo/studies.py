"""What each kind of experiment trains and measures, from its settings to metrics and curves."""

from collections.abc import Callable
from typing import Any

from vineppo import comparisons, phase_studies, value_studies
from vineppo.findings import Findings
from vineppo.study_configs import CompareConfig, PhaseConfig, ValueConfig
from vineppo.trainer import Trainer


def study(config: Any, trainer: Trainer) -> Findings:
    """Runs an experiment of any kind.

    Args:
      config: its settings; their type decides what is done.
      trainer: trains what it needs.
    """
    kinds: dict[type, Callable[[Any, Trainer], Findings]] = {
        CompareConfig: comparisons.compare,
        ValueConfig: value_studies.judge_values,
        PhaseConfig: phase_studies.find_phases,
    }
    return kinds[type(config)](config, trainer)
