"""BRS with exact gradients in the Coin Game: what its terms are, and what it learns in little."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brs.config import ExactCoinConfig
from brs.exact import coin_game_brs, coin_game_values, coin_table

TINY = ExactCoinConfig(grid_size=2, episode_length=3, num_updates=2, eval_every_updates=1)


@pytest.fixture(scope="module")
def state():
    return coin_game_brs.init(TINY, jax.random.key(0))


def test_without_the_through_term_the_response_is_a_constant(state):
    """Same value; the gradient is that against the tables of the response, held fixed."""
    blind = replace(TINY, through_detective=False)
    value, gradient = jax.value_and_grad(
        lambda logits: coin_game_brs.detective_objective(blind, logits)
    )(state.params)
    seen, full = jax.value_and_grad(lambda logits: coin_game_brs.detective_objective(TINY, logits))(
        state.params
    )
    np.testing.assert_allclose(value, seen, rtol=1e-5)
    assert jnp.linalg.norm(full - gradient) > 0.01 * jnp.linalg.norm(full)

    game, agent = coin_game_brs.make_game(TINY), coin_table.tables(state.params)
    _, q_values = coin_game_values.solve(
        game,
        agent,
        lambda q: jax.nn.softmax(q / TINY.temperature, axis=2),
        discount=TINY.discount,
        temperature=TINY.temperature,
    )
    responses = iter(jax.nn.softmax(q_values[::-1] / TINY.temperature, axis=3))

    def against_tables(logits):
        shown = coin_table.tables(logits)
        values = jnp.zeros((2, shown.probs.shape[1], 2))
        moves = coin_game_values.transitions(game)
        probs = shown.probs[:, moves.swapped][:, :, None, :, None]
        modes = shown.next_modes[:, moves.events[1]]
        for response in fixed:
            after = coin_game_values._look_up(game, values, modes)
            rewards = jnp.asarray(moves.rewards)[None]
            later = jnp.sum(probs * (rewards + TINY.discount * after), axis=3)
            values = jnp.sum(response[..., None] * later, axis=2)
        return (jnp.asarray(moves.start, jnp.float32) @ values[0])[1]

    fixed = list(responses)
    expected_value, expected = jax.value_and_grad(against_tables)(state.params)
    np.testing.assert_allclose(expected_value, value, rtol=1e-4)
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_an_update_climbs_both_objectives(state):
    config = replace(TINY, learning_rate=0.02, self_play_learning_rate=0.02)
    step = jax.jit(lambda state: coin_game_brs.update(config, state)[0])
    after = state
    for _ in range(5):
        after = step(after)
    for objective in (coin_game_brs.detective_objective, coin_game_brs.self_play_objective):
        assert objective(config, after.params) > objective(config, state.params) + 0.01
