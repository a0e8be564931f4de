"""The tournaments of learners in repeated games: what is trained, what is claimed."""

from dataclasses import replace
from typing import Any

from common.logger.claims import Claim, Criterion
from meta_value.experiment import PRESETS, Experiment
from meta_value.logistic_experiments import NUM_SEEDS
from meta_value.study_configs import TournamentConfig
from meta_value.training_configs import MamlConfig, MetaValueConfig, RepeatedGame

_SMOKE: dict[str, Any] = {
    "num_updates": 2,
    "eval_every_updates": 2,
    "gradient_steps": 2,
    "batch_size": 4,
    "explore_steps": 2,
    "path_length": 3,
    "hidden_size": 8,
    "num_quantiles": 4,
}
_QUICK: dict[str, Any] = {
    "batch_size": 64,
    "hidden_size": 64,
    "num_quantiles": 32,
}
MAML_STEP_SIZES = {"ipd": 25.0, "chicken": 25.0, "matching_pennies": 2.5}
LEARNERS = ("naive", "lola", "maml")
OPPONENTS = ("naive", "lola", "meva")
# Outer steps of the quick preset: until returns no longer change, where that fits its time.
_QUICK_UPDATES = {"ipd": 300, "chicken": 100, "matching_pennies": 100}
_PATIENT_UPDATES = {("matching_pennies", "naive"): 1000}
GAME_NAMES: tuple[RepeatedGame, ...] = ("ipd", "chicken", "matching_pennies")


