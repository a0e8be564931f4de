"""Settings of the trainings that several experiments share, by preset.

`paper` has the published sizes. `quick` keeps the algorithm and the claims at half the width and
batch: MeVa against naive learners and itself, not against LOLA, which costs most.
"""

from dataclasses import replace
from typing import Any

from meta_value.config import (
    LOGISTIC,
    ColaConfig,
    MamlConfig,
    MetaValueConfig,
    Opponent,
    RepeatedGame,
)

PRESETS = ("smoke", "quick", "paper")
FIRST_SEED = 100  # as published: seeds 100 to 109
NUM_SEEDS = {"smoke": 1, "quick": 4, "paper": 10}
GAME_NAMES: tuple[RepeatedGame, ...] = ("ipd", "chicken", "matching_pennies")

LOGISTIC_MEVA = {
    "smoke": MetaValueConfig(
        **{
            **LOGISTIC,
            "num_updates": 2,
            "eval_every_updates": 2,
            "batch_size": 4,
            "hidden_size": 8,
            "num_quantiles": 4,
            "path_length": 3,
        }
    ),
    # As long as published: with gamma .95 the share that reaches B is 1 after 500 updates, falls
    # below and comes back.
    "quick": MetaValueConfig(**{**LOGISTIC, "batch_size": 64}),
    "paper": MetaValueConfig(**LOGISTIC),
}
COLA = {
    "smoke": ColaConfig(num_updates=2, eval_every_updates=2, batch_size=4, hidden_size=8),
    "quick": ColaConfig(batch_size=128),
    "paper": ColaConfig(),
}

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
_QUICK: dict[str, Any] = {"batch_size": 64, "hidden_size": 64, "num_quantiles": 32}
# Outer steps of the quick preset: until returns no longer change, where that fits its time.
_QUICK_UPDATES = {"ipd": 300, "chicken": 100, "matching_pennies": 100}
_PATIENT_UPDATES = {("matching_pennies", "naive"): 1000}
_MAML_STEP_SIZES = {"ipd": 25.0, "chicken": 25.0, "matching_pennies": 2.5}


def meva(game: RepeatedGame, opponent: Opponent = "meva") -> dict[str, MetaValueConfig]:
    """MeVa in a repeated game."""
    num_updates = _PATIENT_UPDATES.get((game, opponent), _QUICK_UPDATES[game])
    quick = {**_QUICK, "num_updates": num_updates, "eval_every_updates": num_updates // 2}
    return {
        "smoke": MetaValueConfig(game=game, opponent=opponent, **_SMOKE),
        "quick": MetaValueConfig(game=game, opponent=opponent, **quick),
        "paper": MetaValueConfig(game=game, opponent=opponent),
    }


def opponents(preset: str, game: RepeatedGame) -> tuple[Opponent, ...]:
    """Whom MeVa is trained against: LOLA costs much, and a smoke run trains in one game."""
    if preset == "smoke" and game != "ipd":
        return ()
    return ("naive", "lola", "meva") if preset == "paper" else ("naive", "meva")


def maml(game: RepeatedGame) -> dict[str, MamlConfig]:
    """M-MAML in a repeated game."""
    step_size = _MAML_STEP_SIZES[game]
    published = MamlConfig(game=game, opponent_step_size=step_size, step_size=step_size)
    smoke: dict[str, Any] = {
        "num_updates": 2,
        "eval_every_updates": 2,
        "batch_size": 2,
        "path_length": 3,
    }
    quick: dict[str, Any] = {
        "num_updates": 200,
        "eval_every_updates": 100,
        "batch_size": 32,
        "path_length": 100,
    }
    return {
        "smoke": replace(published, **smoke),
        "quick": replace(published, **quick),
        "paper": published,
    }
