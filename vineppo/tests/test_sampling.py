"""Tests of the sampler: caches, forks, refills, and independence of the batch."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vineppo import sampling, transformer
from vineppo.sampling import Jobs, Sampler
from vineppo.transformer import Tail, TransformerConfig

MODEL = TransformerConfig(
    vocab_size=7,
    hidden_size=16,
    intermediate_size=16,
    num_layers=2,
    num_heads=4,
    num_kv_heads=2,
    head_dim=4,
    max_length=32,
)
END = 6
WIDTH = 16  # of whole passes, longer than any sequence here
forward = jax.jit(partial(transformer.forward, MODEL))
decode = jax.jit(partial(transformer.decode, MODEL))
SAMPLER = Sampler(temperature=1.0, top_p=1.0, max_new_tokens=8, end_token=END)


@pytest.fixture(scope="module")
def params():
    drawn = transformer.init(MODEL, jax.random.key(0))
    return jax.tree.map(lambda leaf: leaf * 1.5, drawn)


def sample(params, sequences, starts, keys, num_slots, sampler=SAMPLER):
    _, cache = forward(params, sequences)
    run = jax.jit(partial(sampling.sample, MODEL, sampler, num_slots=num_slots))
    return jax.device_get(run(params, sequences, cache, Jobs(starts, keys)))


def last_hidden(params, tokens):
    """Hidden state of the last token, from a pass over the whole sequence.

    Padding on the right is not seen by what is before it, and lets all lengths share a program.
    """
    padded = np.zeros((1, WIDTH), int)
    padded[0, : len(tokens)] = tokens
    return forward(params, padded)[0][0, len(tokens) - 1]


def greedy_by_full_passes(params, prefix, number):
    """The likeliest tokens, each from a pass over the whole sequence."""
    tokens = list(prefix)
    for _ in range(number):
        tokens.append(int(jnp.argmax(transformer.logits(params, last_hidden(params, tokens)))))
        if tokens[-1] == END:
            break
    return tokens[len(prefix) :]


def test_decoding_from_a_fork_gives_the_hidden_states_of_a_full_pass_at_every_position(params):
    """Forks at 3 and at 5 of a sequence of 8; both read its cache, and their own tails."""
    sequence = jax.random.randint(jax.random.key(1), (1, 8), 0, 7)
    added = jax.random.randint(jax.random.key(2), (2, 6), 0, 7)
    starts = np.array([3, 5])
    _, prefix = forward(params, sequence)
    tails = transformer.empty_tails(MODEL, 1, 2, 6)
    fed = np.concatenate([np.asarray(sequence)[0, starts - 1][:, None], added], axis=1)
    for step in range(6):
        tail = Tail(
            jnp.array(step),
            transformer.turns(MODEL, jnp.asarray(starts - 1 + step)[None]),
            jnp.arange(8)[None, None] < jnp.asarray(starts)[None, :, None] - 1,
            jnp.broadcast_to(jnp.arange(6) <= step, (1, 2, 6)),
        )
        hidden, tails = decode(params, jnp.asarray(fed[:, step])[None], tail, prefix, tails)
        for slot, start in enumerate(starts):
            whole = [*np.asarray(sequence)[0, :start], *np.asarray(added)[slot, :step]]
            np.testing.assert_allclose(hidden[0, slot], last_hidden(params, whole), atol=1e-5)


def test_greedy_rollouts_with_refilled_slots_are_those_of_full_passes(params):
    """Six jobs on two slots, forked at many places of two sequences."""
    sequences = jax.random.randint(jax.random.key(3), (2, 6), 0, 6)
    starts = np.array([[1, 2, 3, 4, 5, 6], [2, 2, 4, 6, 0, 0]])
    keys = jax.random.split(jax.random.key(4), (2, 6))
    found = sample(params, sequences, starts, keys, 2, replace(SAMPLER, temperature=0.0))
    for group, row in enumerate(starts):
        for job, start in enumerate(row):
            length = found.lengths[group, job]
            if start == 0:
                assert length == 0
                continue
            expected = greedy_by_full_passes(params, np.asarray(sequences)[group, :start], 8)
            assert found.tokens[group, job, :length].tolist() == expected
            assert found.is_finished[group, job] == (expected[-1] == END)


def test_a_rollout_depends_on_its_key_and_prefix_alone(params):
    """Other jobs, other slots, another place in the batch: the same tokens."""
    sequences = jax.random.randint(jax.random.key(5), (3, 6), 0, 6)
    keys = jax.random.split(jax.random.key(6), (3, 10))
    starts = jnp.full((3, 10), 4)
    together = sample(params, sequences, starts, keys, 3)
    alone = sample(params, sequences[1:2], starts[1:2, 7:8], keys[1:2, 7:8], 1)
    assert alone.tokens[0, 0].tolist() == together.tokens[1, 7].tolist()
    assert alone.lengths[0, 0] == together.lengths[1, 7]
    assert len({tuple(row) for row in together.tokens[1].tolist()}) > 3


def test_rollouts_after_refills_are_distributed_as_the_model_says(params):
    """First tokens of 3000 jobs on 20 slots against the model's probabilities."""
    sequences = jnp.array([[1, 2, 3]])
    keys = jax.random.split(jax.random.key(7), (1, 3000))
    found = sample(params, sequences, jnp.full((1, 3000), 3), keys, 20)
    hidden, _ = forward(params, sequences)
    expected = np.asarray(jax.nn.softmax(transformer.logits(params, hidden[0, -1])))
    for part in (found.tokens[0, :, 0], found.tokens[0, 1500:, 0]):
        shares = np.bincount(part, minlength=7) / len(part)
        assert np.max(np.abs(shares - expected)) < 4 * np.sqrt(0.25 / len(part))


