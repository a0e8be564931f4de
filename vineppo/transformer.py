"""The Llama architecture as pure functions of a tree of parameters.

One block serves Llama, RhoMath, DeepSeekMath and Qwen2: RMSNorm, rotary positions, grouped heads,
SwiGLU, a tied or untied head, biases on q, k, v where a checkpoint has them. Numbers are stored and
multiplied in `dtype`; norms, softmax and logits are float32.

Shapes: P sequences (or groups of rollouts), L tokens, E hidden units, V vocabulary, H heads in C
groups that share a key, D units of a head, S slots of rollouts, M columns of a tail cache.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import chex
import jax
import jax.numpy as jnp
from jax import Array

Params = dict[str, Any]
Cache = tuple[tuple[Array, Array], ...]  # keys and values of every layer


@dataclass(frozen=True)
class Rope:
    """Rotary positions.

    Attributes:
      theta: base of the wavelengths.
      kind: how they are stretched beyond the length of pre-training.
      factor: by which the longest are stretched.
      low_freq_factor: llama3: wavelengths above original_length / this are stretched in full.
      high_freq_factor: llama3: those below original_length / this are not stretched.
      original_length: llama3: tokens of pre-training.
    """

    theta: float = 10_000.0
    kind: Literal["default", "linear", "llama3"] = "default"
    factor: float = 1.0
    low_freq_factor: float = 1.0
    high_freq_factor: float = 4.0
    original_length: int = 8192


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes of a decoder-only transformer."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    max_length: int
    norm_epsilon: float = 1e-5
    rope: Rope = field(default_factory=Rope)
    is_tied: bool = False
    has_qkv_bias: bool = False
    dtype: str = "float32"
    rematerialise: bool = False


class Tail(NamedTuple):
    """Where the tokens that slots read now stand, and which columns of the tail are theirs."""

    column: Array  # [], column that is written now
    positions: Array  # [P, S], of the tokens fed
    prefix_mask: Array  # [P, S, L], tokens of the group's sequence that a slot continues
    tail_mask: Array  # [P, S, M], columns that a slot has written since it began its rollout


def init(config: TransformerConfig, key: Array) -> Params:
    """Draws parameters, normal with standard deviation 1/sqrt(inputs); consumes the key."""
    embedding_key, head_key, layers_key = jax.random.split(key, 3)
    width, dtype = config.hidden_size, jnp.dtype(config.dtype)

    def normal(key: Array, rows: int, columns: int, scale: float) -> Array:
        return (jax.random.normal(key, (rows, columns)) * scale).astype(dtype)

    def layer(key: Array) -> Params:
        queries, keys = config.num_heads * config.head_dim, config.num_kv_heads * config.head_dim
        inner = config.intermediate_size
        sizes = {
            "query": (width, queries),
            "key": (width, keys),
            "value": (width, keys),
            "output": (queries, width),
            "gate": (width, inner),
            "up": (width, inner),
            "down": (inner, width),
        }
        drawn = {
            name: normal(each, *size, size[0] ** -0.5)
            for (name, size), each in zip(
                sizes.items(), jax.random.split(key, len(sizes)), strict=True
            )
        }
        biases = {"query_bias": queries, "key_bias": keys, "value_bias": keys}
        zeros = {name: jnp.zeros(size, dtype) for name, size in biases.items()}
        norms = {name: jnp.ones(width, dtype) for name in ("attention_norm", "mlp_norm")}
        return {**drawn, **norms, **(zeros if config.has_qkv_bias else {})}

    params = {
        "embedding": normal(embedding_key, config.vocab_size, width, width**-0.5),
        "layers": [layer(each) for each in jax.random.split(layers_key, config.num_layers)],
        "final_norm": jnp.ones(width, dtype),
    }
    if not config.is_tied:
        params["head"] = normal(head_key, width, config.vocab_size, width**-0.5)
    return params


def forward(config: TransformerConfig, params: Params, tokens: Array) -> tuple[Array, Cache]:
    """Reads whole sequences, each from position 0.

    Attention is causal, so padding on the right changes nothing before it.

    Args:
      config: sizes.
      params: of the model.
      tokens: [P, L].

    Returns:
      Final hidden states [P, L, E], normalised, and the cache, keys and values [P, C, L, D] of
      every layer.
    """
    chex.assert_rank(tokens, 2)
    length = tokens.shape[1]
    positions = jnp.broadcast_to(jnp.arange(length), tokens.shape)
    causal = jnp.tril(jnp.ones((length, length), bool))

    def attend(query: Array, key: Array, value: Array) -> Array:
        scores = jnp.einsum("plcgd,pcmd->pcglm", query, key).astype(jnp.float32)
        weights = jax.nn.softmax(jnp.where(causal, scores, -jnp.inf), axis=-1)
        return jnp.einsum("pcglm,pcmd->plcgd", weights.astype(value.dtype), value)

    def block(layer: Params, x: Array) -> tuple[Array, tuple[Array, Array]]:
        query, key, value = _query_key_value(config, layer, x, positions)
        cached = (jnp.swapaxes(key, 1, 2), jnp.swapaxes(value, 1, 2))
        return _rest_of_block(config, layer, x, attend(query, *cached)), cached

    if config.rematerialise:
        block = jax.checkpoint(block)
    x = params["embedding"][tokens]
    cache = []
    for layer in params["layers"]:
        x, key_value = block(layer, x)
        cache.append(key_value)
    return rms_norm(x, params["final_norm"], config.norm_epsilon), tuple(cache)


def decode(
    config: TransformerConfig,
    params: Params,
    tokens: Array,
    tail: Tail,
    prefix: Cache,
    tails: Cache,
) -> tuple[Array, Cache]:
    """Reads one more token of every rollout.

    All rollouts of a group read the cache of the sequence they fork from, under a mask: a fork
    copies nothing. What they add lies in tail caches, written in place, one column of all slots at
    a time.

    Args:
      config: sizes.
      params: of the model.
      tokens: [P, S].
      tail: positions and masks; the masks include the column written now.
      prefix: keys and values of the sequences forked, [P, C, L, D] of every layer.
      tails: keys and values that slots have added, [P, S, C, M, D] of every layer.

    Returns:
      Final hidden states [P, S, E] and the tails with one more column.
    """
    chex.assert_rank([tokens, tail.prefix_mask, tail.tail_mask], [2, 3, 3])
    mask = jnp.concatenate([tail.prefix_mask, tail.tail_mask], axis=-1)[:, :, None, None]
    split = tail.prefix_mask.shape[-1]

    def attend(
        query: Array, shared: tuple[Array, Array], own: tuple[Array, Array]
    ) -> Array:  # [P, S, C, G, D]
        far = jnp.einsum("pscgd,pcld->pscgl", query, shared[0])
        near = jnp.einsum("pscgd,pscmd->pscgm", query, own[0])
        scores = jnp.concatenate([far, near], axis=-1).astype(jnp.float32)
        weights = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf), axis=-1).astype(query.dtype)
        from_far = jnp.einsum("pscgl,pcld->pscgd", weights[..., :split], shared[1])
        return from_far + jnp.einsum("pscgm,pscmd->pscgd", weights[..., split:], own[1])

    x = params["embedding"][tokens]
    updated = []
    for layer, shared, (keys, values) in zip(params["layers"], prefix, tails, strict=True):
        query, key, value = _query_key_value(config, layer, x, tail.positions)
        at = (0, 0, 0, tail.column, 0)
        own = (
            jax.lax.dynamic_update_slice(keys, key[:, :, :, None], at),
            jax.lax.dynamic_update_slice(values, value[:, :, :, None], at),
        )
        x = _rest_of_block(config, layer, x, attend(query, shared, own))
        updated.append(own)
    return rms_norm(x, params["final_norm"], config.norm_epsilon), tuple(updated)


def logits(params: Params, hidden: Array) -> Array:
    """Logits [..., V] of the next token, float32, from final hidden states [..., E]."""
    if "head" in params:
        product = hidden @ params["head"]
    else:
        product = jnp.einsum("...e,ve->...v", hidden, params["embedding"])
    return product.astype(jnp.float32)


def empty_tails(config: TransformerConfig, num_groups: int, num_slots: int, columns: int) -> Cache:
    """Tail caches [P, S, C, M, D] in which nothing is written yet."""
    shape = (num_groups, num_slots, config.num_kv_heads, columns, config.head_dim)
    zeros = jnp.zeros(shape, config.dtype)
    return ((zeros, zeros),) * config.num_layers


def rms_norm(x: Array, scale: Array, epsilon: float) -> Array:
    """RMSNorm over the last axis, x / sqrt(mean(x^2) + epsilon) * scale, in float32."""
    wide = x.astype(jnp.float32)
    normed = wide * jax.lax.rsqrt(jnp.mean(wide**2, axis=-1, keepdims=True) + epsilon)
    return normed.astype(x.dtype) * jax.lax.expand_dims(scale, range(x.ndim - 1))


def rope_frequencies(rope: Rope, head_dim: int) -> Array:
    """Angle per position of each pair of units. Shape [D / 2].

    llama3 stretches long wavelengths by `factor`, leaves short ones and blends between.
    """
    frequencies = rope.theta ** (-jnp.arange(0, head_dim, 2) / head_dim)
    if rope.kind == "default":
        return frequencies
    if rope.kind == "linear":
        return frequencies / rope.factor
    turns = rope.original_length * frequencies / (2 * jnp.pi)  # within the original length
    blend = (turns - rope.low_freq_factor) / (rope.high_freq_factor - rope.low_freq_factor)
    kept = jnp.clip(blend, 0.0, 1.0)
    return kept * frequencies + (1 - kept) * frequencies / rope.factor


def rotate(x: Array, positions: Array, rope: Rope) -> Array:
    """Rotates pairs (x_i, x_{i + D/2}) by their angle at a position, the layout of Hugging Face.

    Args:
      x: [P, L, heads, D].
      positions: [P, L].
      rope: wavelengths.
    """
    angles = positions[..., None, None] * rope_frequencies(rope, x.shape[-1])[None, None, None]
    cos, sin = jnp.cos(angles), jnp.sin(angles)  # [P, L, 1, D / 2]
    first, second = jnp.split(x.astype(jnp.float32), 2, axis=-1)
    rotated = jnp.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)
    return rotated.astype(x.dtype)


def _query_key_value(
    config: TransformerConfig, layer: Params, x: Array, positions: Array
) -> tuple[Array, Array, Array]:
    """Queries [P, L, C, G, D], divided by sqrt(D), keys and values [P, L, C, D]."""
    normed = rms_norm(x, layer["attention_norm"], config.norm_epsilon)

    def project(name: str, heads: int) -> Array:
        product = normed @ layer[name]
        if config.has_qkv_bias:
            product = product + layer[f"{name}_bias"][None, None]
        return product.reshape(*x.shape[:2], heads, config.head_dim)

    query = rotate(project("query", config.num_heads), positions, config.rope)
    key = rotate(project("key", config.num_kv_heads), positions, config.rope)
    groups = (config.num_kv_heads, config.num_heads // config.num_kv_heads, config.head_dim)
    query = (query * config.head_dim**-0.5).reshape(*x.shape[:2], *groups)
    return query, key, project("value", config.num_kv_heads)


def _rest_of_block(config: TransformerConfig, layer: Params, x: Array, attended: Array) -> Array:
    """Output projection and SwiGLU, each added to the stream."""
    x = x + attended.reshape(*x.shape[:2], -1) @ layer["output"]
    normed = rms_norm(x, layer["mlp_norm"], config.norm_epsilon)
    gated: Callable[[Array], Array] = jax.nn.silu
    return x + (gated(normed @ layer["gate"]) * (normed @ layer["up"])) @ layer["down"]
