"""The paper's theorems, by automatic differentiation on games small enough to enumerate.

Shapes: T steps, S = 5 states of the iterated game (START, CC, CD, DC, DD), A actions.
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from advantage_alignment import advantages, losses
from common import ipd

GAMMA, REACH = 0.96, 0.9
PAYOFFS = jnp.array(ipd.PRISONERS_DILEMMA)  # [4, P]
OTHER_VIEW = np.array([0, 1, 3, 2, 4])


def differentiable_action_values(rewards, values, log_probs, *, discount, reach):
    """The opponent's sampled value of its own action, carrying the gradient in our policy.

    q_t = r_t + gamma (R_{t+1} + Z_{t+1}),  Z_t = (R_t - V_t) d_t + gamma reach Z_{t+1}: loaded
    DiCE, with d_t of value zero and the gradient of log pi(a_t). Our move at t is simultaneous
    with the opponent's and enters from the next step on.

    Args:
      rewards: r_t of the opponent. Shape [T].
      values: V_t of the opponent, constants. Shape [T].
      log_probs: log pi(a_t | h_t) of the learning agent, differentiable. Shape [T].
      discount: gamma, per step.
      reach: lambda, the extra discount on how far our actions reach, per step.

    Returns:
      q_t. Shape [T].
    """

    def sums(terms, decay):
        def add(later, term):
            return term + decay * later, term + decay * later

        return lax.scan(add, jnp.zeros((), terms.dtype), terms, reverse=True)[1]

    returns = sums(rewards, discount)
    baselined = lax.stop_gradient(returns - values)
    dice = log_probs - lax.stop_gradient(log_probs)
    carried = returns + sums(baselined * dice, discount * reach)
    return rewards + discount * jnp.append(carried[1:], jnp.zeros((), rewards.dtype))


def shaping_loss(opponent_log_probs, advantages):
    """LOQA's shaping term: -mean_t log pi_hat(b_t | h_t) A_t, with A_t of the agent held constant.

    Args:
      opponent_log_probs: log pi_hat(b_t | h_t), differentiable in our policy. Shape [T].
      advantages: A_t of the agent. Shape [T].

    Returns:
      Scalar.
    """
    return -jnp.mean(opponent_log_probs * lax.stop_gradient(advantages))


class RandomGame:
    """One episode of a random tabular game: states, actions, rewards, critics and a policy."""

    def __init__(self, seed=0, num_steps=12, num_states=4, num_actions=3):
        draw = np.random.default_rng(seed)
        self.states = jnp.asarray(draw.integers(num_states, size=num_steps))
        self.actions = jnp.asarray(draw.integers(num_actions, size=num_steps))
        self.opponent_actions = jnp.asarray(draw.integers(num_actions, size=num_steps))
        self.rewards = jnp.asarray(draw.normal(size=num_steps))
        self.values = jnp.asarray(draw.normal(size=num_steps))
        self.q_values = jnp.asarray(draw.normal(size=(num_steps, num_actions)))
        self.own_advantages = jnp.asarray(draw.normal(size=num_steps))
        self.logits = jnp.asarray(draw.normal(size=(num_states, num_actions)))

    def log_probs(self, logits):
        return jax.nn.log_softmax(logits)[self.states, self.actions]

    def shaped(self, logits, *, stop_grad_normalizer):
        """Log-probability of the opponent's actions as a function of our logits, LOQA's form."""
        taken = differentiable_action_values(
            self.rewards, self.values, self.log_probs(logits), discount=GAMMA, reach=REACH
        )
        return losses.opponent_log_probs(
            taken, self.q_values, self.opponent_actions, stop_grad_normalizer=stop_grad_normalizer
        )

    def shaping_gradient(self, *, stop_grad_normalizer):
        """Gradient of the loss as the released code forms it, by automatic differentiation."""

        def loss(logits):
            shaped = self.shaped(logits, stop_grad_normalizer=stop_grad_normalizer)
            return shaping_loss(shaped, self.own_advantages)

        return jax.grad(loss)(self.logits)

    def aligned_gradient(self, past_factors=None):
        """Gradient of our loss with the aligned advantage, less that of the policy gradient."""
        pair = jnp.stack([self.own_advantages, jnp.zeros_like(self.own_advantages)], axis=1)
        returns = advantages.discounted_sums(self.rewards, GAMMA)
        others = jnp.stack([jnp.zeros_like(returns), returns - self.values], axis=1)
        aligned = advantages.align_advantages(
            pair,
            others,
            beta=1.0,
            discount=GAMMA,
            weighting="dice",
            past_factors=past_factors,
        )
        shaping = aligned[:, 0] - self.own_advantages
        return jax.grad(lambda logits: losses.alignment_loss(self.log_probs(logits), shaping))(
            self.logits
        )


def test_differentiable_action_values_have_the_value_of_the_sampled_return():
    rewards = jnp.array([1.0, -2.0, 3.0])
    q = differentiable_action_values(
        rewards, jnp.array([9.0, 9.0, 9.0]), -jnp.ones(3), discount=0.5, reach=0.9
    )
    np.testing.assert_allclose(q, [1 - 1 + 0.75, -2 + 1.5, 3.0])


@pytest.mark.parametrize("seed", range(3))
def test_alignment_is_the_gradient_of_loaded_dice_with_a_constant_normaliser(seed):
    """Section 4: Eq. 7 differentiated automatically equals the product of advantages."""
    game = RandomGame(seed)
    released = game.shaping_gradient(stop_grad_normalizer=True)
    np.testing.assert_allclose(game.aligned_gradient(), released, rtol=1e-4, atol=1e-6)
    assert float(jnp.max(jnp.abs(released))) > 1e-2


@pytest.mark.parametrize("seed", range(3))
def test_loqa_is_alignment_with_each_past_event_times_one_minus_its_probability(seed):
    """Theorem 2."""
    game = RandomGame(seed)
    loqa = game.shaping_gradient(stop_grad_normalizer=False)
    probs = jnp.exp(game.shaped(game.logits, stop_grad_normalizer=False))
    factors = jnp.stack([1 - probs, jnp.ones_like(probs)], axis=1)
    np.testing.assert_allclose(game.aligned_gradient(factors), loqa, rtol=1e-4, atol=1e-6)
    alignment = game.shaping_gradient(stop_grad_normalizer=True)
    assert not np.allclose(loqa, alignment, rtol=0.05)


# --- the iterated prisoner's dilemma over a few steps, every episode enumerated


def joint_episodes(num_steps):
    """Actions of both players in every episode, [4 ** T, T, P], and the states seen, [.., T, P]."""
    moves = np.array(list(itertools.product(range(4), repeat=num_steps)))
    actions = np.stack([moves // 2, moves % 2], axis=-1)
    last = np.concatenate([np.zeros((len(moves), 1), int), 1 + moves[:, :-1]], axis=1)
    return jnp.asarray(actions), jnp.asarray(np.stack([last, OTHER_VIEW[last]], axis=-1))


def exact_q_advantages(cooperation, num_steps):
    """Exact A^i_t of every state and joint action, by backward induction: [T, S, 4, P]."""
    own, other = cooperation[0], cooperation[1][OTHER_VIEW]
    first = jnp.stack([own, 1 - own], axis=1)[:, :, None]
    second = jnp.stack([other, 1 - other], axis=1)[:, None]
    joint = (first * second).reshape(5, 4)  # [S, 4]
    values, table = jnp.zeros((5, 2)), []
    for _ in range(num_steps):
        q = jnp.broadcast_to((PAYOFFS + GAMMA * values[1:])[None], (5, 4, 2))
        now = jnp.sum(joint[..., None] * q, axis=1)  # [S, P]
        table.append(q - now[:, None])
        values = now
    return jnp.stack(table[::-1])


def expected_shaping_gradient(cooperation, num_steps=4):
    """E[sum_t C_t A^2_t grad log pi(a_t | s_t)] of player 0, in its five logits, exactly."""
    actions, states = joint_episodes(num_steps)
    table = exact_q_advantages(cooperation, num_steps)
    steps = jnp.arange(num_steps)[None]
    pairs = table[steps, states[..., 0], 2 * actions[..., 0] + actions[..., 1]]  # [E, T, P]
    aligned = jax.vmap(lambda pair: advantages.align_advantages(pair, beta=1.0, discount=GAMMA))(
        pairs
    )
    shaping = aligned[..., 0] - pairs[..., 0]
    probs = jnp.stack([cooperation, 1 - cooperation], axis=-1)  # [P, S, A]
    taken = probs[jnp.arange(2)[None, None], states, actions]
    weight = jnp.prod(taken, axis=(1, 2))
    # Of a logit of cooperating: d log pi / d logit = [cooperates] - pi(C | s).
    score = (actions[..., 0] == 0) - cooperation[0][states[..., 0]]
    visited = jax.nn.one_hot(states[..., 0], 5)
    return jnp.sum((weight[:, None] * shaping * score)[..., None] * visited, axis=(0, 1))


def test_shaping_vanishes_at_mutual_defection():
    """Theorem 3: at the Nash equilibrium nothing on the path has an advantage."""
    np.testing.assert_array_equal(expected_shaping_gradient(jnp.zeros((2, 5))), 0.0)


def test_shaping_vanishes_towards_mutual_defection_and_only_there():
    norms = [
        float(jnp.linalg.norm(expected_shaping_gradient(jnp.full((2, 5), p))))
        for p in (0.5, 0.1, 0.01, 0.001)
    ]
    assert norms[0] > 0.05
    assert norms[1] > norms[2] > norms[3]
    assert norms[3] < 0.01 * norms[0]


def test_shaping_leads_to_reciprocity_from_uniform_play():
    """From (1/2, ...) it raises cooperation after the other cooperated more than after it did not.

    States CC and DC are those in which the other cooperated last.
    """
    _, cc, cd, dc, dd = expected_shaping_gradient(jnp.full((2, 5), 0.5))
    assert min(cc, dc) > 0 > max(cd, dd)


# --- LOLA in the tabular case


def test_lolas_correction_is_an_alignment_term_in_the_tabular_case():
    """Theorem 1. Player 1's parameters are its log-probabilities: their gradients are orthonormal.

    LOLA's correction grad_1[(d V^1 / d theta_2) . (d V^2 / d theta_2)], first factor constant, is
    E[sum_t w(s_t, b_t) sum_k R^2_max(t,k) grad log pi_1(a_k | s_k)]: what player 1's past action
    is worth to us, w, times what the present is worth to player 1, times our score.
    """
    num_steps = 3
    actions, states = joint_episodes(num_steps)
    draw = np.random.default_rng(1)
    logits = jnp.asarray(draw.normal(size=(5, 2)))
    log_table = jax.nn.log_softmax(jnp.asarray(draw.normal(size=(5, 2))))  # theta_2
    discounts = GAMMA ** jnp.arange(num_steps)
    rewards = PAYOFFS[2 * actions[..., 0] + actions[..., 1]] * discounts[None, :, None]

    def weights(logits, log_table):
        own = jax.nn.log_softmax(logits)[states[..., 0], actions[..., 0]]
        other = log_table[states[..., 1], actions[..., 1]]
        # Later moves do not touch earlier rewards: the unnormalised table must not either.
        return jnp.exp(jnp.cumsum(own + other, axis=1)), own

    def value(player, logits, log_table):
        chances, _ = weights(logits, log_table)  # of the first t moves, [E, T]
        repeats = 4.0 ** (num_steps - 1 - jnp.arange(num_steps))  # episodes that share a beginning
        return jnp.sum(chances * rewards[..., player] / repeats[None])

    worth = jax.grad(value, 2)(0, logits, log_table)  # w(s, b) = d V^1 / d theta_2

    def inner(logits):
        return jnp.sum(worth * jax.grad(value, 2)(1, logits, log_table))

    lola = jax.grad(inner)(logits)

    chances = weights(logits, log_table)[0][:, -1]  # [E], of whole episodes
    later = jnp.cumsum(rewards[:, ::-1, 1], axis=1)[:, ::-1]  # R^2_k, [E, T]
    past = worth[states[..., 1], actions[..., 1]]  # w(s_t, b_t), [E, T]
    larger = jnp.maximum(jnp.arange(num_steps)[:, None], jnp.arange(num_steps)[None])
    multiplier = jnp.sum(past[:, :, None] * later[:, larger], axis=1)  # [E, T], at each k

    def surrogate(logits):
        own = jax.nn.log_softmax(logits)[states[..., 0], actions[..., 0]]
        return jnp.sum(chances[:, None] * multiplier * own)

    np.testing.assert_allclose(lola, jax.grad(surrogate)(logits), rtol=1e-4, atol=1e-5)
    assert float(jnp.max(jnp.abs(lola))) > 0.1
