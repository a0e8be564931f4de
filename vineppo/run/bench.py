"""Throughput of sampling on this machine: against static batches, and prefixes read anew."""

import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from common.logger import atomic, provenance, results
from common.logger.timing import Row, row, timed
from vineppo import policy, sft, transformer, value_estimation, vine
from vineppo.config import RlConfig
from vineppo.experiments import presets
from vineppo.policy import Policy
from vineppo.sampling import Jobs, Rollouts, Sampler
from vineppo.tasks.setup import make_setup
from vineppo.tasks.task import Responses
from vineppo.train import RlTraining
from vineppo.transformer import Params, TransformerConfig


@dataclass(frozen=True)
class Sizes:
    """Sizes of the benchmark.

    Attributes:
      vineppo: a training, whose first iteration is measured after imitation.
      wide: a larger model, for which multiplying costs more than dispatching.
      batch: responses sampled by both models.
      num_tokens: of each of them.
      num_mixed: responses of mixed lengths.
      num_mixed_slots: slots for them.
    """

    vineppo: RlConfig
    wide: TransformerConfig
    batch: int = 64
    num_tokens: int = 64
    num_mixed: int = 2048
    num_mixed_slots: int = 64


def default_sizes() -> Sizes:
    """The quick preset, and a model of 3.3 million parameters."""
    wide = TransformerConfig(
        vocab_size=512,
        hidden_size=256,
        intermediate_size=704,
        num_layers=4,
        num_heads=8,
        num_kv_heads=8,
        head_dim=32,
        max_length=256,
    )
    return Sizes(presets.rl("quick", "vineppo"), wide)


class Phase(NamedTuple):
    """The Monte Carlo phase of an iteration: trajectories whose steps are to be valued."""

    policy: Policy
    responses: Responses
    boundaries: list[np.ndarray]

    def prefixes(self) -> list[np.ndarray]:
        """Prompt and response before each step of each trajectory, K times each."""
        split, config = self.policy.setup.task.train, self.policy.config
        found = []
        for index, (question, cuts) in enumerate(
            zip(self.responses.rows, self.boundaries, strict=True)
        ):
            prompt = split.prompts[question][: split.prompt_lengths[question]]
            for cut in cuts[: config.max_states or None]:
                prefix = np.concatenate([prompt, self.responses.tokens[index, :cut]])
                found += [prefix] * config.num_rollouts
        return found


def run(repeats: int, output: Path, sizes: Sizes | None = None) -> str:
    """Measures, writes a JSON file and returns the table as text.

    Args:
      repeats: timed repeats after a warm-up; the median is reported.
      output: file to write.
      sizes: of everything.
    """
    sizes = sizes or default_sizes()
    phase = prepare(sizes.vineppo)
    rows = [
        *phase_rows(sizes, phase, repeats),
        *static_batch_rows(sizes, repeats),
        *response_rows(sizes, phase, repeats),
    ]
    memory = provenance.peak_memory_bytes() / 2**20
    rows.append(row("peak memory of the whole benchmark", "MiB", [memory]))
    atomic.write_json(
        output,
        {
            "schema_version": results.SCHEMA_VERSION,
            "paper": "vineppo",
            "rows": rows,
            "repeats": repeats,
            **provenance.collect(),
        },
    )
    return "\n".join(_line(each) for each in rows)


def _line(each: Row) -> str:
    low, high = each["range"]
    target = f"  target {each['target']:g}" if "target" in each else ""
    return (
        f"{each['what']:<86} {each['median']:>10,.4g} {each['unit']}  "
        f"[{low:,.4g}, {high:,.4g}]{target}"
    )


def prepare(config: RlConfig) -> Phase:
    """Imitates demonstrations, then samples and cuts the trajectories of an iteration."""
    setup = make_setup(config.initial)
    imitation = sft.SftTraining(config.initial, setup)
    params = imitation.advance(imitation.init(0), config.initial.num_updates)[0].params
    training = RlTraining(config, setup, params)
    responses, _ = training.sample(training.init(0), jax.random.key(1))
    boundaries = setup.task.segment(responses)
    return Phase(training.policy(params), responses, boundaries)


def phase_rows(sizes: Sizes, phase: Phase, repeats: int) -> list[Row]:
    """Rollouts of all steps: from forked caches, and each from its prefix read anew."""
    prefixes = phase.prefixes()
    started = time.perf_counter()
    num_sampled = _fork(phase).num_tokens
    compiled = time.perf_counter() - started
    forked, shared, anew = token_counts(
        phase, prefixes, num_sampled, int(_read_anew(phase, prefixes).num_tokens)
    )
    ours = timed(_fork, phase, repeats=repeats).seconds
    naive = timed(_read_anew, phase, prefixes, repeats=repeats).seconds
    name = f"Monte Carlo phase of an iteration, {len(prefixes)} rollouts"
    over = "every prefix read anew over ours"
    return [
        row(f"{name}: ours", "s", ours),
        row(f"{name}: ours, compilation", "s", [compiled]),
        row(f"{name}: ours, processed", "tokens", [forked]),
        row(f"{over}: processed tokens", "times", [anew / forked], 5.0),
        row(
            f"{over}, identical prefixes shared by both: processed tokens",
            "times",
            [shared / forked],
        ),
        row(f"{over}: time", "times", [_ratio(naive, ours)]),
    ]


