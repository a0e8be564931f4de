"""Tests of matches, league, best responders and bots: exact payoffs and who meets whom."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from advantage_alignment.config import PUBLISHED
from advantage_alignment.evaluation import best_response, harvest_evaluation, league, matches
from advantage_alignment.evaluation.league import Entrant, Rules
from advantage_alignment.experiments import comparison
from advantage_alignment.games import by_name, commons_harvest, harvest_bots, negotiation
from advantage_alignment.games.harvest_rules import ZAP, CommonsHarvest
from advantage_alignment.rollout import Team
from advantage_alignment.run.training_run import RunResult
from advantage_alignment.tests.test_harvest_rules import scene

pytestmark = pytest.mark.usefixtures("keys_unchecked")
NEGOTIATION = replace(PUBLISHED["negotiation"], hidden_size=8, network="feed_forward")


def scripted(game, first, second, num_steps, number=256):
    config = PUBLISHED[game]
    seats = [(by_name.GAMES[game].SCRIPTS[name], {}) for name in (first, second)]

    @jax.jit
    def play(key):
        played = matches.play_many(by_name.make_game(config), *seats, key, number, num_steps)
        return matches.rewards_per_step(played)

    return play(jax.random.key(0))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("always_cooperate", "always_cooperate", (0.347, 0.347)),
        ("always_cooperate", "always_defect", (-0.269, 0.631)),
        ("always_defect", "always_defect", (0.0, 0.0)),
        ("always_cooperate", "random", (0.053, 0.106)),
        ("always_defect", "random", (0.526, -0.534)),
    ],
)
def test_scripts_of_the_coin_game_get_the_leagues_numbers_at_16_steps(first, second, expected):
    rewards = scripted("coin_game", first, second, 16, number=2048)
    np.testing.assert_allclose(rewards, expected, atol=0.02)


def test_scripts_of_the_negotiation_game_get_their_payoffs():
    rewards = scripted("negotiation", "always_defect", "always_cooperate", 50)
    np.testing.assert_allclose(rewards, (0.55, 0.25), atol=0.01)


def test_a_league_names_rows_first_and_has_a_value_per_row_agent():
    """Entrants whose agents propose a constant share of everything: rewards by hand."""

    def proposer():
        script = negotiation.scripted_player(lambda state, seat: jnp.full(3, 0.0))
        return script._replace(
            act=lambda params, memory, seen, noise: (memory, params["p"], jnp.zeros(()))
        )

    greedy = Entrant(proposer(), {"p": jnp.full((2, 3), 5.0)})
    modest = Entrant(proposer(), {"p": jnp.stack([jnp.full(3, 2.5), jnp.full(3, 5.0)])})
    config = PUBLISHED["negotiation"]
    rules = Rules(by_name.make_game(config), negotiation.SCRIPTS, 10, 64)
    metrics = league.play_league(rules, {"greedy": greedy, "modest": modest}, jax.random.key(0))
    expected = {
        "greedy_self": [0.3, 0.3],
        "modest_self": [0.3, 0.3],
        # Of 7.5 asked for the greedy gets two thirds, of 10 a half.
        "greedy_vs_modest": [0.35, 0.35],
        "modest_vs_greedy": [0.2, 0.3],
        "modest_vs_other_seeds": [0.2, 0.4],
        "other_seeds_vs_modest": [0.4, 0.2],
        "greedy_vs_always_defect": [0.3, 0.3],
        "always_defect_vs_modest": [0.4, 0.3],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(metrics[name], values, atol=0.02, err_msg=name)
    assert metrics["modest_vs_always_cooperate"][1] == pytest.approx(0.55, abs=0.02)


def test_a_best_responder_meets_the_frozen_agents_and_learns_against_them():
    config = replace(
        NEGOTIATION,
        beta=0.0,
        num_learners=1,
        replayed_share=0.0,
        num_opponents=1,
        push_every_updates=10**6,
        num_updates=30,
        eval_every_updates=30,
        batch_size=8,
        num_steps=10,
        episode_length=10,
        actor_learning_rate=1e-2,
    )
    agent = by_name.make_agent(config)
    params = jax.vmap(agent.init)(jax.random.split(jax.random.key(0), 2))
    respond = jax.jit(jax.vmap(partial(best_response.respond, config)))
    rewards = respond(params, jax.vmap(jax.random.key)(jnp.arange(2)))
    assert rewards.shape == (2, 2)
    # An untrained agent asks for about half of everything; asking for more takes more than half.
    assert jnp.all(rewards[:, 0] > rewards[:, 1] + 0.02)


def test_what_defecting_against_an_agent_costs_is_measured():
    """An untrained agent asks every other for half of everything: always-defect does better."""
    config = replace(NEGOTIATION, num_eval_episodes=16)
    params = by_name.make_agent(config).init(jax.random.key(0))
    metrics = jax.jit(lambda key: matches.evaluate(config, params, key))(jax.random.key(1))
    difference = metrics["self_play"] - metrics["always_defect_vs_agent"]
    assert float(metrics["cost_of_defecting"]) == pytest.approx(float(difference), abs=1e-6)
    assert difference < -0.05


@pytest.mark.parametrize(("num_lines", "expected"), [(1, 0.0), (4, 2.5), (5, 3.0)])
def test_late_means_are_over_the_second_half_of_the_evaluations(num_lines, expected):
    log = [{"step": line, "self_play": [line, 10.0 * line]} for line in range(num_lines)]
    result = RunResult({}, {"self_play": log[-1]["self_play"]}, log, {}, 0.0)
    assert comparison.late_means(result) == {"late_self_play": [expected, 10 * expected]}


def bot(game, state, seat=0, noise=0.5, *, zaps=False):
    return int(harvest_bots.act(game, state, jnp.array(seat), jnp.array(noise), zaps=zaps))


@pytest.mark.parametrize(
    ("drawing", "action"),
    [
        ("WWWWW\nW__oW\nW_^_W\nW___W\nWWWWW", (1, 4)),  # ahead or to the right
        ("WWWWW\nW___W\nWo^_W\nW___W\nWWWWW", (3,)),
        ("WWWWW\nW___W\nW_^_W\nW_o_W\nWWWWW", (2,)),
        ("WWWWW\nW___W\nW_>oW\nW___W\nWWWWW", (1,)),
        ("WWWWW\nW___W\nW_>.W\nW___W\nWWWWW", (0,)),  # no apple is left
    ],
)
def test_bots_walk_to_the_nearest_apple(monkeypatch, drawing, action):
    assert bot(*scene(monkeypatch, drawing)) in action


def test_only_the_free_bot_zaps_and_only_whom_it_hits(monkeypatch):
    game, state = scene(monkeypatch, "WWWWWW\nW>_<oW\nWWWWWW")
    assert bot(game, state, zaps=True) == ZAP
    assert bot(game, state, zaps=False) == 1
    game, state = scene(monkeypatch, "WWWWWW\nW<_<oW\nWWWWWW")
    assert bot(game, state, zaps=True) != ZAP


def test_two_bots_eat_up_the_small_map():
    config = replace(
        PUBLISHED["commons_harvest"], harvest_map="small", num_players=2, num_learners=2
    )
    rules = CommonsHarvest("small", 2)
    assert commons_harvest.rules_of(config) == rules
    short = replace(config, episode_length=150)
    team = Team(commons_harvest.bot(rules, zaps=False), {}, 2)
    played = jax.jit(lambda key: harvest_evaluation.play(short, [team], key))(jax.random.key(0))
    assert played.num_alive[-1] == 0
    assert 13 <= float(jnp.sum(played.rewards)) < 60
