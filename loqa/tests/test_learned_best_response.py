"""The learned best response: its losses by hand, what it feeds them, and what it learns."""

from collections.abc import Iterator
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from common.coin_game import CoinGame
from common.coin_game_players import always_cooperate
from common.logger.errors import UserError
from loqa import coin_game_rollout, recurrent
from loqa.evaluation import exact_best_response, learned_best_response
from loqa.evaluation.config import BestResponseConfig
from loqa.recurrent import GruTower

TINY = BestResponseConfig(
    num_updates=2,
    num_curve_points=2,
    num_eval_episodes=4,
    batch_size=4,
    num_epochs=2,
    num_minibatches=2,
    hidden_size=4,
)
GAME = CoinGame(height=2, width=2, episode_length=5)


@pytest.fixture(autouse=True)
def _keys_in_scans() -> Iterator[None]:
    # Under vmap, this JAX takes a scan over keys that were split before for a reuse of keys.
    with jax.debug_key_reuse(False):
        yield


def test_generalized_advantages_are_as_worked_out_by_hand():
    # delta = 1 + .9 - .5 = 1.4, 0 - .9 - 1 = -1.9, 2 - (-1) = 3, with V = 0 after the end; then
    # A_1 = -1.9 + .9 * .5 * 3 = -.55 and A_0 = 1.4 - .45 * .55 = 1.1525.
    rewards, values = jnp.array([1.0, 0.0, 2.0]), jnp.array([0.5, 1.0, -1.0])
    advantages = learned_best_response.generalized_advantages(
        rewards, values, discount=0.9, gae_discount=0.5
    )
    np.testing.assert_allclose(advantages, [1.1525, -0.55, 3.0], rtol=1e-6)


def test_advantages_without_discounts_are_returns_minus_values():
    rewards, values = jnp.array([1.0, -2.0, 1.0, 0.0]), jnp.array([3.0, 1.0, 0.5, -1.0])
    advantages = learned_best_response.generalized_advantages(
        rewards, values, discount=1.0, gae_discount=1.0
    )
    np.testing.assert_allclose(advantages + values, [0.0, -1.0, 1.0, 0.0], atol=1e-6)


def test_policy_loss_is_clipped_where_it_would_go_too_far():
    # Ratios 1.5, 1.5, .5, .5 and clipping at .8 and 1.2: the smaller of both products counts.
    ratios, advantages = jnp.array([1.5, 1.5, 0.5, 0.5]), jnp.array([1.0, -1.0, 1.0, -1.0])
    old_log_probs = jnp.log(jnp.array([0.2, 0.4, 0.6, 0.8]))
    loss = partial(
        learned_best_response.clipped_policy_loss,
        old_log_probs=old_log_probs,
        advantages=advantages,
        clip_epsilon=0.2,
    )
    log_probs = old_log_probs + jnp.log(ratios)
    np.testing.assert_allclose(loss(log_probs), -(1.2 - 1.5 + 0.5 - 0.8) / 4, rtol=1e-6)
    # Of the ratio u the gradient in log u is u itself, or nothing where it is clipped.
    gradient = jax.grad(loss)(log_probs)
    np.testing.assert_allclose(gradient, [0.0, 1.5 / 4, -0.5 / 4, 0.0], rtol=1e-5, atol=1e-7)


