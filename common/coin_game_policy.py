"""Portable policies: a trained player of the Coin Game as one file that any program can play.

Whoever can read this format needs none of the code that trained the player. Signature version 1:

File. A checked file of `common.logger.atomic`: a magic line; a line of JSON with the header, the
number of bytes of the payload and its SHA-256; the SHA-256 of these two lines; the payload.

Payload. Two functions as `jax.export.Exported.serialize()` writes them, one after the other:
`initial_carry`, then `act`; the header says how many bytes each has. Parameters are constants of
the functions, nothing is pickled.

Header. A JSON object with the entries
    format             "portable policy"
    signature_version  1
    paper, experiment  names of the folder and of the run that trained the player
    seed, update       of that run: integers
    environment        {"game": "coin_game", ...} with every field of `common.coin_game.CoinGame`
                       by its name: height, width, num_players, episode_length, coins,
                       coin_avoids_players, actions, view, payoffs
    platforms          of JAX that the functions run on, such as ["cpu", "cuda"]
    function_bytes     {"initial_carry": ..., "act": ...}
    jax_version        that wrote the file. A newer JAX reads it for half a year at least.

Functions. B is symbolic, the same symbol wherever it stands in a function; P players, A moves.
    initial_carry(observation) -> carry
    act(carry, observation, key) -> (carry, action, log_probs)
`observation` [B, 2 P, H, W] float32: a row is what `common.coin_game.observe` shows the player in
the seat that it plays, whichever that is. `initial_carry` takes the first one for its B only.
`carry`: a tree of tuples, lists and dictionaries of arrays [B, ...], or of none; `act` takes and
returns the tree that `initial_carry` returns. `key` [B, 2] uint32: data of a fresh threefry key
for each row at each step. `action` [B] int32, index into the environment's `actions`. `log_probs`
[B, A] float32, normalised; -inf is a move that is never made.

Rows do not see each other. The carry and `log_probs` depend on the arguments `carry` and
`observation` alone, and `action` is a draw from `log_probs` with `key`: a caller may draw the move
itself, or score another one, and go on with the carry.

Readers. A reader refuses a file of another signature version, and one whose environment differs
from the game to be played in any field but `episode_length`; one that calls anything outside XLA
but the random numbers of JAX; and one that does not compile and play a move within limits of time
and memory, which is tried in a process of its own. The functions are compiled programs all the
same: play only files whose writer you trust.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, export
from jax.custom_batching import custom_vmap

from common import coin_game_players, coin_game_policy_trial
from common.coin_game import CoinGame
from common.logger import atomic
from common.logger.errors import UserError
from common.logger.settings import differing_fields

FORMAT = "portable policy"
SIGNATURE_VERSION = 1
PLATFORMS = ("cpu", "cuda")
FUNCTIONS = ("initial_carry", "act")

# What JAX raises on bytes that are whole but of no function: flatbuffers checks next to nothing.
_UNREADABLE = (struct.error, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


class Origin(NamedTuple):
    """Which run a policy comes from."""

    paper: str
    experiment: str
    seed: int
    update: int


class Policy(NamedTuple):
    """A policy read from a file; its functions are those of the module's docstring."""

    header: dict[str, Any]
    game: CoinGame  # that it was trained in
    initial_carry: export.Exported
    act: export.Exported


def save(
    path: Path,
    start: Callable[[], Any],
    act: Callable[[Any, Array], tuple[Any, Array]],
    game: CoinGame,
    origin: Origin,
) -> None:
    """Writes a trained player to a file, atomically.

    Args:
      path: the file to write.
      start: gives the carry before the first move.
      act: carry, observation [2 P, H, W] -> next carry, log-probability of each move [A].
      game: that it was trained in.
      origin: the run that trained it.
    """
    exported = {
        name: bytes(function.serialize())
        for name, function in zip(FUNCTIONS, _export(start, act, game), strict=True)
    }
    header = {
        "format": FORMAT,
        "signature_version": SIGNATURE_VERSION,
        **origin._asdict(),
        "environment": {"game": "coin_game", **asdict(game)},
        "platforms": PLATFORMS,
        "function_bytes": {name: len(function) for name, function in exported.items()},
        "jax_version": jax.__version__,
    }
    atomic.write_checked(path, b"".join(exported.values()), header)


def load(path: Path) -> Policy:
    """Reads a policy that anybody wrote, and tries it out.

    Raises:
      FileNotFoundError: there is no such file.
      DamagedFileError: the file fails a check.
      UserError: it is no policy, or of another signature version, game, platform or calling
        convention, or it does not compile and play here.
    """
    policy = read(path)
    coin_game_policy_trial.check_runs(path)
    return policy


def read(path: Path) -> Policy:
    """Reads a policy and checks that its functions can be called, without trying them out.

    Raises:
      Exception: as `load`.
    """
    header, payload = atomic.read_checked(path)
    if header.get("format") != FORMAT:
        raise UserError(f"{path} is no {FORMAT}: its header has format {header.get('format')!r}")
    version = header.get("signature_version")
    if version != SIGNATURE_VERSION:
        raise UserError(
            f"{path} is of signature version {version}, this code reads {SIGNATURE_VERSION}"
        )
    game = _game_of(header, path)
    policy = Policy(header, game, *_functions_of(header, payload, path))
    coin_game_policy_trial.check_signature(
        policy.initial_carry, policy.act, game.observation_shape, game.num_actions, path
    )
    return policy


