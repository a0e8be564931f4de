"""Tests of training in the Coin Game: gradients, past selves, two agents, seeds and devices."""

import functools
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import Array, lax

from loqa import agents, objectives, train
from loqa.config import CoinGameConfig
from loqa.networks import Params
from loqa.objectives import Metrics
from loqa.rollout import Trajectory
from loqa.run import seeds
from loqa.tests import commands
from loqa.tests.random_parameters import random_parameters
from loqa.train import Opponents, TrainState

pytestmark = pytest.mark.usefixtures("keys_unchecked")

BATCH_SIZE, NUM_OPPONENTS, NUM_STEPS, NUM_MOVES = 8, 4, 5, 4
CONFIG = CoinGameConfig(
    num_updates=8,
    eval_every_updates=4,
    batch_size=BATCH_SIZE,
    num_opponents=NUM_OPPONENTS,
    episode_length=NUM_STEPS,
    push_every_updates=2,
    actor_hidden_size=4,
    critic_hidden_size=4,
)
THREE = replace(CONFIG, num_players=3)
STOPPED = replace(CONFIG, stop_grad_advantage=True)


def stack(trees: list[Params]) -> Params:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def drawn_parameters(config: CoinGameConfig) -> tuple[Params, Opponents]:
    """Random parameters of the agent and of K past selves for every other seat."""
    agent = agents.coin_game_agent(config)
    params = random_parameters(agent, seed=0, scale=0.8)
    seats = [
        [random_parameters(agent, 10 * seat + i, scale=0.8) for i in range(NUM_OPPONENTS)]
        for seat in range(1, config.num_players)
    ]
    return params, tuple(stack(seat) for seat in seats)


@functools.cache
def compiled_play(num_players: int) -> Callable[[Params, Opponents, Array], Trajectory]:
    """Plays a batch with any parameters."""
    setup = train.make_coin_game_setup(replace(CONFIG, num_players=num_players))
    return jax.jit(functools.partial(train.play, setup))


@functools.cache
def batch_of(num_players: int) -> Trajectory:
    """A batch of episodes between those of `drawn_parameters`."""
    drawn = drawn_parameters(replace(CONFIG, num_players=num_players))
    return compiled_play(num_players)(*drawn, jax.random.key(0))


def actor_loss(
    config: CoinGameConfig, params: Params, opponents: Opponents, trajectory: Trajectory
) -> tuple[Array, Metrics]:
    """Of one episode."""
    agent = agents.coin_game_agent(config)
    return objectives.actor_loss(agent, params, opponents, trajectory, config)


@functools.cache
def actor_gradient(config: CoinGameConfig, is_kept: bool = True) -> tuple[Params, Metrics]:
    """Gradient that the actor's step follows, and metrics; opponents' policies kept or anew.

    Read off Adam, whose first moment after one step is a tenth of the gradient it was given.
    """
    setup = train.make_coin_game_setup(replace(config, max_grad_norm=1e9))
    batch = batch_of(2) if is_kept else batch_of(2)._replace(log_policies=None, opponents=None)
    params, opponents = drawn_parameters(config)

    @jax.jit
    def step(params: Params) -> tuple[Params, optax.OptState, Metrics]:
        opt_state = setup.actor_optimizer.init(params)
        state = TrainState(params, params, opt_state, (), jnp.zeros(0), jnp.zeros(0))
        return train.actor_step(setup, state, opponents, batch)

    _, (_, (adam, *_)), metrics = step(params)
    return optax.tree.scale(10, adam.mu), metrics


def assert_close(ours: Any, expected: Any, atol: float = 1e-5) -> None:
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=atol), ours, expected
    )


def test_defaults_are_the_published_settings() -> None:
    assert asdict(CoinGameConfig()) == {
        "num_updates": 6000,  # of the agents in the league
        "eval_every_updates": 100,
        "num_eval_episodes": 512,  # ours
        "grid_size": 3,
        "num_players": 2,
        "batch_size": 512,
        "episode_length": 50,
        "discount": 0.96,
        "dice_discount": 0.9,
        "shaping_weight": 1.0,
        "entropy_weight": 0.1,
        "softmax_temperature": 1.0,
        "stop_grad_advantage": False,
        "stop_grad_normalizer": False,
        "num_differentiable_rewards": 0,  # loaded DiCE
        "advantage": "td",
        "taken_value": "return",
        "critic_targets": "sarsa",
        "target_decay": 0.99,
        "opponents": "past_selves",
        "num_opponents": 512,  # one for every episode
        "self_play": True,
        "buffer_capacity": 10000,
        "push_every_updates": 10,
        "actor_hidden_size": 128,
        "critic_hidden_size": 64,
        "actor_learning_rate": 1e-3,
        "critic_learning_rate": 1e-2,
        "max_grad_norm": 1.0,
    }