def token_counts(
    phase: Phase, prefixes: list[np.ndarray], num_forked: int, num_anew: int
) -> tuple[int, int, int]:
    """Tokens that the model reads in the phase: prefixes and what follows them.

    Args:
      phase: what is valued.
      prefixes: of its rollouts, none shared.
      num_forked: tokens read in decoding from forked caches.
      num_anew: tokens read in decoding from `prefixes`.

    Returns:
      With forked caches, where trajectories are read once; if each rollout of a distinct state
      read its prefix; if each rollout of every state did. The first step of a rollout reads the
      last token of its prefix, which reading the prefix anew has done already.
    """
    split, config = phase.policy.setup.task.train, phase.policy.config
    states = value_estimation.distinct_states(phase.responses, phase.boundaries, config.max_states)
    owners = phase.responses.rows[states.owners]
    of_distinct = np.repeat(split.prompt_lengths[owners] + states.cuts, config.num_rollouts)
    trajectories = split.prompt_lengths[phase.responses.rows] + phase.responses.lengths
    return (
        int(np.sum(trajectories)) + num_forked,
        int(np.sum(of_distinct - 1)) + num_forked,
        sum(len(prefix) - 1 for prefix in prefixes) + num_anew,
    )


def _ratio(values: list[float], others: list[float]) -> float:
    return statistics.median(values) / statistics.median(others)


def _fork(phase: Phase) -> vine.ValueEstimate:
    """The phase as the trainer does it."""
    return vine.estimate_values(phase.policy, phase.responses, phase.boundaries, jax.random.key(2))


def _read_anew(phase: Phase, prefixes: list[np.ndarray]) -> Rollouts:
    """The phase without forks: a prompt per rollout."""
    prompts = np.zeros((len(prefixes), max(len(prefix) for prefix in prefixes)), np.int32)
    for prompt, prefix in zip(prompts, prefixes, strict=True):
        prompt[: len(prefix)] = prefix
    lengths = np.array([len(prefix) for prefix in prefixes], np.int32)
    key, sampled = jax.random.key(3), phase.policy
    return policy.answer_prompts(
        sampled.setup.architecture, sampled.sampler, sampled.params, prompts, lengths, key, 1
    )


def static_batch_rows(sizes: Sizes, repeats: int) -> list[Row]:
    """Mixed lengths: batches that wait for their longest response, against refilled slots.

    A model without a head draws each of 32 tokens alike, and so ends with probability 1/32 a token:
    lengths are geometric, cut at 512. A response's key is its own: both ways give the same ones.
    """
    model = TransformerConfig(32, 64, 128, 1, 2, 2, 32, 1024)
    params = transformer.init(model, jax.random.key(5))
    params["head"] = jnp.zeros_like(params["head"])
    number, slots = sizes.num_mixed, sizes.num_mixed_slots
    prompt = jnp.zeros((1, 2), int)
    _, cache = policy.score(model, params, prompt, 1.0)

    def decode(part: slice) -> int:
        keys = jax.random.split(jax.random.key(6), (1, number))[:, part]
        jobs = Jobs(jnp.ones(keys.shape, int), keys)
        sampler = Sampler(1.0, 1.0, 512, 31)
        rollouts = policy.continue_sequences(model, sampler, params, prompt, cache, jobs, slots)
        return int(rollouts.steps)

    def refilled() -> int:
        return decode(slice(None))

    def static() -> int:
        return sum(decode(part) for part in policy.chunks(number, slots))

    ratio = _ratio(timed(static, repeats=repeats).seconds, timed(refilled, repeats=repeats).seconds)
    what = f"static batches of {slots} over refilled slots, {number} mixed lengths"
    return [
        row(f"{what}: decoding steps", "times", [static() / refilled()], 3.0),
        row(f"{what}: time", "times", [ratio]),
    ]


def response_rows(sizes: Sizes, phase: Phase, repeats: int) -> list[Row]:
    """Responses of one length to as many prompts, by a small and by a wide model."""
    quick = phase.policy.setup.architecture
    quick = replace(quick, max_length=quick.max_length + sizes.num_tokens)
    wide_params = transformer.init(sizes.wide, jax.random.key(0))
    return [
        _model_row(sizes, "quick preset", quick, phase.policy.params, repeats),
        _model_row(sizes, "wide model", sizes.wide, wide_params, repeats),
    ]


def _model_row(
    sizes: Sizes, name: str, model: TransformerConfig, params: Params, repeats: int
) -> Row:
    batch, new = sizes.batch, sizes.num_tokens
    last = model.vocab_size - 1
    prompts = np.random.default_rng(3).integers(last, size=(batch, 24)).astype(np.int32)
    # The end token is beyond those that are drawn: none ends early.
    sampler = Sampler(1.0, 1.0, new, last, num_tokens=last)
    lengths = np.full(batch, prompts.shape[1], np.int32)

    def answer() -> Rollouts:
        key = jax.random.key(4)
        return policy.answer_prompts(model, sampler, params, prompts, lengths, key, 1)

    seconds = timed(answer, repeats=repeats).seconds
    size = sum(leaf.size for leaf in jax.tree.leaves(params))
    what = f"{batch} responses of {new} tokens, {name} of {size:,} parameters: ours"
    return row(what, "tokens/s", [batch * new / each for each in seconds])
