"""What the learners ask of a game, answered by the prisoner's dilemma and by the Coin Game."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from jax import Array

from common import coin_game, ipd
from common.coin_game import CoinGame
from common.ipd import MatrixGame


class Rules(NamedTuple):
    """A game of P = 2 players with A actions, played for T steps.

    Attributes:
      reset: key -> first state. Consumes the key.
      step: state, actions [P], key -> next state, rewards [P]. Consumes the key.
      observe: state -> what each player sees, [P, E].
      num_actions: A.
      num_steps: T.
      observation_size: E.
    """

    reset: Callable[[Array], Any]
    step: Callable[[Any, Array, Array], tuple[Any, Array]]
    observe: Callable[[Any], Array]
    num_actions: int
    num_steps: int
    observation_size: int


def prisoners_dilemma(num_steps: int) -> Rules:
    """The iterated prisoner's dilemma."""
    game = MatrixGame(episode_length=num_steps)
    return Rules(
        reset=lambda key: ipd.reset(game, key),
        step=lambda state, actions, key: ipd.step(game, state, actions, key),
        observe=lambda state: ipd.observe(game, state),
        num_actions=game.num_actions,
        num_steps=num_steps,
        observation_size=4,
    )


def coin_game_rules(game: CoinGame) -> Rules:
    """The Coin Game; observations are flattened."""

    def observe(state: Any) -> Array:
        return jax.vmap(lambda seen: seen.reshape(-1))(coin_game.observe(game, state))

    planes, height, width = game.observation_shape
    return Rules(
        reset=lambda key: coin_game.reset(game, key),
        step=lambda state, actions, key: coin_game.step(game, state, actions, key),
        observe=observe,
        num_actions=game.num_actions,
        num_steps=game.episode_length,
        observation_size=planes * height * width,
    )
