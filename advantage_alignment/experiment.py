"""What an experiment is: what is run at each preset, and the claims that it tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from advantage_alignment.training_configs import TrainingConfig
from common.logger.claims import Claim

PRESETS = ("smoke", "quick", "paper")
FIRST_SEED = 42  # as published: seeds 42 to 51


@dataclass(frozen=True)
class Experiment:
    """What one experiment runs and what it claims.

    Attributes:
      source: place in the paper.
      summary: what is run, in a sentence.
      claims: declared before the run.
      paper_claims: those at preset "paper", if they are others than `claims`.
      configs: settings by preset.
      num_seeds: seeds by preset, the next integers from FIRST_SEED on.
      minutes: expected time by preset on two CPU cores, compilation included.
      why_it_fails: what is said of its claims that do not reproduce; of all, or by claim id.
      not_by_default: why it runs only by name; empty if it is part of the default run.
    """

    source: str
    summary: str
    claims: tuple[Claim, ...]
    configs: Mapping[str, Any]
    num_seeds: Mapping[str, int]
    minutes: Mapping[str, float]
    why_it_fails: str | Mapping[str, str] = ""
    not_by_default: str = ""
    paper_claims: tuple[Claim, ...] = ()

    def claims_at(self, preset: str) -> tuple[Claim, ...]:
        """Returns the claims that are tested at a preset."""
        return self.paper_claims if preset == "paper" and self.paper_claims else self.claims

    def note(self, claim: str) -> str:
        """Returns what is said of a claim that does not reproduce."""
        notes = self.why_it_fails
        return notes if isinstance(notes, str) else notes.get(claim, "")

    def training_configs(self) -> dict[str, TrainingConfig]:
        """Returns the settings of a training by preset: of several agents the first."""
        return {
            preset: config.entrants[0][1] if hasattr(config, "entrants") else config
            for preset, config in self.configs.items()
        }