def test_networks_have_the_published_numbers_of_parameters() -> None:
    params = jax.eval_shape(agents.coin_game_agent(CoinGameConfig()).init, jax.random.key(0))
    sizes = {
        name: sum(leaf.size for leaf in jax.tree.leaves(params[name]))
        for name in ("actor", "critic")
    }
    assert sizes == {"actor": 120580, "critic": 31684}


# Gradients of one batch.


def test_policies_kept_from_play_give_the_gradient_of_those_evaluated_anew() -> None:
    (kept, parts), (anew, expected) = (actor_gradient(CONFIG, is_kept) for is_kept in (True, False))
    assert_close(kept, anew)
    assert_close(parts, expected)
    assert optax.tree.norm(kept["actor"]) > 0.01


def test_only_a_leaking_advantage_moves_the_critic() -> None:
    leaking, stopped = actor_gradient(CONFIG)[0], actor_gradient(STOPPED)[0]
    assert optax.tree.norm(leaking["critic"]) > 0.01
    assert optax.tree.norm(stopped["critic"]) == 0
    assert optax.tree.norm(stopped["actor"]) > 0.01


def test_without_shaping_the_gradient_is_that_of_actor_critic() -> None:
    """-mean_t A_t log pi(a_t) + beta sum_a pi log pi, of our seat alone."""
    agent, batch = agents.coin_game_agent(STOPPED), batch_of(2)
    params, _ = drawn_parameters(STOPPED)

    def loss(params: Params, trajectory: Trajectory) -> Array:
        own = agent.evaluate(params, trajectory.observations[:, 0])
        policy = jnp.exp(own.log_policy)
        values = jnp.sum(policy * own.q_values, axis=1)
        advantages = trajectory.rewards[:, 0] + 0.96 * values[1:] - values[:-1]
        log_probs = own.log_policy[jnp.arange(NUM_STEPS), trajectory.actions[:, 0]]
        negative_entropies = jnp.sum(policy * own.log_policy, axis=1)[:-1]
        return jnp.mean(0.1 * negative_entropies - log_probs * lax.stop_gradient(advantages))

    def mean_loss(params: Params) -> Array:
        return jnp.mean(jax.vmap(loss, (None, 0))(params, batch))

    gradient, parts = actor_gradient(replace(STOPPED, shaping_weight=0.0))
    assert_close(gradient, jax.jit(jax.grad(mean_loss))(params))
    shaped, _ = actor_gradient(STOPPED)
    assert optax.tree.norm(optax.tree.sub(shaped, gradient)) > 0.01
    assert parts["shaping_loss"] != 0


def test_shaping_loss_of_three_players_is_the_sum_over_both_opponents() -> None:
    """Each as if it were the only opponent in the same episodes, in seat 1, evaluated anew."""
    setup, batch = train.make_coin_game_setup(THREE), batch_of(3)
    params, opponents = drawn_parameters(THREE)

    def shaping_losses(opponents: Opponents, trajectory: Trajectory) -> list[Array]:
        games = [(trajectory, opponents)]
        for seat, opponent in enumerate(opponents, start=1):
            pair = np.array([0, seat])
            anew = trajectory._replace(opponents=None)
            seen = jax.tree.map(lambda leaf, pair=pair: leaf[:, pair], anew)
            games.append((seen._replace(log_policies=None), (opponent,)))
        return [
            actor_loss(THREE, params, others, seen)[1]["shaping_loss"] for seen, others in games
        ]

    losses = jax.jit(lambda: train.over_batch(setup, shaping_losses, opponents, batch))()
    total, first, second = (np.asarray(of_batch) for of_batch in losses)
    assert np.all(np.abs(first - second) > 1e-4)
    np.testing.assert_allclose(total, first + second, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("max_grad_norm", "is_cut"), [(0.02, True), (1e6, False)])
