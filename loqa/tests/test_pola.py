"""Tests of POLA-DiCE: losses by hand, gradients by full enumeration, look-ahead, epochs."""

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from common import ipd
from common.coin_game import CoinGame
from loqa import coin_game_rollout, networks
from loqa.networks import Evaluation, Params
from loqa.pola import look_ahead, losses, train
from loqa.pola.config import PolaConfig
from loqa.pola.look_ahead import Setup
from loqa.rollout import Trajectory, rollout
from loqa.tests import enumeration
from loqa.tests.random_parameters import random_parameters

NUM_STEPS, DISCOUNT, RATE = 2, 0.9, 2.0
LOLA = PolaConfig(
    game="ipd",
    episode_length=NUM_STEPS,
    discount=DISCOUNT,
    num_inner_steps=1,
    num_outer_steps=1,
    inner_learning_rate=RATE,
    value_learning_rate=0.0,
    inner_penalty=0.0,
    outer_penalty=0.0,
)
TINY = replace(
    PolaConfig(),
    batch_size=4,
    episode_length=4,
    num_outer_steps=2,
    num_inner_steps=2,
    hidden_size=3,
    num_updates=2,
)


def tables(seed: int) -> Array:
    """Logits of two tabular policies. Shape [P, S, A]."""
    return jnp.asarray(np.random.default_rng(seed).normal(size=(2, 5, 2)), jnp.float32)


def observations_of(states: np.ndarray) -> Array:
    """What is seen in states [N, T, P], and anything after the last move. [N, T + 1, P, E]."""
    seen = np.array(networks.STATE_OBSERVATIONS)[states]
    return jnp.asarray(np.concatenate([seen, seen[:, -1:]], axis=1), jnp.float32)


def all_episodes() -> Trajectory:
    episodes = enumeration.all_episodes(NUM_STEPS)
    return Trajectory(
        observations_of(episodes.states),
        jnp.asarray(episodes.actions),
        jnp.asarray(episodes.rewards, jnp.float32),
    )


def log_probs_of(policies: Array, trajectory: Trajectory) -> Array:
    """Log-probability of every move. Shape [N, T, P]."""
    states = networks.state_index(trajectory.observations[:, :-1])
    return jnp.stack(
        [
            jax.nn.log_softmax(policies[seat])[states[..., seat], trajectory.actions[..., seat]]
            for seat in range(2)
        ],
        axis=-1,
    )


def episode_probs(policies: Array) -> Array:
    """Probability of every episode. Shape [N]."""
    return jnp.exp(jnp.sum(log_probs_of(policies, all_episodes()), axis=(1, 2)))


def exact_return(policies: Array, player: int) -> Array:
    """Expected discounted return of a player, differentiable as often as one likes."""
    weights = DISCOUNT ** np.arange(NUM_STEPS, dtype=np.float32)
    return episode_probs(policies) @ (all_episodes().rewards[:, :, player] @ weights)


def tabular_setup(config: PolaConfig, play: Callable[..., Trajectory]) -> Setup:
    """POLA with a table of logits for a policy and a table of values, both by state."""

    def init_params(key: Array) -> Params:
        actor_key, critic_key = jax.random.split(key)
        actor = jax.random.normal(actor_key, (5, 2))
        return {"actor": actor, "critic": jax.random.normal(critic_key, (5,))}

    return Setup(
        config=config,
        init_params=init_params,
        play=play,
        log_policy=lambda table, seen: jax.nn.log_softmax(table)[networks.state_index(seen)],
        values=lambda table, seen: table[networks.state_index(seen)],
    )


def play_all(own: Params, other: Params, key: Array) -> Trajectory:
    """Every episode once, with rewards so large that a mean of them is the expectation."""
    del key
    trajectory = all_episodes()
    probs = episode_probs(jnp.stack([own["actor"], other["actor"]]))
    weights = len(probs) * probs[:, None, None]
    return trajectory._replace(rewards=weights * trajectory.rewards)


def random_play(num_steps: int, num_episodes: int, seed: int) -> Trajectory:
    """Episodes of random moves in the iterated game."""
    actions = np.random.default_rng(seed).integers(2, size=(num_episodes, num_steps, 2))
    own, other = actions, actions[..., ::-1]
    states = np.concatenate([np.zeros_like(own[:, :1]), (1 + 2 * own + other)[:, :-1]], axis=1)
    payoffs = np.array(ipd.PRISONERS_DILEMMA)[2 * actions[..., 0] + actions[..., 1]]
    return Trajectory(
        observations_of(states), jnp.asarray(actions), jnp.asarray(payoffs, jnp.float32)
    )


