"""A best responder: a naive learner that trains against one frozen agent, in any two-player game.

What it reaches is a lower bound of what a best response gets.
"""

import jax
import jax.numpy as jnp
from jax import Array, lax

from advantage_alignment import train
from advantage_alignment.agents import sampling_player
from advantage_alignment.config import TrainingConfig
from advantage_alignment.evaluation import matches
from advantage_alignment.networks import Params


def respond(config: TrainingConfig, frozen: Params, key: Array) -> Array:
    """Learns a best response to a frozen agent, then plays fresh episodes.

    Args:
      config: of the responder: beta 0, one learner, past selves that are pushed once only, at
        update 0; the frozen agent takes their place. Its network is that of the agent.
      frozen: parameters of the agent.
      key: consumed.

    Returns:
      Rewards per step of the responder and of the agent. Shape [P].
    """
    setup = train.make_setup(config)
    player, sizes = sampling_player(setup.agent), (config.num_eval_episodes, config.num_steps)
    learn_key, play_key = jax.random.split(key)
    state = train.init(setup, learn_key)
    # From update 1 on nothing is pushed, and all there is to draw is the frozen agent.
    state = state._replace(
        past_selves=jax.tree.map(lambda leaf: leaf[None], frozen), step=jnp.array(1)
    )
    state, _ = lax.scan(
        lambda state, _: train.update(setup, state), state, length=config.num_updates
    )
    seats = ((player, state.params), (player, frozen))
    return matches.rewards_per_step(matches.play_many(setup.game, *seats, play_key, *sizes))