def test_adam_is_given_the_gradient_cut_to_the_largest_norm(
    max_grad_norm: float, is_cut: bool
) -> None:
    """Its first moment after one step is a tenth of the gradient it is given."""
    gradient, metrics = actor_gradient(CONFIG)
    optimizer = train.make_coin_game_setup(
        replace(CONFIG, max_grad_norm=max_grad_norm)
    ).actor_optimizer
    _, (_, (adam, *_)) = jax.jit(optimizer.update)(gradient, optimizer.init(gradient))
    norm = float(optax.tree.norm(gradient))
    assert norm > 0.02
    scale = max_grad_norm / norm if is_cut else 1.0
    assert_close(adam.mu, optax.tree.scale(0.1 * scale, gradient), atol=1e-7)
    assert float(optax.tree.norm(adam.mu)) == pytest.approx(0.1 * scale * norm, rel=1e-4)
    # What is reported is the actor's share before the cut.
    of_actor = float(optax.tree.norm(gradient["actor"]))
    assert float(metrics["actor_grad_norm"]) == pytest.approx(of_actor, rel=1e-4)


# Who is met.


def always(params: Params, move: int) -> Params:
    """Parameters of an actor that always makes the same move."""
    readout = params["actor"]["params"]["readout"]
    readout = {**readout, "bias": 100.0 * jnp.eye(NUM_MOVES)[move]}
    return {**params, "actor": {"params": {**params["actor"]["params"], "readout": readout}}}


def test_each_past_self_is_met_in_its_share_of_the_batch() -> None:
    """The one that always makes move k, in episodes 2 k and 2 k + 1 of 8; from both seats."""
    params, _ = drawn_parameters(THREE)
    seats = tuple(stack([always(params, move) for move in moves]) for moves in ((0, 1, 2, 3),) * 2)
    seats = seats[0], jax.tree.map(lambda leaf: jnp.flip(leaf, 0), seats[1])
    batch = compiled_play(3)(params, seats, jax.random.key(1))
    expected = np.repeat([0, 1, 2, 3], 2)[:, None]
    np.testing.assert_array_equal(batch.actions[:, :, 1], np.tile(expected, (1, NUM_STEPS)))
    np.testing.assert_array_equal(batch.actions[:, :, 2], np.tile(3 - expected, (1, NUM_STEPS)))
    assert len(np.unique(batch.actions[:, :, 0])) == NUM_MOVES


def test_past_selves_read_from_the_buffer_a_few_at_a_time_play_the_same() -> None:
    """Those of slots 3, 0, 2, 2, two of them at a time, against all four copied out before."""
    setup = train.make_coin_game_setup(CONFIG)
    assert setup.buffer
    params, (past,) = drawn_parameters(CONFIG)
    slots = jnp.array([3, 0, 2, 2])
    few = setup._replace(buffer=setup.buffer._replace(num_at_a_time=2))
    play = jax.jit(functools.partial(train.play, few))
    key = jax.random.key(2)
    ours = play(params, (slots,), jax.random.clone(key), past)
    copied = jax.tree.map(lambda leaf: leaf[slots], past)
    expected = compiled_play(2)(params, (copied,), key)
    np.testing.assert_array_equal(ours.actions, expected.actions)
    assert_close(ours, expected)


def test_losses_meet_the_past_self_that_was_played() -> None:
    setup = train.make_coin_game_setup(CONFIG)
    past, episodes = {"name": jnp.arange(NUM_OPPONENTS)}, jnp.arange(BATCH_SIZE)
    met = train.over_batch(setup, lambda others, episode: (episode, *others), (past,), episodes)
    np.testing.assert_array_equal(met[0], episodes)
    np.testing.assert_array_equal(met[1]["name"], [0, 0, 1, 1, 2, 2, 3, 3])


def test_without_a_buffer_everybody_is_met_as_it_is() -> None:
    setup = train.make_coin_game_setup(replace(CONFIG, opponents="current_self"))
    met = train.over_batch(setup, lambda others, _: others[0], ({"name": 7},), jnp.arange(8))
    np.testing.assert_array_equal(met["name"], np.full(8, 7))
    state = jax.eval_shape(functools.partial(train.init, setup), jax.random.key(0))
    assert state.past_selves is None


# Whole updates.


def without_key(state: TrainState) -> TrainState:
    return state._replace(key=jax.random.key_data(jax.random.clone(state.key)))