def check_same_game(game: CoinGame, other: CoinGame, name: str) -> None:
    """Checks that a player of one game can play another one: only their length may differ.

    Raises:
      UserError: it cannot; the message begins with `name` and lists the differing settings.
    """
    ours, theirs = ({**asdict(each), "episode_length": None} for each in (game, other))
    differences = differing_fields(ours, theirs)
    if differences:
        raise UserError(f"{name} plays another game: {'; '.join(differences)}")


class Functions(NamedTuple):
    """A policy for one row, which `vmap` lifts: the shape in which `save` takes it."""

    start: Callable[[], Any]
    act: Callable[[Any, Array], tuple[Any, Array]]


def functions(policy: Policy) -> Functions:
    """The functions of a policy for one row; whoever plays it draws the moves."""
    act_rows = _liftable(policy.act.call)

    def start() -> Any:
        first = policy.initial_carry.call(jnp.zeros((1, *policy.game.observation_shape)))
        return jax.tree.map(lambda leaf: leaf[0], first)

    def act(carry: Any, observation: Array) -> tuple[Any, Array]:
        unused_key = jnp.zeros(2, jnp.uint32)  # of a draw that is not looked at
        one_row = jax.tree.map(lambda leaf: leaf[None], (carry, observation, unused_key))
        carry, _, log_probs = jax.tree.map(lambda leaf: leaf[0], act_rows(*one_row))
        return carry, log_probs

    return Functions(start, act)


def _export(
    start: Callable[[], Any], act: Callable[[Any, Array], tuple[Any, Array]], game: CoinGame
) -> tuple[export.Exported, export.Exported]:
    """Exports a player's two functions; its carry becomes a list: no class of ours is needed."""
    structure = jax.tree.structure(jax.eval_shape(start))

    def initial_carry(observations: Array) -> list[Array]:
        return jax.vmap(lambda _: jax.tree.leaves(start()))(observations)

    def act_one(
        leaves: list[Array], observation: Array, key_data: Array
    ) -> tuple[list[Array], Array, Array]:
        carry, log_probs = act(jax.tree.unflatten(structure, leaves), observation)
        key = jax.random.wrap_key_data(key_data, impl="threefry2x32")
        action = coin_game_players.sample_move(jnp.exp(log_probs), key)
        return jax.tree.leaves(carry), action, log_probs

    (batch,) = export.symbolic_shape("b")
    observations = jax.ShapeDtypeStruct((batch, *game.observation_shape), jnp.float32)
    keys = jax.ShapeDtypeStruct((batch, 2), jnp.uint32)
    carry = jax.eval_shape(initial_carry, observations)
    return (
        export.export(jax.jit(initial_carry), platforms=PLATFORMS)(observations),
        export.export(jax.jit(jax.vmap(act_one)), platforms=PLATFORMS)(carry, observations, keys),
    )


def _game_of(header: Mapping[str, Any], path: Path) -> CoinGame:
    environment = header.get("environment")
    if not isinstance(environment, dict) or environment.get("game") != "coin_game":
        name = environment.get("game") if isinstance(environment, dict) else environment
        raise UserError(f"{path} plays another game: {name!r}, not 'coin_game'")
    settings: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in environment.items()
        if name != "game"
    }
    expected = asdict(CoinGame())
    if settings.keys() != expected.keys():
        strange = [f"unknown {name}" for name in sorted(settings.keys() - expected.keys())]
        strange += [f"missing {name}" for name in sorted(expected.keys() - settings.keys())]
        raise UserError(f"{path} plays another Coin Game: {', '.join(strange)}")
    try:
        return CoinGame(**settings)
    except (ValueError, TypeError) as error:
        raise UserError(f"{path} plays no game known here: {error}") from error


def _functions_of(
    header: Mapping[str, Any], payload: bytes, path: Path
) -> tuple[export.Exported, export.Exported]:
    sizes = header.get("function_bytes")
    lengths = [sizes.get(name) for name in FUNCTIONS] if isinstance(sizes, dict) else [None]
    known = [length for length in lengths if isinstance(length, int)]
    if known != lengths or sum(known) != len(payload):
        raise UserError(
            f"{path} does not hold the functions {' and '.join(FUNCTIONS)}: its header has "
            f"function_bytes {sizes}, its payload has {len(payload)}"
        )
    parts = payload[: known[0]], payload[known[0] :]
    try:
        first, second = (export.deserialize(bytearray(part)) for part in parts)
    except _UNREADABLE as error:
        raise UserError(
            f"{path} holds functions that JAX {jax.__version__} cannot read; it was written with "
            f"JAX {header.get('jax_version')}"
        ) from error
    return first, second


def _liftable(function: Callable[..., Any]) -> Callable[..., Any]:
    """Makes `vmap` of a function of rows call it once, with all rows of all copies.

    `jax.export` has no rule of its own for `vmap`. Arguments and results are trees of [B, ...].
    """
    rows = custom_vmap(function)

    @rows.def_vmap
    def lifted(size: int, is_mapped: Sequence[Any], *arguments: Any) -> tuple[Any, Any]:
        def joined(leaf: Array, mapped: bool) -> Array:
            copies = leaf if mapped else jnp.broadcast_to(leaf, (size, *leaf.shape))
            return copies.reshape(-1, *copies.shape[2:])

        results = rows(*jax.tree.map(joined, arguments, tuple(is_mapped)))
        parted = jax.tree.map(lambda leaf: leaf.reshape(size, -1, *leaf.shape[1:]), results)
        return parted, jax.tree.map(lambda leaf: True, parted)

    called: Callable[..., Any] = rows
    return called
