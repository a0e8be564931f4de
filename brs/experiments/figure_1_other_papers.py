"""Figure 1 for the agents of other papers: files that their folders export.

    make reproduce-brs EXPERIMENT=figure_1_other_papers POLICIES=FOLDER          # 10 minutes

The files *.policy are called NAME_seed_N.policy, with NAME loqa, pola or alignment; NOTES.md says
how they are made. The paper, reward per step: its tree search leaves POLA .088 (± .084, 6 seeds).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from brs.evaluation.config import LeagueConfig, agent_of
from brs.experiments.league_settings import (
    FULL_RESPONDERS,
    SMALL_RESPONDERS,
    TINY_RESPONDERS,
    names_of,
    with_policies,
)
from brs.experiments.variants import first_variant
from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Findings, Record, Rows

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CONFIGS = {
    "smoke": LeagueConfig((), "exploitability", scripts=(), num_episodes=2, **TINY_RESPONDERS),
    "quick": LeagueConfig(
        (),
        "exploitability",
        scripts=(),
        num_episodes=512,
        num_search_episodes=8,
        **SMALL_RESPONDERS,
    ),
    "paper": LeagueConfig((), "exploitability", scripts=(), num_episodes=1024, **FULL_RESPONDERS),
}

_COOPERATOR = ("leaves {} nearly a cooperator's reward", Criterion("mean", ">=", 0.25, partly=0.15))
_OF_FILES: dict[str, tuple[str, str, Criterion, float | None, str | None]] = {
    "loqa": ("LOQA", *_COOPERATOR, None, None),
    "pola": ("POLA", "leaves {} little", Criterion("mean", "<=", 0.15), 0.088, "± 0.084 (6 seeds)"),
    "alignment": ("Advantage Alignment", *_COOPERATOR, None, None),
}


def _of_file(name: str) -> tuple[Claim, ...]:
    """What is claimed of an agent whose files are called NAME_seed_N.policy."""
    subject, leaves, left, paper_value, paper_spread = _OF_FILES[name]
    return (
        Claim(
            f"{name}_is_exploited_less",
            "beyond the paper",
            f"{subject} is exploited clearly less than AC, of whom the exact best response gets "
            ".647",
            f"{name}_best_response",
            Criterion("mean", "<=", 0.5, partly=0.55),
        ),
        Claim(
            f"{name}_is_left",
            "Figure 1; paper: its MCTS" if paper_value else "beyond the paper",
            f"The strongest responder {leaves.format(subject)}",
            f"{name}_agent_vs_best_response",
            left,
            paper_value,
            paper_spread,
        ),
        Claim(
            f"{name}_is_nearly_finite",
            "beyond the paper",
            f"A controller that remembers two coins plays nearly as {subject} does (action KL on "
            "held-out episodes, nats)",
            f"{name}_action_kl",
            Criterion("mean", "<=", 0.05, partly=0.2),
        ),
        Claim(
            f"{name}_is_bounded",
            "beyond the paper",
            f"The best response to a controller of two coins, distilled from {subject}, gets from "
            f"{subject} itself nearly what the strongest responder does (shortfall)",
            f"{name}_distilled_shortfall",
            Criterion("mean", "<=", 0.05, partly=0.1),
        ),
    )


def _claims(names: Container[str]) -> tuple[Claim, ...]:
    return tuple(claim for name in _OF_FILES if name in names for claim in _of_file(name))


def run(config: LeagueConfig, trainer: Any) -> Findings:
    """Lets every best responder meet every agent."""
    from brs.evaluation.exploitability import exploitability

    return exploitability(config, trainer)


def draw(record: Record, rows: Rows) -> Figure:
    """Figure 1's bars for agents of files: both rewards of every match, and the distilled bound."""
    from brs.experiments.drawing import SMALL, new_figure, player

    del rows
    names = list(dict.fromkeys(map(agent_of, names_of(record))))
    num_files = max(len(record["metrics"][f"{name}_self"]["per_seed"]) for name in names)
    figure = new_figure(record, 3.2 * len(names) + 1, 4.2, num_seeds=num_files)
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    entries: dict[str, Artist] = {}
    for axes, name in zip(panels, names, strict=True):
        _draw_matches(axes, record, name)
        axes.set_title(player(name), fontsize=9)
        handles, labels = axes.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    figure.legend(
        entries.values(), entries.keys(), fontsize=SMALL, ncols=4, loc="outside lower center"
    )
    panels[0].set_ylabel("reward per step; dots: files, one of each training seed", fontsize=8)
    return figure


def _draw_matches(axes: Axes, record: Record, name: str) -> None:
    """Both rewards of an agent's matches with itself, scripts and the strongest responder."""
    from brs.experiments.drawing import SMALL, Series, draw_bars, look_at

    matches = (
        ("itself", f"{name}_self", f"{name}_self"),
        ("always-\ncooperate", f"{name}_vs_AC", f"AC_vs_{name}"),
        ("always-\ndefect", f"{name}_vs_AD", f"AD_vs_{name}"),
        ("strongest\nresponder", f"{name}_agent_vs_best_response", f"{name}_best_response"),
    )
    labels, ours, theirs = zip(*matches, strict=True)
    series = [Series(look_at("agent", 2), ours), Series(look_at("opponent", 3), theirs)]
    draw_bars(axes, record, series)
    if bound := record["metrics"].get(f"{name}_distilled"):
        look = {"markersize": 6, "markerfacecolor": "none", "markeredgewidth": 1.5}
        axes.plot(3.21, bound["mean"], "kD", label="distilled responder", **look)
    axes.set_xticks(range(len(labels)), labels, fontsize=SMALL)


FIGURE_1_OTHER_PAPERS = Experiment(
    source="Figure 1",
    summary="Agents of the other papers, files NAME_seed_N.policy given with --policies, meet "
    "themselves, AC, AD and every best responder, each in its own game",
    claims=_claims(_OF_FILES),
    configs=CONFIGS,
    num_seeds={"smoke": 1, "quick": 4, "paper": 5},
    minutes={"smoke": 0.5, "quick": 10.0, "paper": 240.0},
    why_it_fails={
        "loqa_is_left": "Who responds best robs LOQA: trained for minutes it retaliates, but "
        "too softly, and AC, which cooperates with it, gets less than who robs it.",
        "alignment_is_left": "It retaliates more softly still than LOQA.",
    },
    not_by_default="it needs files that the other papers' trainings make: see NOTES.md",
    run=run,
    draw=draw,
    trained=first_variant,
)


def experiment_with(policies: tuple[str, ...]) -> Experiment:
    """The experiment with files of portable policies, and claims on those agents alone."""
    given = set(map(agent_of, policies))
    configs = with_policies(CONFIGS, policies)
    return replace(FIGURE_1_OTHER_PAPERS, configs=configs, claims=_claims(given))