def run(seed: Array, num_updates: int = 3) -> tuple[TrainState, TrainState, Metrics]:
    """First state, state after each update and its metrics; keys as numbers, to be compared."""

    def one_update(state: TrainState, _: None) -> tuple[TrainState, tuple[TrainState, Metrics]]:
        state, metrics = training.update(state)
        return state, (without_key(state), metrics)

    training = train.make_coin_game_train(CONFIG)
    first = training.init(jax.random.key(seed))
    _, (states, metrics) = lax.scan(one_update, first, None, length=num_updates)
    return without_key(first), states, metrics


_runs = jax.jit(jax.vmap(run))


def eight_runs() -> list[tuple[TrainState, TrainState, Metrics]]:
    """Three updates of eight seeds side by side, as a list over the seeds."""
    result = jax.device_get(_runs(jnp.arange(8)))
    return [jax.tree.map(lambda leaf, row=row: leaf[row], result) for row in range(8)]


def test_seeds_side_by_side_equal_each_seed_alone() -> None:
    alone = jax.jit(run)
    for seed, (first, states, metrics) in enumerate(eight_runs()[:3]):
        expected_first, expected_states, expected_metrics = alone(jnp.array(seed))
        assert_close(first, expected_first)
        assert_close(metrics, expected_metrics, atol=1e-4)
        assert_close(states.params, expected_states.params, atol=1e-4)
        np.testing.assert_array_equal(states.key, expected_states.key)


def test_seeds_and_updates_have_randomness_of_their_own() -> None:
    runs, again = eight_runs(), eight_runs()
    keys = np.concatenate([states.key for _, states, _ in runs])
    assert len(np.unique(keys, axis=0)) == 8 * 3
    losses = np.concatenate([metrics["policy_loss"] for *_, metrics in runs])
    assert len(np.unique(losses)) == 8 * 3
    chex.assert_trees_all_equal(runs, again)


def test_slow_copy_follows_by_one_percent() -> None:
    first, states, _ = eight_runs()[0]
    expected = jax.tree.map(
        lambda old, new: 0.99 * old + 0.01 * new[0], first.params, states.params
    )
    assert_close(jax.tree.map(lambda slow: slow[0], states.target_params), expected, atol=1e-7)
    jax.tree.map(np.testing.assert_array_equal, first.params, first.target_params)


def test_first_update_moves_each_part_by_at_most_its_learning_rates() -> None:
    """Adam's first step is the gradient's sign; the leaking advantage moves the critic as well."""
    first, states, _ = eight_runs()[0]
    moved = jax.tree.map(lambda old, new: np.abs(new[0] - old), first.params, states.params)
    actor, critic = (
        np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(moved[name])])
        for name in ("actor", "critic")
    )
    assert np.max(actor) < 1.001e-3
    assert np.median(actor) == pytest.approx(1e-3, rel=0.01)
    assert np.max(critic) < 1.101e-2
    assert np.quantile(critic, 0.75) > 8.9e-3  # not where a unit is off
    np.testing.assert_array_equal(states.step, [1, 2, 3])


def test_past_selves_are_the_parameters_before_every_second_update() -> None:
    first, states, _ = eight_runs()[0]
    before_third = jax.tree.map(lambda leaf: leaf[1], states.params)
    pushed = jax.tree.map(lambda leaf: leaf[-1], states.past_selves)
    for slot, expected in enumerate((first.params, before_third)):
        chex.assert_trees_all_equal(jax.tree.map(lambda leaf, i=slot: leaf[i], pushed), expected)
    assert not any(np.any(leaf[2:]) for leaf in jax.tree.leaves(pushed))
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(first.past_selves))


def test_metrics_are_finite_scalars() -> None:
    metrics = eight_runs()[0][2]
    names = {"policy_loss", "negative_entropy", "shaping_loss"}
    assert set(metrics) == names | {"actor_grad_norm", "critic_loss", "reward_per_step"}
    for values in metrics.values():
        assert values.shape == (3,)
        assert np.all(np.isfinite(values))
    assert -np.log(4) <= metrics["negative_entropy"][0] < -1  # nearly uniform at the start


