"""What an experiment is: a table or a figure of a paper, run at several sizes, and what it claims.

An experiment carries its own functions, so that nothing asks what kind of experiment it is. Its
file imports JAX and matplotlib inside `run` and `draw` only: listing and reporting need neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from common.logger.claims import Claim

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PRESETS = ("smoke", "quick", "day", "paper")

Record = Mapping[str, Any]
Metrics = dict[str, list[float]]  # metric -> a value per seed
Rows = list[dict[str, float]]  # of curves: {"update", "seed", metric, ...}


class Findings(NamedTuple):
    """What an experiment shows."""

    metrics: Metrics
    curves: Rows


def _itself(config: Any) -> Any:
    return config


@dataclass(frozen=True)
class Experiment:
    """A table or a figure, what is run for it, and what it claims.

    Attributes:
      source: place in the paper.
      summary: what is run, in a sentence.
      claims: declared before the run.
      configs: settings by preset; a preset that is missing is not offered.
      num_seeds: seeds by preset, the next integers from the paper's first seed on.
      minutes: measured time by preset on two CPU cores, compilation included.
      run: settings and the paper's trainer -> findings. It does all the computing.
      draw: record and curves -> figure.
      trained: settings -> those of the training that `train` runs, None if it trains nothing.
      why_it_fails: what is said of its claims that do not hold; of all, or by claim id.
      not_by_default: why it runs only by name; empty if it is part of the default run.
      paper_claims: those at the published size, if they are others than `claims`.
      headline: rows of the first table of the paper's README, by claim id: what the paper says,
        in a few words.
    """

    source: str
    summary: str
    claims: tuple[Claim, ...]
    configs: Mapping[str, Any]
    num_seeds: Mapping[str, int]
    minutes: Mapping[str, float]
    run: Callable[[Any, Any], Findings]
    draw: Callable[[Record, Rows], Figure]
    trained: Callable[[Any], Any] = _itself
    why_it_fails: str | Mapping[str, str] = ""
    not_by_default: str = ""
    paper_claims: tuple[Claim, ...] = ()
    headline: Mapping[str, str] = field(default_factory=dict)

    def claims_at(self, preset: str) -> tuple[Claim, ...]:
        """Returns the claims that are tested at a preset."""
        return self.paper_claims if preset == "paper" and self.paper_claims else self.claims

    def note(self, claim: str) -> str:
        """Returns what is said of a claim that does not hold."""
        notes = self.why_it_fails
        return notes if isinstance(notes, str) else notes.get(claim, "")


class Paper(NamedTuple):
    """A paper's folder as the logger sees it.

    Attributes:
      name: of the folder.
      folder: holds README.md and results/.
      experiments: by name, in the order in which they are run and listed.
      first_seed: of every experiment.
      title: of the paper, with where it appeared.
      finding: what was found, in two sentences at most.
    """

    name: str
    folder: Path
    experiments: Mapping[str, Experiment]
    first_seed: int
    title: str = ""
    finding: str = ""
