"""Agents of all kinds side by side: trained here, scripted, or read from portable files.

`head_to_head` lets each meet each, so all must play one game; `exploitability` lets every best
responder of `exploit` meet each, and takes the strongest. Shapes: S seeds, P = 2 players.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from brs import (
    coin_game_players,
    exact_coin_game,
    league_responders,
    portable,
    responders,
    trained_players,
)
from brs.coin_game_players import CONTROLLERS, Player
from brs.errors import UserError
from brs.exact_coin_game import Agent
from brs.findings import Findings, Rows, curve_rows, side_by_side
from brs.settings import differing_fields
from brs.study_configs import LeagueConfig, agent_of
from brs.trainer import Trainer
from common.coin_game import CoinGame
from common.logger import provenance


class Entrant(NamedTuple):
    """An agent of S seeds, or one whose S seeds are the same."""

    game: CoinGame  # that it was made for
    player: Player
    params: Any  # [S, ...], or nothing
    tables: Sequence[Agent]  # of every seed, if its memory is finite; else none


def play(config: LeagueConfig, trainer: Trainer) -> Findings:
    """Runs the league that the settings are of."""
    kinds = {"head_to_head": head_to_head, "exploitability": exploitability}
    return kinds[config.kind](config, trainer)


def head_to_head(config: LeagueConfig, trainer: Trainer) -> Findings:
    """Plays every pair, each agent of one with each of the other; itself with the same seed only.

    Metrics: X_vs_Y is the reward per step of X where it meets Y, a value per seed of X; X_over_Y,
    of the earlier of two, by how much X gets more than Y there.
    """
    entrants, findings = enter(config, trainer)
    game = next(iter(entrants.values())).game
    names, league_key = list(entrants), jax.random.key(trainer.seeds[0])
    for i, row in enumerate(names):
        check_same_game(game, entrants[row].game, row)
        for j, column in enumerate(names[i:], start=i):
            key = jax.random.fold_in(league_key, i * len(names) + j)
            rewards = _all_pairs(config, game, (entrants[row], entrants[column]), trainer, key)
            if row == column:
                findings.metrics[f"{row}_vs_{row}"] = np.diagonal(np.mean(rewards, 2)).tolist()
                continue
            first, second = rewards[..., 0], rewards[..., 1]
            findings.metrics[f"{row}_vs_{column}"] = np.mean(first, axis=1).tolist()
            findings.metrics[f"{column}_vs_{row}"] = np.mean(second, axis=0).tolist()
            findings.metrics[f"{row}_over_{column}"] = np.mean(first - second, axis=1).tolist()
    return findings


def exploitability(config: LeagueConfig, trainer: Trainer) -> Findings:
    """Lets every best responder meet every agent, each in the game that it was made for.

    Metrics, per step: X_RESPONDER, what it gets; X_best_response and X_agent_vs_best_response, of
    the responder with the highest mean over seeds; X_exact_best_response and X_shortfall, how much
    more the exact one gets, where it is known; and largest_shortfall over these agents. Also
    X_self, X_vs_AC, AC_vs_X, X_vs_AD and AD_vs_X. Where it is distilled: X_action_kl and
    X_action_kl_met in nats, X_controller_best_response, and X_distilled_shortfall, by how much the
    strongest responder gets more than the distilled one.

    Files called NAME_seed_N.policy are the seeds of one agent NAME, a value for each.
    """
    entrants, findings = enter(config, trainer)
    shortfalls = []
    for name, members in _by_name(entrants).items():
        found, told, met = _examine(config, members, trainer.seeds)
        best = max(found.values(), key=lambda rewards: float(np.mean(rewards[:, 0])))
        metrics = {responder: rewards[:, 0] for responder, rewards in found.items()} | told
        metrics |= {"best_response": best[:, 0], "agent_vs_best_response": best[:, 1]}
        if "distilled" in found:
            metrics["distilled_shortfall"] = best[:, 0] - found["distilled"][:, 0]
        if members[0].tables:
            exact = _exact(members[0])
            metrics |= {"exact_best_response": exact[:, 0]}
            metrics |= {"exact_agent_vs_best_response": exact[:, 1]}
            shortfalls.append(exact[:, 0] - best[:, 0])
            metrics["shortfall"] = shortfalls[-1]
        for metric, values in metrics.items():
            findings.metrics[f"{name}_{metric}"] = values.tolist()
        findings.metrics[f"{name}_self"] = met.pop("self")[:, 0].tolist()
        for script, rewards in met.items():
            findings.metrics[f"{script}_vs_{name}"] = rewards[:, 0].tolist()
            findings.metrics[f"{name}_vs_{script}"] = rewards[:, 1].tolist()
    if shortfalls:
        findings.metrics["largest_shortfall"] = np.max(shortfalls, axis=0).tolist()
    return findings


def enter(config: LeagueConfig, trainer: Trainer) -> tuple[dict[str, Entrant], Findings]:
    """Trains and reads all that take part; also returns findings with the curves of training."""
    entrants: dict[str, Entrant] = {}
    curves = {}
    for name, variant in config.variants:
        result = trainer.train(variant, name)
        trained = trained_players.of_config(variant, name)
        params = jax.device_get(result.params)
        tables: list[Agent] = []
        if trained.tables is not None:
            each = [_at(params, index) for index in range(len(trainer.seeds))]
            tables = [trained.tables(own) for own in each]
        entrants[name] = Entrant(trained.game, trained.player, params, tables)
        curves[name] = curve_rows(result.log, trainer.seeds)
    for name in config.scripts:
        game = next(iter(entrants.values())).game
        table = exact_coin_game.tabulate(game, CONTROLLERS[name])
        told = responders.as_tables(CONTROLLERS[name])
        params = jax.tree.map(lambda leaf: np.stack([leaf] * len(trainer.seeds)), told)
        player = responders.any_controller(game)  # one program for all scripts
        entrants[name] = Entrant(game, player, params, [table] * len(trainer.seeds))
    for file in config.policies:
        policy = portable.load(Path(file))
        if policy.game.num_players != 2 or policy.game.num_coins != 1:
            raise UserError(f"{file} plays a Coin Game of more than 2 players or a single coin")
        name = Path(file).stem
        if name in entrants:
            raise UserError(f"two agents are called {name}: rename the file {file}")
        entrants[name] = Entrant(policy.game, portable.player(policy.game, policy), (), [])
    if not entrants:
        raise UserError(
            "nobody takes part: give files of players, --policies FOLDER (make: POLICIES=FOLDER)"
        )
    trainer.origin = trainer.origin or provenance.collect()
    no_curves: Rows = [{"update": 0, "seed": seed} for seed in trainer.seeds]
    return entrants, Findings({}, side_by_side(curves) or no_curves)


def check_same_game(game: CoinGame, other: CoinGame, name: str) -> None:
    """Checks that a player of one game can play another one: only their length may differ.

    Raises:
      UserError: it cannot; the differing settings.
    """
    ours, theirs = ({**asdict(each), "episode_length": None} for each in (game, other))
    differences = differing_fields(ours, theirs)
    if differences:
        raise UserError(f"{name} plays another game: {'; '.join(differences)}")


def _at(params: Any, index: Any) -> Any:
    """Parameters of one seed, of those of all."""
    return jax.tree.map(lambda leaf: jnp.asarray(leaf)[index], params)


def _all_pairs(
    config: LeagueConfig,
    game: CoinGame,
    pair: tuple[Entrant, Entrant],
    trainer: Trainer,
    key: Array,
) -> np.ndarray:
    """Rewards per step of every seed of one against every seed of the other. [S, S, P]."""
    number = len(trainer.seeds)
    rows, columns = jnp.divmod(jnp.arange(number**2), number)
    players = [entrant.player for entrant in pair]

    def match(inputs: tuple[Array, Array, Array]) -> Array:
        row, column, key = inputs
        params = [_at(pair[0].params, row), _at(pair[1].params, column)]
        played = coin_game_players.play_many(game, players, params, key, config.num_episodes)
        return jnp.mean(played.rewards, axis=(0, 1))

    keys = jax.random.split(key, number**2)
    played = jax.jit(lambda *inputs: jax.lax.map(match, inputs))(rows, columns, keys)
    return np.asarray(played, np.float64).reshape(number, number, 2)


def _by_name(entrants: Mapping[str, Entrant]) -> dict[str, list[Entrant]]:
    """Entrants by `agent_of` their names: several where files are seeds of one agent."""
    named: dict[str, list[Entrant]] = {}
    for name, entrant in entrants.items():
        named.setdefault(agent_of(name), []).append(entrant)
    return named


def _examine(
    config: LeagueConfig, members: Sequence[Entrant], seeds: Sequence[int]
) -> tuple[dict[str, np.ndarray], ...]:
    """What `league_responders` tell of an agent: rewards by responder, of distillation, by script.

    Every file is a program of its own, so each is met by the responders of one seed only.
    """
    parts = []
    for index, (game, player, params, _) in enumerate(members):
        own_seeds = seeds if jax.tree.leaves(params) else [seeds[index % len(seeds)]]
        found, told = league_responders.respond(config, game, player, params, own_seeds)
        parts.append((found, told, league_responders.meet(config, game, player, params, own_seeds)))
    return tuple(
        {name: np.concatenate([part[name] for part in same]) for name in same[0]}
        for same in zip(*parts, strict=True)
    )


def _exact(entrant: Entrant) -> np.ndarray:
    """What the exact best responder and the agent get per step, per seed. [S, P]."""
    values = [exact_coin_game.best_response(entrant.game, table) for table in entrant.tables]
    return np.array(values, np.float64) / entrant.game.episode_length
