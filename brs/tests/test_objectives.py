"""The sampled gradients of the three steps against exact ones, and what flows where."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brs import episodes, objectives, train
from brs.config import BrsConfig
from brs.exact.learned_detective import detective_policy
from common import ipd_values

pytestmark = pytest.mark.usefixtures("keys_unchecked")
IPD = BrsConfig(
    game="ipd",
    episode_length=4,
    discount=0.9,
    batch_size=8,
    num_drawn_agents=4,
    hidden_size=4,
    detective_hidden_size=8,
    num_roll_outs=2,
    roll_out_steps=3,
    entropy_weight=0.0,
    self_play_entropy_weight=0.0,
    detective_entropy_weight=0.0,
    num_updates=2,
    eval_every_updates=1,
)
COIN_GAME = replace(IPD, game="coin_game", grid_size=2, episode_length=5, num_roll_outs=1)
NUM_EPISODES = 4000


def made(config, seed=0):
    players = train.make_players(config)
    state = train.init(config, players, jax.random.key(seed))
    return players, state.params["agent"], state.params["detective"]


def exact_value(config, players, detective, logits, shown):
    """Discounted return of agent and detective, which is told the expected answers for `shown`."""
    responder = detective_policy(players, detective, jax.nn.sigmoid(shown))
    pair = jnp.stack([jax.nn.sigmoid(logits), responder])
    return ipd_values.finite_horizon_value(
        pair, num_steps=config.episode_length, discount=config.discount
    )


def sampled_gradient(loss, params, play):
    keys = jax.random.split(jax.random.key(5), NUM_EPISODES)

    def mean_loss(params, keys):
        return jnp.mean(jax.vmap(lambda key: loss(params, play(key))[0])(keys))

    return jax.jit(jax.grad(mean_loss))(params, keys)


@pytest.mark.parametrize("config", [IPD, COIN_GAME])
def test_recomputed_log_probabilities_are_those_of_the_play(config):
    players, agent, detective = made(config)
    keys = jax.random.split(jax.random.key(1), 16)
    play = partial(episodes.play_with_detective, players, agent["actor"], detective["actor"])
    batch = jax.jit(jax.vmap(play))(keys)
    losses = {
        "agent": lambda t: objectives.agent_loss(config, players, agent, detective, t)[1],
        "detective": lambda t: objectives.detective_loss(config, players, detective, t)[1],
    }
    for loss in losses.values():
        assert jnp.max(jax.jit(jax.vmap(loss))(batch)) < 1e-5
    answers = jax.vmap(
        lambda t: episodes.replay_answers(
            players,
            agent["actor"],
            t,
            episodes.replay_agent(players, agent["actor"], t.observations[:, 0]),
        )
    )(batch)
    np.testing.assert_allclose(answers, batch.answers, atol=1e-5)


def test_self_play_gradient_is_the_exact_one():
    players, agent, _ = made(IPD)
    loss = partial(objectives.self_play_loss, IPD, players)
    play = partial(episodes.play_with_itself, players, agent["actor"])
    sampled = sampled_gradient(loss, agent, play)["actor"]

    def exact(logits):
        pair = jnp.stack([jax.nn.sigmoid(logits)] * 2)
        return ipd_values.finite_horizon_value(pair, num_steps=4, discount=0.9)[0]

    expected = -jax.grad(exact)(agent["actor"])
    np.testing.assert_allclose(sampled, expected, atol=0.12)
    assert jnp.linalg.norm(expected) > 0.3


def test_agents_gradient_without_the_through_term_is_that_against_a_fixed_opponent():
    """A detective deaf to the answers is a fixed opponent; both forms must give its gradient."""
    players, agent, detective = made(IPD)
    deaf = jax.tree.map(lambda leaf: leaf, detective)
    kernel = deaf["actor"]["head"]["params"]["Dense_0"]["kernel"]
    deaf["actor"]["head"]["params"]["Dense_0"]["kernel"] = kernel.at[5:].set(0.0)
    play = partial(episodes.play_with_detective, players, agent["actor"], deaf["actor"])
    expected = -jax.grad(
        lambda x: exact_value(IPD, players, deaf["actor"], x, jax.lax.stop_gradient(x))[0]
    )(agent["actor"])
    for through in (False, True):
        config = replace(IPD, through_detective=through)

        def loss(agent, trajectory, config=config):
            return objectives.agent_loss(config, players, agent, deaf, trajectory)

        sampled = sampled_gradient(loss, agent, play)["actor"]
        np.testing.assert_allclose(sampled, expected, atol=0.12)


def test_agents_gradient_through_the_detective_is_the_exact_one():
    """Many roll-outs make the answers nearly exact, and with them the whole derivative."""
    config = replace(IPD, num_roll_outs=50)
    players, agent, detective = made(config, seed=3)
    loud = jax.tree.map(lambda leaf: 2 * leaf, detective)  # it listens to what it is told

    def exact(logits):
        return exact_value(config, players, loud["actor"], logits, logits)[0]

    play = partial(episodes.play_with_detective, players, agent["actor"], loud["actor"])
    keys = jax.random.split(jax.random.key(7), (10, 200))

    def loss(agent, keys):
        losses = jax.vmap(
            lambda key: objectives.agent_loss(config, players, agent, loud, play(key))[0]
        )(keys)
        return jnp.mean(losses)

    sampled = jnp.mean(
        jax.lax.map(jax.jit(lambda keys: jax.grad(loss)(agent, keys)["actor"]), keys), axis=0
    )
    expected = -jax.grad(exact)(agent["actor"])
    own_only = -jax.grad(
        lambda x: exact_value(config, players, loud["actor"], x, jax.lax.stop_gradient(x))[0]
    )(agent["actor"])
    assert jnp.linalg.norm(expected - own_only) > 0.3
    assert jnp.linalg.norm(sampled - expected) < 0.5 * jnp.linalg.norm(expected - own_only)


def test_detectives_gradient_is_the_exact_one_and_none_reaches_the_agent():
    config = replace(IPD, num_roll_outs=50)
    players, agent, detective = made(config)
    play = partial(episodes.play_with_detective, players, agent["actor"], detective["actor"])
    keys = jax.random.split(jax.random.key(7), (5, 200))

    def loss(detective, keys):
        losses = jax.vmap(
            lambda key: objectives.detective_loss(config, players, detective, play(key))[0]
        )(keys)
        return jnp.mean(losses)

    sampled = jax.tree.map(
        lambda leaf: jnp.mean(leaf, axis=0),
        jax.lax.map(jax.jit(lambda keys: jax.grad(loss)(detective, keys)["actor"]), keys),
    )
    expected = jax.grad(
        lambda actor: -exact_value(config, players, actor, agent["actor"], agent["actor"])[1]
    )(detective["actor"])
    ours, theirs = (
        jnp.concatenate([leaf.reshape(-1) for leaf in jax.tree.leaves(tree)])
        for tree in (sampled, expected)
    )
    cosine = ours @ theirs / (jnp.linalg.norm(ours) * jnp.linalg.norm(theirs))
    assert cosine > 0.9


@pytest.mark.parametrize("config", [IPD, COIN_GAME])
def test_one_iteration_moves_everything_and_is_deterministic(config):
    players = train.make_players(config)
    state = train.init(config, players, jax.random.key(0))
    step = jax.jit(partial(train.update, config, players))
    once, metrics = step(state)
    again, _ = step(state)
    for leaf, other in zip(
        jax.tree.leaves(once.params), jax.tree.leaves(again.params), strict=True
    ):
        np.testing.assert_array_equal(leaf, other)
    for name in ("agent", "detective"):
        moved = jax.tree.map(lambda a, b: jnp.any(a != b), once.params[name], state.params[name])
        assert all(jax.tree.leaves(moved)), name
    for name in ("log_prob_error", "detective_log_prob_error", "self_play_log_prob_error"):
        assert metrics[name] < 1e-5