def meva(game: RepeatedGame, opponent: Any = "meva") -> dict[str, MetaValueConfig]:
    """MeVa's settings by preset."""
    num_updates = _PATIENT_UPDATES.get((game, opponent), _QUICK_UPDATES[game])
    quick = {**_QUICK, "num_updates": num_updates, "eval_every_updates": num_updates // 2}
    return {
        "smoke": MetaValueConfig(game=game, opponent=opponent, **_SMOKE),
        "quick": MetaValueConfig(game=game, opponent=opponent, **quick),
        "paper": MetaValueConfig(game=game, opponent=opponent),
    }


def _maml(game: RepeatedGame) -> dict[str, MamlConfig]:
    step_size = MAML_STEP_SIZES[game]
    published = MamlConfig(game=game, opponent_step_size=step_size, step_size=step_size)
    small: dict[str, Any] = {
        "num_updates": 2,
        "eval_every_updates": 2,
        "batch_size": 2,
        "path_length": 3,
    }
    return {
        "smoke": replace(published, **small),
        "quick": replace(
            published, num_updates=200, eval_every_updates=100, batch_size=32, path_length=100
        ),
        "paper": published,
    }


def opponents(preset: str, game: RepeatedGame) -> tuple[str, ...]:
    """Whom MeVa is trained against: LOLA costs much, and a smoke run trains in one game."""
    if preset == "smoke" and game != "ipd":
        return ()
    return OPPONENTS if preset == "paper" else ("naive", "meva")


def _others(preset: str, game: RepeatedGame) -> tuple[str, ...]:
    """Who plays beside MeVa: a smoke run lets LOLA and M-MAML play where MeVa does not."""
    return ("naive",) if preset == "smoke" and game == "ipd" else LEARNERS


def _tournament(game: RepeatedGame) -> dict[str, TournamentConfig]:
    return {
        preset: TournamentConfig(
            meva=tuple(meva(game, opponent)[preset] for opponent in opponents(preset, game)),
            maml=_maml(game)[preset],
            num_trials=8 if preset == "smoke" else 1024,
            others=_others(preset, game),
        )
        for preset in PRESETS
    }


def _cell(
    table: str, row: str, column: str, paper: float, error: float, *, statistic: str = ""
) -> Claim:
    """A cell of naive learners and LOLA: within four standard errors of two such samples."""
    return Claim(
        id=f"{row}_vs_{column}",
        source=table,
        statement=f"{NAMES[row]} against {NAMES[column]} ({statistic or 'mean'} return)",
        metric=f"{row}_vs_{column}{f'_{statistic}' if statistic else ''}",
        criterion=Criterion("mean", "within", round(4 * 2**0.5 * error, 3), target=paper),
        paper_value=paper,
        paper_spread="" if statistic else f"± {error:g} (1024 trials)",
    )


NAMES = {"naive": "Naive", "lola": "LOLA", "maml": "M-MAML", "meva": "MeVa"}


def _meva_claim(
    table: str, name: str, statement: str, metric: str, criterion: Criterion, paper: float
) -> Claim:
    return Claim(name, table, statement, metric, criterion, paper_value=paper)


_IPD, _CHICKEN, _PENNIES = "tournament, IPD", "tournament, chicken", "tournament, IMP"

IPD_CLAIMS = (
    _cell(_IPD, "naive", "naive", -1.988, 0.003),
    _cell(_IPD, "naive", "lola", -1.377, 0.015),
    _cell(_IPD, "lola", "naive", -1.357, 0.014),
    _cell(_IPD, "lola", "lola", -1.041, 0.005),
    _meva_claim(
        _IPD,
        "extorts_naive",
        "MeVa extorts naive learners: it gets more than mutual cooperation, -1, gives",
        "meva_vs_naive",
        Criterion("high", ">=", -0.9, partly=-1.0),
        -0.551,
    ),
    _meva_claim(
        _IPD,
        "naive_is_extorted",
        "Naive learners are left with what mutual defection, -2, gives",
        "naive_vs_meva",
        Criterion("mean", "<=", -1.8, partly=-1.6),
        -1.999,
    ),
    _meva_claim(
        _IPD,
        "cooperates_with_itself",
        "MeVa cooperates with itself: between -1.2 and -1",
        "meva_vs_meva",
        Criterion("mean", "within", 0.1, partly=0.3, target=-1.1),
        -1.052,
    ),
    _meva_claim(
        _IPD,
        "exploits_maml",
        "MeVa exploits M-MAML",
        "meva_vs_maml",
        Criterion("mean", ">=", -0.9, partly=-1.0),
        -0.534,
    ),
)
CHICKEN_CLAIMS = (
    _cell(_CHICKEN, "naive", "naive", -0.049, 0.023),
    _cell(_CHICKEN, "naive", "lola", -0.402, 0.017),
    _cell(_CHICKEN, "lola", "naive", 0.377, 0.017),
    Claim(
        id="lola_vs_lola",
        source=_CHICKEN,
        statement="LOLA against LOLA (median return: the mean, published as -1.641, is that of a "
        "few crashes; the median is an independent calculation's)",
        metric="lola_vs_lola_median",
        criterion=Criterion("mean", "within", 0.02, target=-0.007),
        paper_value=-0.007,
    ),
    _meva_claim(
        _CHICKEN,
        "exploits_naive",
        "MeVa exploits naive learners: near the most there is, 1",
        "meva_vs_naive",
        Criterion("mean", ">=", 0.8, partly=0.5),
        0.964,
    ),
    _meva_claim(
        _CHICKEN,
        "naive_yields",
        "Naive learners yield to MeVa",
        "naive_vs_meva",
        Criterion("mean", "<=", -0.8, partly=-0.5),
        -0.985,
    ),
    _meva_claim(
        _CHICKEN,
        "no_crash_with_itself",
        "MeVa avoids the crash, -100, with itself",
        "meva_vs_meva",
        Criterion("mean", ">=", -0.25, partly=-0.6),
        -0.082,
    ),
)
PENNIES_CLAIMS = (
    _cell(_PENNIES, "naive", "naive", 0.009, 0.015),
    _cell(_PENNIES, "naive", "lola", 0.028, 0.016),
    _cell(_PENNIES, "lola", "lola", 0.027, 0.015),
    _meva_claim(
        _PENNIES,
        "beats_naive",
        "MeVa wins against naive learners in a zero-sum game",
        "meva_vs_naive",
        Criterion("low", ">=", 0.1, partly=0.0),
        0.243,
    ),
    _meva_claim(
        _PENNIES,
        "even_with_itself",
        "MeVa is even with itself",
        "meva_vs_meva",
        Criterion("mean", "within", 0.03, partly=0.1, target=0.0),
        0.0,
    ),
    _meva_claim(
        _PENNIES,
        "even_with_maml",
        "MeVa is about even with M-MAML",
        "meva_vs_maml",
        Criterion("mean", "within", 0.05, partly=0.15, target=0.013),
        0.013,
    ),
)


def _table(game: RepeatedGame, name: str, claims: tuple[Claim, ...], **options: Any) -> Experiment:
    return Experiment(
        source=f"tournament table, {name} (matrix.ipynb)",
        summary=f"Naive, LOLA, M-MAML and MeVa against each other in the repeated {name}",
        claims=claims,
        configs=_tournament(game),
        num_seeds=NUM_SEEDS,
        minutes={"smoke": 0.4, "quick": 4.0, "paper": 500.0},
        **options,
    )


TOURNAMENT_EXPERIMENTS = {
    "table_tournament_ipd": _table("ipd", "prisoner's dilemma", IPD_CLAIMS),
    "table_tournament_chicken": _table("chicken", "game of chicken", CHICKEN_CLAIMS),
    "table_tournament_imp": _table(
        "matching_pennies",
        "matching pennies",
        PENNIES_CLAIMS,
        not_by_default="against naive learners it needs as many outer steps as published",
    ),
}
