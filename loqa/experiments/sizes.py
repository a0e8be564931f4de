"""Sizes of the Coin Game's experiments by preset; a preset changes sizes and durations only."""

from dataclasses import replace
from typing import Any

from loqa.config import CoinGameConfig
from loqa.evaluation.config import BestResponseConfig
from loqa.pola.config import PolaConfig

# Published sizes, with the textbook advantage; then what two cores can train in minutes, and in
# seconds. A preset changes sizes only.
PAPER = CoinGameConfig(stop_grad_advantage=True)
QUICK = replace(
    PAPER,
    num_updates=3000,
    batch_size=128,
    num_opponents=16,
    actor_hidden_size=64,
    critic_hidden_size=32,
)
SMOKE = replace(
    QUICK,
    num_updates=4,
    eval_every_updates=2,
    num_eval_episodes=8,
    batch_size=4,
    num_opponents=2,
    actor_hidden_size=8,
    critic_hidden_size=8,
)
BY_PRESET = {"smoke": SMOKE, "quick": QUICK, "paper": PAPER}
NUM_SEEDS = {"smoke": 1, "quick": 4, "paper": 10}


def loqa_with(**options: Any) -> dict[str, CoinGameConfig]:
    """LOQA at every preset with some options."""
    return {preset: replace(config, **options) for preset, config in BY_PRESET.items()}


# The naive learner settles soon: a third of the updates.
NAIVE = {
    "smoke": replace(SMOKE, shaping_weight=0.0),
    "quick": replace(QUICK, shaping_weight=0.0, num_updates=1000),
    "paper": replace(PAPER, shaping_weight=0.0, num_updates=2000),
}

SMOKE_RESPONSE = BestResponseConfig(
    num_updates=2,
    num_curve_points=1,
    num_eval_episodes=4,
    batch_size=4,
    hidden_size=4,
)
POLA_PAPER = PolaConfig()
POLA = {
    "smoke": replace(
        POLA_PAPER,
        num_updates=2,
        num_eval_episodes=8,
        batch_size=2,
        num_outer_steps=1,
        num_inner_steps=1,
        hidden_size=4,
    ),
    "quick": replace(
        POLA_PAPER,
        num_updates=40,
        eval_every_updates=4,
        batch_size=64,
        num_outer_steps=20,
        num_inner_steps=2,
        hidden_size=32,
    ),
    "paper": POLA_PAPER,
}


def minutes(quick: float, paper: float) -> dict[str, float]:
    """Expected times by preset: quick as recorded, paper by the benchmark's seconds per update."""
    return {"smoke": 0.04, "quick": quick, "paper": paper}


BY_NAME = "its training does not fit into the paper's 20 minutes beside the others"