def test_objective_has_value_zero_and_the_derivatives_worked_out_by_hand() -> None:
    """J depends on the sums w_t of the log-probabilities, one a step.

    The t-th term is e^{sum_{k<=t}} - e^{sum_{k<t}} with zero exponents: its first derivative is 1
    by w_t, its second 1 by w_k w_l if max(k, l) = t, otherwise both are 0.
    """
    log_probs = jnp.log(jnp.array([[0.5, 0.2], [0.3, 0.9], [0.8, 0.4]]))
    advantages = jnp.array([2.0, -1.0, 3.0])
    objective = partial(losses.dice_objective, advantages=advantages, discount=0.5)
    assert objective(log_probs) == 0
    by_step = np.array([2.0, -0.5, 0.75])  # gamma^t A_t
    gradient = jax.grad(objective)(log_probs)
    np.testing.assert_allclose(gradient, np.stack([by_step, by_step], axis=1), rtol=1e-6)
    hessian = jax.jit(jax.hessian(objective))(log_probs)
    for first in range(2):
        for second in range(2):
            by_pair = [[2.0, -0.5, 0.75], [-0.5, -0.5, 0.75], [0.75, 0.75, 0.75]]
            np.testing.assert_allclose(hessian[:, first, :, second], by_pair, rtol=1e-6)


@pytest.mark.parametrize("player", [0, 1])
def test_first_two_derivatives_of_the_objective_are_in_expectation_those_of_the_return(
    player: int,
) -> None:
    """Exact over all episodes, whatever the baseline, in the policies of both players."""
    trajectory = all_episodes()
    joint_state = np.asarray(networks.state_index(trajectory.observations))[..., 0]  # [N, T + 1]
    values = np.random.default_rng(1).normal(size=5)[joint_state]
    values[:, -1] = 0  # nothing comes after the last step
    advantages = jax.vmap(partial(losses.gae_advantages, discount=DISCOUNT, gae_discount=1.0))(
        trajectory.rewards[:, :, player], jnp.asarray(values, jnp.float32)
    )

    def expected_objective(policies: Array) -> Array:
        probs = jax.lax.stop_gradient(episode_probs(policies))
        objective = partial(losses.dice_objective, discount=DISCOUNT)
        return probs @ jax.vmap(objective)(log_probs_of(policies, trajectory), advantages)

    def exact(policies: Array) -> Array:
        return exact_return(policies, player)

    policies = tables(0)
    for derivative in (jax.grad, jax.hessian):
        expected, ours = (
            jax.jit(derivative(function))(policies) for function in (exact, expected_objective)
        )
        np.testing.assert_allclose(ours, expected, atol=2e-6)
        assert np.abs(expected).max() > 0.05


def test_advantages_match_hand_computed_values() -> None:
    """With lambda 1: A_0 = 1 + .5 * 2 + .25 * 8 - 3 = 1, A_1 = 2 + .5 * 8 - 1 = 5.

    With lambda 0: A_0 = 1 + .5 * 1 - 3.
    """
    rewards, values = jnp.array([1.0, 2.0]), jnp.array([3.0, 1.0, 8.0])
    advantages = partial(losses.gae_advantages, rewards, values, discount=0.5)
    np.testing.assert_allclose(advantages(gae_discount=1.0), [1.0, 5.0])
    np.testing.assert_allclose(advantages(gae_discount=0.0), [-1.5, 5.0])


def test_value_loss_and_its_gradient_match_hand_computed_values() -> None:
    """Targets 4 and 6 (see above) against values 3 and 1: 1 + 25; the bootstrap is constant."""
    rewards, values = jnp.array([1.0, 2.0]), jnp.array([3.0, 1.0, 8.0])
    loss, gradient = jax.value_and_grad(losses.value_loss, argnums=1)(rewards, values, discount=0.5)
    np.testing.assert_allclose(loss, 26.0)
    np.testing.assert_allclose(gradient, [-2.0, -10.0, 0.0])


