"""What an experiment is: what is run at each preset, and the claims that it tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.logger.claims import Claim
from vineppo.presets import PRESETS

FIRST_SEED = 0
NUM_SEEDS = {"smoke": 1, "quick": 5, "paper": 1}  # the paper's runs have one seed

__all__ = ["FIRST_SEED", "NUM_SEEDS", "PRESETS", "Experiment"]


@dataclass(frozen=True)
class Experiment:
    """What one experiment runs and what it claims.

    Attributes:
      source: place in the paper.
      summary: what is run, in a sentence.
      claims: declared before the run.
      configs: settings by preset.
      minutes: expected time by preset on two CPU cores, compilation included; for "paper" on the
        paper's accelerators.
      num_seeds: seeds by preset, the next integers from FIRST_SEED on.
      figure: which drawing it has.
      why_it_fails: what is said of its claims that do not reproduce, by claim id.
      not_by_default: why it runs only by name; empty if it is part of the default run.
    """

    source: str
    summary: str
    claims: tuple[Claim, ...]
    configs: Mapping[str, Any]
    minutes: Mapping[str, float]
    num_seeds: Mapping[str, int]
    figure: str
    why_it_fails: Mapping[str, str]
    not_by_default: str = ""

    def claims_at(self, preset: str) -> tuple[Claim, ...]:
        """Returns the claims that are tested at a preset."""
        del preset
        return self.claims

    def note(self, claim: str) -> str:
        """Returns what is said of a claim that does not reproduce."""
        return self.why_it_fails.get(claim, "")

    def training_configs(self) -> dict[str, Any]:
        """Returns the settings of the experiment's first training by preset."""
        return {preset: config.trainings()[0][1] for preset, config in self.configs.items()}
