"""Tests of Commons Harvest: every rule on a state built by hand, and regrowth frequencies.

Maps are drawn in the tests; ^ > v < are players, in reading order, o is a live apple, . an empty
cell of one.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advantage_alignment.games import harvest_map, harvest_rules
from advantage_alignment.games.harvest_rules import (
    ACTIONS,
    CHANNELS,
    COOLDOWN,
    FRAMES_AWAY,
    CommonsHarvest,
    HarvestState,
)

NOOP, FORWARD, BACKWARD, LEFT, RIGHT, TURN_LEFT, TURN_RIGHT, ZAP = range(len(ACTIONS))
OPEN = CommonsHarvest()


def scene(monkeypatch, text):
    """The game and the state that a drawing shows; without spawn cells P a walled room has them."""
    lines = [line.strip() for line in text.strip().split("\n")]
    if "P" not in text:
        width = len(lines[0])
        lines += ["W" + "P" * (width - 2) + "W", "W" * width]
    letters = np.array([list(line) for line in lines])
    players = [
        (row, column, "^>v<".index(letters[row, column]))
        for row, column in np.argwhere(np.isin(letters, list("^>v<")))
    ]
    ground = np.where(np.isin(letters, list("^>v<")), "_", letters)
    plain = "\n".join("".join("A" if c in "o." else c for c in row) for row in ground)
    monkeypatch.setitem(harvest_map.MAPS, "scene", plain)
    game = CommonsHarvest("scene", len(players))
    alive = [ground[row, column] == "o" for row, column in game.map.apple_cells]
    zeros = jnp.zeros(len(players), jnp.int32)
    state = HarvestState(
        cells=jnp.array([player[:2] for player in players], jnp.int32),
        orientations=jnp.array([player[2] for player in players], jnp.int32),
        frames_away=zeros,
        cooldowns=zeros,
        apples=jnp.array(alive, bool),
        time=jnp.zeros((), jnp.int32),
    )
    return game, state


def step(game, state, *actions, seed=0):
    return harvest_rules.step(game, state, jnp.array(actions), jax.random.key(seed))


def test_the_open_map_is_that_of_melting_pot():
    plan = OPEN.map
    assert plan.shape == (18, 24)
    assert len(plan.apple_cells) == 64
    assert len(plan.spawn_cells) == 60
    assert plan.inside_cells.tolist() == [[7, 7], [7, 16]]
    assert plan.is_wall.sum() == 80


def test_apples_lie_in_six_patches_of_6_6_13_13_13_13():
    reached = np.linalg.matrix_power(OPEN.map.neighbours + np.eye(64), 64) > 0
    assert sorted(np.unique(reached, axis=0).sum(axis=1)) == [6, 6, 13, 13, 13, 13]
    assert OPEN.map.neighbours.sum(axis=1).max() == 12


@pytest.mark.parametrize("facing", "^>v<")
@pytest.mark.parametrize(
    ("action", "ahead", "right"),
    [(NOOP, 0, 0), (FORWARD, 1, 0), (BACKWARD, -1, 0), (LEFT, 0, -1), (RIGHT, 0, 1), (ZAP, 0, 0)],
)
def test_moves_are_relative_to_where_a_player_faces(monkeypatch, facing, action, ahead, right):
    game, state = scene(
        monkeypatch,
        f"""WWWWW
            W___W
            W_{facing}_W
            W___W
            WWWWW""",
    )
    moved, _, _ = step(game, state, action)
    forward, rightward = {
        "^": ((-1, 0), (0, 1)),
        ">": ((0, 1), (1, 0)),
        "v": ((1, 0), (0, -1)),
        "<": ((0, -1), (-1, 0)),
    }[facing]
    expected = [2 + ahead * f + right * r for f, r in zip(forward, rightward, strict=True)]
    assert moved.cells[0].tolist() == expected
    assert moved.orientations[0] == state.orientations[0]


def test_turns_change_where_a_player_faces_and_nothing_else(monkeypatch):
    game, state = scene(monkeypatch, "WWWW\nW^<W\nWWWW")
    turned, _, _ = step(game, state, TURN_LEFT, TURN_RIGHT)
    assert turned.orientations.tolist() == [3, 0]
    assert turned.cells.tolist() == state.cells.tolist()


def test_walls_and_players_block_moves(monkeypatch):
    game, state = scene(monkeypatch, "WWWWW\nW<>^W\nWWWWW")
    moved, _, _ = step(game, state, FORWARD, FORWARD, FORWARD)
    assert moved.cells.tolist() == state.cells.tolist()


def test_apples_do_not_block_and_pay_one_once(monkeypatch):
    game, state = scene(monkeypatch, "WWWWW\nW>o_W\nWWWWW")
    eaten, rewards, _ = step(game, state, FORWARD)
    assert rewards.tolist() == [1.0]
    assert eaten.cells.tolist() == [[1, 2]]
    assert not eaten.apples.any()
    _, rewards, _ = step(game, eaten, NOOP)
    assert rewards.tolist() == [0.0]


def test_an_apple_under_a_player_is_eaten_by_coming_back_only(monkeypatch):
    game, state = scene(monkeypatch, "WWWWW\nW>._W\nWWWWW")
    state = state._replace(cells=jnp.array([[1, 2]]), apples=jnp.array([True]))
    for action, reward in ((NOOP, 0.0), (FORWARD, 0.0), (BACKWARD, 1.0)):
        state, rewards, _ = step(game, state, action)
        assert rewards.tolist() == [reward]


def test_a_contested_cell_goes_to_either_with_equal_chance(monkeypatch):
    game, state = scene(monkeypatch, "WWWWW\nW>o<W\nWWWWW")
    keys = jax.random.split(jax.random.key(0), 1000)
    rewards = jax.jit(jax.vmap(lambda key: harvest_rules.step(game, state, FORWARDS, key)[1]))(keys)
    assert jnp.all(jnp.sum(rewards, axis=1) == 1)
    assert abs(float(jnp.mean(rewards[:, 0])) - 0.5) < 0.05  # three standard deviations


FORWARDS = jnp.array([FORWARD, FORWARD])


def test_a_cell_that_is_left_first_can_be_entered_in_the_same_step(monkeypatch):
    """Depending on the order, the follower moves or is blocked: half of the time each."""
    game, state = scene(monkeypatch, "WWWWWW\nW>>__W\nWWWWWW")
    keys = jax.random.split(jax.random.key(0), 1000)
    cells = jax.jit(jax.vmap(lambda key: harvest_rules.step(game, state, FORWARDS, key)[0].cells))(
        keys
    )
    assert jnp.all(cells[:, 1, 1] == 3)
    assert abs(float(jnp.mean(cells[:, 0, 1] == 2)) - 0.5) < 0.05


def beam_cells(monkeypatch, walls=(), others=()):
    """Cells in which a player is hit by one that stands in the middle and faces up."""
    hit = []
    for row in range(1, 8):
        for column in range(1, 8):
            letters = np.full((9, 9), "_")
            letters[0], letters[-1], letters[:, 0], letters[:, -1] = "W", "W", "W", "W"
            letters[5, 4], letters[7, 1:3] = "^", "P"
            for cell in walls:
                letters[cell] = "W"
            for cell in others:
                letters[cell] = "v"
            if letters[row, column] != "_":
                continue
            letters[row, column] = "<"
            game, state = scene(monkeypatch, "\n".join("".join(line) for line in letters))
            shooter = int(jnp.argmax(state.orientations == 0))
            victim = int(jnp.argmax(state.orientations == 3))
            actions = jnp.full(game.num_players, NOOP).at[shooter].set(ZAP)
            state, events = harvest_rules.zap(game, state, actions)
            if events.hits[shooter, victim]:
                hit.append((row - 5, column - 4))
    return set(hit)


def test_the_beam_has_nine_cells(monkeypatch):
    assert beam_cells(monkeypatch) == {
        (-1, 0), (-2, 0), (-3, 0),
        (0, -1), (-1, -1), (-2, -1),
        (0, 1), (-1, 1), (-2, 1),
    }  # fmt: skip


def test_a_wall_stops_its_ray_only(monkeypatch):
    hit = beam_cells(monkeypatch, walls=[(4, 4), (5, 5)])  # ahead, and beside on the right
    assert hit == {(0, -1), (-1, -1), (-2, -1)}


def test_the_first_player_hit_shields_those_behind_it(monkeypatch):
    hit = beam_cells(monkeypatch, others=[(4, 4)])
    assert hit == {(0, -1), (-1, -1), (-2, -1), (0, 1), (-1, 1), (-2, 1)}


def test_the_zapped_is_gone_at_once_for_four_frames_and_comes_back_on_a_spawn_cell(monkeypatch):
    game, state = scene(monkeypatch, "WWWWW\nW>_<W\nWP_PW\nWWWWW")
    presence = []
    for action in (ZAP, *[NOOP] * (FRAMES_AWAY + 1)):
        state, rewards, _ = step(game, state, action, FORWARD)
        presence.append(bool(state.frames_away[1] == 0))
        assert rewards.tolist() == [0.0, 0.0]  # zapping costs nothing and pays nothing
    assert presence == [False] * FRAMES_AWAY + [True] * 2


def test_the_zapped_come_back_on_free_spawn_cells_only(monkeypatch):
    game, state = scene(monkeypatch, "WWWWWW\nW^^^PW\nWP__PW\nWWWWWW")
    state = state._replace(
        cells=jnp.array([[1, 4], [1, 2], [1, 3]]), frames_away=jnp.array([0, 1, 1])
    )
    keys = jax.random.split(jax.random.key(0), 300)
    back = jax.jit(jax.vmap(partial(harvest_rules.come_back, game, state)))(keys)
    assert jnp.all(back.frames_away == 0)
    free = {(2, 1), (2, 4)}
    pairs = {tuple(map(tuple, cells)) for cells in back.cells[:, 1:].tolist()}
    assert pairs == {((2, 1), (2, 4)), ((2, 4), (2, 1))}
    first = jnp.mean(back.cells[:, 1, 1] == 1)
    assert abs(float(first) - 0.5) < 0.09
    assert {tuple(cell) for cell in back.cells[0, 1:].tolist()} == free
    assert set(back.orientations[:, 1].tolist()) == {0, 1, 2, 3}


def test_the_absent_neither_move_nor_block_nor_shoot_nor_see(monkeypatch):
    game, state = scene(monkeypatch, "WWWWW\nW>voW\nWP__W\nWWWWW")
    state = state._replace(frames_away=jnp.array([0, 3]))
    seen = harvest_rules.observe(game, state)
    assert not seen[1].any()
    others = slice(CHANNELS.index("same"), CHANNELS.index("left") + 1)
    assert not view_of(seen[0])[..., others].any()
    moved, _, events = step(game, state, FORWARD, ZAP)
    assert moved.cells.tolist() == [[1, 2], [1, 2]]
    assert not events.shots[1]
    assert moved.frames_away.tolist() == [0, 2]


def test_two_can_zap_each_other(monkeypatch):
    game, state = scene(monkeypatch, "WWWWW\nW>_<W\nWP_PW\nWWWWW")
    state, _, events = step(game, state, ZAP, ZAP)
    assert events.hits.tolist() == [[False, True], [True, False]]
    assert jnp.all(state.frames_away == FRAMES_AWAY)


def test_a_player_moves_out_of_the_beam_before_it_is_fired(monkeypatch):
    game, state = scene(monkeypatch, "WWWWWWW\nW>__>_W\nWP____W\nWWWWWWW")
    _, _, events = step(game, state, ZAP, FORWARD)
    assert not events.hits.any()


def test_shots_are_three_steps_apart_and_readiness_tells(monkeypatch):
    game, state = scene(monkeypatch, "WWWW\nW>_W\nWWWW")
    fired, ready = [], []
    for _ in range(7):
        state, _, events = step(game, state, ZAP)
        fired.append(bool(events.shots[0]))
        ready.append(float(harvest_rules.readiness(state)[0]))
    assert fired == [step % COOLDOWN == 0 for step in range(7)]
    assert ready == [0.0, 0.5, 1.0] * 2 + [0.0]


def test_ready_is_what_lets_fire(monkeypatch):
    game, state = scene(monkeypatch, "WWWW\nW>_W\nWWWW")
    state, _, _ = step(game, state, ZAP)
    for _ in range(2):
        state, _, _ = step(game, state, NOOP)
    assert float(harvest_rules.readiness(state)[0]) == 1.0
    _, _, events = step(game, state, ZAP)
    assert events.shots[0]


def test_the_cooldown_stands_still_while_its_player_is_away(monkeypatch):
    game, state = scene(monkeypatch, "WWWWW\nW>_<W\nWP_PW\nWWWWW")
    state, _, _ = step(game, state, ZAP, ZAP)
    for _ in range(FRAMES_AWAY):
        assert harvest_rules.readiness(state).tolist() == [0.0, 0.0]
        state, _, _ = step(game, state, NOOP, NOOP)
    assert state.frames_away.tolist() == [0, 0]
    assert harvest_rules.readiness(state).tolist() == [0.0, 0.0]
    state, _, _ = step(game, state, NOOP, NOOP)
    assert harvest_rules.readiness(state).tolist() == [0.5, 0.5]


def test_an_apple_that_regrows_under_a_player_is_eaten_at_once(monkeypatch):
    game, state = scene(monkeypatch, "WWWWW\nW>o_W\nWP_PW\nWWWWW")
    state, rewards, _ = step(game, state, FORWARD)
    assert rewards.tolist() == [1.0]
    everything = jnp.ones_like(state.apples)
    after, found = harvest_rules.grow(game, state, everything)
    assert found.tolist() == [1.0]
    assert not after.apples.any()
    away = state._replace(frames_away=jnp.array([2]))
    after, found = harvest_rules.grow(game, away, everything)
    assert found.tolist() == [0.0]
    assert after.apples.all()


def test_chances_are_those_of_the_apples_before_the_step(monkeypatch):
    """The last neighbour is eaten, and the cell beside it can still recover in this one step."""
    game, state = scene(monkeypatch, "WWWWWW\nW>o._W\nWP___W\nWWWWWW")
    monkeypatch.setattr(harvest_rules, "REGROWTH", (0.0, 1.0, 1.0, 1.0))
    state, rewards, _ = step(game, state, FORWARD)
    assert rewards.tolist() == [1.0]
    assert state.apples.tolist() == [False, True]  # what was eaten does not recover in that step


@pytest.mark.parametrize(
    ("alive", "chance"),
    [
        ("", 0.0),
        ("1", 0.0025),
        ("12", 0.005),
        ("123", 0.025),
        ("1234", 0.025),
        ("5", 0.0),  # at distance three
    ],
)
def test_apples_regrow_as_often_as_their_neighbours_say(monkeypatch, alive, chance):
    """Of 40000 draws, within four standard deviations."""
    drawing = "WWWWWWWW\nW__1___W\nW2_X3_5W\nW__4___W\nWP>____W\nWWWWWWWW"
    drawing = drawing.replace("X", ".")
    for digit in "12345":
        drawing = drawing.replace(digit, "o" if digit in alive else ".")
    drawing = drawing.replace("5", "_")
    game, state = scene(monkeypatch, drawing)
    middle = int(np.argwhere(np.all(game.map.apple_cells == [2, 3], axis=1))[0, 0])
    number = 40000
    keys = jax.random.split(jax.random.key(1), number)
    grown = jax.jit(jax.vmap(lambda key: harvest_rules.regrowth(game, state.apples, key)[middle]))(
        keys
    )
    spread = (chance * (1 - chance) / number) ** 0.5
    assert abs(float(jnp.mean(grown)) - chance) <= 4 * spread


def view_of(seen):
    return np.asarray(seen[:-1]).reshape(11, 11, len(CHANNELS))


@pytest.mark.parametrize("facing", range(4))
def test_the_view_is_turned_to_where_a_player_faces(monkeypatch, facing):
    """A player two ahead and one to the right, an apple one behind, wherever it faces."""
    letters = np.full((25, 25), "_")
    letters[0], letters[-1], letters[:, 0], letters[:, -1] = "W", "W", "W", "W"
    steps = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])
    ahead, right = steps[facing], steps[(facing + 1) % 4]
    letters[12, 12] = "^>v<"[facing]
    letters[tuple(12 + 2 * ahead + right)] = "^>v<"[(facing + 2) % 4]
    letters[tuple(12 - ahead)] = "o"
    game, state = scene(monkeypatch, "\n".join("".join(line) for line in letters))
    me = int(jnp.argmax(jnp.all(state.cells == 12, axis=1)))
    view = view_of(harvest_rules.observe(game, state)[me])
    seen = {CHANNELS[c]: (int(row), int(column)) for row, column, c in np.argwhere(view)}
    assert seen == {"self": (9, 5), "towards": (7, 6), "apple": (10, 5)}


def test_the_view_tells_walls_grass_barren_cells_and_the_outside(monkeypatch):
    game, state = scene(monkeypatch, "WWWWWWWW\nWo._^._W\nWWWWWWWW")
    # Looking up from row 1: the map's rows 0 to 2 are the view's rows 8 to 10.
    view = view_of(harvest_rules.observe(game, state)[0])
    outside = view[..., CHANNELS.index("outside")]
    assert outside[:8].all()
    assert not outside[8:, 1:9].any()  # columns 0 to 7 of the map
    assert outside[8:, 9:].all()
    assert outside[8:, :1].all()
    row = [CHANNELS[c] for c in view[9].argmax(axis=1)]
    shown = [name if view[9, i].any() else "floor" for i, name in enumerate(row)]
    assert shown == [
        "outside", "wall", "apple", "grass", "floor", "self", "barren", "floor", "wall",
        "outside", "outside",
    ]  # fmt: skip
