"""What each kind of experiment trains and measures, from its settings to metrics and curves."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from brs import league, learned_evaluation, responders, train
from brs.certificate import certify
from brs.findings import Findings, Metrics, curve_rows, side_by_side
from brs.runs import RunResult
from brs.study_configs import CertificateConfig, LeagueConfig, VariantsConfig
from brs.trainer import Trainer
from brs.training_configs import BrsConfig

GAINS = {  # of an agent over who meets it, and what its opponent gains by responding best
    "extortion": ("agent_vs_best_response", "best_response"),
    "gain_from_AC": ("agent_vs_AC", "AC_vs_agent"),
    "gain_of_cooperation": ("best_response", "AD_vs_agent"),
}


def study(config: Any, trainer: Trainer) -> Findings:
    """Runs an experiment of any kind.

    Args:
      config: its settings; their type decides what is done.
      trainer: trains what it needs.
    """
    kinds: dict[type, Callable[[Any, Trainer], Findings]] = {
        VariantsConfig: compare_variants,
        CertificateConfig: certify,
        LeagueConfig: league.play,
    }
    return kinds[type(config)](config, trainer)


def compare_variants(config: VariantsConfig, trainer: Trainer) -> Findings:
    """Trains all variants; metrics are those of each at the end, and differences of some.

    Within a variant, `GAINS` are differences too.
    """
    results = {name: trainer.train(variant, name) for name, variant in config.variants}
    metrics = {
        f"{name}_{metric}": values
        for name, result in results.items()
        for metric, values in result.metrics.items()
    }
    for first, second in config.differences:
        for metric, values in results[first].metrics.items():
            pairs = zip(values, results[second].metrics[metric], strict=True)
            metrics[f"{first}_minus_{second}_{metric}"] = [a - b for a, b in pairs]
    for name, result in results.items():
        for label, (ours, theirs) in GAINS.items():
            if ours in result.metrics and theirs in result.metrics:
                pairs = zip(result.metrics[ours], result.metrics[theirs], strict=True)
                metrics[f"{name}_{label}"] = [a - b for a, b in pairs]
        if config.search is not None:
            searched = search_agents(config, trainer.seeds, dict(config.variants)[name], result)
            metrics |= {f"{name}_{metric}": values for metric, values in searched.items()}
            if "best_response" in result.metrics:
                pairs = zip(
                    result.metrics["best_response"], searched["search_vs_agent"], strict=True
                )
                metrics[f"{name}_search_shortfall"] = [best - found for best, found in pairs]
    curves = {name: curve_rows(result.log, trainer.seeds) for name, result in results.items()}
    return Findings(metrics, side_by_side(curves))


def search_agents(
    config: VariantsConfig, seeds: Sequence[int], trained: BrsConfig, result: RunResult
) -> Metrics:
    """Lets the search play against the agent of every seed; the better of two base policies."""
    assert config.search is not None
    search, number = config.search, config.num_search_episodes
    game, players = train.make_coin_game(trained), train.make_players(trained)
    player = learned_evaluation.agent_player(game, players)
    actors = jax.device_get(result.params["actor"])

    def of_seed(inputs: tuple[Any, Any]) -> Any:
        actor, seed = inputs
        keys = jax.random.split(jax.random.key(seed), number)
        cases = [responders.make_case(actor, base, search.exploration) for base in ("AC", "AD")]
        played = [responders.play_many(search, game, player, case, keys) for case in cases]
        return jnp.mean(jnp.stack(played), axis=1)  # [bases, P]

    inputs = (actors, jnp.asarray(seeds, jnp.int32))
    rewards = np.asarray(jax.jit(lambda inputs: jax.lax.map(of_seed, inputs))(inputs), np.float64)
    best = np.argmax(np.mean(rewards[..., 0], axis=0))
    searched, agents = rewards[:, best].T
    return {"search_vs_agent": searched.tolist(), "agent_vs_search": agents.tolist()}
