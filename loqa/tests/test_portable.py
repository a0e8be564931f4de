"""Tests of portable policies: what is read plays as the agent in memory, or is refused."""

from dataclasses import asdict

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export

from common import coin_game, coin_game_players
from common.coin_game import CoinGame
from common.logger import atomic
from common.logger.errors import UserError
from loqa import agents, coin_game_rollout, portable
from loqa.config import CoinGameConfig
from loqa.evaluation import matches
from loqa.tests.random_parameters import random_parameters

GAME = CoinGame(episode_length=4)
AGENT = agents.coin_game_agent(CoinGameConfig(actor_hidden_size=4, critic_hidden_size=4))
PARAMS = random_parameters(AGENT, seed=0, scale=1.0)
ORIGIN = portable.Origin("loqa", "figure_3_coin_game", seed=43, update=120)
NUM_STEPS = 5


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The file of the agent. Read, do not touch."""
    path = tmp_path_factory.mktemp("policies") / "player.policy"
    portable.save(path, AGENT, PARAMS, GAME, ORIGIN)
    return path


@pytest.fixture
def free_keys():
    """The check takes a scan over split keys inside vmap for a reuse of the key they came from."""
    with jax.debug_key_reuse(False):
        yield


def observations(number):
    states = jax.vmap(lambda key: coin_game.reset(GAME, key))(
        jax.random.split(jax.random.key(7), number)
    )
    return jax.vmap(lambda state: coin_game.observe(GAME, state)[0])(states)


def rewritten(written, path, changes, payload=None):
    """A copy of the file with other entries in its header, or another payload."""
    header, functions = atomic.read_checked(written)
    atomic.write_checked(path, functions if payload is None else payload, {**header, **changes})
    return path


def functions_payload(initial_carry, act, carry, platforms=("cpu",)):
    """Header entries and payload of functions that somebody else has written."""
    (rows,) = export.symbolic_shape("n")
    seen = jax.ShapeDtypeStruct((rows, *GAME.observation_shape), jnp.float32)
    keys = jax.ShapeDtypeStruct((rows, 2), jnp.uint32)
    carries = jax.tree.map(lambda size: jax.ShapeDtypeStruct((rows, size), jnp.float32), carry)
    parts = [
        bytes(export.export(jax.jit(function), platforms=platforms)(*arguments).serialize())
        for function, arguments in ((initial_carry, (seen,)), (act, (carries, seen, keys)))
    ]
    sizes = dict(zip(portable.FUNCTIONS, map(len, parts), strict=True))
    return {"function_bytes": sizes, "platforms": list(platforms)}, b"".join(parts)


@pytest.mark.parametrize("number", [1, 3, 7])
def test_exported_agent_plays_exactly_like_the_one_in_memory(written, number):
    policy = portable.load(written)
    seen = observations(number)
    exported, carry = policy.initial_carry.call(seen), jax.vmap(lambda _: AGENT.start(PARAMS))(seen)
    np.testing.assert_array_equal(exported, carry)
    in_memory = jax.jit(jax.vmap(lambda carry, seen: AGENT.act(PARAMS, carry, seen.reshape(-1))))
    all_actions = set()
    for step in range(NUM_STEPS):
        keys = jax.random.split(jax.random.key(step), number)
        exported, actions, log_probs = policy.act.call(exported, seen, jax.random.key_data(keys))
        carry, probs = in_memory(carry, seen)
        np.testing.assert_array_equal(
            actions, jax.vmap(coin_game_players.sample_move)(probs, keys), strict=True
        )
        np.testing.assert_allclose(log_probs, jnp.log(probs), rtol=1e-6, strict=True)
        np.testing.assert_allclose(exported, carry, rtol=1e-6, strict=True)
        np.testing.assert_allclose(jnp.exp(log_probs).sum(axis=1), 1.0, rtol=1e-6)
        all_actions |= set(actions.tolist())
    assert number == 1 or len(all_actions) > 1


def test_file_is_read_as_the_docstring_says_without_our_code(written):
    header, payload = atomic.read_checked(written)
    middle = header["function_bytes"]["initial_carry"]
    initial_carry = export.deserialize(bytearray(payload[:middle]))
    act = export.deserialize(bytearray(payload[middle:]))
    seen = jnp.zeros((2, 4, 3, 3), jnp.float32)
    carry, action, log_probs = act.call(
        initial_carry.call(seen), seen, jnp.array([[0, 1], [0, 2]], jnp.uint32)
    )
    assert (action.shape, action.dtype) == ((2,), jnp.int32)
    assert (log_probs.shape, log_probs.dtype) == ((2, 4), jnp.float32)
    assert jax.tree.structure(carry) == initial_carry.out_tree


def test_rows_do_not_see_each_other(written):
    policy = portable.load(written)
    seen = observations(3)
    key_data = jax.random.key_data(jax.random.split(jax.random.key(1), 3))
    together = policy.act.call(policy.initial_carry.call(seen), seen, key_data)
    for row in range(3):
        one = slice(row, row + 1)
        alone = policy.act.call(policy.initial_carry.call(seen[one]), seen[one], key_data[one])
        jax.tree.map(
            lambda a, b, one=one: np.testing.assert_allclose(a, b[one], rtol=1e-6), alone, together
        )


def test_header_tells_whose_player_it_is_and_what_it_plays(written):
    header = atomic.read_header(written)
    sizes = header.pop("function_bytes")
    assert header == {
        "format": "portable policy",
        "signature_version": 1,
        "paper": "loqa",
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


def test_match_of_the_exported_agent_is_that_of_the_agent(written, free_keys):
    """In both seats, over many episodes and two copies of the match: `vmap` of `vmap`."""
    learned = coin_game_rollout.learned(GAME, AGENT)
    exported = portable.player(GAME, portable.load(written))
    script = coin_game_rollout.scripted(GAME, matches.SCRIPTS["always_defect"])

    def play(players):
        params = [PARAMS if player is learned else {} for player in players]
        keys = jax.random.split(jax.random.key(3), 2)
        return jax.jit(
            jax.vmap(lambda key: matches.play_many(GAME, players, params, key, num_episodes=5))
        )(keys)

    for theirs, ours in (([exported, script], [learned, script]), ([exported] * 2, [learned] * 2)):
        episodes, expected = play(theirs), play(ours)
        assert episodes.actions.shape == (2, 5, 4, 2)
        jax.tree.map(np.testing.assert_array_equal, episodes.states, expected.states)
        np.testing.assert_array_equal(episodes.actions, expected.actions)
        np.testing.assert_allclose(episodes.log_policies, expected.log_policies, rtol=1e-5)


def test_policy_of_another_program_with_a_tree_as_its_carry_is_played(written, tmp_path, free_keys):
    """One that counts its steps and goes left, right, up, down, left, ..."""

    def act(carry, seen, key_data):
        del key_data
        ((count,), _) = carry["counts"], carry["nothing"]
        action = count[:, 0].astype(jnp.int32) % 4
        return (
            {"counts": (count + 1,), "nothing": ()},
            action,
            jnp.log(jax.nn.one_hot(action, 4)) + 0 * seen[:, :1, 0, 0],
        )

    changes, payload = functions_payload(
        lambda seen: {"counts": (jnp.zeros((seen.shape[0], 1)),), "nothing": ()},
        act,
        carry={"counts": (1,), "nothing": ()},
    )
    changes |= {"paper": "brs", "environment": {"game": "coin_game", **asdict(CoinGame())}}
    policy = portable.load(rewritten(written, tmp_path / "other", changes, payload))
    assert (policy.header["paper"], policy.game) == ("brs", CoinGame())
    players = [portable.player(GAME, policy)] * 2
    play = jax.jit(lambda key: matches.play_many(GAME, players, [{}, {}], key, num_episodes=3))
    actions = play(jax.random.key(0)).actions
    np.testing.assert_array_equal(actions, np.tile(np.arange(4)[None, :, None], (3, 1, 2)))


@pytest.mark.parametrize(
    ("game", "message"),
    [
        (CoinGame(height=4, width=4), r"other: height: 3, not 4; width: 3, not 4$"),
        (CoinGame(num_players=3), r"other: num_players: 2, not 3$"),
        (CoinGame(view="absolute"), r"view: 'self_first', not 'absolute'$"),
        (CoinGame(actions=coin_game.POLA_ACTIONS), r"actions: \('left', 'right', 'up', 'down'\)"),
        (CoinGame(payoffs=(1.0, 1.0, -1.0)), r"payoffs: .* not \(1.0, 1.0, -1.0\)$"),
    ],
)
def test_policy_of_another_game_is_refused(written, game, message):
    message = message.replace("other: ", "file plays another game: ")
    with pytest.raises(UserError, match=message):
        portable.check_same_game(game, portable.load(written).game, "file")


def test_policy_may_play_longer_than_it_was_trained_to(written):
    portable.check_same_game(CoinGame(episode_length=50), portable.load(written).game, "file")


def test_flipped_bit_anywhere_is_refused(written, tmp_path):
    contents = written.read_bytes()
    path = tmp_path / "damaged"
    for position in np.linspace(0, len(contents) - 1, num=60, dtype=int):
        flipped = contents[position] ^ 1
        path.write_bytes(contents[:position] + bytes([flipped]) + contents[position + 1 :])
        with pytest.raises(atomic.DamagedFileError, match="damaged"):
            portable.load(path)


@pytest.mark.parametrize("kept", [0, 10, 200, 2000, -1])
def test_truncated_file_is_refused(written, tmp_path, kept):
    (tmp_path / "damaged").write_bytes(written.read_bytes()[:kept])
    with pytest.raises(atomic.DamagedFileError, match="damaged"):
        portable.load(tmp_path / "damaged")


def test_random_bytes_are_refused(tmp_path):
    (tmp_path / "noise").write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(atomic.DamagedFileError, match="of another kind"):
        portable.load(tmp_path / "noise")


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
        portable.load(rewritten(written, tmp_path / "copy", changes))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "changes",
    [{"height": "3"}, {"width": None}, {"num_players": 7}, {"actions": 4}, {"torus": True}],
)
def test_environment_that_is_no_coin_game_is_refused(written, tmp_path, changes):
    environment = atomic.read_header(written)["environment"] | changes
    path = rewritten(written, tmp_path / "copy", {"environment": environment})
    with pytest.raises(UserError, match=r"copy plays (no game known here|another Coin Game)"):
        portable.load(path)


def test_functions_that_are_noise_are_refused(written, tmp_path):
    sizes = {"function_bytes": {"initial_carry": 600, "act": 400}}
    for seed in range(20):
        noise = np.random.default_rng(seed).bytes(1000)
        path = rewritten(written, tmp_path / "copy", sizes, noise)
        with pytest.raises(UserError, match="cannot read; it was written with JAX"):
            portable.load(path)


def test_functions_for_another_grid_than_the_header_says_are_refused(written, tmp_path):
    environment = atomic.read_header(written)["environment"] | {"height": 5}
    path = rewritten(written, tmp_path / "copy", {"environment": environment})
    message = r"version 1: initial_carry maps \(\('float32\[B,4,3,3\]',\), .*B,4,5,3\]"
    with pytest.raises(UserError, match=message):
        portable.load(path)


@pytest.mark.parametrize("what", ["typed log-probs", "another carry", "no action", "one for all"])
def test_functions_of_another_convention_are_refused(written, tmp_path, what):
    def start(seen):
        return jnp.zeros((1 if what == "one for all" else seen.shape[0], 2))

    def act(carry, seen, key_data):
        rows = seen.shape[0]
        kind = jnp.int32 if what == "typed log-probs" else jnp.float32
        actions = jnp.zeros(rows, jnp.int32)
        next_carry = carry[:, :1] if what == "another carry" else carry
        log_probs = jnp.zeros((rows, 4), kind)
        return (next_carry, log_probs) if what == "no action" else (next_carry, actions, log_probs)

    changes, payload = functions_payload(start, act, carry=2)
    path = rewritten(written, tmp_path / "copy", changes, payload)
    with pytest.raises(UserError, match="copy does not keep to signature version 1: "):
        portable.load(path)


def test_functions_for_another_platform_are_refused(written, tmp_path):
    changes, payload = functions_payload(
        lambda seen: (), lambda carry, seen, key: (carry, 0, 0), carry=(), platforms=("tpu",)
    )
    path = rewritten(written, tmp_path / "copy", changes, payload)
    with pytest.raises(UserError, match=f"copy runs on tpu, not on {jax.default_backend()}$"):
        portable.load(path)
