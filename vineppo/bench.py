"""Throughput of sampling on this machine: against static batches, re-reading, and transformers."""

import importlib.util
import tempfile
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from common.logger import atomic, provenance, results
from vineppo import hugging_face, policy, transformer
from vineppo.sampling import Jobs, Sampler
from vineppo.timing import Row, row
from vineppo.transformer import TransformerConfig


@dataclass(frozen=True)
class Sizes:
    """Sizes of the benchmark.

    Attributes:
      model: that samples.
      num_trajectories: whose states get rollouts.
      prompt_length: tokens of a prompt.
      step_length: tokens of a reasoning step.
      num_steps: steps of a trajectory.
      num_rollouts: K.
      num_slots: per trajectory.
      num_mixed: responses of mixed lengths.
      num_mixed_slots: slots for them.
    """

    model: TransformerConfig
    num_trajectories: int = 32
    prompt_length: int = 24
    step_length: int = 4
    num_steps: int = 12
    num_rollouts: int = 9
    num_slots: int = 54
    num_mixed: int = 2048
    num_mixed_slots: int = 64


DEFAULT = Sizes(
    TransformerConfig(
        vocab_size=64,
        hidden_size=64,
        intermediate_size=128,
        num_layers=2,
        num_heads=2,
        num_kv_heads=2,
        head_dim=32,
        max_length=256,
    )
)


def run(repeats: int, output: Path, sizes: Sizes = DEFAULT) -> str:
    """Measures, writes a JSON file and returns the table as text.

    Args:
      repeats: timed repeats after a warm-up; the median is reported.
      output: file to write.
      sizes: of everything.
    """
    params = transformer.init(sizes.model, jax.random.key(0))
    rows = [
        *_vine_rows(sizes, params, repeats),
        *_static_batch_rows(sizes),
        *_transformers_rows(sizes, params, repeats),
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
    return "\n".join(
        f"{each['what']:<66} {each['median']:>12,.4g} {each['unit']}"
        f"  [{each['range'][0]:,.4g}, {each['range'][1]:,.4g}]"
        for each in rows
    )


def _fixed_length_sampler(sizes: Sizes, length: int) -> Sampler:
    """Never ends early: the end token is beyond those that are drawn."""
    vocabulary = sizes.model.vocab_size
    return Sampler(1.0, 1.0, length, vocabulary - 1, num_tokens=vocabulary - 1)


def _vine_rows(sizes: Sizes, params: Any, repeats: int) -> list[Row]:
    """The Monte Carlo phase: K rollouts from every step, all of the longest length."""
    length = sizes.step_length * sizes.num_steps
    sequences = jax.random.randint(
        jax.random.key(1), (sizes.num_trajectories, sizes.prompt_length + length), 0, 60
    )
    cuts = np.arange(sizes.num_steps) * sizes.step_length
    starts = np.tile(
        np.repeat(sizes.prompt_length + cuts, sizes.num_rollouts), (sizes.num_trajectories, 1)
    )
    keys = jax.random.split(jax.random.key(2), starts.shape)
    sampler = _fixed_length_sampler(sizes, length)
    compile_started = time.perf_counter()

    def once() -> Any:
        _, cache = policy.score(sizes.model, params, sequences, 1.0)
        return jax.block_until_ready(
            policy.continue_sequences(
                sizes.model,
                sampler,
                params,
                sequences,
                cache,
                Jobs(jnp.asarray(starts), keys),
                sizes.num_slots,
            )
        )

    rollouts = once()
    compiled = time.perf_counter() - compile_started
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        once()
        seconds.append(time.perf_counter() - started)
    tokens = int(rollouts.num_tokens)
    read_once = sequences.size
    again = int(np.sum(starts)) + tokens
    name = f"Monte Carlo phase, {starts.size} rollouts of {length} tokens"
    return [
        row(f"{name}: tokens sampled", "tokens/s", [tokens / s for s in seconds]),
        row(f"{name}: compilation", "s", [compiled]),
        row(
            "reading every prefix anew over forked caches: processed tokens",
            "times",
            [again / (tokens + read_once)],
        ),
    ]


def _static_batch_rows(sizes: Sizes) -> list[Row]:
    """Decoding steps on mixed lengths: batches that wait for their longest, against refilled slots.

    A model without a head draws each of 32 tokens alike, and so ends with probability 1/32 a token:
    lengths are geometric, cut at 512. Static batches take the same lengths in the same order.
    """
    model = replace(sizes.model, vocab_size=32, num_layers=1)
    params = transformer.init(model, jax.random.key(5))
    params["head"] = jnp.zeros_like(params["head"])
    number, slots = sizes.num_mixed, sizes.num_mixed_slots
    keys = jax.random.split(jax.random.key(6), (1, number))
    _, cache = policy.score(model, params, jnp.zeros((1, 2), int), 1.0)
    rollouts = policy.continue_sequences(
        model,
        Sampler(1.0, 1.0, 512, 31),
        params,
        jnp.zeros((1, 2), int),
        cache,
        Jobs(jnp.ones((1, number), int), keys),
        slots,
    )
    lengths = np.asarray(rollouts.lengths[0])
    static = int(np.sum(np.max(lengths.reshape(-1, slots), axis=1)))
    what = f"static batches of {slots} over refilled slots, {number} mixed lengths: decoding steps"
    return [row(what, "times", [static / int(rollouts.steps)])]


def _transformers_rows(sizes: Sizes, params: Any, repeats: int) -> list[Row]:
    """The same model and batch in transformers' generate, where torch is installed."""
    if importlib.util.find_spec("torch") is None:
        return []
    import torch
    from transformers import AutoModelForCausalLM

    batch, new = 256, 64
    prompts = np.random.default_rng(3).integers(60, size=(batch, sizes.prompt_length))
    with tempfile.TemporaryDirectory() as folder:
        hugging_face.save(folder, sizes.model, params)
        model = AutoModelForCausalLM.from_pretrained(folder).eval()
    inputs = torch.tensor(prompts)

    def theirs() -> None:
        with torch.no_grad():
            model.generate(
                inputs,
                attention_mask=torch.ones_like(inputs),
                do_sample=True,
                max_new_tokens=new,
                min_new_tokens=new,
                pad_token_id=0,
            )

    sampler = _fixed_length_sampler(sizes, new)
    lengths = jnp.full(batch, sizes.prompt_length)
    answer = partial(policy.answer_prompts, sizes.model, sampler, params, jnp.asarray(prompts))

    def ours() -> None:
        jax.block_until_ready(answer(lengths, jax.random.key(4), 1))

    rates = {}
    for name, function in (("transformers", theirs), ("ours", ours)):
        function()
        seconds = []
        for _ in range(repeats):
            started = time.perf_counter()
            function()
            seconds.append(time.perf_counter() - started)
        rates[name] = [batch * new / s for s in seconds]
    ratio = float(np.median(rates["ours"]) / np.median(rates["transformers"]))
    return [
        row(
            f"{batch} responses of {new} tokens: transformers generate",
            "tokens/s",
            rates["transformers"],
        ),
        row(f"{batch} responses of {new} tokens: ours", "tokens/s", rates["ours"]),
        row("ours over transformers generate", "times", [ratio]),
    ]
