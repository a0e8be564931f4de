"""Settings of experiments that train several agents and compare them."""

from dataclasses import dataclass

from advantage_alignment.training_configs import TrainingConfig

Entrants = tuple[tuple[str, TrainingConfig], ...]  # of one game


def beta_name(beta: float) -> str:
    """Name of the entrant that is trained with a beta."""
    return f"beta_{beta:g}".replace(".", "_")


@dataclass(frozen=True)
class ComparisonConfig:
    """Agents that are trained, each judged by the evaluation of its own run."""

    entrants: Entrants


@dataclass(frozen=True)
class LeagueConfig:
    """Agents that are trained and then meet each other and the scripted players.

    Attributes:
      entrants: what is trained.
      num_episodes: of every pair of agents.
      lengths: steps of the episodes that are scored; the first gives the plain names.
    """

    entrants: Entrants
    num_episodes: int = 256
    lengths: tuple[int, ...] = (50,)


@dataclass(frozen=True)
class ExploitabilityConfig:
    """Agents that are trained, frozen, and answered by a naive learner trained against each."""

    entrants: Entrants
    responder: TrainingConfig


@dataclass(frozen=True)
class HarvestConfig:
    """Agents that are trained in Commons Harvest and then meet two scripted bots, as published."""

    entrants: Entrants
