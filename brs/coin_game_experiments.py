"""Experiments in the Coin Game: the certificate of the searches, BRS with exact gradients."""

from dataclasses import replace
from typing import Any

from brs.experiment import Experiment
from brs.study_configs import (
    MCTX,
    OPEN_LOOP,
    CertificateConfig,
    SearchConfig,
    VariantsConfig,
)
from brs.training_configs import ExactCoinConfig
from common.logger.claims import Claim, Criterion

_THRESHOLDS = {"AC": 0.62, "AD": -0.06, "Coin-TFT": 0.32}
_EXACT = {"AC": 0.6466, "AD": 0.0, "Coin-TFT": 0.3557}
_PAPER_SEARCH = {"AC": 0.644, "AD": -0.041, "Coin-TFT": None}
_SEARCHES = {"mctx": "mctx, 8 trees", "open_loop": "Open-loop UCT"}


def _certificate_claims(search: str) -> tuple[Claim, ...]:
    exact = [
        Claim(
            id=f"exact_{agent}",
            source="certificate",
            statement=f"Exact best response to {agent}, reward per step",
            metric=f"exact_{agent}",
            criterion=Criterion("mean", "within", 0.0005, target=value),
        )
        for agent, value in _EXACT.items()
    ]
    searched = [
        Claim(
            id=f"{search}_{agent}",
            source="certificate; paper: its MCTS",
            statement=f"{_SEARCHES[search]} comes near the best response to {agent} "
            "(reward per step)",
            metric=f"{search}_vs_{agent}",
            criterion=Criterion("mean", ">=", threshold, partly=threshold - 0.05),
            paper_value=_PAPER_SEARCH[agent],
        )
        for agent, threshold in _THRESHOLDS.items()
    ]
    return (*exact, *searched)


_DEFAULT_FAILS = Claim(
    id="default_exploration_fails",
    source="ours",
    statement="With mctx's default exploration constant the same search does worse against AD",
    metric="mctx_default_vs_AD",
    criterion=Criterion("mean", "<=", -0.1, partly=-0.06),
)
_TINY_SEARCHES = {
    "mctx": SearchConfig(num_simulations=2, num_trees=2, roll_out_steps=2),
    "open_loop": SearchConfig("open_loop", 4, roll_out_steps=3, exploration=1.0),
}


def _certificate(search: SearchConfig, quick: SearchConfig, minutes: float) -> Experiment:
    name = search.kind
    return Experiment(
        source="Figure 1, its MCTS opponent",
        summary=f"{_SEARCHES[name]} against agents whose exact best response is known",
        claims=(
            *_certificate_claims(name),
            *([_DEFAULT_FAILS] if name == "mctx" else []),
        ),
        configs={
            "smoke": CertificateConfig(_TINY_SEARCHES[name], num_episodes=1, episode_length=3),
            "quick": CertificateConfig(quick),
            "paper": CertificateConfig(search, num_episodes=16),
        },
        num_seeds={"smoke": 1, "quick": 4, "paper": 4},
        minutes={"smoke": 0.4, "quick": minutes, "paper": 12 * minutes},
        why_it_fails={
            "open_loop_Coin-TFT": "Its visits are spread by the noise of single roll-outs, and a "
            "few moves of every game provoke the reciprocator: it needs more simulations.",
            "default_exploration_fails": "Summing the visits of eight trees makes up for much.",
        },
    )


def _coin_claim(name: str, statement: str, metric: str, criterion: Criterion) -> Claim:
    return Claim(name, "Coin Game, exact (ours)", statement, metric, criterion)


_EXACT_CLAIMS = (
    _coin_claim(
        "brs_with_itself",
        "BRS cooperates with itself (reward per step)",
        "brs_self_play",
        Criterion("mean", ">=", 0.33, partly=0.25),
    ),
    _coin_claim(
        "brs_best_response",
        "The best response to BRS leaves it nearly a cooperator's reward",
        "brs_agent_vs_best_response",
        Criterion("mean", ">=", 0.25, partly=0.15),
    ),
    _coin_claim(
        "brs_retaliates",
        "AD gets less from BRS than the best response does (difference)",
        "brs_gain_of_cooperation",
        Criterion("mean", ">=", 0.1, partly=0.03),
    ),
    _coin_claim(
        "nosp_extorts",
        "BRS-NOSP extorts its best responder: by how much it gets more than that",
        "nosp_extortion",
        Criterion("mean", ">=", 0.08, partly=0.03),
    ),
    _coin_claim(
        "nosp_takes_from_ac",
        "BRS-NOSP takes from AC: by how much it gets more than that",
        "nosp_gain_from_AC",
        Criterion("mean", ">=", 0.15, partly=0.05),
    ),
    _coin_claim(
        "nosp_with_itself",
        "BRS-NOSP cooperates less with itself than BRS (difference per step)",
        "nosp_minus_brs_self_play",
        Criterion("mean", "<=", -0.15, partly=-0.05),
    ),
    _coin_claim(
        "self_play_only_is_exploited",
        "Self-play alone is exploited by its best response (agent's reward)",
        "sp_only_agent_vs_best_response",
        Criterion("mean", "<=", 0.0, partly=0.1),
    ),
    _coin_claim(
        "through_term_matters",
        "Without the gradient through the detective the best responder leaves the agent less "
        "(difference)",
        "brs_no_through_minus_brs_agent_vs_best_response",
        Criterion("mean", "<=", -0.15, partly=-0.05),
    ),
)

SMALL_EXACT = ExactCoinConfig(grid_size=2, episode_length=20)
EXACT_VARIANTS: dict[str, dict[str, Any]] = {
    "brs": {},
    "nosp": {"self_play": False},
    "sp_only": {"learning_rate": 0.0},
    "brs_no_through": {"through_detective": False},
}


def _exact(base: ExactCoinConfig, names: tuple[str, ...]) -> VariantsConfig:
    return VariantsConfig(
        tuple((name, replace(base, **EXACT_VARIANTS[name])) for name in names),
        differences=(("nosp", "brs"), ("brs_no_through", "brs")) if len(names) > 2 else (),
        shows="values",
    )


COIN_GAME_EXPERIMENTS: dict[str, Experiment] = {
    "certificate_tree_search": _certificate(MCTX, replace(MCTX, num_simulations=64), 1.5),
    "certificate_open_loop_search": _certificate(OPEN_LOOP, OPEN_LOOP, 0.8),
    "beyond_exact_coin_game": Experiment(
        source="beyond the paper",
        summary="BRS with exact gradients: tabular agents with Coin-TFT's memory against their "
        "exact soft best response (quick: grid 2x2, 20 steps)",
        claims=_EXACT_CLAIMS,
        configs={
            "smoke": _exact(
                replace(SMALL_EXACT, num_updates=2, eval_every_updates=1, episode_length=3),
                ("brs",),
            ),
            "quick": _exact(SMALL_EXACT, tuple(EXACT_VARIANTS)),
            "paper": _exact(ExactCoinConfig(), tuple(EXACT_VARIANTS)),
        },
        num_seeds={"smoke": 1, "quick": 4, "paper": 5},
        minutes={"smoke": 0.4, "quick": 3.0, "paper": 60.0},
    ),
}
