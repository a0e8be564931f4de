"""Settings of experiments that train several agents and compare them."""

from dataclasses import dataclass

from loqa.training_configs import BestResponseConfig, CoinGameConfig, PolaConfig

Entrants = tuple[tuple[str, CoinGameConfig | PolaConfig], ...]


@dataclass(frozen=True)
class LeagueConfig:
    """Agents that are trained and then meet each other and the scripted players."""

    entrants: Entrants
    num_episodes: int = 1024  # of every pair of agents


@dataclass(frozen=True)
class ScalingConfig:
    """Agents that are trained on growing grids until they reach thresholds of quality."""

    entrants: Entrants  # on any grid; the sizes below are put in
    grid_sizes: tuple[int, ...] = (3, 4, 5, 6, 7)


@dataclass(frozen=True)
class ExploitabilityConfig:
    """Agents that are trained, frozen, and answered by a learned best response."""

    entrants: Entrants
    response: BestResponseConfig
