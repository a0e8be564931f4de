"""The settings of each game by preset: as published, and what is smaller below that."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from advantage_alignment.config import PUBLISHED, TrainingConfig

ByPreset = Mapping[str, TrainingConfig]

# What is changed in any setting of the iterated prisoner's dilemma.
IPD: Mapping[str, Mapping[str, Any]] = {
    "smoke": {
        "num_updates": 4,
        "eval_every_updates": 2,
        "batch_size": 4,
        "num_steps": 10,
        "episode_length": 10,
    },
    "quick": {"batch_size": 128},
    "paper": {},
}

_COIN_GAME_QUICK = replace(
    PUBLISHED["coin_game"],
    num_updates=2000,
    batch_size=128,
    num_opponents=16,
    num_eval_episodes=256,
)
COIN_GAME: ByPreset = {
    "smoke": replace(
        _COIN_GAME_QUICK,
        num_updates=4,
        eval_every_updates=2,
        num_eval_episodes=4,
        batch_size=4,
        num_opponents=2,
        num_steps=8,
        episode_length=8,
        hidden_size=8,
    ),
    "quick": _COIN_GAME_QUICK,
    "paper": PUBLISHED["coin_game"],
}
# For many variants: trained half as long, when the league's agents already cooperate.
COIN_GAME_SHORT: ByPreset = {**COIN_GAME, "quick": replace(_COIN_GAME_QUICK, num_updates=1000)}

# Smaller in batch, updates and network. In place of a memory the agent sees the round before,
# values and proposals, and its critic the step: what a GRU remembers to tell whether it was robbed.
# The slow copy follows in 50 updates, not 200, as there are 1000 of them.
_NEGOTIATION_QUICK = replace(
    PUBLISHED["negotiation"],
    network="feed_forward",
    shows_last_values=True,
    critic_sees_time=True,
    target_decay=0.98,
    batch_size=32,
    num_updates=1000,
    eval_every_updates=50,
)
NEGOTIATION: ByPreset = {
    "smoke": replace(
        _NEGOTIATION_QUICK,
        num_updates=4,
        eval_every_updates=2,
        num_eval_episodes=4,
        batch_size=2,
        replayed_share=0.5,
        num_steps=4,
        episode_length=4,
        hidden_size=8,
    ),
    "quick": _NEGOTIATION_QUICK,
    "paper": PUBLISHED["negotiation"],
}

# One patch, three players, no memory in place of the transformer, larger steps.
_COMMONS_HARVEST_QUICK = replace(
    PUBLISHED["commons_harvest"],
    num_updates=4000,
    eval_every_updates=200,
    num_eval_episodes=8,
    batch_size=12,
    num_windows=22,
    entropy_weight=0.02,
    actor_learning_rate=1e-3,
    critic_learning_rate=1e-3,
    clip_epsilon=0.2,
    num_players=3,
    num_learners=3,
    network="feed_forward",
    hidden_size=32,
    harvest_map="small",
    episode_length=330,
)
COMMONS_HARVEST: ByPreset = {
    "smoke": replace(
        _COMMONS_HARVEST_QUICK,
        num_updates=4,
        eval_every_updates=2,
        num_eval_episodes=2,
        batch_size=2,
        num_steps=5,
        hidden_size=8,
        episode_length=30,
    ),
    "quick": _COMMONS_HARVEST_QUICK,
    "paper": PUBLISHED["commons_harvest"],
}


def with_options(base: ByPreset, **options: Any) -> ByPreset:
    """Settings at every preset with some options."""
    return {preset: replace(config, **options) for preset, config in base.items()}


def of_ipd(**options: Any) -> ByPreset:
    """Settings of the iterated prisoner's dilemma at every preset, with some options."""
    config = replace(PUBLISHED["ipd"], **options)
    return {preset: replace(config, **sizes) for preset, sizes in IPD.items()}