def test_divergence_is_zero_and_flat_at_the_anchor_and_positive_elsewhere() -> None:
    logits = jnp.array([[0.3, -1.0, 2.0], [1.0, 0.0, 0.5]])

    def away(other: Array) -> Array:
        return losses.divergence(jax.nn.log_softmax(logits), jax.nn.log_softmax(other))

    value, gradient = jax.value_and_grad(away)(logits)
    assert value == 0
    np.testing.assert_allclose(gradient, np.zeros((2, 3)), atol=1e-7)
    assert away(logits + jnp.array([[0.1, 0.0, 0.0]])) > 1e-4
    # KL of (1/2, 1/2) to (1/4, 3/4) is (log 2 + log 2/3) / 2, of the other step 0; the mean of both
    halves = jnp.full((2, 2), 0.5)
    skewed = halves.at[0].set(jnp.array([0.25, 0.75]))
    value = losses.divergence(jnp.log(halves), jnp.log(skewed))
    np.testing.assert_allclose(value, np.log(4 / 3) / 4, rtol=1e-6)


@pytest.mark.parametrize("num_inner_steps", [1, 2])
def test_gradient_through_the_look_ahead_is_that_of_the_exact_returns(num_inner_steps: int) -> None:
    """Expected over all episodes; the exact returns are differentiated twice (LOLA)."""
    own, other = tables(2)
    setup = tabular_setup(replace(LOLA, num_inner_steps=num_inner_steps), play_all)

    def exact(own: Array) -> Array:
        stepped = other
        for _ in range(num_inner_steps):
            stepped += RATE * jax.grad(lambda table: exact_return(jnp.stack([own, table]), 1))(
                stepped
            )
        return exact_return(jnp.stack([own, stepped]), 0)

    players: tuple[Params, Params] = (
        {"actor": own, "critic": jnp.zeros(5)},
        {"actor": other, "critic": jnp.zeros(5)},
    )
    gradient = jax.jit(partial(look_ahead.outer_gradient, setup))
    ours, _ = gradient(*players, own, jax.random.key(0))
    expected = jax.jit(jax.grad(exact))(own)
    np.testing.assert_allclose(-ours["actor"], expected, rtol=1e-4, atol=2e-6)
    naive = jax.grad(lambda own: exact_return(jnp.stack([own, other]), 0))(own)
    assert np.abs(expected - naive).max() > 0.05


def test_one_inner_step_without_penalties_is_lola_dice() -> None:
    """One batch plays both parts. With g_k = grad log pi(a_k | h_k), means over its episodes:

    phi' = phi + rate sum_t gamma^t B_t g^phi_t, so the derivative of phi' by theta is
    rate sum_{k,l} gamma^m B_m g^theta_k g^phi_l with m = max(k, l), and the whole gradient
    sum_t gamma^t A_t (g^theta_t + (d phi' / d theta) g^phi'_t).
    """
    num_steps = 3
    trajectory = random_play(num_steps, num_episodes=6, seed=0)
    setup = tabular_setup(LOLA, lambda own, other, key: trajectory)
    own, other = setup.init_params(jax.random.key(1)), setup.init_params(jax.random.key(2))
    states = np.asarray(networks.state_index(trajectory.observations))  # [B, T + 1, P]
    times = np.arange(num_steps)

    def advantages(critic: np.ndarray) -> np.ndarray:  # gamma^t A_t of seat 0, [B, T]
        values = critic[states[:, :, 0]]
        rewards = np.asarray(trajectory.rewards)[:, :, 0].copy()
        rewards[:, -1] += DISCOUNT * values[:, -1]
        returns = enumeration.returns(rewards, DISCOUNT)
        return DISCOUNT**times * (returns - values[:, :-1])

    def scores(table: np.ndarray, seat: int) -> np.ndarray:  # g_t, [B, T, 5, 2]
        probs = np.exp(table) / np.exp(table).sum(axis=1, keepdims=True)
        moves = np.eye(2)[np.asarray(trajectory.actions)[:, :, seat]]
        here = np.eye(5)[states[:, :-1, seat]]
        return here[..., None] * (moves - probs[states[:, :-1, seat]])[:, :, None]

    theta, phi = np.asarray(own["actor"]), np.asarray(other["actor"])
    of_other = advantages(np.asarray(other["critic"]))
    phi_ahead = phi + RATE * np.einsum("bt,btsa->sa", of_other, scores(phi, 0)) / 6
    later = np.maximum(times[:, None], times[None])  # m
    jacobian = np.einsum(
        "bkl,bkij,blsa->ijsa", of_other[:, later], scores(theta, 1), scores(phi, 0)
    )
    of_own = advantages(np.asarray(own["critic"]))
    by_phi = np.einsum("bt,btsa->sa", of_own, scores(phi_ahead, 1)) / 6
    expected = np.einsum("bt,btsa->sa", of_own, scores(theta, 0)) / 6
    expected += RATE / 6 * np.einsum("ijsa,sa->ij", jacobian, by_phi)

    gradient = jax.jit(partial(look_ahead.outer_gradient, setup))
    ours, _ = gradient(own, other, own["actor"], jax.random.key(0))
    np.testing.assert_allclose(-ours["actor"], expected, rtol=1e-4, atol=1e-5)


