"""The Llama architecture in flax linen: whole sequences, or a token more of every rollout.

One block serves Llama, RhoMath, DeepSeekMath and Qwen2: RMSNorm, rotary positions, grouped heads,
SwiGLU, a tied or untied head, biases on q, k, v where a checkpoint has them. Numbers are stored and
multiplied in `dtype`; norms, softmax and logits are float32.

Shapes: P sequences (or groups of rollouts), L tokens, E hidden units, V vocabulary, H heads in C
groups that share a key, D units of a head, S slots of rollouts, M columns of a tail cache.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple

import chex
import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

Params = dict[str, Any]
Cache = tuple[tuple[Array, Array], ...]  # keys and values of every layer
Turns = tuple[Array, Array]  # cosines and sines of positions, [..., D / 2]


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
    turns: Turns  # [P, S, D / 2], of the positions of the tokens fed
    prefix_mask: Array  # [P, S, L], tokens of the group's sequence that a slot continues
    tail_mask: Array  # [P, S, M], columns that a slot has written since it began its rollout


class Transformer(nn.Module):
    """The model; `__call__` reads whole sequences, `decode` a token of every rollout."""

    config: TransformerConfig

    def setup(self) -> None:
        """Declares parameters; `layers_0`, `layers_1` and so on are blocks."""
        config = self.config
        vocabulary, width, dtype = config.vocab_size, config.hidden_size, jnp.dtype(config.dtype)
        block = nn.remat(Block, methods=["read"]) if config.rematerialise else Block
        self.embedding = self.param("embedding", _normal, (vocabulary, width), dtype, width)
        self.layers = [block(config) for _ in range(config.num_layers)]
        self.final_norm = self.param("final_norm", nn.initializers.ones, (width,), dtype)
        if not config.is_tied:
            self.head = self.param("head", _normal, (width, vocabulary), dtype)

    def __call__(self, tokens: Array) -> tuple[Array, Cache]:
        """Reads whole sequences, each from position 0; see `forward`."""
        chex.assert_rank(tokens, 2)
        cos, sin = turns(self.config, jnp.arange(tokens.shape[1]))
        x, cache = self.embedding[tokens], []
        for layer in self.layers:
            x, key_value = layer.read(x, (cos[None], sin[None]))
            cache.append(key_value)
        return rms_norm(x, self.final_norm, self.config.norm_epsilon), tuple(cache)

    def decode(self, tokens: Array, tail: Tail, prefix: Cache, tails: Cache) -> tuple[Array, Cache]:
        """Reads one more token of every rollout; see `decode`."""
        chex.assert_rank([tokens, tail.prefix_mask, tail.tail_mask], [2, 3, 3])
        x, updated = self.embedding[tokens], []
        for layer, shared, own in zip(self.layers, prefix, tails, strict=True):
            x, own = layer.decode(x, tail, shared, own)
            updated.append(own)
        return rms_norm(x, self.final_norm, self.config.norm_epsilon), tuple(updated)


class Block(nn.Module):
    """Attention and SwiGLU, each added to the stream."""

    config: TransformerConfig

    def setup(self) -> None:
        """Declares parameters."""
        config = self.config
        width, inner, dtype = config.hidden_size, config.intermediate_size, jnp.dtype(config.dtype)
        queries, keys = config.num_heads * config.head_dim, config.num_kv_heads * config.head_dim

        def matrix(name: str, rows: int, columns: int) -> Array:
            return self.param(name, _normal, (rows, columns), dtype)

        def norm(name: str) -> Array:
            return self.param(name, nn.initializers.ones, (width,), dtype)

        self.attention_norm, self.mlp_norm = norm("attention_norm"), norm("mlp_norm")
        self.query, self.output = matrix("query", width, queries), matrix("output", queries, width)
        self.key, self.value = matrix("key", width, keys), matrix("value", width, keys)
        self.gate, self.up = matrix("gate", width, inner), matrix("up", width, inner)
        self.down = matrix("down", inner, width)
        if config.has_qkv_bias:
            zeros = partial(self.param, init_fn=nn.initializers.zeros)
            self.query_bias = zeros("query_bias", shape=(queries,), dtype=dtype)
            self.key_bias = zeros("key_bias", shape=(keys,), dtype=dtype)
            self.value_bias = zeros("value_bias", shape=(keys,), dtype=dtype)

    def read(self, x: Array, turns: Turns) -> tuple[Array, tuple[Array, Array]]:
        """Whole sequences [P, L, E]; returns keys and values [P, C, L, D] too."""
        length = x.shape[1]
        query, key, value = self.query_key_value(x, turns)
        key, value = jnp.swapaxes(key, 1, 2), jnp.swapaxes(value, 1, 2)
        scores = jnp.einsum("plcgd,pcmd->pcglm", query, key).astype(jnp.float32)
        causal = jnp.tril(jnp.ones((length, length), bool))
        weights = jax.nn.softmax(jnp.where(causal, scores, -jnp.inf), axis=-1)
        attended = jnp.einsum("pcglm,pcmd->plcgd", weights.astype(value.dtype), value)
        return self.rest(x, attended), (key, value)

    def decode(
        self, x: Array, tail: Tail, shared: tuple[Array, Array], own: tuple[Array, Array]
    ) -> tuple[Array, tuple[Array, Array]]:
        """A token of every slot [P, S, E]; returns the block's tail with one more column."""
        query, key, value = self.query_key_value(x, tail.turns)
        rows, at = own[0].shape[:2], (0, 0, tail.column, 0)  # P S, C
        keys = jax.lax.dynamic_update_slice(own[0], key.reshape(*rows, 1, -1), at)
        values = jax.lax.dynamic_update_slice(own[1], value.reshape(*rows, 1, -1), at)
        far = jnp.einsum("pscgd,pcld->pscgl", query, shared[0])
        near = jnp.einsum("rcgd,rcmd->rcgm", query.reshape(*rows, *query.shape[3:]), keys)
        near = near.reshape(*query.shape[:4], -1)
        scores = jnp.concatenate([far, near], axis=-1).astype(jnp.float32)
        mask = jnp.concatenate([tail.prefix_mask, tail.tail_mask], axis=-1)[:, :, None, None]
        weights = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf), axis=-1).astype(query.dtype)
        split = tail.prefix_mask.shape[-1]
        from_far = jnp.einsum("pscgl,pcld->pscgd", weights[..., :split], shared[1])
        near = weights[..., split:].reshape(*rows, query.shape[3], -1)
        from_near = jnp.einsum("rcgm,rcmd->rcgd", near, values).reshape(query.shape)
        return self.rest(x, from_far + from_near), (keys, values)

    def query_key_value(self, x: Array, turns: Turns) -> tuple[Array, Array, Array]:
        """Queries [P, L, C, G, D], divided by sqrt(D), keys and values [P, L, C, D]."""
        config = self.config
        normed = rms_norm(x, self.attention_norm, config.norm_epsilon)
        products = [normed @ matrix for matrix in (self.query, self.key, self.value)]
        if config.has_qkv_bias:
            biases = (self.query_bias, self.key_bias, self.value_bias)
            products = [p + b[None, None] for p, b in zip(products, biases, strict=True)]
        query, key, value = (
            each.reshape(*x.shape[:2], heads, config.head_dim)
            for each, heads in zip(
                products, (config.num_heads, config.num_kv_heads, config.num_kv_heads), strict=True
            )
        )
        query = rotate(query, turns) * config.head_dim**-0.5
        groups = (config.num_kv_heads, config.num_heads // config.num_kv_heads, config.head_dim)
        return query.reshape(*x.shape[:2], *groups), rotate(key, turns), value

    def rest(self, x: Array, attended: Array) -> Array:
        """Output projection and SwiGLU, each added to the stream."""
        x = x + attended.reshape(*x.shape[:2], -1) @ self.output
        normed = rms_norm(x, self.mlp_norm, self.config.norm_epsilon)
        return x + (jax.nn.silu(normed @ self.gate) * (normed @ self.up)) @ self.down


def _normal(key: Array, shape: tuple[int, int], dtype: Any, inputs: int = 0) -> Array:
    """Normal with standard deviation 1/sqrt(inputs), by default the rows."""
    drawn = jax.random.normal(key, shape) * (inputs or shape[0]) ** -0.5
    return drawn.astype(dtype)


@partial(jax.jit, static_argnums=0)
def init(config: TransformerConfig, key: Array) -> Params:
    """Draws parameters, normal with standard deviation 1/sqrt(inputs); consumes the key."""
    params: Params = Transformer(config).init(key, jnp.zeros((1, 1), int))["params"]
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
    read: tuple[Array, Cache] = Transformer(config).apply({"params": params}, tokens)
    return read


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
      tails: keys and values that slots have added, [P S, C, M, D] of every layer.

    Returns:
      Final hidden states [P, S, E] and the tails with one more column.
    """
    read: tuple[Array, Cache] = Transformer(config).apply(
        {"params": params}, tokens, tail, prefix, tails, method="decode"
    )
    return read


def logits(params: Params, hidden: Array) -> Array:
    """Logits [..., V] of the next token, float32, from final hidden states [..., E]."""
    if "head" in params:
        product = hidden @ params["head"]
    else:
        product = jnp.einsum("...e,ve->...v", hidden, params["embedding"])
    return product.astype(jnp.float32)


def empty_tails(config: TransformerConfig, num_groups: int, num_slots: int, columns: int) -> Cache:
    """Tail caches [P S, C, M, D] in which nothing is written yet.

    Groups and slots share an axis: with an axis of one slot XLA copies the caches at every step.
    """
    shape = (num_groups * num_slots, config.num_kv_heads, columns, config.head_dim)
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


def turns(config: TransformerConfig, positions: Array) -> Turns:
    """Cosines and sines [..., D / 2] by which a head's pairs turn at positions [...]."""
    frequencies = rope_frequencies(config.rope, config.head_dim)
    angles = positions[..., None] * jnp.expand_dims(frequencies, range(positions.ndim))
    return jnp.cos(angles), jnp.sin(angles)


def rotate(x: Array, turns: Turns) -> Array:
    """Rotates pairs (x_i, x_{i + D/2}) by their angle at a position, the layout of Hugging Face.

    Args:
      x: [P, L, heads, D].
      turns: of its positions. Shape [P, L, D / 2], or [1, L, D / 2].
    """
    cos, sin = (each[..., None, :] for each in turns)
    first, second = jnp.split(x.astype(jnp.float32), 2, axis=-1)
    rotated = jnp.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)
    return rotated.astype(x.dtype)
