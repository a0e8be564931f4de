"""Tests of portable policies: what is read plays as the player in memory, or is refused."""

import hashlib
from dataclasses import asdict
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export

from common import coin_game, coin_game_players, coin_game_policy
from common.coin_game import CoinGame
from common.logger import atomic
from common.logger.errors import UserError
from common.tests import made_up_player
from common.tests.made_up_player import (
    GAME,
    UNIFORM,
    act,
    always,
    exported,
    no_carry,
    rewritten,
    start,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The file of the player. Read, do not touch."""
    return made_up_player.write(tmp_path_factory.mktemp("policies") / "player.policy")


@pytest.fixture(scope="module")
def plays(written):
    """The functions in the file, compiled once for each number of rows."""
    policy = coin_game_policy.read(written)
    return jax.jit(policy.initial_carry.call), jax.jit(policy.act.call)


def observations(number):
    keys = jax.random.split(jax.random.key(7), number)
    states = jax.vmap(lambda key: coin_game.reset(GAME, key))(keys)
    return jax.vmap(lambda state: coin_game.observe(GAME, state)[0])(states)


def test_exported_player_plays_exactly_like_the_one_in_memory(plays):
    initial_carry, act_rows = plays
    seen = observations(7)
    carry, expected = initial_carry(seen), jax.vmap(lambda _: start())(seen)
    in_memory, all_actions = jax.jit(jax.vmap(act)), set()
    draw = jax.jit(jax.vmap(coin_game_players.sample_move))
    for step in range(5):
        keys = jax.random.split(jax.random.key(step), 7)
        carry, actions, log_probs = act_rows(carry, seen, jax.random.key_data(keys))
        expected, expected_log_probs = in_memory(expected, seen)
        np.testing.assert_array_equal(actions, draw(jnp.exp(log_probs), keys), strict=True)
        np.testing.assert_allclose(log_probs, expected_log_probs, rtol=2e-6, strict=True)
        for ours, theirs in zip(carry, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=2e-6, strict=True)
        all_actions |= set(actions.tolist())
    assert len(all_actions) > 1


def test_file_is_read_as_the_docstring_says_without_our_code(written):
    header, payload = atomic.read_checked(written)
    middle = header["function_bytes"]["initial_carry"]
    initial_carry = export.deserialize(bytearray(payload[:middle]))
    act_rows = export.deserialize(bytearray(payload[middle:]))
    seen = jnp.zeros((2, *GAME.observation_shape), jnp.float32)
    carry, action, log_probs = act_rows.call(
        initial_carry.call(seen), seen, jnp.array([[0, 1], [0, 2]], jnp.uint32)
    )
    assert (action.shape, action.dtype) == ((2,), jnp.int32)
    assert (log_probs.shape, log_probs.dtype) == ((2, 4), jnp.float32)
    assert jax.tree.structure(carry) == initial_carry.out_tree == jax.tree.structure([0, 0])


def test_rows_do_not_see_each_other(plays):
    initial_carry, act_rows = plays
    seen = observations(7)
    keys = jax.random.key_data(jax.random.split(jax.random.key(1), 7))
    together = act_rows(initial_carry(seen), seen, keys)
    for row in range(7):
        one = slice(row, row + 1)
        alone = act_rows(initial_carry(seen[one]), seen[one], keys[one])
        for ours, theirs in zip(jax.tree.leaves(alone), jax.tree.leaves(together), strict=True):
            np.testing.assert_allclose(ours, theirs[one], rtol=2e-6)


def test_header_tells_whose_player_it_is_and_what_it_plays(written):
    header = atomic.read_header(written)
    sizes = header.pop("function_bytes")
    assert header == {
        "format": "portable policy",
        "signature_version": 1,
        "paper": "made_up",
        "experiment": "figure_3_coin_game",
        "seed": 43,
        "update": 120,
        "environment": {
            "game": "coin_game",
            "height": 3,
            "width": 3,
            "num_players": 2,
            "episode_length": 4,
            "coins": "single_alternating",
            "coin_avoids_players": True,
            "actions": ["left", "right", "up", "down"],
            "view": "self_first",
            "payoffs": [1.0, 1.0, -2.0],
        },
        "platforms": ["cpu", "cuda"],
        "jax_version": jax.__version__,
    }
    assert list(sizes) == ["initial_carry", "act"]
    assert sum(sizes.values()) == len(atomic.read_checked(written)[1])


def test_functions_of_one_row_can_be_lifted_twice_and_scanned(written):
    """A match in many episodes of many copies: `vmap` of `vmap` of `scan`."""
    functions = coin_game_policy.functions(coin_game_policy.read(written))

    def play(player_start, player_act, seen):
        def step(memory, _):
            memory, log_probs = player_act(memory, seen)
            return memory, log_probs

        return jax.lax.scan(step, player_start(), None, length=3)[1]

    def lifted(*player):
        return jax.jit(jax.vmap(jax.vmap(lambda seen: play(*player, seen))))

    seen = observations(6).reshape(2, 3, *GAME.observation_shape)
    ours, expected = lifted(*functions)(seen), lifted(start, act)(seen)
    assert ours.shape == (2, 3, 3, 4)
    np.testing.assert_allclose(ours, expected, rtol=2e-6)


def test_policy_of_another_program_with_a_tree_as_its_carry_is_played(written, tmp_path):
    """One that counts its steps and goes left, right, up, down, left, ..."""

    def act_rows(carry, seen, key):
        del key
        (count,) = carry["counts"]
        action = count[:, 0].astype(jnp.int32) % 4
        log_probs = jnp.log(jax.nn.one_hot(action, 4)) + 0 * seen[:, :1, 0, 0]
        return {"counts": (count + 1,), "nothing": ()}, action, log_probs

    changes, payload = exported(
        lambda seen: {"counts": (jnp.zeros((seen.shape[0], 1)),), "nothing": ()},
        act_rows,
        carry={"counts": (1,), "nothing": ()},
    )
    changes |= {"paper": "another", "environment": {"game": "coin_game", **asdict(CoinGame())}}
    policy = coin_game_policy.read(rewritten(written, tmp_path / "other", changes, payload))
    assert (policy.header["paper"], policy.game) == ("another", CoinGame())
    functions = coin_game_policy.functions(policy)
    memory, moves, act_one = functions.start(), [], jax.jit(functions.act)
    for _ in range(5):
        memory, log_probs = act_one(memory, observations(1)[0])
        moves.append(int(jnp.argmax(log_probs)))
    assert moves == [0, 1, 2, 3, 0]


@pytest.mark.parametrize(
    ("game", "message"),
    [
        (CoinGame(height=4, width=4), r"another game: height: 3, not 4; width: 3, not 4$"),
        (CoinGame(num_players=3), r"another game: num_players: 2, not 3$"),
        (CoinGame(view="absolute"), r"view: 'self_first', not 'absolute'$"),
        (CoinGame(actions=coin_game.POLA_ACTIONS), r"actions: \('left', 'right', 'up', 'down'\)"),
        (CoinGame(payoffs=(1.0, 1.0, -1.0)), r"payoffs: .* not \(1.0, 1.0, -1.0\)$"),
    ],
)
def test_policy_of_another_game_is_refused_setting_by_setting(game, message):
    with pytest.raises(UserError, match=f"^file plays .*{message}"):
        coin_game_policy.check_same_game(game, GAME, "file")


def test_policy_may_play_longer_than_it_was_trained_to():
    coin_game_policy.check_same_game(CoinGame(episode_length=50), GAME, "file")


def test_flipped_bit_anywhere_is_refused(written, tmp_path):
    contents = written.read_bytes()
    path = tmp_path / "damaged"
    for position in np.linspace(0, len(contents) - 1, num=60, dtype=int):
        flipped = bytearray(contents)
        flipped[position] ^= 1
        path.write_bytes(flipped)
        with pytest.raises(atomic.DamagedFileError, match="damaged"):
            coin_game_policy.load(path)


@pytest.mark.parametrize("kept", [0, 10, 200, 2000, -1])
def test_truncated_file_is_refused(written, tmp_path, kept):
    (tmp_path / "damaged").write_bytes(written.read_bytes()[:kept])
    with pytest.raises(atomic.DamagedFileError, match="damaged"):
        coin_game_policy.load(tmp_path / "damaged")


def test_file_of_another_kind_and_one_that_is_not_there_are_refused(tmp_path):
    (tmp_path / "noise").write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(atomic.DamagedFileError, match="of another kind"):
        coin_game_policy.load(tmp_path / "noise")
    with pytest.raises(FileNotFoundError, match="gone"):
        coin_game_policy.load(tmp_path / "gone")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"signature_version": 2}, "copy is of signature version 2, this code reads 1$"),
        ({"signature_version": None}, "signature version None"),
        ({"format": "checkpoint"}, "copy is no portable policy: its header has format 'check"),
        ({"environment": {"game": "ipd"}}, "plays another game: 'ipd', not 'coin_game'"),
        ({"environment": [3, 3]}, r"plays another game: \[3, 3\], not"),
        ({"environment": {"game": "coin_game"}}, "another Coin Game: missing actions, missing"),
        ({"function_bytes": {"act": 10}}, "does not hold the functions initial_carry and act"),
        ({"function_bytes": {"initial_carry": 1, "act": 1}}, "does not hold the functions"),
        ({"function_bytes": None}, "does not hold the functions"),
    ],
)
def test_header_of_another_kind_is_refused(written, tmp_path, changes, message):
    with pytest.raises(UserError, match=message) as refusal:
        coin_game_policy.load(rewritten(written, tmp_path / "copy", changes))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "changes",
    [{"height": "3"}, {"width": None}, {"num_players": 7}, {"actions": 4}, {"torus": True}],
)
def test_environment_that_is_no_coin_game_is_refused(written, tmp_path, changes):
    environment = atomic.read_header(written)["environment"] | changes
    path = rewritten(written, tmp_path / "copy", {"environment": environment})
    with pytest.raises(UserError, match=r"copy plays (no game known here|another Coin Game)"):
        coin_game_policy.load(path)


def test_functions_that_are_noise_are_refused(written, tmp_path):
    sizes = {"function_bytes": {"initial_carry": 600, "act": 400}}
    for seed in range(20):
        noise = np.random.default_rng(seed).bytes(1000)
        path = rewritten(written, tmp_path / "copy", sizes, noise)
        with pytest.raises(UserError, match="cannot read; it was written with JAX"):
            coin_game_policy.load(path)


def test_functions_for_another_grid_than_the_header_says_are_refused(written, tmp_path):
    environment = atomic.read_header(written)["environment"] | {"height": 5}
    path = rewritten(written, tmp_path / "copy", {"environment": environment})
    message = r"version: initial_carry maps \(\('float32\[B,4,3,3\]',\), .*B,4,5,3\]"
    with pytest.raises(UserError, match=message):
        coin_game_policy.load(path)


@pytest.mark.parametrize("what", ["typed log-probs", "another carry", "no action", "one for all"])
def test_functions_of_another_signature_are_refused(written, tmp_path, what):
    def start_rows(seen):
        return jnp.zeros((1 if what == "one for all" else seen.shape[0], 2))

    def act_rows(carry, seen, key):
        del key
        rows = seen.shape[0]
        kind = jnp.int32 if what == "typed log-probs" else jnp.float32
        log_probs, actions = jnp.zeros((rows, 4), kind), jnp.zeros(rows, jnp.int32)
        next_carry = carry[:, :1] if what == "another carry" else carry
        return (next_carry, log_probs) if what == "no action" else (next_carry, actions, log_probs)

    path = rewritten(written, tmp_path / "copy", *exported(start_rows, act_rows, carry=2))
    with pytest.raises(UserError, match="copy does not keep to its signature version: "):
        coin_game_policy.load(path)


def test_functions_for_another_platform_are_refused(written, tmp_path):
    changes, payload = exported(no_carry, always(UNIFORM), carry=(), platforms=("tpu",))
    path = rewritten(written, tmp_path / "copy", changes, payload)
    with pytest.raises(UserError, match=f"copy runs on tpu, not on {jax.default_backend()}$"):
        coin_game_policy.load(path)


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("*/results/policies/*.policy")), ids=lambda p: p.stem
)
def test_players_that_ship_are_whole_and_are_those_of_their_cards(path):
    """A sound policy of its paper, with the checksum, the size and the seed that the card says."""
    header = coin_game_policy.load(path).header
    card = (path.parent / "README.md").read_text()
    assert header["paper"] == path.parents[2].name
    assert hashlib.sha256(path.read_bytes()).hexdigest() in card
    assert f"`{path.name}`, {path.stat().st_size:,} bytes" in card
    assert f"seed {header['seed']}, {header['update']} updates" in card