@pytest.mark.parametrize(
    "options",
    [
        {"opponents": "current_self", "num_players": 3, "critic_targets": "returns"},
        {"self_play": False},
        {"advantage": "returns", "num_differentiable_rewards": 2, "grid_size": 4},
    ],
)
def test_an_update_keeps_the_shapes_and_types_of_the_state(options: dict) -> None:
    training = train.make_coin_game_train(replace(CONFIG, **options))
    state = jax.eval_shape(training.init, jax.random.key(0))
    after, metrics = jax.eval_shape(training.update, state)
    chex.assert_trees_all_equal_shapes_and_dtypes(after, state)
    assert {leaf.shape for leaf in metrics.values()} == {()}
    evaluated = jax.eval_shape(training.learner, state)
    agent = agents.coin_game_agent(replace(CONFIG, **options))
    chex.assert_trees_all_equal_shapes(evaluated, jax.eval_shape(agent.init, jax.random.key(0)))


# Two agents.


TWO = train.make_coin_game_train(replace(CONFIG, self_play=False))
update_two = jax.jit(TWO.update)


@functools.cache
def two_agents() -> TrainState:
    """Both with seven updates behind them and a past that is full of random parameters."""
    state = jax.jit(TWO.init)(jax.random.key(0))
    random = np.random.default_rng(0)
    past = jax.tree.map(
        lambda leaf: jnp.asarray(random.normal(size=leaf.shape), leaf.dtype), state.past_selves
    )
    return state._replace(past_selves=past, step=jnp.full(2, 7))


def swapped(state: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf[np.array([1, 0])], state)


@pytest.mark.parametrize("who", [0, 1])
def test_each_of_two_agents_meets_the_past_of_the_other_and_not_its_own(who: int) -> None:
    state = two_agents()
    changed = jax.tree.map(lambda leaf: leaf.at[who].add(1.0), state.past_selves)
    usual, _ = update_two(state)
    other, _ = update_two(state._replace(past_selves=changed))
    differences = [
        np.max(np.abs(a - b).reshape(2, -1), axis=1)
        for a, b in zip(jax.tree.leaves(usual.params), jax.tree.leaves(other.params), strict=True)
    ]
    of_both = np.max(differences, axis=0)
    assert of_both[who] == 0
    assert of_both[1 - who] > 1e-4


def test_two_agents_are_independent_and_trained_alike() -> None:
    """They start apart; in the other order they learn the same; the first is evaluated."""
    state = two_agents()
    starts = jax.tree.leaves(state.params["actor"]["params"]["readout"]["kernel"])[0]
    assert np.all(starts[0] != starts[1])
    after, metrics = update_two(state)
    flipped, other_metrics = update_two(swapped(state))
    assert_close(swapped(flipped).params, after.params, atol=1e-6)
    assert metrics["policy_loss"] != other_metrics["policy_loss"]
    jax.tree.map(
        lambda ours, both: np.testing.assert_array_equal(ours, both[0]),
        TWO.learner(after),
        after.params,
    )


# Devices.


def spread_runs() -> list[np.ndarray]:
    """Metrics and parameters of eight seeds after three updates, spread over all devices."""
    training = train.make_coin_game_train(CONFIG)
    begin = seeds.start(lambda seed: training.init(jax.random.key(seed)), training.update, 3)
    program = seeds.compile_program(
        begin, training.update, lambda state: {"step": state.step}, num_seeds=8
    )
    progress = program.init(program.spread.rows(jnp.arange(8)))
    state, metrics = program.advance(progress, jnp.int32(0), jnp.int32(3))
    assert len(state.step.sharding.device_set) == jax.device_count() == 8
    return [np.asarray(leaf) for leaf in jax.tree.leaves((metrics, state.params))]


@pytest.mark.slow
def test_eight_devices_give_the_run_of_one(tmp_path: Path, environment: Mapping[str, str]) -> None:
    path = tmp_path / "eight.npz"
    code = (
        "import sys, numpy; from loqa.tests.test_coin_game_train import spread_runs; "
        "numpy.savez(sys.argv[1], *spread_runs())"
    )
    flags = f"{environment['XLA_FLAGS']} --xla_force_host_platform_device_count=8"
    finished = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=commands.ROOT,
        env={**environment, "XLA_FLAGS": flags},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    with np.load(path) as saved:
        spread = [saved[f"arr_{number}"] for number in range(len(saved.files))]
    ours = [
        jax.tree.leaves((metrics, jax.tree.map(lambda leaf: leaf[-1], states.params)))
        for _, states, metrics in eight_runs()
    ]
    assert_close(spread, [np.stack(leaves) for leaves in zip(*ours, strict=True)], atol=1e-4)
