"""The learned detective with exact expectations: what flows where, and that it learns to answer."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brs.config import AmortisedConfig
from brs.exact import amortised_brs, ipd_best_response, learned_detective

CONFIG = AmortisedConfig(
    num_updates=4, eval_every_updates=1, num_drawn_agents=4, hidden_size=8, detective_updates=2
)


@pytest.fixture(scope="module")
def made():
    players = amortised_brs.make_players(CONFIG)
    state = amortised_brs.init(CONFIG, players, jax.random.key(0))
    return players, state, jax.jit(partial(amortised_brs.update, CONFIG, players))


def test_an_update_moves_agent_and_detective_and_pushes_the_agent(made):
    players, state, update = made
    del players
    after, _ = update(update(state)[0])  # Adam's first steps may cancel: both are of one size
    assert jnp.any(after.params["agent"] != state.params["agent"])
    moved = [
        jnp.any(a != b)
        for a, b in zip(
            jax.tree.leaves(after.params["detective"]),
            jax.tree.leaves(state.params["detective"]),
            strict=True,
        )
    ]
    assert all(moved)
    np.testing.assert_array_equal(after.buffer[0], state.params["agent"])


@pytest.mark.slow
def test_the_detective_learns_to_answer_one_agent(made):
    """Against tit-for-tat-like agents only, its regret falls."""
    players, state, _ = made
    policy = jnp.array((0.95, 0.95, 0.05, 0.95, 0.05))
    logits = jnp.log(policy / (1 - policy))
    detective = state.params["detective"]
    judge = partial(learned_detective.measure, players)
    before = judge(detective, policy, CONFIG.discount)["detective_regret"]

    def descend(detective, _):
        gradient = jax.grad(lambda d: -amortised_brs.values(CONFIG, players, d, logits).responder)(
            detective
        )
        return jax.tree.map(lambda leaf, change: leaf - 0.3 * change, detective, gradient), None

    learned, _ = jax.jit(lambda d: jax.lax.scan(descend, d, length=200))(detective)
    after = judge(learned, policy, CONFIG.discount)["detective_regret"]
    assert before > 0.1
    assert after < 0.3 * before
    assert ipd_best_response.best_response(policy, CONFIG.discount)[1] == 1
