"""Experiments in the Coin Game, with their claims fixed before the run.

Exact values behind the criteria (3x3, 50 steps, reward per step, by dynamic programming): two
always-cooperating players get .3486 each; always-defect gets .637 from always-cooperate and leaves
it with -.266; two always-defecting players get 0.
"""

from dataclasses import replace
from typing import Any, Literal

from common.logger.claims import Claim, Criterion
from loqa.experiment import Experiment
from loqa.study_configs import LeagueConfig, ScalingConfig
from loqa.training_configs import CoinGameConfig

_PLACE = "Figure 2, league"

# Published sizes, with the textbook advantage; then what two cores can train in minutes, and in
# seconds. A preset changes sizes only.
_PAPER = CoinGameConfig(stop_grad_advantage=True)
_QUICK = replace(
    _PAPER,
    num_updates=3000,
    batch_size=128,
    num_opponents=16,
    actor_hidden_size=64,
    critic_hidden_size=32,
)
_SMOKE = replace(
    _QUICK,
    num_updates=4,
    eval_every_updates=2,
    checkpoint_every_updates=2,
    num_eval_episodes=8,
    batch_size=4,
    num_opponents=2,
    actor_hidden_size=8,
    critic_hidden_size=8,
)
_BY_PRESET = {"smoke": _SMOKE, "quick": _QUICK, "paper": _PAPER}
_NUM_SEEDS = {"smoke": 1, "quick": 4, "paper": 10}


def _claim(
    id: str,
    statement: str,
    metric: str,
    criterion: Criterion,
    source: str = _PLACE,
    paper: tuple[float, float] | None = None,
) -> Claim:
    """A claim on a reward per step; `paper` is its mean and standard deviation over the seeds."""
    value, spread = paper or (None, None)
    return Claim(
        id=id,
        source=source,
        statement=statement,
        metric=metric,
        criterion=criterion,
        paper_value=value,
        paper_spread=None if spread is None else f"± {spread:g} (std, 10 seeds)",
    )


_LEAGUE_CLAIMS = (
    _claim(
        "self_play",
        "LOQA's agents cooperate with themselves (at least half of full cooperation, .3486)",
        "loqa_self",
        Criterion("mean", ">=", 0.174, partly=0.1),
        paper=(0.319, 0.018),
    ),
    _claim(
        "other_seeds",
        "and with agents of other seeds",
        "loqa_vs_other_seeds",
        Criterion("mean", ">=", 0.174, partly=0.1),
        paper=(0.286, 0.046),
    ),
    _claim(
        "does_not_exploit",
        "LOQA takes clearly less from always-cooperate than a defector, .637, would",
        "loqa_vs_always_cooperate",
        Criterion("high", "<=", 0.5, partly=0.57),
        paper=(0.352, 0.008),
    ),
    _claim(
        "leaves_a_share",
        "and leaves it a profit, where a defector leaves -.266",
        "always_cooperate_vs_loqa",
        Criterion("low", ">=", 0.05, partly=0.0),
        paper=(0.318, 0.017),
    ),
    _claim(
        "retaliates",
        "Always-defect gets less than half of the .637 that always-cooperate gives it",
        "always_defect_vs_loqa",
        Criterion("mean", "<=", 0.318, partly=0.4),
        paper=(0.123, 0.074),
    ),
    _claim(
        "loses_little",
        "and LOQA loses less to it than always-cooperate's -.266",
        "loqa_vs_always_defect",
        Criterion("low", ">=", -0.2, partly=-0.25),
        paper=(-0.054, 0.027),
    ),
    _claim(
        "naive_does_not_cooperate",
        "The naive learner does not cooperate with itself (mutual defection is 0)",
        "naive_self",
        Criterion("high", "<=", 0.1, partly=0.15),
        source="Section 4, naive learner",
    ),
    _claim(
        "naive_exploits",
        "and leaves always-cooperate a loss",
        "always_cooperate_vs_naive",
        Criterion("high", "<=", 0.0),
        source="Section 4, naive learner",
    ),
)


def _number_claims(
    entrant: str, rows: tuple[tuple[str, float, float], ...], source: str = _PLACE
) -> tuple[Claim, ...]:
    """Claims on the paper's numbers: within two of its standard deviations, or four for partly."""
    return tuple(
        _claim(
            metric.removeprefix(f"{entrant}_"),
            f"{metric.replace('_', ' ')} (reward per step, row player first)",
            metric,
            Criterion("mean", "within", 2 * spread, partly=4 * spread, target=value),
            source=source,
            paper=(value, spread),
        )
        for metric, value, spread in rows
    )


