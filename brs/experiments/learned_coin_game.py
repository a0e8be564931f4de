"""What the experiments with a learned detective in the Coin Game share: settings, sizes, search.

At quick the game is small (grid 2x2, 12 steps) and the agent is a table with Coin-TFT's memory, so
that the best response to it is known exactly; at paper it is the paper's game and a recurrent
agent, which tree search and scripts judge.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from brs.config import BrsConfig
from brs.experiments.variants import VariantsConfig, compare_variants, difference
from brs.responders.config import OPEN_LOOP, SearchConfig
from common.logger.claims import Claim, Criterion
from common.logger.experiment import Findings, Metrics, Record, Rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PAPER = BrsConfig()
_SMALL = BrsConfig(
    num_updates=300,
    eval_every_updates=50,
    grid_size=2,
    episode_length=12,
    batch_size=64,
    agent="table",
    hidden_size=16,
    detective_hidden_size=32,
    num_roll_outs=4,
    roll_out_steps=5,
    noise=1.0,
    push_every_updates=5,
    num_drawn_agents=32,
    detective_updates=2,
    detective_learning_rate=5e-3,
    learning_rate=3e-2,
    self_play_learning_rate=3e-2,
    critic_learning_rate=3e-3,
    detective_entropy_weight=4.0,
    max_grad_norm=10.0,
)
_TINY = replace(
    _SMALL,
    num_updates=2,
    eval_every_updates=1,
    num_eval_episodes=4,
    batch_size=4,
    num_drawn_agents=2,
    episode_length=3,
    hidden_size=4,
    detective_hidden_size=4,
    num_roll_outs=2,
    roll_out_steps=2,
)
_CHANGES: dict[str, dict[str, Any]] = {
    "brs": {},
    "nosp": {"self_play": False},
    "norb": {"agent_buffer": False},
    "neither": {"self_play": False, "agent_buffer": False},
    "no_through": {"through_detective": False},
    "nosp_no_through": {"self_play": False, "through_detective": False},
    "k_1": {"num_roll_outs": 1},
    "k_4": {"num_roll_outs": 4},
    "l_2": {"roll_out_steps": 2},
    "l_4": {"roll_out_steps": 4},
    "l_32": {"roll_out_steps": 32},
    "policy_probs": {"questions": "policy_probs"},
    "stop_carry": {"stop_carry_gradient": True},
}
_TINY_SEARCH = SearchConfig("open_loop", 2, roll_out_steps=2, exploration=1.0)
NUM_SEEDS = {"smoke": 1, "quick": 4, "paper": 5}


def figure_configs(names: tuple[str, ...]) -> dict[str, VariantsConfig]:
    """Variants by preset whose agents tree search judges too; a smoke run is of the first."""
    return {
        "smoke": _variants(_TINY, names[:1], _TINY_SEARCH, episodes=1),
        "quick": _variants(_SMALL, names, OPEN_LOOP, episodes=8),
        "paper": _variants(_PAPER, names, OPEN_LOOP, episodes=16),
    }


def ablation_configs(
    names: tuple[str, ...],
    paper_names: tuple[str, ...],
    differences: tuple[tuple[str, str], ...],
) -> dict[str, VariantsConfig]:
    """Variants by preset, at quick with differences, without search; a smoke run is of the last."""
    return {
        "smoke": _variants(_TINY, names[-1:], None, episodes=1),
        "quick": _variants(_SMALL, names, None, episodes=1, differences=differences),
        "paper": _variants(_PAPER, paper_names, None, episodes=1),
    }


def _variants(
    base: BrsConfig,
    names: tuple[str, ...],
    search: SearchConfig | None,
    *,
    episodes: int,
    differences: tuple[tuple[str, str], ...] = (),
) -> VariantsConfig:
    return VariantsConfig(
        tuple((name, replace(base, **_CHANGES[name])) for name in names),
        differences=differences,
        shows="values",
        search=search,
        num_search_episodes=episodes,
    )


def minutes(quick: float) -> dict[str, float]:
    """Minutes by preset."""
    return {"smoke": 0.5, "quick": quick, "paper": 600.0}


def claim(
    name: str, source: str, statement: str, metric: str, criterion: Criterion, paper: Any = None
) -> Claim:
    """A claim of the Coin Game; `paper` is the paper's number."""
    return Claim(name, source, statement, metric, criterion, paper_value=paper)


def cooperation_claims(source: str, name: str, agent: str) -> tuple[Claim, ...]:
    """What BRS and BRS-NORB should do in the small game, where AC with AC gets 0.41 each."""
    return (
        claim(
            "self",
            source,
            f"{agent} cooperates with itself (reward per step)",
            f"{name}_self_play",
            Criterion("mean", ">=", 0.36, partly=0.3),
        ),
        claim(
            "best_response",
            source,
            f"The exact best response leaves {agent} nearly a cooperator's reward",
            f"{name}_agent_vs_best_response",
            Criterion("mean", ">=", 0.25, partly=0.15),
        ),
        claim(
            "search",
            source,
            f"Tree search leaves {agent} nearly a cooperator's reward",
            f"{name}_agent_vs_search",
            Criterion("mean", ">=", 0.25, partly=0.15),
        ),
        claim(
            "retaliates",
            source,
            f"AD gets less from {agent} than the best response does (difference)",
            f"{name}_gain_of_cooperation",
            Criterion("mean", ">=", 0.15, partly=0.05),
        ),
    )


def compare_and_search(config: VariantsConfig, trainer: Any) -> Findings:
    """Compares variants; and what tree search gets from their agents, and by how much too little.

    Metrics of a variant beside those of `compare_variants`: search_vs_agent, agent_vs_search and,
    where the best response is known, search_shortfall.
    """
    from brs.evaluation.search_agents import search_agents

    def examine(variant: BrsConfig, result: Any) -> Metrics:
        assert config.search is not None
        searched = search_agents(
            config.search,
            config.num_search_episodes,
            variant,
            result.params["actor"],
            trainer.seeds,
        )
        if "best_response" in result.metrics:
            searched["search_shortfall"] = difference(
                result.metrics["best_response"], searched["search_vs_agent"]
            )
        return searched

    return compare_variants(config, trainer, examine)


def draw(record: Record, rows: Rows) -> Figure:
    """Rewards of every variant in every match, and against the best response along training."""
    from brs.experiments.drawing import draw_values

    return draw_values(record, rows)