def test_derivative_of_a_proximal_step_is_that_of_going_back_through_it() -> None:
    """With a penalty, in both policies, for GRUs; biases of zero would sit on the kink of relu."""
    config = replace(TINY, game="ipd", inner_learning_rate=0.3, inner_penalty=2.0)
    setup, agent = train.make_setup(config), train.make_agent(config)
    own, other, anchor = (random_parameters(agent, seed) for seed in range(3))
    batch, *_ = look_ahead.sample(setup, own, other, anchor["actor"], jax.random.key(1))
    direction = jax.tree.map(jnp.cos, own["actor"])

    def plain_step(own: Any, other: Any) -> Any:
        gradient = jax.grad(lambda own: look_ahead.policy_loss(setup, own, other, batch, 2.0)[0])(
            own
        )
        return jax.tree.map(lambda leaf, slope: leaf - 0.3 * slope, own, gradient)

    def pulled_back(step: Callable[[Any, Any], Any]) -> Any:
        stepped, pull_back = jax.vjp(step, own["actor"], other["actor"])
        return stepped, pull_back(direction)

    ours = jax.jit(lambda: pulled_back(partial(look_ahead.proximal_step, setup, batch=batch)))
    plain = jax.jit(lambda: pulled_back(plain_step))
    chex.assert_trees_all_close(ours(), plain(), rtol=1e-4, atol=1e-5)


def test_penalty_pulls_back_to_the_anchor() -> None:
    """Without rewards only the penalty is left, and its gradient is zero at the anchor alone."""
    trajectory = random_play(num_steps=3, num_episodes=6, seed=0)
    trajectory = trajectory._replace(rewards=jnp.zeros_like(trajectory.rewards))
    config = replace(LOLA, inner_penalty=5.0, outer_penalty=150.0)
    setup = tabular_setup(config, lambda own, other, key: trajectory)
    anchor, other = tables(3)
    nothing = jnp.zeros(5)

    @jax.jit
    def gradient(own: Array) -> Array:
        players = {"actor": own, "critic": nothing}, {"actor": other, "critic": nothing}
        return look_ahead.outer_gradient(setup, *players, anchor, jax.random.key(0))[0]["actor"]

    np.testing.assert_allclose(gradient(anchor), np.zeros((5, 2)), atol=1e-4)
    away = jnp.zeros((5, 2)).at[0, 0].set(0.1)
    assert gradient(anchor + away)[0, 0] > 0.02


def sampled_tabular_setup(config: PolaConfig) -> Setup:
    """Tables that play episodes of the iterated game."""
    game = ipd.MatrixGame(episode_length=config.episode_length)
    agent = networks.memory_one_agent("tabular", 1, 1, config.episode_length)

    def play(own: Params, other: Params, key: Array) -> Trajectory:
        keys = jax.random.split(key, config.batch_size)
        return jax.vmap(lambda key: rollout(game, (agent, agent), (own, other), key))(keys)

    return tabular_setup(config, play)


def test_players_learn_against_each_others_start_and_swapping_them_swaps_the_results() -> None:
    setup = sampled_tabular_setup(replace(TINY, game="ipd"))
    first, second = (setup.init_params(jax.random.key(seed)) for seed in (0, 1))
    both = jax.tree.map(lambda a, b: jnp.stack([a, b]), first, second)
    flip = partial(jax.tree.map, lambda leaf: jnp.flip(leaf, 0))
    improve_both = jax.jit(partial(train.improve_both, setup))

    def keys(*seeds: int) -> Array:
        return jax.vmap(jax.random.key)(jnp.array(seeds))

    improved, metrics = improve_both(both, keys(2, 3))
    swapped, swapped_metrics = improve_both(flip(both), keys(3, 2))
    chex.assert_trees_all_close((flip(swapped), flip(swapped_metrics)), (improved, metrics))

    alone, _ = jax.jit(partial(train.improve, setup))(second, first, jax.random.key(3))
    chex.assert_trees_all_close(jax.tree.map(lambda leaf: leaf[1], improved), alone, rtol=1e-5)


