"""Experiments in Commons Harvest, with their claims fixed before the run."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from advantage_alignment.experiment import Experiment
from advantage_alignment.study_configs import HarvestConfig, beta_name
from advantage_alignment.training_configs import PUBLISHED, TrainingConfig
from common.logger.claims import Claim, Criterion

_PLACE = "Figure 4, Commons Harvest Open"

_PAPER = PUBLISHED["commons_harvest"]
# One patch, three players, no memory in place of the transformer, larger steps.
_QUICK = replace(
    _PAPER,
    num_updates=4000,
    eval_every_updates=200,
    checkpoint_every_updates=1000,
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
_SMOKE = replace(
    _QUICK,
    num_updates=4,
    eval_every_updates=2,
    checkpoint_every_updates=2,
    num_eval_episodes=2,
    batch_size=2,
    num_steps=5,
    hidden_size=8,
    episode_length=30,
)
_BY_PRESET = {"smoke": _SMOKE, "quick": _QUICK, "paper": _PAPER}


def _with(**options: Any) -> dict[str, TrainingConfig]:
    """Advantage Alignment at every preset with some options."""
    return {preset: replace(config, **options) for preset, config in _BY_PRESET.items()}


def _configs(entrants: Mapping[str, Mapping[str, TrainingConfig]]) -> dict[str, HarvestConfig]:
    """Entrants at every preset; the smoke run has two at most."""
    return {
        preset: HarvestConfig(
            tuple((name, each[preset]) for name, each in entrants.items())[
                : 2 if preset == "smoke" else None
            ]
        )
        for preset in _BY_PRESET
    }


_CLAIMS = (
    Claim(
        id="sustains",
        source=_PLACE,
        statement="PPO leaves fewer apples alive half-way through an episode than Advantage "
        "Alignment (difference of the shares)",
        metric="ppo_minus_alignment_alive_3",
        criterion=Criterion("high", "<=", -0.1, partly=0.0),
    ),
    Claim(
        id="ppo_depletes",
        source=_PLACE,
        statement="PPO depletes the commons before the end (share of apples alive)",
        metric="ppo_alive_6",
        criterion=Criterion("mean", "<=", 0.1, partly=0.25),
        paper_value=0.0,
    ),
    Claim(
        id="earns_more",
        source=_PLACE,
        statement="Advantage Alignment's agents collect more than PPO's (PPO less alignment, "
        "apples per agent and episode)",
        metric="ppo_minus_alignment_apples_per_agent",
        criterion=Criterion("high", "<=", 0.0, partly=5.0),
    ),
)

_BETAS = (0.0, 0.3, 1.5, 3.0)  # 1.5 is the published one
_BETA_CLAIMS = (
    Claim(
        id="harvest_published",
        source="ours",
        statement="Commons Harvest: beta 1.5 leaves more apples alive half-way through an episode "
        "than beta 0 (difference of the shares)",
        metric="beta_1_5_minus_beta_0_alive_3",
        criterion=Criterion("low", ">=", 0.0, partly=-0.05),
    ),
)

HARVEST_EXPERIMENTS: dict[str, Experiment] = {
    "figure_4_commons_harvest": Experiment(
        source=_PLACE,
        summary="Advantage Alignment, PPO and PPO on summed rewards; mean, spread and best seed; "
        "scenarios with scripted bots; at quick on a small map of ours",
        claims=_CLAIMS,
        configs=_configs(
            {
                "alignment": _BY_PRESET,
                "ppo": _with(beta=0.0),
                "ppo_sum": _with(beta=0.0, sums_rewards=True),
            }
        ),
        num_seeds={"smoke": 1, "quick": 4, "paper": 10},
        minutes={"smoke": 0.3, "quick": 9.0, "paper": 3000.0},
        why_it_fails=dict.fromkeys(
            ("sustains", "earns_more"),
            "of four seeds one sustains the commons and earns twice what PPO does, one stops "
            "eating altogether, two still deplete, later than PPO",
        ),
    ),
    "ablation_beta_commons_harvest": Experiment(
        source="beyond the paper",
        summary="beta from 0 up in Commons Harvest, at quick on a small map of ours",
        claims=_BETA_CLAIMS,
        configs=_configs({beta_name(beta): _with(beta=beta) for beta in _BETAS}),
        num_seeds={"smoke": 1, "quick": 4, "paper": 10},
        minutes={"smoke": 0.3, "quick": 11.0, "paper": 4000.0},
        not_by_default="with it the default run would take more than twenty minutes",
    ),
}