_LEAGUE_NUMBERS = _number_claims(
    "loqa",
    (
        ("loqa_self", 0.319, 0.018),
        ("loqa_vs_other_seeds", 0.286, 0.046),
        ("loqa_vs_always_cooperate", 0.352, 0.008),
        ("always_cooperate_vs_loqa", 0.318, 0.017),
        ("loqa_vs_always_defect", -0.054, 0.027),
        ("always_defect_vs_loqa", 0.123, 0.074),
        ("loqa_vs_random", 0.264, 0.013),
        ("random_vs_loqa", -0.154, 0.027),
    ),
)


_AGENT_CLAIMS = (  # entrant -> the league's three questions, used by ablations
    ("self_play", "cooperates with itself", "{}_self", Criterion("mean", ">=", 0.174, partly=0.1)),
    (
        "does_not_exploit",
        "takes clearly less from always-cooperate than a defector's .637",
        "{}_vs_always_cooperate",
        Criterion("mean", "<=", 0.5, partly=0.57),
    ),
    (
        "retaliates",
        "gives always-defect less than half of .637",
        "always_defect_vs_{}",
        Criterion("mean", "<=", 0.318, partly=0.4),
    ),
)


def _questions(
    entrant: str,
    subject: str,
    source: str,
    paper: tuple[tuple[float, float] | None, ...] = (None,) * 3,
) -> tuple[Claim, ...]:
    """The league's three questions about one entrant, with the paper's numbers if it has them."""
    return tuple(
        _claim(f"{entrant}_{id}", f"{subject} {what}", metric.format(entrant), criterion, source, p)
        for (id, what, metric, criterion), p in zip(_AGENT_CLAIMS, paper, strict=True)
    )


def _with(**options: Any) -> dict[str, CoinGameConfig]:
    """LOQA at every preset with some options."""
    return {preset: replace(config, **options) for preset, config in _BY_PRESET.items()}


# The naive learner settles soon: a third of the updates.
_NAIVE = {
    "smoke": replace(_SMOKE, shaping_weight=0.0),
    "quick": replace(_QUICK, shaping_weight=0.0, num_updates=1000),
    "paper": replace(_PAPER, shaping_weight=0.0, num_updates=2000),
}


def _league(**entrants: dict[str, CoinGameConfig]) -> dict[str, LeagueConfig]:
    """A league at every preset, of entrants given by preset."""
    return {
        preset: LeagueConfig(
            tuple((name, configs[preset]) for name, configs in entrants.items()),
            num_episodes=8 if preset == "smoke" else 1024,
        )
        for preset in _BY_PRESET
    }


def _minutes(quick: float, paper: float) -> dict[str, float]:
    return {"smoke": 0.1, "quick": quick, "paper": paper}


def _scaling_claims(
    entrant: str, relation: Literal[">=", "<="], threshold: float
) -> tuple[Claim, ...]:
    """Whether an entrant passes the strong threshold, on each of the smaller grids."""
    subject = "LOQA passes" if relation == ">=" else "The naive learner does not pass"
    partly = 0.25 if relation == ">=" else None
    return tuple(
        _claim(
            f"{entrant}_strong_{size}x{size}",
            f"{subject} the strong threshold on {size}x{size} (share of seeds)",
            f"{entrant}_{size}x{size}_strong_passed",
            Criterion("mean", relation, threshold, partly=partly),
            source="Figure 3, time against grid size",
        )
        for size in (3, 4, 5)
    )


_BY_NAME = "its training does not fit into the paper's 20 minutes beside the others"
_AS_PUBLISHED = _with(stop_grad_advantage=False)