def test_lesson_has_the_log_probabilities_that_the_actor_gives_along_the_episode():
    opponent = coin_game_rollout.scripted(GAME, always_cooperate)
    setup = learned_best_response.make_setup(TINY, GAME, opponent)
    params = learned_best_response.init(setup, jax.random.key(0)).params
    players = (learned_best_response.responder(setup), opponent)
    episode = coin_game_rollout.play(GAME, players, (params, {}), jax.random.key(1))
    lesson = learned_best_response.make_lesson(setup, params, episode)
    logits = recurrent.unroll(setup.actor, params["actor"], lesson.inputs)
    expected = jax.nn.log_softmax(logits)[jnp.arange(5), episode.actions[:, 0]]
    np.testing.assert_allclose(lesson.log_probs, expected, rtol=1e-4)
    np.testing.assert_allclose(lesson.inputs[:, -1], [0.0, 0.2, 0.4, 0.6, 0.8], rtol=1e-6)
    values = learned_best_response.state_values(setup, params, lesson.inputs)
    outputs = recurrent.unroll(setup.critic, params["critic"], lesson.inputs)[:, 0]
    np.testing.assert_allclose(values, np.array([5, 4, 3, 2, 1]) * outputs, rtol=1e-6)


def test_greedy_responder_plays_its_likeliest_moves():
    opponent = coin_game_rollout.scripted(GAME, always_cooperate)
    setup = learned_best_response.make_setup(TINY, GAME, opponent)
    params = learned_best_response.init(setup, jax.random.key(0)).params
    state = jax.tree.map(lambda leaf: leaf[17], exact_best_response.all_states(GAME))
    drawn, greedy = (
        learned_best_response.responder(setup, is_greedy=is_greedy).act(
            params, jnp.ones(4), state, 0
        )[1]
        for is_greedy in (False, True)
    )
    np.testing.assert_allclose(jnp.sum(drawn), 1, rtol=1e-6)
    np.testing.assert_array_equal(greedy, np.eye(4)[np.argmax(drawn)])


def test_many_frozen_agents_are_answered_at_once_and_keys_alone_decide():
    # Agents 0 and 1 are the same and are met with the same key, agent 2 with another, 3 differs.
    agent = recurrent.recurrent_agent(GruTower(3, 4), GruTower(3, 4), observation_size=16)
    agent_keys, learn_keys = (
        jax.vmap(jax.random.key)(jnp.array(seeds)) for seeds in ([0, 0, 0, 1], [5, 5, 6, 5])
    )
    frozen = coin_game_rollout.learned(GAME, agent)
    learn = partial(learned_best_response.learn_best_response, TINY, GAME, frozen)
    metrics = jax.jit(jax.vmap(learn))(jax.vmap(agent.init)(agent_keys), learn_keys)
    assert {name: metric.shape for name, metric in metrics.items()} == {
        "responder_value": (4,),
        "agent_value": (4,),
        "learning_curve": (4, 2),
    }
    for metric in metrics.values():
        assert np.all(np.isfinite(metric))
        np.testing.assert_array_equal(metric[0], metric[1])
    assert np.any(metrics["learning_curve"][0] != metrics["learning_curve"][2])
    assert np.any(metrics["learning_curve"][0] != metrics["learning_curve"][3])


@pytest.mark.slow
def test_learned_response_comes_within_a_tenth_of_the_exact_one():
    # Six steps against always-cooperate: exactly optimal play is what a short run must come near.
    game = CoinGame(episode_length=6)
    config = BestResponseConfig(
        num_updates=100,
        num_curve_points=2,
        num_eval_episodes=2000,
        batch_size=256,
        hidden_size=16,
        learning_rate=1e-2,
    )
    opponent = coin_game_rollout.scripted(game, always_cooperate)
    learn = jax.jit(partial(learned_best_response.learn_best_response, config, game, opponent, {}))
    metrics = learn(jax.random.key(0))
    exact = exact_best_response.best_response(game, always_cooperate)
    learned, best = float(metrics["responder_value"]), exact.responder / game.episode_length
    assert 0.9 * best < learned < best + 0.02
    np.testing.assert_allclose(metrics["agent_value"], exact.agent / 6, atol=0.1)
    assert metrics["learning_curve"][1] > metrics["learning_curve"][0]


def test_curve_points_must_divide_the_updates():
    with pytest.raises(UserError, match="num_curve_points"):
        BestResponseConfig(num_updates=10, num_curve_points=3)
