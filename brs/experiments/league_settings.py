"""What the leagues share: the sizes of the best responders by preset, and who took part."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from brs.evaluation.config import LeagueConfig
from brs.responders.config import (
    MCTX,
    OPEN_LOOP,
    DistillationConfig,
    ResponderConfig,
    SearchConfig,
)
from common.logger.experiment import Record

TINY_RESPONDERS: dict[str, Any] = {
    "searches": (SearchConfig("open_loop", 2, roll_out_steps=2, exploration=1.0),),
    "num_search_episodes": 1,
    "responder": ResponderConfig(
        num_updates=1, num_eval_episodes=4, batch_size=4, num_epochs=1, hidden_size=4
    ),
    "distillation": DistillationConfig(num_remembered_coins=1, num_episodes=2, num_rounds=1),
}
SMALL_RESPONDERS: dict[str, Any] = {
    "searches": (replace(MCTX, num_simulations=64), OPEN_LOOP),
    "responder": ResponderConfig(num_updates=100, num_eval_episodes=256),
    "distillation": DistillationConfig(),
}
FULL_RESPONDERS: dict[str, Any] = {
    "searches": (MCTX, OPEN_LOOP),
    "num_search_episodes": 16,
    "responder": ResponderConfig(),
    "distillation": DistillationConfig(num_episodes=1024),
}


def with_policies(
    configs: Mapping[str, LeagueConfig], policies: tuple[str, ...]
) -> dict[str, LeagueConfig]:
    """Settings by preset, with files of portable policies among those who take part."""
    return {preset: replace(config, policies=policies) for preset, config in configs.items()}


def names_of(record: Record) -> list[str]:
    """Who took part, in order."""
    config = record["config"]
    trained = [name for name, _ in config["variants"]]
    return [*trained, *config["scripts"], *(Path(file).stem for file in config["policies"])]
