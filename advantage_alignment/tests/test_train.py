"""Tests of the update: what teaches, who learns, and that seeds and steps are told apart."""

from dataclasses import replace
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advantage_alignment import advantages, objectives, train
from advantage_alignment.config import PUBLISHED
from advantage_alignment.tests.test_rollout import CONFIGS, randomised

IPD = replace(PUBLISHED["ipd"], own_advantage="gae", batch_size=8, num_steps=10, episode_length=10)
COIN = replace(CONFIGS["coin_game"], batch_size=4, num_opponents=2, num_steps=5, episode_length=5)
HARVEST = replace(
    CONFIGS["commons_harvest"],
    batch_size=4,
    num_steps=5,
    num_windows=2,
    episode_length=10,
    num_learners=1,
    num_opponents=2,
)
NEGOTIATION = replace(
    CONFIGS["negotiation"],
    network="feed_forward",
    sums_rewards=True,
    batch_size=4,
    num_steps=5,
    episode_length=5,
)

pytestmark = pytest.mark.usefixtures("keys_unchecked")


@cache
def compiled(config):
    """Both functions of a training; compiling is what these tests do most."""
    training = train.make_train(config)
    return jax.jit(training.init), jax.jit(training.update)


def updated(config, seed=0, num_updates=1):
    init, update = compiled(config)
    state = init(jax.random.key(seed))
    for _ in range(num_updates):
        state, metrics = update(state)
    return state, metrics


@cache
def aligned_batch(config):
    """Setup, parameters, past selves, a batch and its aligned episodes."""
    setup = train.make_setup(config)

    @jax.jit
    def make():
        state = train.init(setup, jax.random.key(0))
        params = randomised(state.params)
        state = state._replace(params=params, target_params=params)
        state = train.remember(setup, state)
        others = train.draw_past_selves(setup, state, jax.random.key(1))
        games = train.due_games(setup, state, jax.random.key(2))
        _, batch = train.play(setup, params, others, games, jax.random.key(3))
        episodes, _ = objectives.align_batch(setup.agent, params, params, others, batch, config)
        return params, others, batch, episodes

    return setup, *make()


def test_the_batch_holds_the_aligned_advantages_of_each_learner():
    """By hand from the batch: evaluate, GAE, normalise over everything, align, seat by seat."""
    setup, params, _, batch, episodes = aligned_batch(IPD)
    own = np.zeros(batch.rewards.shape)
    for game in range(IPD.batch_size):
        for seat in range(2):
            evaluation = setup.agent.evaluate(
                params, batch.observations[game, :, seat], batch.actions[game, :, seat]
            )
            own[game, :, seat] = advantages.generalized_advantages(
                batch.rewards[game, :, seat], evaluation.values, 0.96, 0.95
            )
    own = (own - own.mean()) / own.std()
    for episode, (game, seat) in enumerate([(0, 0), (0, 1), (1, 0)]):
        pair = jnp.asarray(own[game])
        aligned = advantages.align_advantages(pair, beta=IPD.beta, discount=0.96)[:, seat]
        np.testing.assert_allclose(episodes.aligned[episode], aligned, rtol=2e-3, atol=2e-3)
        np.testing.assert_array_equal(episodes.actions[episode], batch.actions[game, :, seat])


def test_only_learners_are_trained_and_past_selves_are_evaluated_by_their_own_critic():
    setup, params, others, batch, episodes = aligned_batch(COIN)
    assert episodes.actions.shape == (4, 5)
    evaluation = jax.jit(partial(objectives.evaluate_players, setup.agent, num_learners=1))(
        params, others, batch
    )
    second_opponent = jax.tree.map(lambda leaf: leaf[1], others)
    expected = setup.agent.evaluate(
        second_opponent, batch.observations[3, :, 1], batch.actions[3, :, 1]
    )
    np.testing.assert_allclose(evaluation.values[3, :, 1], expected.values, rtol=1e-4, atol=1e-5)
    ours = setup.agent.evaluate(params, batch.observations[3, :, 0], batch.actions[3, :, 0])
    np.testing.assert_allclose(evaluation.values[3, :, 0], ours.values, rtol=1e-4, atol=1e-5)


def test_loqa_weighs_past_events_and_beta_zero_needs_no_weights():
    *_, aligned = aligned_batch(COIN)
    *_, loqa = aligned_batch(replace(COIN, shaping="loqa"))
    *_, naive = aligned_batch(replace(COIN, beta=0.0))
    shaping, loqa_shaping = (each.aligned - naive.aligned for each in (aligned, loqa))
    assert float(jnp.max(jnp.abs(loqa_shaping))) > 1e-4
    assert float(jnp.max(jnp.abs(loqa_shaping - shaping))) > 1e-4
    np.testing.assert_array_equal(loqa_shaping[:, 0], 0.0)


