"""Sizes of every preset: smoke, quick, and the published settings on real checkpoints."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, TypeVar

from vineppo.config import DpoConfig, RestEmConfig, RlConfig, SftConfig

Config = TypeVar("Config")

PRESETS = ("smoke", "quick", "paper")
NUM_SEEDS = {"smoke": 1, "quick": 5, "paper": 1}  # the paper's runs have one seed
# `train` takes these too; "paper" is the first of them.
CHECKPOINT_PRESETS = ("rho1b-gsm8k", "deepseekmath7b-math")
Method = Literal["vineppo", "ppo", "grpo", "rloo", "shift"]

_ON_OUR_TASK: dict[str, Any] = {"temperature": 1.0, "top_p": 1.0, "eval_temperature": 1.0}
_SMOKE_RL: dict[str, Any] = {
    **_ON_OUR_TASK,
    "num_updates": 2,
    "eval_every_updates": 1,
    "num_questions": 2,
    "num_responses": 4,
    "minibatch_size": 4,
    "num_rollouts": 2,
    "max_states": 3,
    "num_slots": 4,
    "eval_samples": 1,
    "critic_head": "zero",
}
_QUICK_RL: dict[str, Any] = {
    **_ON_OUR_TASK,
    "num_updates": 24,
    "eval_every_updates": 6,
    "max_states": 6,
    "eval_samples": 2,
    "critic_head": "zero",
    "critic_warmup": 3,
}
_RHO_RL: dict[str, Any] = {
    "num_updates": 650,
    "eval_every_updates": 10,
    "num_questions": 64,
    "num_responses": 8,
    "minibatch_size": 64,
    "learning_rate": 1e-6,
    "critic_learning_rate": 1e-6,
    "max_states": 26,
    "num_slots": 16,
    "groups_at_once": 32,
}
RL_SIZES: dict[str, dict[str, Any]] = {
    "smoke": _SMOKE_RL,
    "quick": _QUICK_RL,
    "paper": _RHO_RL,
    "rho1b-gsm8k": _RHO_RL,
    "deepseekmath7b-math": {**_RHO_RL, "num_updates": 1000, "max_states": 0},
}

_SMOKE_SFT: dict[str, Any] = {
    "num_lines": 3,
    "num_critical": 1,
    "num_train": 64,
    "num_held_out": 8,
    "hidden_size": 16,
    "num_updates": 4,
    "eval_every_updates": 4,
    "batch_size": 8,
    "eval_samples": 1,
    "max_new_tokens": 8,
}
_RHO_SFT: dict[str, Any] = {
    "task": "gsm8k",
    "dtype": "bfloat16",
    "rematerialise": True,
    "num_updates": 0,
    "max_new_tokens": 1024,
    "max_prompt_tokens": 1512,
    "eval_samples": 16,
}
SFT_SIZES: dict[str, dict[str, Any]] = {
    "smoke": _SMOKE_SFT,
    "quick": {},
    "paper": _RHO_SFT,
    "rho1b-gsm8k": _RHO_SFT,
    "deepseekmath7b-math": {**_RHO_SFT, "task": "math"},
}


def sft(preset: str, **changes: Any) -> SftConfig:
    """The initial policy of a preset."""
    return SftConfig(**{**SFT_SIZES[preset], **changes})


def rl(preset: str, method: Method, initial: SftConfig | None = None, **changes: Any) -> RlConfig:
    """A method at a preset."""
    lam = {"trace_decay": 1.0} if method == "ppo" else {}
    sizes = {**RL_SIZES[preset], **lam, **changes}
    return RlConfig(initial=initial or sft(preset), method=method, **sizes)


def restem(preset: str, initial: SftConfig | None = None) -> RestEmConfig:
    """RestEM at a preset."""
    sizes: dict[str, dict[str, Any]] = {
        "smoke": {
            **_ON_OUR_TASK,
            "num_updates": 1,
            "num_questions": 8,
            "num_responses": 4,
            "num_batches": 2,
            "choose_every_batches": 1,
            "batch_size": 4,
            "eval_samples": 1,
        },
        "quick": {
            **_ON_OUR_TASK,
            "num_updates": 2,
            "num_questions": 96,
            "num_batches": 60,
            "choose_every_batches": 20,
            "eval_samples": 2,
        },
        "paper": {
            "num_questions": 7000,
            "num_batches": 4000,
            "choose_every_batches": 500,
            "learning_rate": 1e-6,
        },
    }
    return RestEmConfig(initial=initial or sft(preset), **sizes[preset])


def dpo(preset: str, initial: SftConfig | None = None) -> DpoConfig:
    """DPO-Positive at a preset."""
    sizes: dict[str, dict[str, Any]] = {
        "smoke": {
            **_ON_OUR_TASK,
            "num_updates": 2,
            "eval_every_updates": 1,
            "num_questions": 4,
            "num_responses": 8,
            "max_pairs": 4,
            "batch_size": 4,
            "eval_samples": 1,
        },
        "quick": {
            **_ON_OUR_TASK,
            "num_updates": 80,
            "eval_every_updates": 40,
            "num_questions": 96,
            "num_responses": 16,
            "eval_samples": 2,
            "max_pairs": 32,
        },
        "paper": {
            "num_updates": 3000,
            "eval_every_updates": 500,
            "num_questions": 7000,
            "learning_rate": 1e-6,
        },
    }
    return DpoConfig(initial=initial or sft(preset), **sizes[preset])


def by_preset(settings: Callable[[str], Config]) -> dict[str, Config]:
    """Settings of an experiment at every preset."""
    return {preset: settings(preset) for preset in PRESETS}


def on_checkpoint_preset(config: RlConfig, preset: str) -> RlConfig:
    """A training with the sizes of one of `CHECKPOINT_PRESETS`."""
    return rl(preset, config.method, trace_decay=config.trace_decay)


def with_checkpoint(settings: Any, model: str, data_dir: str) -> Any:
    """Settings of a training or an experiment, every initial policy in them a checkpoint.

    Args:
      settings: a configuration, or a tuple or anything else that stands in one.
      model: folder of the checkpoint.
      data_dir: folder of the questions.
    """
    if isinstance(settings, SftConfig):
        return replace(settings, model=model, data_dir=data_dir)
    if isinstance(settings, tuple):
        return tuple(with_checkpoint(each, model, data_dir) for each in settings)
    if not is_dataclass(settings) or isinstance(settings, type):
        return settings
    inner = {entry.name: getattr(settings, entry.name) for entry in fields(settings)}
    return replace(
        settings,
        **{name: with_checkpoint(value, model, data_dir) for name, value in inner.items()},
    )
