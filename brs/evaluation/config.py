"""Settings of what is measured without training: leagues, and certificates of the searches."""

from dataclasses import dataclass
from pathlib import Path

from brs.config import ExactCoinConfig
from brs.responders.config import DistillationConfig, ResponderConfig, SearchConfig


@dataclass(frozen=True)
class LeagueConfig:
    """Agents that meet each other, or that best responders meet.

    Attributes:
      variants: name and settings of those that are trained; the game is the first's. None at all
        where only files take part.
      kind: "head_to_head" or "exploitability", for the record.
      scripts: names of scripted agents that take part.
      policies: files of portable policies that take part, whoever trained them; given by whoever
        runs the experiment.
      num_episodes: of every match.
      searches: that look for best responses.
      bases: how they play in roll-outs.
      num_search_episodes: of each search, base and agent.
      responder: a trained best responder; None for none.
      distillation: the best response to a finite controller of the agent; None for none.
    """

    variants: tuple[tuple[str, ExactCoinConfig], ...]
    kind: str
    scripts: tuple[str, ...] = ("AC", "AD", "Coin-TFT")
    policies: tuple[str, ...] = ()
    num_episodes: int = 256
    searches: tuple[SearchConfig, ...] = ()
    bases: tuple[str, ...] = ("AC", "AD")
    num_search_episodes: int = 8
    responder: ResponderConfig | None = None
    distillation: DistillationConfig | None = None


@dataclass(frozen=True)
class CertificateConfig:
    """A search against scripted agents whose exact best response is known.

    Attributes:
      search: what is certified.
      cases: agent and base policy of the roll-outs, of every match.
      num_episodes: of every match and seed.
      episode_length: T.
      shows: what the figure shows, for the record.
    """

    search: SearchConfig
    cases: tuple[tuple[str, str], ...] = (("AC", "AC"), ("AD", "AD"), ("Coin-TFT", "AC"))
    num_episodes: int = 2
    episode_length: int = 50
    shows: str = "certificate"


def agent_of(file: str) -> str:
    """The agent of which a file is a seed: NAME of NAME_seed_N.policy, else the file's own name."""
    return Path(file).stem.partition("_seed_")[0]