def test_summed_rewards_give_all_players_the_same_return():
    *_, batch, episodes = aligned_batch(NEGOTIATION)
    total = jnp.sum(batch.rewards[0], axis=1)
    expected = advantages.discounted_sums(total, NEGOTIATION.discount)
    np.testing.assert_allclose(episodes.targets[0], expected, rtol=1e-5)
    np.testing.assert_allclose(episodes.targets[1], expected, rtol=1e-5)


def test_removed_quadrants_change_the_aligned_advantages():
    *_, kept = aligned_batch(IPD)
    *_, removed = aligned_batch(replace(IPD, keeps_empathetic=False))
    assert float(jnp.max(jnp.abs(kept.aligned - removed.aligned))) > 0.01


@pytest.mark.parametrize("config", [IPD, COIN, HARVEST], ids=["ipd", "coin_game", "harvest"])
def test_updates_are_finite_repeatable_and_differ_by_seed(config):
    state, metrics = updated(config, num_updates=3)
    assert all(jnp.isfinite(value) for value in metrics.values())
    again, _ = updated(config, num_updates=3)
    for leaf, same in zip(
        jax.tree.leaves(state.params), jax.tree.leaves(again.params), strict=True
    ):
        np.testing.assert_array_equal(leaf, same)
    other, _ = updated(config, seed=1, num_updates=3)
    assert any(
        not np.allclose(leaf, different)
        for leaf, different in zip(
            jax.tree.leaves(state.params), jax.tree.leaves(other.params), strict=True
        )
    )


def test_earlier_games_replace_the_first_and_todays_critic_evaluates_them():
    config = replace(NEGOTIATION, replayed_share=0.5, stored_share=0.25)
    setup = train.make_setup(config)
    state = train.init(setup, jax.random.key(0))

    @jax.jit
    def played(state, key):
        games = train.due_games(setup, state, key)
        _, batch = train.play(setup, state.params, None, games, key)
        return batch, *train.replay(setup, state, batch, key)

    first, state, taught = played(state, jax.random.key(1))
    for new, old in zip(jax.tree.leaves(taught), jax.tree.leaves(first), strict=True):
        np.testing.assert_array_equal(new[0], old[3])  # all that is stored by now
        np.testing.assert_array_equal(new[1], old[3])
        np.testing.assert_array_equal(new[2:], old[2:])
    second, _, taught = played(state._replace(step=jnp.array(1)), jax.random.key(2))
    stored = [np.asarray(batch.rewards[3]) for batch in (first, second)]
    for game in taught.rewards[:2]:
        assert any(np.array_equal(game, one) for one in stored)

    later = jax.tree.map(lambda leaf: leaf + 0.1, state.params)
    evaluation = setup.agent.evaluate(later, taught.observations[0, :, 0], taught.actions[0, :, 0])
    own = advantages.generalized_advantages(
        jnp.sum(taught.rewards[0], axis=1), evaluation.values, config.discount, config.gae_decay
    )
    both = advantages.align_advantages(
        jnp.stack([own, own], axis=1), beta=0.0, discount=config.discount, weighting="mean"
    )
    naive = replace(config, beta=0.0)
    episodes, _ = objectives.align_batch(setup.agent, later, later, None, taught, naive)
    np.testing.assert_allclose(episodes.aligned[0], both[:, 0], rtol=1e-4, atol=1e-5)


def test_games_of_commons_harvest_outlast_an_update_and_are_reset_in_turn():
    setup = train.make_setup(HARVEST)
    state = train.init(setup, jax.random.key(0))
    games = state.games._replace(time=jnp.full(4, 5))
    first = train.due_games(setup, state._replace(games=games), jax.random.key(1))
    assert first.time.tolist() == [0, 0, 5, 5]
    later = state._replace(games=games, step=jnp.array(1))
    assert train.due_games(setup, later, jax.random.key(1)).time.tolist() == [5, 5, 0, 0]
    done, _ = updated(HARVEST)
    assert done.games.time.tolist() == [5] * 4


def test_actor_and_critic_move_their_own_heads_and_both_their_encoder():
    setup, params, _, _, episodes = aligned_batch(NEGOTIATION)
    state = train.init(setup, jax.random.key(0))._replace(params=params)
    for step, still, moved in (
        (train.actor_step, "critic", "actor"),
        (train.critic_step, "actor", "critic"),
    ):
        after, _ = jax.jit(partial(step, setup))(state, episodes)
        for name, is_same in ((still, True), (moved, False), ("encoder", False)):
            pairs = zip(
                jax.tree.leaves(after.params[name]), jax.tree.leaves(params[name]), strict=True
            )
            assert all(np.array_equal(a, b) for a, b in pairs) is is_same, name
