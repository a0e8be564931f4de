"""Settings of experiments that train several things, or measure without training."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brs.training_configs import DistillationConfig, ResponderConfig

Trainings = tuple[tuple[str, Any], ...]  # name, settings


@dataclass(frozen=True)
class SearchConfig:
    """A tree search for the best response to an agent of the Coin Game.

    Attributes:
      kind: "mctx" or "open_loop".
      num_simulations: of each tree.
      num_trees: M, of mctx, whose visits are summed.
      roll_out_steps: of a leaf's roll-out; of a whole simulation where the search is open-loop.
      exploration: pb_c_init of mctx, or c of the open-loop search.
    """

    kind: str = "mctx"
    num_simulations: int = 128
    num_trees: int = 8
    roll_out_steps: int = 16
    exploration: float = 10.0


MCTX = SearchConfig()
OPEN_LOOP = SearchConfig("open_loop", num_simulations=384, roll_out_steps=20, exploration=1.0)
MCTX_DEFAULT_EXPLORATION = 1.25


def agent_of(file: str) -> str:
    """The agent of which a file is a seed: NAME of NAME_seed_N.policy, else the file's own name."""
    return Path(file).stem.partition("_seed_")[0]


@dataclass(frozen=True)
class VariantsConfig:
    """Trainings side by side; metrics carry the variant's name in front.

    Attributes:
      variants: name and settings of each.
      differences: pairs of variants whose metrics are subtracted, as FIRST_minus_SECOND_METRIC.
      shows: how the figure is drawn.
      search: with which the agents of the Coin Game are searched for weaknesses; None for not.
      num_search_episodes: of each agent.
    """

    variants: Trainings
    differences: tuple[tuple[str, str], ...] = ()
    shows: str = "policies"
    search: SearchConfig | None = None
    num_search_episodes: int = 16

    def trainings(self) -> Trainings:
        """What is trained."""
        return self.variants


@dataclass(frozen=True)
class LeagueConfig:
    """Agents that meet each other, or that best responders meet.

    Attributes:
      variants: name and settings of those that are trained; the game is the first's. None at all
        where only files take part.
      kind: "head_to_head" or "exploitability".
      scripts: names of scripted agents that take part.
      policies: files of portable policies that take part, whoever trained them.
      num_episodes: of every match.
      searches: that look for best responses.
      bases: how they play in roll-outs.
      num_search_episodes: of each search, base and agent.
      responder: a trained best responder; None for none.
      distillation: the best response to a finite controller of the agent; None for none.
    """

    variants: Trainings
    kind: str
    scripts: tuple[str, ...] = ("AC", "AD", "Coin-TFT")
    policies: tuple[str, ...] = ()
    num_episodes: int = 256
    searches: tuple[SearchConfig, ...] = ()
    bases: tuple[str, ...] = ("AC", "AD")
    num_search_episodes: int = 8
    responder: ResponderConfig | None = None
    distillation: DistillationConfig | None = None

    @property
    def shows(self) -> str:
        """How the figure is drawn."""
        return self.kind if self.variants else "files"

    def trainings(self) -> Trainings:
        """What is trained."""
        return self.variants


@dataclass(frozen=True)
class CertificateConfig:
    """A search against scripted agents whose exact best response is known.

    Attributes:
      search: what is certified.
      cases: agent and base policy of the roll-outs, of every match.
      num_episodes: of every match and seed.
      episode_length: T.
      shows: how the figure is drawn.
    """

    search: SearchConfig
    cases: tuple[tuple[str, str], ...] = (("AC", "AC"), ("AD", "AD"), ("Coin-TFT", "AC"))
    num_episodes: int = 2
    episode_length: int = 50
    shows: str = "certificate"

    def trainings(self) -> Trainings:
        """Nothing is trained."""
        return ()
