"""How strong the searches are: their rewards against agents whose exact best response is known."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from brs import coin_game_players
from brs.coin_game_players import CONTROLLERS
from brs.evaluation.config import CertificateConfig
from brs.exact import coin_game_values
from brs.responders import searcher
from brs.responders.config import MCTX_DEFAULT_EXPLORATION
from brs.responders.search_model import Case
from common.coin_game import CoinGame
from common.logger.experiment import Metrics


def certify(config: CertificateConfig, seeds: Sequence[int]) -> Metrics:
    """Plays every case with a search, and mctx once with its default exploration constant.

    Metrics: exact_AGENT and exact_agent_AGENT, what best responder and agent get by dynamic
    programming; SEARCH_vs_AGENT and SEARCH_agent_AGENT, per seed, of the base policy with the
    highest mean; SEARCH_vs_AGENT_BASE of every case; mctx_default_vs_AD.
    """
    game = CoinGame(episode_length=config.episode_length)
    metrics: Metrics = {}
    for name in dict.fromkeys(agent for agent, _ in config.cases):
        agent = coin_game_values.tabulate(game, CONTROLLERS[name])
        best = coin_game_values.best_response(game, agent)
        for label, value in (("exact", best.responder), ("exact_agent", best.agent)):
            per_step = float(value) / game.episode_length
            metrics[f"{label}_{name}"] = [per_step] * len(seeds)
    return metrics | _search_metrics(config, game, seeds)


def _search_metrics(config: CertificateConfig, game: CoinGame, seeds: Sequence[int]) -> Metrics:
    search = config.search
    cases = [(agent, base, search.exploration) for agent, base in config.cases]
    if search.kind == "mctx":
        cases.append(("AD", "random", MCTX_DEFAULT_EXPLORATION))
    rewards = _play(config, game, cases, seeds)  # [N, S, P]
    metrics: Metrics = {}
    best: dict[str, np.ndarray] = {}
    for (agent, base, exploration), found in zip(cases, rewards, strict=True):
        if exploration != search.exploration:
            metrics[f"{search.kind}_default_vs_{agent}"] = found[:, 0].tolist()
            continue
        metrics[f"{search.kind}_vs_{agent}_{base}"] = found[:, 0].tolist()
        if agent not in best or found[:, 0].mean() > best[agent][:, 0].mean():
            best[agent] = found
    for agent, found in best.items():
        metrics[f"{search.kind}_vs_{agent}"] = found[:, 0].tolist()
        metrics[f"{search.kind}_agent_{agent}"] = found[:, 1].tolist()
    return metrics


def _play(
    config: CertificateConfig,
    game: CoinGame,
    cases: Sequence[tuple[str, str, float]],
    seeds: Sequence[int],
) -> np.ndarray:
    """Rewards per step of every case and seed, of searcher and agent. Shape [N, S, P]."""
    player = coin_game_players.any_controller(game)
    numbers = [
        searcher.make_case(coin_game_players.as_tables(CONTROLLERS[agent]), base, exploration)
        for agent, base, exploration in cases
    ]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *numbers)
    keys = jax.vmap(lambda seed: jax.random.split(jax.random.key(seed), config.num_episodes))(
        jnp.asarray(seeds, jnp.int32)
    )

    @jax.jit
    def play_all(stacked: Case) -> jax.Array:
        def one(case: Case) -> jax.Array:
            rewards = searcher.play_many(config.search, game, player, case, keys.reshape(-1))
            return jnp.mean(rewards.reshape(*keys.shape, 2), axis=1)

        return jax.lax.map(one, stacked)

    return np.asarray(play_all(stacked), np.float64)
