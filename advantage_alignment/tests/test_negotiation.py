"""Tests of the Negotiation Game: exact payoffs, dominance, what is seen."""

import itertools

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advantage_alignment.games import negotiation as game

STATES = jax.vmap(game.reset)(jax.random.split(jax.random.key(0), 64))
PLAYERS = {"AC": game.always_cooperate, "AD": game.always_defect}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("AC", "AC", (0.5, 0.5)),
        ("AD", "AD", (0.3, 0.3)),
        ("AD", "AC", (0.55, 0.25)),
        ("AC", "AD", (0.25, 0.55)),
    ],
)
def test_scripted_players_are_paid_exactly_on_average(first, second, expected):
    """By the law of the values; over all eight draws the mean is exact."""
    rewards = []
    for draw in itertools.product((1.0, 5.0), repeat=3):
        values = jnp.array([draw, [6 - value for value in draw]])
        state = game.NegotiationState(values, jnp.zeros((2, 3)), jnp.zeros((2, 3)))
        proposals = [PLAYERS[name](state, seat) for seat, name in enumerate((first, second))]
        rewards.append(game.pay(values, jnp.stack(proposals)))
    np.testing.assert_allclose(np.mean(rewards, axis=0), expected, rtol=1e-6)


def test_rewards_match_a_round_worked_by_hand():
    values = jnp.array([[5.0, 1.0, 5.0], [1.0, 5.0, 1.0]])
    proposals = jnp.array([[4.0, 1.0, 0.0], [6.0 - 2.0, 2.0, 0.0]])
    # Shares of the first: 4 / 8, 1 / 5 (less than all was asked for), 0.
    first = (0.5 * 5 + 0.2 * 1) / 15
    second = (0.5 * 1 + 0.4 * 5) / 15
    np.testing.assert_allclose(game.pay(values, proposals), [first, second], rtol=1e-6)


def test_each_item_is_worth_five_to_one_and_one_to_the_other_and_a_fair_coin_says_which():
    values = jax.vmap(game.draw_values)(jax.random.split(jax.random.key(1), 4000))
    assert set(np.unique(values)) == {1.0, 5.0}
    np.testing.assert_array_equal(values.sum(axis=1), 6.0)
    np.testing.assert_allclose(jnp.mean(values[:, 0] == 5.0, axis=0), 0.5, atol=0.03)


@hypothesis.settings(max_examples=50, deadline=None, derandomize=True)
@hypothesis.given(
    asked=st.lists(st.floats(0, 5), min_size=6, max_size=6),
    item=st.integers(0, 2),
    seed=st.integers(0, 99),
)
def test_asking_for_more_never_pays_less_in_a_round(asked, item, seed):
    values = game.draw_values(jax.random.key(seed))
    proposals = jnp.array(asked).reshape(2, 3)
    all_of_it = proposals.at[0, item].set(game.LARGEST)
    before, after = game.pay(values, proposals), game.pay(values, all_of_it)
    assert after[0] >= before[0] - 1e-6
    assert after[1] <= before[1] + 1e-6
    assert jnp.sum(after) <= 1 + 1e-6


def test_observations_show_own_things_first_and_swap_with_the_seats():
    values = jnp.array([[5.0, 1.0, 5.0], [1.0, 5.0, 1.0]])
    last = jnp.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    before = jnp.array([[1.0, 1.0, 5.0], [5.0, 5.0, 1.0]])
    state = game.NegotiationState(values, last, before)
    seen = game.observe(state)
    mine = [1, 1, 1, 5, 1, 5, 0, 1, 2, 1, 5, 1, 3, 4, 5]
    theirs = [1, 1, 1, 1, 5, 1, 3, 4, 5, 5, 1, 5, 0, 1, 2]
    np.testing.assert_allclose(seen, np.array([mine, theirs]) / 10, rtol=1e-6)
    assert seen.shape[1] == game.observation_size(shows_last_values=False)
    seen = game.observe(state, shows_last_values=True)
    mine, theirs = (
        [*mine[:9], 1, 1, 5, *mine[9:], 5, 5, 1],
        [*theirs[:9], 5, 5, 1, *theirs[9:], 1, 1, 5],
    )
    np.testing.assert_allclose(seen, np.array([mine, theirs]) / 10, rtol=1e-6)
    assert seen.shape[1] == game.observation_size(shows_last_values=True)


def test_proposals_are_seen_in_the_next_round_and_values_are_drawn_anew():
    state = game.reset(jax.random.key(0))
    assert not state.last_proposals.any()
    assert not state.last_values.any()
    proposals = jnp.arange(6.0).reshape(2, 3) / 2
    drawn = [game.step(state, proposals, jax.random.key(seed))[0] for seed in range(8)]
    for after in drawn:
        np.testing.assert_array_equal(after.last_proposals, proposals)
        np.testing.assert_array_equal(after.last_values, state.values)
    assert len({str(after.values) for after in drawn}) > 1