def test_slots_are_refilled_at_once(params):
    """As many steps as the longest-processing-time schedule needs, not as static batches would."""
    sequences = jnp.ones((1, 12), int)
    starts = jnp.array([[1] * 16])
    keys = jax.random.split(jax.random.key(8), (1, 16))
    found = sample(params, sequences, starts, keys, 4)
    lengths = found.lengths[0]
    slots = [0] * 4
    for length in lengths:  # a job goes to the slot that is free first
        slots[int(np.argmin(slots))] += int(length)
    assert found.steps == max(slots)
    assert found.num_tokens == sum(lengths)
    assert len(set(lengths.tolist())) > 2


def test_top_p_draws_from_the_nucleus_only_with_the_right_shares():
    """Probabilities .4 .3 .2 .1: top-p .6 keeps the first two, as 4/7 and 3/7."""
    logits = jnp.log(jnp.array([0.1, 0.4, 0.2, 0.3]))
    sampler = replace(SAMPLER, top_p=0.6)
    uniform = jax.random.uniform(jax.random.key(9), (4000,))
    drawn = sampling.draw_tokens(sampler, jnp.broadcast_to(logits, (4000, 4)), uniform)
    shares = np.bincount(np.asarray(drawn), minlength=4) / 4000
    np.testing.assert_allclose(shares, [0, 4 / 7, 0, 3 / 7], atol=0.03)


def test_temperature_sharpens():
    """At temperature 1/2 probabilities are squared: 1/4 and 3/4 become 1/10 and 9/10."""
    logits = jnp.log(jnp.array([0.25, 0.75]))
    uniform = jax.random.uniform(jax.random.key(10), (4000,))
    sampler = replace(SAMPLER, temperature=0.5)
    drawn = sampling.draw_tokens(sampler, jnp.broadcast_to(logits, (4000, 2)), uniform)
    assert float(jnp.mean(drawn)) == pytest.approx(0.9, abs=0.02)


def test_logits_beyond_the_tokenizer_are_never_drawn():
    logits = jnp.array([0.0, 0.0, 50.0])
    uniform = jax.random.uniform(jax.random.key(11), (100,))
    for temperature in (0.0, 1.0):
        sampler = replace(SAMPLER, num_tokens=2, temperature=temperature)
        drawn = sampling.draw_tokens(sampler, jnp.broadcast_to(logits, (100, 3)), uniform)
        assert int(jnp.max(drawn)) < 2


def test_a_stop_sequence_ends_a_rollout_as_finished(params):
    sequences = jnp.array([[1, 2, 3]])
    keys = jax.random.split(jax.random.key(12), (1, 120))
    sampler = replace(SAMPLER, stop_sequences=((3, 1), (5,)))
    found = sample(params, sequences, jnp.full((1, 120), 3), keys, 40, sampler)
    stopped = 0
    for tokens, length, is_finished in zip(
        found.tokens[0].tolist(), found.lengths[0], found.is_finished[0], strict=True
    ):
        own = tokens[:length]
        ends = [
            i for i in range(length) if own[i] in (5, END) or own[max(i - 1, 0) : i + 1] == [3, 1]
        ]
        assert ends in ([], [length - 1])
        assert is_finished == bool(ends)
        stopped += own[-2:] == [3, 1] or own[-1] == 5
    assert stopped > 5


def test_a_rollout_ends_unfinished_where_the_context_does(params):
    """Forks at 2 and at 5, context 7: at most 5 and 2 new tokens."""
    sequences = jnp.array([[1, 2, 3, 1, 2]])
    keys = jax.random.split(jax.random.key(13), (1, 20))
    starts = jnp.array([[2] * 10 + [5] * 10])
    found = sample(params, sequences, starts, keys, 5, replace(SAMPLER, max_length=7))
    for length, is_finished, start in zip(
        found.lengths[0], found.is_finished[0], [2] * 10 + [5] * 10, strict=True
    ):
        assert length <= 7 - start
        assert is_finished or length == 7 - start
    assert not np.all(found.is_finished)