def test_every_epoch_begins_with_a_new_adam() -> None:
    """The first step of Adam goes by its rate, whatever the gradient; later ones do not."""
    config = replace(TINY, game="ipd", num_outer_steps=1, outer_learning_rate=0.01)
    setup = sampled_tabular_setup(config)
    state = train.init(setup, jax.random.key(0))
    update = jax.jit(partial(train.update, setup))
    for _ in range(3):
        following, _ = update(state)
        moved = np.abs(following.params["actor"] - state.params["actor"])
        np.testing.assert_allclose(moved[moved > 1e-4], 0.01, rtol=1e-3)
        assert (moved > 1e-4).mean() > 0.5
        state = following


# A scan over keys that were split before, inside vmap, is taken for reuse by this JAX.
@jax.debug_key_reuse(False)
@pytest.mark.parametrize("game", ["coin_game", "ipd"])
def test_update_of_either_game_moves_both_players_and_depends_on_the_seed(game: Any) -> None:
    training = train.make_train(replace(TINY, game=game))
    init, update = jax.jit(training.init), jax.jit(training.update)
    first = init(jax.random.key(0))
    second, metrics = update(first)
    chex.assert_tree_all_finite((second.params, metrics))
    assert all(metric.shape == () for metric in metrics.values())
    assert second.step == 1
    moved = jax.tree.map(
        lambda a, b: np.abs(a - b).max(axis=tuple(range(1, a.ndim))), first.params, second.params
    )
    assert all(leaf.min() > 0 for leaf in jax.tree.leaves(moved))
    chex.assert_trees_all_equal(
        training.learner(second), jax.tree.map(lambda leaf: leaf[0], second.params)
    )
    again, _ = update(init(jax.random.key(0)))
    other, _ = update(init(jax.random.key(1)))
    chex.assert_trees_all_equal(again.params, second.params)
    assert not np.array_equal(
        *(s.params["actor"]["params"]["readout"]["kernel"] for s in (other, second))
    )


def test_agent_plays_the_coin_game_as_its_losses_see_it() -> None:
    """What the agent plays step by step is what the networks say along the episode."""
    setup, agent = train.make_setup(TINY), train.make_agent(TINY)
    game = CoinGame(episode_length=TINY.episode_length)
    params = tuple(agent.init(jax.random.key(seed)) for seed in (0, 1))
    players = (coin_game_rollout.learned(game, agent),) * 2

    def play_and_evaluate(key: Array) -> tuple[Array, list[tuple[Evaluation, Array, Array]]]:
        episode = coin_game_rollout.play(game, players, params, key)
        observations = coin_game_rollout.trajectory(game, episode).observations
        evaluations = [
            (
                agent.evaluate(own, seen),
                setup.log_policy(own["actor"], seen),
                setup.values(own["critic"], seen),
            )
            for own, seen in zip(params, jnp.unstack(observations, axis=1), strict=True)
        ]
        return episode.log_policies, evaluations

    played, evaluations = jax.jit(play_and_evaluate)(jax.random.key(2))
    for seat, (evaluation, log_policy, values) in enumerate(evaluations):
        chex.assert_shape(evaluation.q_values, (TINY.episode_length + 1, game.num_actions))
        np.testing.assert_allclose(evaluation.log_policy[:-1], played[:, seat], rtol=1e-5)
        np.testing.assert_allclose(log_policy[:-1], played[:, seat], rtol=1e-5)
        np.testing.assert_allclose(evaluation.q_values[:, 0], values, rtol=1e-5)


def test_defaults_are_the_published_settings() -> None:
    assert asdict(PolaConfig()) == {
        "game": "coin_game",
        "num_updates": 251,
        "eval_every_updates": 1,  # ours
        "num_eval_episodes": 512,  # ours
        "grid_size": 3,
        "batch_size": 1000,
        "episode_length": 50,
        "discount": 0.96,
        "gae_discount": 1.0,
        "num_outer_steps": 200,
        "num_inner_steps": 4,
        "inner_learning_rate": 0.01,
        "outer_learning_rate": 0.003,
        "value_learning_rate": 0.0005,
        "inner_penalty": 5.0,
        "outer_penalty": 150.0,
        "hidden_size": 64,
    }
