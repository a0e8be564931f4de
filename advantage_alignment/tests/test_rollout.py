"""Tests of the rollout: who acts on what, and that recorded play is what the agent evaluates."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advantage_alignment.agents import sampling_player
from advantage_alignment.config import PUBLISHED
from advantage_alignment.games import by_name
from advantage_alignment.games.ipd import constant_player, with_exploration
from advantage_alignment.rollout import Player, PlayerInput, Team, rollout

CONFIGS = {
    "ipd": PUBLISHED["ipd"],
    "ipd_gru": replace(PUBLISHED["ipd"], network="gru", hidden_size=8),
    "coin_game": replace(PUBLISHED["coin_game"], hidden_size=8),
    "negotiation": replace(PUBLISHED["negotiation"], hidden_size=8),
    "negotiation_discrete": replace(
        PUBLISHED["negotiation"], hidden_size=8, network="feed_forward", proposals="discrete"
    ),
    "negotiation_quick": replace(
        PUBLISHED["negotiation"],
        hidden_size=8,
        network="feed_forward",
        shows_last_values=True,
        critic_sees_time=True,
    ),
    "commons_harvest_transformer": replace(
        PUBLISHED["commons_harvest"],
        hidden_size=8,
        num_players=2,
        num_learners=2,
        harvest_map="small",
        num_steps=6,
        episode_length=6,
    ),
    "commons_harvest": replace(
        PUBLISHED["commons_harvest"],
        hidden_size=8,
        network="gru",
        num_players=2,
        num_learners=2,
        harvest_map="small",
    ),
}


def randomised(params):
    """Parameters far from the start, where tables and constants are zero."""
    return jax.tree.map(
        lambda leaf: leaf + 0.5 * jnp.sin(jnp.arange(leaf.size)).reshape(leaf.shape), params
    )


@pytest.mark.usefixtures("keys_unchecked")
@pytest.mark.parametrize("name", CONFIGS)
def test_evaluation_gives_the_log_probabilities_that_were_played(name):
    config = CONFIGS[name]
    agent, game = by_name.make_agent(config), by_name.make_game(config)
    params = randomised(agent.init(jax.random.key(0)))
    team = Team(sampling_player(agent), params, 2)
    state = game.reset(jax.random.key(1))
    _, played, states = jax.jit(lambda: rollout(game, [team], state, jax.random.key(2), 6))()
    assert played.observations.shape[:2] == (7, 2)
    for seat in range(2):
        evaluation = agent.evaluate(params, played.observations[:, seat], played.actions[:, seat])
        np.testing.assert_allclose(
            evaluation.log_probs, played.log_probs[:, seat], rtol=2e-3, atol=2e-4
        )
        assert evaluation.values.shape == (7,)
        assert evaluation.predictions.shape == evaluation.entropies.shape == (6,)
    for time in range(7):
        at_time = jax.tree.map(lambda leaf, time=time: leaf[time], states)
        np.testing.assert_allclose(game.observe(at_time), played.observations[time])


def test_a_critic_that_sees_time_tells_equal_observations_apart_by_nothing_else():
    blind, seeing = (
        by_name.make_agent(replace(CONFIGS["negotiation_quick"], critic_sees_time=sees))
        for sees in (False, True)
    )
    seen, actions = jnp.full((7, 21), 0.3), jnp.ones((6, 3))
    values = blind.evaluate(randomised(blind.init(jax.random.key(0))), seen, actions).values
    np.testing.assert_array_equal(values, values[0])
    params = randomised(seeing.init(jax.random.key(0)))
    evaluation = seeing.evaluate(params, seen, actions)
    assert len(np.unique(evaluation.values)) == 7
    np.testing.assert_array_equal(evaluation.log_probs, evaluation.log_probs[0])


def test_teams_fill_the_seats_in_order_and_see_their_own_observation():
    game = by_name.make_game(CONFIGS["ipd"])

    def act(params, memory, seen: PlayerInput, noise):
        return memory + 1, params + 0 * seen.seat, seen.observation[0] + memory

    player = Player(lambda params: jnp.zeros(()), constant_player(0).noise, act)
    teams = [Team(player, jnp.array(0), 1), Team(player, jnp.array(1), 1)]
    _, played, _ = rollout(game, teams, game.reset(jax.random.key(0)), jax.random.key(1), 3)
    np.testing.assert_array_equal(played.actions, [[0, 1]] * 3)
    np.testing.assert_array_equal(played.rewards, [[-3, 0]] * 3)
    # The first cooperated in the steps before, the second did not; the memory counts the steps.
    np.testing.assert_array_equal(played.log_probs, [[0, 0], [2, 1], [3, 2]])


def test_exploration_replaces_some_actions_by_uniform_ones():
    game = by_name.make_game(CONFIGS["ipd"])
    player = with_exploration(constant_player(0), 0.2)
    teams = [Team(player, {}, 2)]
    state = game.reset(jax.random.key(0))
    _, played, _ = rollout(game, teams, state, jax.random.key(1), 2000)
    assert float(jnp.mean(played.actions)) == pytest.approx(0.1, abs=0.02)
