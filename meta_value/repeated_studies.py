"""Repeated matrix games: the tournament, the sweep of gamma, extortion, pairs of gammas."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from meta_value import evaluate, tournament
from meta_value.findings import Findings, Metrics, Rows, as_metrics, per_seed
from meta_value.games import GAMES, Game
from meta_value.learners import Field
from meta_value.meta_game import Setup, learn, make_setup
from meta_value.networks import Params
from meta_value.study_configs import (
    ExtortionConfig,
    OneModelConfig,
    SweepConfig,
    TournamentConfig,
)
from meta_value.tournament import Entrant
from meta_value.trainer import Trainer

Setups = Mapping[Any, Setup]  # by MeVa's opponent in training

SWEPT_DISCOUNTS = (0.0, 0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
SWEEP_STEPS = 100
PAIRED_DISCOUNTS = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
EXTORTION_TIMES = (0, 5, 10, 20, 35, 50)
LARGEST_LOGIT = 5.0  # of random opponents
NUM_DRAWN = 200  # random opponents of a policy that go into the curves


def play_tournament(config: TournamentConfig, trainer: Trainer) -> Findings:
    """Trains M-MAML and MeVa and plays every pairing of learners.

    Metrics: mean, median and standard error over trials of what the first learner of a pairing
    gets, per seed. Against itself MeVa meets the networks of all seeds, a share of trials each.
    """
    params = {name: trainer.train(each, name).params for name, each in config.trainings()}
    params = jax.device_get(params)
    game = GAMES[config.maml.game]
    setups: Setups = {each.opponent: make_setup(each) for each in config.meva}

    def of_seed(params: dict[str, Params], key: Array) -> dict[str, Array]:
        starts = tournament.starts(game, key, config.num_trials)
        entrants = _entrants(game, setups, params)
        found: dict[str, Array] = {}
        for first, second in _pairings(setups, config.others):
            returns = tournament.play(
                game, _meeting(entrants, first, second), _meeting(entrants, second, first), starts
            )
            found |= tournament.summaries(first, second, returns)
        return found

    found = per_seed(of_seed, params, trainer.seeds)
    if "meva" in setups:
        found |= _meva_against_itself(game, setups["meva"], config, params, trainer.seeds)
    metrics = as_metrics(found)
    rows = [
        {
            "update": tournament.NUM_STEPS,
            "seed": seed,
            **{name: values[i] for name, values in metrics.items()},
        }
        for i, seed in enumerate(trainer.seeds)
    ]
    return Findings(metrics, rows)


def _pairings(setups: Setups, others: Sequence[str]) -> list[tuple[str, str]]:
    """Who meets whom, MeVa always in the first seat; its meeting with itself is apart."""
    among_others = [(a, b) for i, a in enumerate(others) for b in others[i:]]
    meva = [("meva", opponent) for opponent in others if _met_by(opponent) in setups]
    return [*among_others, *meva]


def _met_by(opponent: str) -> str:
    """The training of MeVa that meets an opponent: M-MAML is met by that against naive learners."""
    return "naive" if opponent == "maml" else opponent


def _meeting(entrants: dict[str, Entrant], name: str, opponent: str) -> Entrant:
    return entrants[f"meva_{_met_by(opponent)}" if name == "meva" else name]


def _entrants(game: Game, setups: Setups, params: dict[str, Params]) -> dict[str, Entrant]:
    """All learners of one seed."""
    entrants = tournament.classic_entrants(game)
    if "maml" in params:
        maml = params["maml"]
        entrants["maml"] = Entrant(entrants["naive"].field, maml["step_sizes"], maml["policies"])
    for opponent, setup in setups.items():
        field = meva_field(setup, params[f"meva_vs_{opponent}"])
        entrants[f"meva_{opponent}"] = Entrant(field, jnp.full((2, 1), game.step_size))
    return entrants


def meva_field(setup: Setup, params: Params, discount: float = evaluate.DISCOUNT) -> Field:
    """Meta-value learners of one gamma, .95 unless told."""
    return setup.meta_value.field(params, jnp.full(2, discount))


def _meva_against_itself(
    game: Game,
    setup: Setup,
    config: TournamentConfig,
    params: dict[str, Params],
    seeds: Sequence[int],
) -> dict[str, np.ndarray]:
    """MeVa of each seed in the first seat against MeVa of every seed in the second."""
    every = params["meva_vs_meva"]
    step_sizes = jnp.full((2, 1), game.step_size)

    def of_seed(own: Params, key: Array) -> dict[str, Array]:
        per_partner = -(-config.num_trials // len(seeds))
        first = Entrant(meva_field(setup, own), step_sizes)

        def against(partner: Params, key: Array) -> Array:
            second = Entrant(meva_field(setup, partner), step_sizes)
            starts = tournament.starts(game, key, per_partner)
            return tournament.play(game, first, second, starts)

        keys = jax.random.split(key, len(seeds))
        returns = jax.lax.map(lambda pair: against(*pair), (every, keys))  # [S, N, P]
        return tournament.summaries("meva", "meva", returns.reshape(-1, 2))

    return per_seed(of_seed, every, seeds)


def sweep_discounts(config: SweepConfig, trainer: Trainer) -> Findings:
    """Returns of both seats after 100 steps, by gamma, of MeVa against what it was trained with.

    At gamma = 0 a meta-value learner is a naive one. Metrics end in the gamma.
    """
    found: dict[str, np.ndarray] = {}
    for name, each in config.trainings():
        params = trainer.train(each, name).params
        setup = make_setup(each)

        def of_seed(params: Params, key: Array, setup: Setup = setup) -> dict[str, Array]:
            starts = tournament.starts(setup.game, key, config.num_starts)

            def at(discount: Array) -> Array:
                field = setup.meta_value.field(params, jnp.full(2, discount))
                return mean_returns(setup, field, starts, SWEEP_STEPS)

            return {"returns": jax.lax.map(at, jnp.array(SWEPT_DISCOUNTS))}  # [G, P]

        found[name] = per_seed(of_seed, params, trainer.seeds)["returns"]  # [S, G, P]
    metrics: Metrics = {}
    for name, returns in found.items():
        for index, discount in enumerate(SWEPT_DISCOUNTS):
            for seat, seat_name in enumerate(("first", "second")):
                metric = f"{name}_{seat_name}_{discount:g}"
                metrics[metric] = returns[:, index, seat].tolist()
    rows: Rows = [
        {
            "update": SWEEP_STEPS,
            "seed": seed,
            "discount": discount,
            **{
                f"{name}_{seat_name}": float(returns[i, index, seat])
                for name, returns in found.items()
                for seat, seat_name in enumerate(("first", "second"))
            },
        }
        for index, discount in enumerate(SWEPT_DISCOUNTS)
        for i, seed in enumerate(trainer.seeds)
    ]
    return Findings(metrics, rows)


def mean_returns(setup: Setup, field: Field, starts: Array, num_steps: int) -> Array:
    """Mean returns of both seats after learning, in the pairing of the training. Shape [P]."""
    last, _ = jax.vmap(lambda start: learn(setup, field, start, num_steps))(starts)
    return jnp.mean(jax.vmap(setup.game.objectives)(last), axis=0)


def pair_discounts(config: OneModelConfig, trainer: Trainer) -> Findings:
    """Returns of all pairs of gammas (gamma_1, gamma_2) of one self-trained network.

    A gamma_2 of 0 makes the second player a naive learner: shaping it was never trained.
    """
    params = trainer.train(config.meva, "meva").params
    setup = make_setup(config.meva)
    levels = jnp.array(PAIRED_DISCOUNTS)
    pairs = jnp.stack(jnp.meshgrid(levels, levels, indexing="ij"), axis=-1).reshape(-1, 2)

    def of_seed(params: Params, key: Array) -> dict[str, Array]:
        starts = tournament.starts(setup.game, key, config.num_starts)

        def of_pair(discounts: Array) -> Array:
            field = setup.meta_value.field(params, discounts)
            return mean_returns(setup, field, starts, tournament.NUM_STEPS)

        return {"returns": jax.lax.map(of_pair, pairs)}  # [G * G, P]

    returns = per_seed(of_seed, params, trainer.seeds)["returns"]
    metrics: Metrics = {}
    rows: Rows = []
    for index, (first, second) in enumerate(np.asarray(pairs, float)):
        for seat, seat_name in enumerate(("first", "second")):
            metric = f"{seat_name}_{first:.4g}_{second:.4g}"
            metrics[metric] = returns[:, index, seat].tolist()
        rows += [
            {
                "update": tournament.NUM_STEPS,
                "seed": seed,
                "discount_1": float(f"{first:.4g}"),
                "discount_2": float(f"{second:.4g}"),
                "first": float(returns[i, index, 0]),
                "second": float(returns[i, index, 1]),
            }
            for i, seed in enumerate(trainer.seeds)
        ]
    return Findings(metrics, rows)


def watch_extortion(config: ExtortionConfig, trainer: Trainer) -> Findings:
    """Follows MeVa and a naive learner, and pairs MeVa's policy with random ones at some times.

    Payoffs of a memory-one policy against all others lie in a polygon; of an extortionate one it is
    a line along which every gain of the other is a larger gain of its own. Metrics by time: the
    angle of that line in degrees, the share of the payoffs' variance along it, both returns of the
    pair.
    """
    params = trainer.train(config.meva, "meva").params
    setup = make_setup(config.meva)

    def of_seed(params: Params, key: Array) -> dict[str, Array]:
        start_key, opponent_key = jax.random.split(key)
        field = meva_field(setup, params)
        last, earlier = learn(setup, field, setup.game.draw(start_key), max(EXTORTION_TIMES))
        path = jnp.concatenate([earlier, last[None]])[jnp.array(EXTORTION_TIMES)]  # [time, P, D]
        shape = (config.num_opponents, path.shape[-1])
        opponents = jax.random.uniform(
            opponent_key, shape, minval=-LARGEST_LOGIT, maxval=LARGEST_LOGIT
        )

        def against_random(policies: Array) -> Array:
            return jax.vmap(lambda other: setup.game.objectives(policies.at[1].set(other)))(
                opponents
            )

        return {
            "random": jax.vmap(against_random)(path),  # [time, N, P]
            "pair": jax.vmap(setup.game.objectives)(path),  # [time, P]
        }

    found = per_seed(of_seed, params, trainer.seeds)
    metrics: Metrics = {}
    for index, time in enumerate(EXTORTION_TIMES):
        lines = [_line(payoffs[index]) for payoffs in found["random"]]
        metrics[f"angle_at_{time}"] = [angle for angle, _ in lines]
        metrics[f"share_along_line_at_{time}"] = [share for _, share in lines]
        for seat, name in enumerate(("first", "second")):
            metrics[f"return_of_{name}_at_{time}"] = found["pair"][:, index, seat].tolist()
    return Findings(metrics, _extortion_rows(found, trainer.seeds))


def _line(payoffs: np.ndarray) -> tuple[float, float]:
    """Angle of the line along which payoffs [N, P] lie, and the share of their variance there.

    The line is the first principal axis; its angle, from 0 to 180 degrees, is that with the axis of
    the second player's payoff. At 45 degrees both gain alike, at 90 only the first does, beyond the
    second loses. Unlike the slope it is continuous where the line is vertical.
    """
    eigenvalues, eigenvectors = np.linalg.eigh(np.cov(payoffs.T))
    own, others = eigenvectors[:, -1]
    angle = np.degrees(np.arctan2(own, others)) % 180
    return float(angle), float(eigenvalues[-1] / np.sum(eigenvalues))


def _extortion_rows(found: dict[str, Any], seeds: Sequence[int]) -> Rows:
    """Payoffs at each time: of random opponents (is_pair 0) and of the pair itself (1)."""
    return [
        {
            "update": time,
            "seed": seed,
            "is_pair": float(is_pair),
            "first": float(payoffs[0]),
            "second": float(payoffs[1]),
        }
        for i, seed in enumerate(seeds)
        for index, time in enumerate(EXTORTION_TIMES)
        for is_pair, points in (
            (0, found["random"][i, index, :NUM_DRAWN]),
            (1, found["pair"][i, index][None]),
        )
        for payoffs in points
    ]
