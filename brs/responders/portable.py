"""Portable policies: trained players of the Coin Game as files that any program can play.

What is written and read here, signature version 1: a checked file of `common.logger.atomic`. Its
header is a JSON object with the entries format ("portable policy"), signature_version (1), paper,
experiment, seed, update, environment ({"game": "coin_game", ...} with every field of `CoinGame`),
platforms, function_bytes and jax_version. Its payload is two functions as
`jax.export.Exported.serialize()` writes them, parameters baked in, of the lengths that
function_bytes gives:

    initial_carry(observation) -> carry
    act(carry, observation, key) -> (carry, action, log_probs)

`observation` [B, 2 P, H, W] float32 is what `coin_game.observe` shows the seat that is played; B is
symbolic; `carry` a tree of arrays [B, ...]; `key` [B, 2] uint32; `action` [B] int32; `log_probs`
[B, A] float32. The carry and `log_probs` depend on `carry` and `observation` alone: whoever plays
the policy may draw the move itself.

The functions are compiled programs: checksums show damage, not malice, so play only files whose
writer you trust.
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

from brs.coin_game_players import Params, Player, inverse_draw, seen_state
from common import coin_game
from common.coin_game import CoinGame, CoinGameState
from common.logger import atomic
from common.logger.errors import UserError

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


def save(path: Path, player: Player, params: Params, game: CoinGame, origin: Origin) -> None:
    """Writes a player to a file, atomically.

    Args:
      path: the file to write.
      player: what it does; it may not look at the time that has passed.
      params: its parameters.
      game: that it was trained in, of two players and a single coin.
      origin: the run that trained it.
    """
    functions = _export(player, jax.tree.map(jnp.asarray, params), game)
    exported = {
        name: bytes(function.serialize())
        for name, function in zip(FUNCTIONS, functions, strict=True)
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
    """Reads a policy that anybody wrote, and checks that its functions can be called.

    Raises:
      FileNotFoundError: there is no such file.
      DamagedFileError: the file fails a check.
      UserError: it is no policy, or of another signature version, game, platform or calling
        convention.
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
    _check_callable(policy, path)
    return policy


def player(game: CoinGame, policy: Policy) -> Player:
    """The player that a policy is; its parameters are unused, for they are baked in.

    The rollout draws the moves from the policy's distribution, as it does for every player.
    """
    act = _liftable(policy.act.call)

    def start(params: Params) -> Any:
        del params
        first = policy.initial_carry.call(jnp.zeros((1, *game.observation_shape)))
        return jax.tree.map(lambda leaf: leaf[0], first)

    def act_one(params: Params, carry: Any, state: CoinGameState, seat: int) -> tuple[Any, Array]:
        del params
        observation = coin_game.observe(game, state)[seat]
        unused_key = jnp.zeros(2, jnp.uint32)  # of a draw that is not looked at
        one_row = jax.tree.map(lambda leaf: leaf[None], (carry, observation, unused_key))
        carry, _, log_probs = jax.tree.map(lambda leaf: leaf[0], act(*one_row))
        return carry, jnp.exp(log_probs)

    return Player(start, act_one)


def _export(
    player: Player, params: Params, game: CoinGame
) -> tuple[export.Exported, export.Exported]:
    """Exports the two functions of a player with its parameters."""
    structure = jax.tree.structure(jax.eval_shape(lambda: player.start(params)))

    def initial_carry(observations: Array) -> list[Array]:  # leaves: no class of ours is needed
        return jax.vmap(lambda _: jax.tree.leaves(player.start(params)))(observations)

    def act_one(
        leaves: list[Array], observation: Array, key_data: Array
    ) -> tuple[list[Array], Array, Array]:
        carry = jax.tree.unflatten(structure, leaves)
        carry, probs = player.act(params, carry, seen_state(game, observation), 0)
        key = jax.random.wrap_key_data(key_data, impl="threefry2x32")
        return jax.tree.leaves(carry), inverse_draw(probs, jax.random.uniform(key)), jnp.log(probs)

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


def _check_callable(policy: Policy, path: Path) -> None:
    """Checks the functions' platforms and calling convention.

    Raises:
      UserError: they cannot be called here, or not as this signature version says.
    """
    here = {"gpu": "cuda"}.get(jax.default_backend(), jax.default_backend())
    oldest = export.minimum_supported_calling_convention_version
    newest = export.maximum_supported_calling_convention_version
    for function in (policy.initial_carry, policy.act):
        if here not in function.platforms:
            raise UserError(f"{path} runs on {', '.join(function.platforms)}, not on {here}")
        version = function.calling_convention_version
        if not oldest <= version <= newest:
            raise UserError(
                f"{path} has functions of calling convention {version} of jax.export; "
                f"JAX {jax.__version__} knows {oldest} to {newest}"
            )

    observation = f"float32[{','.join(map(str, ('B', *policy.game.observation_shape)))}]"
    log_probs = f"float32[B,{policy.game.num_actions}]"
    found = [_signature(policy.initial_carry), _signature(policy.act)]
    carry = found[0][1]
    expected: list[tuple[Any, Any]] = [
        (((observation,), {}), carry),
        (((carry, observation, "uint32[B,2]"), {}), (carry, "int32[B]", log_probs)),
    ]
    for name, got, wanted in zip(FUNCTIONS, found, expected, strict=True):
        if got != wanted or not all("[B" in leaf for leaf in jax.tree.leaves(got)):
            raise UserError(
                f"{path} does not keep to signature version {SIGNATURE_VERSION}: {name} maps "
                f"{got[0]} to {got[1]}, expected {wanted[0]} to {wanted[1]}"
            )


def _signature(function: export.Exported) -> tuple[Any, Any]:
    """Arguments and results of a function, each array as text such as float32[B,4,3,3]."""

    def described(array: Any) -> str:
        sizes = [str(size) for size in array.shape]
        if sizes and sizes[0].isidentifier():  # a symbol, whatever its writer called it
            sizes[0] = "B"
        return f"{array.dtype}[{','.join(sizes)}]"

    return (
        jax.tree.unflatten(function.in_tree, map(described, function.in_avals)),
        jax.tree.unflatten(function.out_tree, map(described, function.out_avals)),
    )


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