COIN_GAME_EXPERIMENTS: dict[str, Experiment] = {
    "figure_2_league": Experiment(
        source=_PLACE,
        summary="LOQA and the naive learner meet themselves, each other and the scripted players",
        claims=_LEAGUE_CLAIMS,
        paper_claims=_LEAGUE_NUMBERS,
        configs=_league(loqa=_BY_PRESET, naive=_NAIVE),
        num_seeds=_NUM_SEEDS,
        minutes=_minutes(9.0, 60.0),
    ),
    "ablation_replay_buffer": Experiment(
        source="Ablation, agent replay buffer",
        summary="LOQA against its current self instead of past selves; beside figure_2_league its LOQA "
        "is taken from there, alone it takes twice as long",
        claims=(
            _claim(
                "exploits_more",
                "Without the replay buffer agents take more from always-cooperate (difference)",
                "no_buffer_minus_loqa_vs_always_cooperate",
                Criterion("mean", ">=", 0.03, partly=0.0),
                source="Ablation, agent replay buffer",
                paper=(0.112, 0.047),
            ),
            _claim(
                "cooperates_less",
                "and cooperate less with themselves (difference)",
                "no_buffer_minus_loqa_self",
                Criterion("mean", "<=", -0.05, partly=0.0),
                source="Ablation, agent replay buffer",
                paper=(-0.126, 0.092),
            ),
        ),
        configs=_league(loqa=_BY_PRESET, no_buffer=_with(opponents="current_self")),
        num_seeds=_NUM_SEEDS,
        minutes=_minutes(6.0, 55.0),
    ),
    "figure_2_league_as_published": Experiment(
        source=_PLACE,
        summary="figure_2_league with the released advantage, through which gradients leak",
        claims=_questions(
            "loqa", "LOQA as released", _PLACE, ((0.319, 0.018), (0.352, 0.008), (0.123, 0.074))
        ),
        paper_claims=_LEAGUE_NUMBERS,
        configs=_league(loqa=_AS_PUBLISHED),
        num_seeds=_NUM_SEEDS,
        minutes=_minutes(8.0, 60.0),
        not_by_default=_BY_NAME,
    ),
    "ablation_self_play": Experiment(
        source="Ablation, self-play",
        summary="Two agents without shared parameters, each against the other's past selves",
        claims=_questions(
            "two_agents",
            "LOQA without shared parameters",
            "Ablation, self-play",
            ((0.248, 0.093), (0.354, 0.008), (0.074, 0.036)),
        ),
        configs=_league(loqa=_BY_PRESET, two_agents=_with(self_play=False)),
        num_seeds=_NUM_SEEDS,
        minutes=_minutes(24.0, 160.0),
        not_by_default=_BY_NAME,
    ),
    "ablation_estimator": Experiment(
        source="ablation",
        summary="Each option of the estimator alone, against LOQA with the textbook advantage",
        claims=tuple(
            claim
            for entrant, subject in (
                ("loqa", "LOQA with the textbook advantage"),
                ("leaking_advantage", "With the released, leaking advantage LOQA"),
                ("constant_normalizer", "With a constant normaliser LOQA"),
                ("return_advantage", "With the Monte Carlo advantage LOQA"),
                ("critic_value", "With the critic's value in the softmax LOQA"),
                ("ten_step_reach", "With a reach of ten rewards LOQA"),
                ("returns_critic", "With the critic that the iterated game needs LOQA"),
            )
            for claim in _questions(entrant, subject, "ablation")
        ),
        configs=_league(
            loqa=_BY_PRESET,
            leaking_advantage=_AS_PUBLISHED,
            constant_normalizer=_with(stop_grad_normalizer=True),
            return_advantage=_with(advantage="returns"),
            critic_value=_with(taken_value="critic"),
            ten_step_reach=_with(num_differentiable_rewards=10),
            returns_critic=_with(critic_targets="returns"),
        ),
        num_seeds=_NUM_SEEDS,
        minutes=_minutes(55.0, 420.0),
        not_by_default=_BY_NAME,
    ),
    "beyond_three_players": Experiment(
        source="beyond the paper",
        summary="LOQA in the Coin Game of three players, in self-play and beside two defectors",
        claims=(
            _claim(
                "cooperates",
                "Three LOQA agents cooperate (share of what three always-cooperators get)",
                "cooperation",
                Criterion("mean", ">=", 0.5, partly=0.25),
                source="ours",
            ),
            _claim(
                "retaliates",
                "Two always-defecting players get less from LOQA than from always-cooperate "
                "(share)",
                "defection_pays",
                Criterion("mean", "<=", 0.5, partly=0.75),
                source="ours",
            ),
        ),
        configs=_with(num_players=3),
        num_seeds=_NUM_SEEDS,
        minutes=_minutes(14.0, 100.0),
        not_by_default=_BY_NAME,
    ),
    "figure_3_scaling": Experiment(
        source="Figure 3, time against grid size",
        summary="Time and updates until LOQA and the naive learner pass three thresholds",
        claims=(*_scaling_claims("loqa", ">=", 0.75), *_scaling_claims("naive", "<=", 0.0)),
        configs={
            preset: ScalingConfig(
                (("loqa", _BY_PRESET[preset]), ("naive", _NAIVE[preset])), grid_sizes=sizes
            )
            for preset, sizes in (
                ("smoke", (3, 4, 5)),
                ("quick", (3, 4, 5)),
                ("paper", (3, 4, 5, 6, 7)),
            )
        },
        num_seeds={"smoke": 1, "quick": 4, "paper": 4},
        minutes=_minutes(35.0, 200.0),
        not_by_default=_BY_NAME,
    ),
}
