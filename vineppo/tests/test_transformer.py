"""Tests that the transformer is Llama: logits of transformers, and what attention must not see."""

import importlib.util
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vineppo import transformer
from vineppo.model_files import hugging_face
from vineppo.tests.golden import make_golden
from vineppo.transformer import Rope, TransformerConfig

SMALL = TransformerConfig(
    vocab_size=11,
    hidden_size=16,
    intermediate_size=24,
    num_layers=2,
    num_heads=4,
    num_kv_heads=2,
    head_dim=6,
    max_length=32,
)


def logits_of(config, params, tokens):
    @jax.jit
    def read(params, tokens):
        return transformer.logits(params, transformer.forward(config, params, tokens)[0])

    return np.asarray(read(params, jnp.asarray(tokens)))


@pytest.fixture(scope="module")
def small_params():
    return transformer.init(SMALL, jax.random.key(0))


@pytest.mark.parametrize("name", make_golden.MODELS)
def test_logits_agree_with_the_golden_ones_of_transformers(name):
    """Golden logits of `make_golden.py`: grouped heads, tied, rope scalings, biases, shards."""
    folder = make_golden.FOLDER / name
    config = hugging_face.read_architecture(folder)
    params = hugging_face.load_params(folder, config)
    expected = np.load(folder / "logits.npz")["logits"]
    np.testing.assert_allclose(
        logits_of(config, params, make_golden.tokens()), expected, atol=1e-4, rtol=1e-4
    )
    assert np.std(expected) > 0.1  # they are not all alike


@pytest.mark.parity
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
@pytest.mark.parametrize("name", make_golden.MODELS)
def test_what_we_write_is_read_by_transformers_with_the_same_logits(name, tmp_path):
    from transformers import AutoModelForCausalLM

    folder = make_golden.FOLDER / name
    config = hugging_face.read_architecture(folder)
    params = hugging_face.load_params(folder, config)
    hugging_face.save(tmp_path, config, params, shard_bytes=20_000)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path).float().eval()
    ours = logits_of(config, params, make_golden.tokens())
    np.testing.assert_allclose(make_golden.logits_of(theirs), ours, atol=1e-4, rtol=1e-4)


def test_a_token_changes_no_logits_before_it(small_params):
    tokens = np.arange(10)[None] % 11
    changed = tokens.copy()
    changed[0, 6] = 10
    before, after = (logits_of(SMALL, small_params, each) for each in (tokens, changed))
    np.testing.assert_array_equal(before[:, :6], after[:, :6])
    assert np.all(np.max(np.abs(before - after)[:, 6:], axis=-1) > 1e-4)


def test_rotated_products_depend_on_the_distance_alone():
    config = replace(SMALL, rope=Rope(100.0))
    query, key = jax.random.normal(jax.random.key(1), (2, 1, 1, 1, config.head_dim))

    def product(at, other):
        here = transformer.rotate(query, transformer.turns(config, jnp.array([[at]])))
        there = transformer.rotate(key, transformer.turns(config, jnp.array([[other]])))
        return float(jnp.sum(here * there))

    assert product(7, 3) == pytest.approx(product(24, 20), abs=1e-5)
    assert abs(product(7, 3) - product(7, 4)) > 1e-3


def test_llama3_stretches_long_wavelengths_only():
    """theta = 1e4, D = 8: wavelengths 6.3, 63, 628, 6283; the original length is 512, factor 4."""
    plain = np.asarray(transformer.rope_frequencies(Rope(1e4), 8))
    rope = Rope(1e4, "llama3", 4.0, 1.0, 4.0, 512)
    ratios = np.asarray(transformer.rope_frequencies(rope, 8)) / plain
    np.testing.assert_allclose(ratios, [1.0, 1.0, 0.25, 0.25], rtol=1e-6)


def test_rematerialisation_changes_no_gradient(small_params):
    tokens = jnp.arange(8)[None]

    def loss(params, config):
        return jnp.sum(
            transformer.forward(config, params, tokens)[0] ** 2 * jnp.arange(16)[None, None]
        )

    gradient = jax.jit(jax.grad(loss), static_argnums=1)
    plain = gradient(small_params, SMALL)
    again = gradient(small_params, replace(SMALL, rematerialise=True))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), plain, again)


def test_bfloat16_keeps_norms_and_logits_in_float32(small_params):
    config = replace(SMALL, dtype="bfloat16")
    params = jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16), small_params)
    forward = jax.jit(partial(transformer.forward, config))
    hidden, _ = forward(params, jnp.arange(8)[None])
    assert hidden.dtype == jnp.bfloat16
    assert transformer.logits(params, hidden).dtype == jnp.float32
    ours = logits_of(config, params, np.arange(8)[None])
    np.testing.assert_allclose(ours, logits_of(SMALL, small_params, np.arange(8)[None]), atol=0.15)
