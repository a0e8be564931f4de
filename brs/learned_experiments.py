"""Experiments with the learned detective: the prisoner's dilemma, and the Coin Game's figures."""

from dataclasses import replace
from typing import Any

from brs.experiment import PRESETS, Experiment
from brs.study_configs import OPEN_LOOP, SearchConfig, VariantsConfig
from brs.training_configs import AmortisedConfig, BrsConfig
from common.logger.claims import Claim, Criterion

# The prisoner's dilemma at a size for two cores; every number is ours.
_IPD = BrsConfig(
    game="ipd",
    num_updates=400,
    eval_every_updates=50,
    batch_size=32,
    num_drawn_agents=32,
    episode_length=24,
    hidden_size=8,
    detective_hidden_size=32,
    num_roll_outs=4,
    roll_out_steps=6,
    detective_updates=4,
    detective_learning_rate=1e-2,
    learning_rate=3e-2,
    self_play_learning_rate=3e-2,
    critic_learning_rate=1e-2,
    noise=1.0,
    push_every_updates=5,
    entropy_weight=0.0,
    self_play_entropy_weight=0.0,
    max_grad_norm=10.0,
)
_COIN_GAME = BrsConfig()
# The Coin Game at a size for two cores: the agent is a table, so that its best response is exact.
_SMALL_COIN_GAME = BrsConfig(
    num_updates=600,
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
    detective_entropy_weight=1.0,
    max_grad_norm=10.0,
)
_TINY: dict[str, Any] = {
    "num_updates": 2,
    "eval_every_updates": 1,
    "num_eval_episodes": 4,
    "batch_size": 4,
    "num_drawn_agents": 2,
    "episode_length": 3,
    "hidden_size": 4,
    "detective_hidden_size": 4,
    "roll_out_steps": 2,
}
_CHANGES: dict[str, dict[str, Any]] = {
    "brs": {},
    "nosp": {"self_play": False},
    "norb": {"agent_buffer": False},
    "neither": {"self_play": False, "agent_buffer": False},
    "no_through": {"through_detective": False},
    "nosp_no_through": {"self_play": False, "through_detective": False},
    "k_4": {"num_roll_outs": 4},
    "l_4": {"roll_out_steps": 4},
    "l_32": {"roll_out_steps": 32},
    "policy_probs": {"questions": "policy_probs"},
    "stop_carry": {"stop_carry_gradient": True},
}
_TINY_SEARCH = SearchConfig("open_loop", 2, roll_out_steps=2, exploration=1.0)
_NOT_RUN = "hours on two cores; written for a GPU, and not yet run at its sizes"


def _variants(names: tuple[str, ...], *, search: bool) -> dict[str, VariantsConfig]:
    """Variants in the Coin Game by preset."""
    bases = {
        "smoke": replace(_SMALL_COIN_GAME, **_TINY),
        "quick": _SMALL_COIN_GAME,
        "paper": _COIN_GAME,
    }
    return {
        preset: VariantsConfig(
            tuple(
                (name, replace(bases[preset], **_CHANGES[name]))
                for name in (names[:1] if preset == "smoke" else names)
            ),
            shows="values",
            search=(_TINY_SEARCH if preset == "smoke" else OPEN_LOOP) if search else None,
            num_search_episodes=1 if preset == "smoke" else 16,
        )
        for preset in PRESETS
    }


def _ipd_variants(base: Any, tiny: dict[str, Any]) -> dict[str, VariantsConfig]:
    """BRS, NORB and NOSP in the prisoner's dilemma by preset; a smoke run is of the first."""
    names = ("brs", "norb", "nosp")
    return {
        preset: VariantsConfig(
            tuple((name, replace(base, **size, **_CHANGES[name])) for name in kept),
            shows="learned",
        )
        for preset, size, kept in (
            ("smoke", tiny, names[:1]),
            ("quick", {}, names),
            ("paper", {}, names),
        )
    }


def _claim(
    name: str, source: str, statement: str, metric: str, criterion: Criterion, paper: Any = None
) -> Claim:
    return Claim(name, source, statement, metric, criterion, paper_value=paper)


