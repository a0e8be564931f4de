"""Tests of training: published settings, one update by hand, seeds, and that naive play defects."""

import functools
from dataclasses import asdict, replace
from typing import Literal

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from loqa.config import IpdConfig
from loqa.experiments import PAPER
from loqa.objectives import Metrics
from loqa.train import TrainState, make_ipd_train

CONFIG = IpdConfig(batch_size=16, episode_length=6, critic_hidden_size=4)


def run(config: IpdConfig, key: Array, num_updates: int) -> tuple[TrainState, TrainState, Metrics]:
    """First state, state after each update and its metrics; keys as numbers, to be compared."""

    def one_update(state: TrainState, _: None) -> tuple[TrainState, tuple[TrainState, Metrics]]:
        state, metrics = update(state)
        return state, (without_key(state), metrics)

    init, update, _ = make_ipd_train(config)
    first = init(key)
    _, (states, metrics) = jax.lax.scan(one_update, first, None, length=num_updates)
    return without_key(first), states, metrics


def without_key(state: TrainState) -> TrainState:
    return state._replace(key=jax.random.key_data(jax.random.clone(state.key)))


_three_updates = jax.jit(jax.vmap(lambda seed: run(CONFIG, jax.random.key(seed), num_updates=3)))


def three_updates(*seeds: int) -> list[tuple[TrainState, TrainState, Metrics]]:
    """Three updates of three seeds side by side, as a list over the seeds."""
    result = _three_updates(jnp.array(seeds))
    return [jax.tree.map(lambda leaf, row=row: leaf[row], result) for row in range(len(seeds))]


def test_defaults_are_the_published_settings() -> None:
    assert asdict(IpdConfig()) == {
        "num_updates": 7000,  # where the figure is read
        "eval_every_updates": 250,  # ours
        "batch_size": 2048,
        "episode_length": 50,
        "discount": 0.96,
        "dice_discount": 0.9,
        "exploration": 0.2,
        "shaping_weight": 1.0,
        "entropy_weight": 0.0,
        "softmax_temperature": 1.0,
        "stop_grad_advantage": False,
        "stop_grad_normalizer": False,
        "num_differentiable_rewards": 0,  # loaded DiCE
        "advantage": "td",
        "taken_value": "return",
        "critic_targets": "sarsa",
        "target_decay": 0.99,
        "actor": "tabular",
        "actor_hidden_size": 8,
        "critic_hidden_size": 16,
        "actor_learning_rate": 1e-3,
        "critic_learning_rate": 1e-2,
    }
    assert PAPER.first_seed == 42


def test_run_starts_undecided_with_a_slow_copy_that_is_equal() -> None:
    state, *_ = three_updates(0, 1, 2)[0]
    np.testing.assert_array_equal(state.params["actor"], np.zeros((5, 2)))
    jax.tree.map(np.testing.assert_array_equal, state.params, state.target_params)
    assert state.step == 0
    of_actor, of_critic = state.actor_opt_state[0].mu, state.critic_opt_state[0].mu
    chex.assert_trees_all_equal_structs(of_actor, state.params)
    chex.assert_trees_all_equal_structs(of_critic, state.params["critic"])


def test_first_update_moves_each_part_by_its_learning_rate() -> None:
    """Adam's first step is the gradient's sign; the leaking advantage moves the critic as well."""
    first, states, _ = three_updates(0, 1, 2)[0]
    moved = jax.tree.map(lambda old, new: np.abs(new[0] - old), first.params, states.params)
    np.testing.assert_allclose(moved["actor"], np.full((5, 2), 1e-3), rtol=1e-3)
    steps = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(moved["critic"])])
    # Both optimisers move it, by 1e-2 and 1e-3 in the same or in opposite directions.
    is_moved_by_both = np.min(np.abs(steps[:, None] - np.array([[9e-3, 11e-3]])), axis=1) < 1e-5
    assert np.mean(is_moved_by_both) > 0.5  # not where a unit is off
    np.testing.assert_array_equal(states.step, [1, 2, 3])


def test_slow_copy_follows_by_one_percent() -> None:
    first, states, _ = three_updates(0, 1, 2)[0]
    jax.tree.map(
        lambda slow, old, new: np.testing.assert_allclose(
            slow[0], 0.99 * old + 0.01 * new[0], atol=1e-6
        ),
        states.target_params,
        first.params,
        states.params,
    )


def test_same_seed_gives_the_same_numbers_and_another_seed_others() -> None:
    ours, other, _ = three_updates(0, 1, 2)
    again, *_ = three_updates(0, 1, 2)
    jax.tree.map(np.testing.assert_array_equal, ours, again)
    assert np.all(ours[1].params["actor"][-1] != other[1].params["actor"][-1])
    assert len(np.unique(ours[1].key, axis=0)) == 3  # each update has episodes of its own


def test_seeds_side_by_side_do_not_touch_each_other() -> None:
    first, second, _ = three_updates(0, 1, 2)
    for others in (three_updates(1, 2, 0), three_updates(1, 1, 0)):
        jax.tree.map(np.testing.assert_array_equal, first, others[2])
        jax.tree.map(np.testing.assert_array_equal, second, others[0])


def test_first_metrics_are_those_of_coin_tossing() -> None:
    """Reward -1.5 with deviation 1.12 a step; entropy log 2; log-probabilities all -log 2."""
    metrics = {name: float(value[0]) for name, value in three_updates(0, 1, 2)[0][2].items()}
    tolerance = 4 * np.sqrt(1.25 / (CONFIG.batch_size * CONFIG.episode_length))
    assert metrics["reward_per_step"] == pytest.approx(-1.5, abs=tolerance)
    assert metrics["negative_entropy"] == pytest.approx(-np.log(2))


def test_metrics_are_finite_scalars() -> None:
    metrics = three_updates(0, 1, 2)[0][2]
    names = {"policy_loss", "negative_entropy", "shaping_loss"}
    assert set(metrics) == names | {"actor_grad_norm", "critic_loss", "reward_per_step"}
    for values in metrics.values():
        assert values.shape == (3,)
        assert np.all(np.isfinite(values))
    assert np.all(metrics["actor_grad_norm"] > 0)


@pytest.mark.parametrize("actor", ["tabular", "mlp", "gru"])
def test_an_update_keeps_the_shapes_and_types_of_the_state(actor: Literal["tabular"]) -> None:
    init, update, _ = make_ipd_train(replace(CONFIG, actor=actor))
    state = jax.eval_shape(init, jax.random.key(0))
    after, metrics = jax.eval_shape(update, state)
    chex.assert_trees_all_equal_shapes_and_dtypes(after, state)
    assert {leaf.shape for leaf in metrics.values()} == {()}


def test_naive_learner_defects_in_every_state() -> None:
    config = IpdConfig(
        batch_size=64,
        episode_length=20,
        shaping_weight=0.0,
        critic_targets="returns",
        stop_grad_advantage=True,
        actor_learning_rate=1e-2,
    )
    _, states, metrics = jax.jit(functools.partial(run, config, num_updates=1000))(
        jax.random.key(0)
    )
    assert np.all(jax.nn.softmax(states.params["actor"][-1])[:, 0] < 0.1)
    # Both toss a coin in a fifth of all moves: P(C) = .1, reward -1 * .01 - 3 * .09 - 2 * .81.
    assert float(np.mean(metrics["reward_per_step"][-50:])) == pytest.approx(-1.9, abs=0.03)
