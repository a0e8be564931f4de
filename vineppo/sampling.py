"""Samples rollouts that continue given sequences, from any prefix of them.

A *group* is one sequence already read, with its key-value cache; its *jobs* are rollouts that fork
from it after so many tokens. Responses to a prompt are jobs that fork at the prompt's end; the vine
sampler forks a trajectory at every step boundary. Each group has a few *slots*; a slot that ends a
rollout takes the group's next job at once, so lengths may differ without idle slots.

Every job has a random key of its own, from which its n-th token is drawn: what else is in the batch
changes nothing. Shapes: P groups, L tokens of a sequence, J jobs, S slots, M new tokens at most.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
from jax import Array, lax

from vineppo import transformer
from vineppo.transformer import Cache, Params, Tail, TransformerConfig, Turns


@dataclass(frozen=True)
class Sampler:
    """How tokens are drawn and when a rollout ends.

    Attributes:
      temperature: logits are divided by it; 0 takes the likeliest token.
      top_p: only the likeliest tokens that together have this probability are drawn from.
      max_new_tokens: M, a rollout that reaches it is unfinished.
      end_token: ends a rollout, as its last token.
      stop_sequences: end a rollout too, as its last tokens.
      num_tokens: of the tokenizer; a model's further logits are never drawn. 0: all are.
      max_length: of prefix and rollout together; one that reaches it is unfinished. 0: any.
    """

    temperature: float
    top_p: float
    max_new_tokens: int
    end_token: int
    stop_sequences: tuple[tuple[int, ...], ...] = ()
    num_tokens: int = 0
    max_length: int = 0


class Jobs(NamedTuple):
    """Rollouts to sample, the longest first."""

    starts: Array  # [P, J], tokens of the group's sequence that are kept; 0 means there is no job
    keys: Array  # [P, J], random keys


class Rollouts(NamedTuple):
    """What was sampled.

    `steps` counts decoding steps, each of P x S slots, and `num_tokens` the tokens read in them by
    slots at work.
    """

    tokens: Array  # [P, J, M]
    lengths: Array  # [P, J]
    is_finished: Array  # [P, J], whether it came to an end token or a stop sequence
    steps: Array  # []
    num_tokens: Array  # []


class Given(NamedTuple):
    """What no token changes; drawing and turning are prepared for all of them at once."""

    params: Params
    sequences: Array  # [P, L]
    prefix: Cache
    starts: Array  # [P, J]
    uniforms: Array  # [P, J, M], the number from which each token is drawn
    turns: Turns  # [L + M, D / 2], of every position


class Slots(NamedTuple):
    """State of sampling between two tokens."""

    job: Array  # [P, S], J means idle
    num_sampled: Array  # [P, S], tokens of the job so far
    token: Array  # [P, S], that is read next
    recent: Array  # [P, S, R], the last sampled, for stop sequences
    next_job: Array  # [P]
    step: Array  # []
    num_tokens: Array  # []
    tails: Cache
    tokens: Array  # [P, J + 1, M], results; those of idle slots go to row J
    lengths: Array  # [P, J + 1]
    is_finished: Array  # [P, J + 1]


def sample(
    config: TransformerConfig,
    sampler: Sampler,
    params: Params,
    sequences: Array,
    prefix: Cache,
    jobs: Jobs,
    num_slots: int,
) -> Rollouts:
    """Samples all jobs.

    Args:
      config: sizes of the model.
      sampler: see `Sampler`.
      params: of the model.
      sequences: what the jobs fork from. Shape [P, L].
      prefix: their cache, from `transformer.forward`.
      jobs: a job reads the last token before its start once more, for its first logits.
      num_slots: S, of every group.
    """
    chex.assert_rank([sequences, jobs.starts], 2)
    limit = sampler.max_new_tokens
    given = Given(
        params,
        sequences,
        prefix,
        jobs.starts,
        _uniforms(jobs.keys, limit),
        transformer.turns(config, jnp.arange(sequences.shape[1] + limit)),
    )
    slots = _begin(config, sampler, given, num_slots)
    advance = partial(_advance, config, sampler, given)
    slots = lax.while_loop(lambda slots: jnp.any(_is_busy(slots, given)), advance, slots)
    return Rollouts(
        slots.tokens[:, :-1],
        slots.lengths[:, :-1],
        slots.is_finished[:, :-1],
        slots.step,
        slots.num_tokens,
    )


def _uniforms(keys: Array, limit: int) -> Array:
    """The n-th number of a key is drawn from the key with n folded in. Shape [P, J, M]."""

    def of_token(key: Array, number: Array) -> Array:
        return jax.random.uniform(jax.random.fold_in(key, number))

    of_job = jax.vmap(of_token, (None, 0))
    return jax.vmap(jax.vmap(of_job, (0, None)), (0, None))(keys, jnp.arange(limit))


def _is_busy(slots: Slots, given: Given) -> Array:
    return slots.job < given.starts.shape[1]


def _begin(config: TransformerConfig, sampler: Sampler, given: Given, num_slots: int) -> Slots:
    num_groups, num_jobs = given.starts.shape
    idle = jnp.full((num_groups, num_slots), num_jobs)
    longest_stop = max((len(stop) for stop in sampler.stop_sequences), default=0)
    slots = Slots(
        job=idle,
        num_sampled=jnp.zeros_like(idle),
        token=jnp.zeros_like(idle),
        recent=jnp.full((num_groups, num_slots, longest_stop), -1),
        next_job=jnp.zeros(num_groups, int),
        step=jnp.zeros((), int),
        num_tokens=jnp.zeros((), int),
        tails=transformer.empty_tails(config, num_groups, num_slots, sampler.max_new_tokens),
        tokens=jnp.full((num_groups, num_jobs + 1, sampler.max_new_tokens), sampler.end_token),
        lengths=jnp.zeros((num_groups, num_jobs + 1), int),
        is_finished=jnp.zeros((num_groups, num_jobs + 1), bool),
    )
    return _refill(slots, given)


def _refill(slots: Slots, given: Given) -> Slots:
    """Gives idle slots the next jobs of their group, in the order of the slots."""
    num_jobs = given.starts.shape[1]
    is_idle = ~_is_busy(slots, given)
    rank = jnp.cumsum(is_idle, axis=1) - 1
    candidate = jnp.minimum(slots.next_job[:, None] + rank, num_jobs)
    padded = jnp.pad(given.starts, ((0, 0), (0, 1)))
    start = jnp.take_along_axis(padded, candidate, axis=1)
    candidate = jnp.where(start > 0, candidate, num_jobs)
    last = jnp.take_along_axis(given.sequences, jnp.maximum(start - 1, 0), axis=1)
    return slots._replace(
        job=jnp.where(is_idle, candidate, slots.job),
        num_sampled=jnp.where(is_idle, 0, slots.num_sampled),
        token=jnp.where(is_idle, last, slots.token),
        recent=jnp.where(is_idle[..., None], -1, slots.recent),
        next_job=jnp.minimum(slots.next_job + jnp.sum(is_idle, axis=1), num_jobs),
    )


def _advance(config: TransformerConfig, sampler: Sampler, given: Given, slots: Slots) -> Slots:
    """Reads a token and samples the next in every busy slot, ends rollouts, refills."""
    num_jobs, limit = given.starts.shape[1], sampler.max_new_tokens
    is_busy = _is_busy(slots, given)
    row = jnp.minimum(slots.job, num_jobs - 1)
    group = jnp.arange(row.shape[0])[:, None]
    start = given.starts[group, row]
    position = jnp.maximum(start - 1 + slots.num_sampled, 0)
    # The last token of the prefix is read anew, into the tail: the prefix ends before it.
    columns = jnp.arange(limit)[None, None]
    column = slots.step % limit
    tail = Tail(
        column=column,
        turns=jax.tree.map(lambda table: table[position], given.turns),
        prefix_mask=jnp.arange(given.sequences.shape[1])[None, None] < start[..., None] - 1,
        tail_mask=(column - columns) % limit <= slots.num_sampled[..., None],
    )
    hidden, tails = transformer.decode(
        config, given.params, slots.token, tail, given.prefix, slots.tails
    )
    uniform = given.uniforms[group, row, slots.num_sampled]
    token = draw_tokens(sampler, transformer.logits(given.params, hidden), uniform)
    recent = jnp.concatenate([slots.recent, token[..., None]], axis=-1)[..., 1:]
    is_finished = (token == sampler.end_token) | _has_stopped(sampler, recent)
    count = slots.num_sampled + 1
    is_over = is_finished | (count == limit) | ~is_busy
    if sampler.max_length:
        is_over |= start + count >= sampler.max_length

    slots = slots._replace(
        job=jnp.where(is_over, num_jobs, slots.job),
        num_sampled=count,
        token=token,
        recent=recent if sampler.stop_sequences else slots.recent,
        step=slots.step + 1,
        num_tokens=slots.num_tokens + jnp.sum(is_busy),
        tails=tails,
        tokens=slots.tokens.at[group, slots.job, jnp.minimum(slots.num_sampled, limit - 1)].set(
            token
        ),
        lengths=slots.lengths.at[group, slots.job].set(count),
        is_finished=slots.is_finished.at[group, slots.job].set(is_finished),
    )
    return _refill(slots, given)


def _has_stopped(sampler: Sampler, recent: Array) -> Array:
    """Whether the last tokens [P, S, R] are one of the stop sequences. Shape [P, S]."""
    stopped = jnp.zeros(recent.shape[:2], bool)
    for stop in sampler.stop_sequences:
        ending = jnp.array(stop)[None, None]
        stopped |= jnp.all(recent[..., recent.shape[-1] - len(stop) :] == ending, axis=-1)
    return stopped


def draw_tokens(sampler: Sampler, logits: Array, uniform: Array) -> Array:
    """Draws a token from each row of logits, by a number uniform on [0, 1).

    Args:
      sampler: temperature, top-p, and which logits are of tokens.
      logits: [..., V].
      uniform: [...].
    """
    if sampler.num_tokens:
        is_token = jnp.arange(logits.shape[-1]) < sampler.num_tokens
        logits = jnp.where(jnp.broadcast_to(is_token, logits.shape), logits, -jnp.inf)
    if sampler.temperature == 0:
        return jnp.argmax(logits, axis=-1)
    uniform = uniform[..., None]
    probabilities = jax.nn.softmax(logits / sampler.temperature, axis=-1)
    if sampler.top_p >= 1:
        return _first_above(probabilities, uniform)
    order = jnp.argsort(-probabilities, axis=-1)
    ordered = jnp.take_along_axis(probabilities, order, axis=-1)
    before = jnp.cumsum(ordered, axis=-1) - ordered
    nucleus = jnp.where(before < sampler.top_p, ordered, 0.0)
    place = _first_above(nucleus, uniform)
    return jnp.take_along_axis(order, place[..., None], axis=-1)[..., 0]


def _first_above(weights: Array, uniform: Array) -> Array:
    """First index at which the running sum exceeds a uniform share of the total; its weight > 0."""
    running = jnp.cumsum(weights, axis=-1)
    return jnp.argmax(running > uniform * running[..., -1:], axis=-1)