_LEARNED = "learned detective, IPD (ours)"
_CLAIMS = (
    _claim(
        "regret",
        _LEARNED,
        "The learned detective is nearly a best response to BRS (exact regret per step)",
        "brs_detective_regret",
        Criterion("mean", "<=", 0.1, partly=0.25),
    ),
    _claim(
        "fidelity",
        _LEARNED,
        "Its derivative in the agent points along the exact one (cosine, NOSP)",
        "nosp_detective_fidelity",
        Criterion("mean", ">=", 0.7, partly=0.3),
    ),
    _claim(
        "brs_with_itself",
        _LEARNED,
        "BRS cooperates with itself",
        "brs_self_play",
        Criterion("mean", ">=", -1.2, partly=-1.5),
    ),
    _claim(
        "brs_best_response",
        _LEARNED,
        "The exact best response to it leaves it the reward of cooperation",
        "brs_agent_vs_best_response",
        Criterion("mean", ">=", -1.2, partly=-1.5),
    ),
    _claim(
        "nosp_extorts",
        _LEARNED,
        "BRS-NOSP gets more than cooperation pays from its exact best responder",
        "nosp_agent_vs_best_response",
        Criterion("mean", ">=", -0.95, partly=-1.0),
    ),
    _claim(
        "nosp_with_itself",
        _LEARNED,
        "BRS-NOSP does not cooperate with itself",
        "nosp_self_play",
        Criterion("mean", "<=", -1.7, partly=-1.5),
    ),
)
_FIGURE_1 = (
    _claim("self", "Figure 1", "BRS cooperates with itself", "brs_self_play",
           Criterion("mean", ">=", 0.32, partly=0.25), 0.34),
    _claim("search_cooperates", "Figure 1", "Tree search against BRS leaves it a cooperator's "
           "reward", "brs_agent_vs_search", Criterion("mean", ">=", 0.25, partly=0.15), 0.306),
    _claim("retaliates", "Figure 1", "AD gains little from BRS", "brs_AD_vs_agent",
           Criterion("mean", "<=", 0.25, partly=0.35), 0.222),
)  # fmt: skip
_FIGURE_3 = (
    _claim("takes_from_ac", "Figure 3", "BRS-NOSP takes from AC", "nosp_agent_vs_AC",
           Criterion("mean", ">=", 0.45, partly=0.4), 0.501),
    _claim("extorts_search", "Figure 3", "BRS-NOSP gains from tree search", "nosp_agent_vs_search",
           Criterion("mean", ">=", 0.2, partly=0.1), 0.256),
    _claim("self", "Figure 3", "BRS-NOSP does not cooperate with itself", "nosp_self_play",
           Criterion("mean", "<=", 0.05, partly=0.15), 0.008),
)  # fmt: skip
_FIGURE_4 = (
    _claim("self", "Figure 4", "BRS-NORB cooperates with itself", "norb_self_play",
           Criterion("mean", ">=", 0.32, partly=0.25), 0.34),
    _claim("search", "Figure 4", "Tree search cooperates with BRS-NORB", "norb_agent_vs_search",
           Criterion("mean", ">=", 0.25, partly=0.15), 0.284),
)  # fmt: skip
_THROUGH = (
    _claim("needed", "ablation", "Without the through-term AD gains more", "no_through_AD_vs_agent",
           Criterion("mean", ">=", 0.3, partly=0.25)),
)  # fmt: skip
_QUESTIONS = (
    _claim("answers", "ablation", "Answers over 4 steps are too short-sighted: AD gains more",
           "l_4_AD_vs_agent", Criterion("mean", ">=", 0.3, partly=0.25)),
)  # fmt: skip


def _coin_game(
    source: str, summary: str, claims: tuple[Claim, ...], names: tuple[str, ...], *, search: bool
) -> Experiment:
    return Experiment(
        source=source,
        summary=summary,
        claims=claims,
        configs=_variants(names, search=search),
        num_seeds={"smoke": 1, "quick": 4, "paper": 5},
        minutes={"smoke": 0.7, "quick": 240.0, "paper": 600.0},
        not_by_default=_NOT_RUN,
    )


LEARNED_EXPERIMENTS: dict[str, Experiment] = {
    "beyond_learned_detective_ipd": Experiment(
        source="beyond the paper",
        summary="A detective network that is told the expected answers, trained beside the agent "
        "by exact gradients, judged by exact regret and exact derivatives",
        claims=_CLAIMS,
        configs=_ipd_variants(
            AmortisedConfig(),
            {"num_updates": 2, "eval_every_updates": 1, "num_drawn_agents": 2, "hidden_size": 4},
        ),
        num_seeds={"smoke": 1, "quick": 24, "paper": 24},
        minutes={"smoke": 0.3, "quick": 1.5, "paper": 1.5},
    ),
    "beyond_sampled_detective_ipd": Experiment(
        source="beyond the paper",
        summary="The whole method in the prisoner's dilemma: the detective asks, everything is "
        "sampled; judged by exact regret and exact derivatives",
        claims=_CLAIMS,
        configs=_ipd_variants(_IPD, _TINY),
        num_seeds={"smoke": 1, "quick": 4, "paper": 10},
        minutes={"smoke": 0.7, "quick": 10.0, "paper": 60.0},
        not_by_default="its proofs are tests; not yet run at its sizes",
    ),
    "figure_1_coin_game": _coin_game(
        "Figure 1", "BRS in the Coin Game against itself, AC, AD and tree search",
        _FIGURE_1, ("brs",), search=True,
    ),
    "figure_3_nosp": _coin_game(
        "Figure 3", "BRS without self-play", _FIGURE_3, ("nosp",), search=True
    ),
    "figure_4_norb": _coin_game(
        "Figure 4", "BRS without buffer and noise; without self-play either",
        _FIGURE_4, ("norb", "neither"), search=True,
    ),
    "ablation_through_term_coin_game": _coin_game(
        "ablation that the paper's reviewers asked for", "Without the gradient through the "
        "detective", _THROUGH, ("brs", "no_through", "nosp", "nosp_no_through"), search=False,
    ),
    "ablation_qa": _coin_game(
        "ablation", "Number, length and kind of the questions' roll-outs",
        _QUESTIONS, ("brs", "k_4", "l_4", "l_32", "policy_probs", "stop_carry"), search=False,
    ),
}  # fmt: skip
