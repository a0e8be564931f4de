"""Reads and writes checkpoints in the layout of Hugging Face: config.json and safetensors.

What is trained here opens in transformers or vLLM. The Llama family is read, and Qwen2, which adds
biases on q, k and v; anything else is refused by name, never guessed.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from common.logger import atomic
from common.logger.errors import UserError
from vineppo import transformer
from vineppo.transformer import Params, Rope, TransformerConfig

FAMILIES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM"}
INDEX = "model.safetensors.index.json"
SHARD_BYTES = 4 * 2**30
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
)
_OF_LAYER = {  # ours -> theirs; matrices are stored [out, in] there
    "attention_norm": "input_layernorm.weight",
    "mlp_norm": "post_attention_layernorm.weight",
    "query": "self_attn.q_proj.weight",
    "key": "self_attn.k_proj.weight",
    "value": "self_attn.v_proj.weight",
    "output": "self_attn.o_proj.weight",
    "gate": "mlp.gate_proj.weight",
    "up": "mlp.up_proj.weight",
    "down": "mlp.down_proj.weight",
}
_BIASES = {f"{name}_bias": f"self_attn.{name[0]}_proj.bias" for name in ("query", "key", "value")}


def read_architecture(
    folder: Path | str, *, dtype: str = "float32", rematerialise: bool = False
) -> TransformerConfig:
    """Reads the sizes of a checkpoint from its config.json.

    Raises:
      UserError: there is none, it is damaged, or of an architecture that is not supported.
    """
    path = Path(folder) / "config.json"
    try:
        config = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist: --model must be a Hugging Face folder") from error
    except (ValueError, OSError) as error:
        raise UserError(f"{path} is damaged: it is not valid JSON") from error
    try:
        return _architecture(config, path, dtype, rematerialise)
    except KeyError as error:
        raise UserError(f"{path} lacks {error}") from error


def _architecture(
    config: Mapping[str, Any], path: Path, dtype: str, rematerialise: bool
) -> TransformerConfig:
    family = config.get("model_type")
    supported = {
        "model_type": family in FAMILIES,
        "hidden_act": config.get("hidden_act", "silu") == "silu",
        "mlp_bias": not config.get("mlp_bias", False),
        "attention_bias": not config.get("attention_bias", False),
        "use_sliding_window": not config.get("use_sliding_window", False),
    }
    for name, is_supported in supported.items():
        if not is_supported:
            raise UserError(
                f"{path}: {name} {config.get(name)!r} is not supported; supported are "
                f"{' and '.join(FAMILIES)} with silu and without other biases"
            )
    heads = config["num_attention_heads"]
    return TransformerConfig(
        vocab_size=config["vocab_size"],
        hidden_size=config["hidden_size"],
        intermediate_size=config["intermediate_size"],
        num_layers=config["num_hidden_layers"],
        num_heads=heads,
        num_kv_heads=config.get("num_key_value_heads") or heads,
        head_dim=config.get("head_dim") or config["hidden_size"] // heads,
        max_length=config["max_position_embeddings"],
        norm_epsilon=config["rms_norm_eps"],
        rope=_rope(config, path),
        is_tied=config.get("tie_word_embeddings", False),
        has_qkv_bias=family == "qwen2",
        dtype=dtype,
        rematerialise=rematerialise,
    )


def _rope(config: Mapping[str, Any], path: Path) -> Rope:
    """Rotary positions, from rope_parameters (transformers 5) or rope_theta and rope_scaling."""
    scaling = {**(config.get("rope_scaling") or {}), **(config.get("rope_parameters") or {})}
    theta = float(scaling.get("rope_theta", config.get("rope_theta", 10_000.0)))
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    if kind == "default":
        return Rope(theta)
    if kind == "linear":
        return Rope(theta, "linear", float(scaling["factor"]))
    if kind == "llama3":
        return Rope(
            theta,
            "llama3",
            float(scaling["factor"]),
            float(scaling["low_freq_factor"]),
            float(scaling["high_freq_factor"]),
            int(scaling["original_max_position_embeddings"]),
        )
    raise UserError(
        f"{path}: rotary positions of type {kind!r} are not supported; supported are default, "
        "linear and llama3"
    )


def load_params(folder: Path | str, config: TransformerConfig) -> Params:
    """Reads all parameters, in the type of the configuration.

    Raises:
      UserError: a file or a tensor is missing, damaged or of another shape.
    """
    tensors = _read_tensors(Path(folder))
    shapes = jax.eval_shape(lambda key: transformer.init(config, key), jax.random.key(0))
    tree: Any = {f"layers_{index}": {} for index in range(config.num_layers)}
    for place, name, is_matrix in _names(config):
        if name not in tensors:
            raise UserError(f"{folder} lacks the tensor {name}")
        found = jnp.asarray(tensors.pop(name), config.dtype)
        found = found.T if is_matrix else found
        expected = _at(shapes, place).shape
        if found.shape != expected:
            raise UserError(f"{folder}: {name} has shape {found.shape}, expected {expected}")
        _at(tree, place[:-1])[place[-1]] = found
    strange = [name for name in tensors if not _is_harmless(name, config)]
    if strange:
        raise UserError(f"{folder} holds tensors that are not supported: {', '.join(strange[:3])}")
    params: Params = tree
    return params


def save(
    folder: Path | str,
    config: TransformerConfig,
    params: Params,
    *,
    like: Path | str = "",
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Writes a checkpoint.

    Args:
      folder: created if missing.
      config: sizes.
      params: of the model.
      like: folder of the checkpoint it began with; its tokenizer and special tokens go along.
      shard_bytes: size from which a further file is begun.
    """
    from safetensors.flax import save as to_bytes

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for place, name, is_matrix in _names(config):
        leaf = jnp.asarray(_at(params, place))
        tensors[name] = leaf.T if is_matrix else leaf
    shards = list(_shards(tensors, shard_bytes))
    files: dict[str, str] = {}
    total = sum(leaf.nbytes for leaf in tensors.values())
    for number, shard in enumerate(shards, start=1):
        file = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        file = file if len(shards) > 1 else "model.safetensors"
        atomic.write_bytes(folder / file, to_bytes(shard, {"format": "pt"}))
        files |= dict.fromkeys(shard, file)
    if len(shards) > 1:
        atomic.write_json(folder / INDEX, {"metadata": {"total_size": total}, "weight_map": files})
    special = {}
    if like:
        for name in TOKENIZER_FILES:
            if (Path(like) / name).exists():
                shutil.copyfile(Path(like) / name, folder / name)
        theirs = json.loads((Path(like) / "config.json").read_text())
        special = {name: theirs[name] for name in theirs if name.endswith("_token_id")}
    atomic.write_json(folder / "config.json", {**_config_json(config), **special})


def _config_json(config: TransformerConfig) -> dict[str, Any]:
    family = "qwen2" if config.has_qkv_bias else "llama"
    rope: dict[str, Any] = {"rope_theta": config.rope.theta, "rope_type": config.rope.kind}
    if config.rope.kind != "default":
        rope["factor"] = config.rope.factor
    if config.rope.kind == "llama3":
        rope["low_freq_factor"] = config.rope.low_freq_factor
        rope["high_freq_factor"] = config.rope.high_freq_factor
        rope["original_max_position_embeddings"] = config.rope.original_length
    return {
        "architectures": [FAMILIES[family]],
        "model_type": family,
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "num_hidden_layers": config.num_layers,
        "num_attention_heads": config.num_heads,
        "num_key_value_heads": config.num_kv_heads,
        "head_dim": config.head_dim,
        "max_position_embeddings": config.max_length,
        "rms_norm_eps": config.norm_epsilon,
        "hidden_act": "silu",
        "rope_parameters": rope,
        "rope_theta": config.rope.theta,
        "rope_scaling": None if config.rope.kind == "default" else rope,
        "tie_word_embeddings": config.is_tied,
        "torch_dtype": config.dtype,
    }


def _read_tensors(folder: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.flax import load_file

    if (folder / INDEX).exists():
        files = sorted(set(json.loads((folder / INDEX).read_text())["weight_map"].values()))
    else:
        files = ["model.safetensors"]
    tensors: dict[str, Any] = {}
    for name in files:
        path = folder / name
        if not path.exists():
            raise UserError(
                f"{path} does not exist; checkpoints of other formats must be saved as safetensors"
            )
        try:
            with jax.default_device(jax.local_devices(backend="cpu")[0]):
                tensors |= load_file(path)
        except SafetensorError as error:
            raise UserError(f"{path} is damaged: {error}") from error
    return tensors


def _names(config: TransformerConfig) -> Iterator[tuple[tuple[Any, ...], str, bool]]:
    """Place in our tree, name in theirs, and whether it is a matrix that they store transposed."""
    yield ("embedding",), "model.embed_tokens.weight", False
    of_layer = {**_OF_LAYER, **(_BIASES if config.has_qkv_bias else {})}
    for index in range(config.num_layers):
        for ours, theirs in of_layer.items():
            is_matrix = "_proj.weight" in theirs
            yield (f"layers_{index}", ours), f"model.layers.{index}.{theirs}", is_matrix
    yield ("final_norm",), "model.norm.weight", False
    if not config.is_tied:
        yield ("head",), "lm_head.weight", True


def _is_harmless(name: str, config: TransformerConfig) -> bool:
    """Tables that old checkpoints carry along, and the copy of a tied head."""
    return name.endswith("rotary_emb.inv_freq") or (config.is_tied and name == "lm_head.weight")


def _shards(tensors: Mapping[str, Any], shard_bytes: int) -> Iterator[dict[str, Any]]:
    shard: dict[str, Any] = {}
    for name, leaf in tensors.items():
        if shard and sum(each.nbytes for each in shard.values()) + leaf.nbytes > shard_bytes:
            yield shard
            shard = {}
        shard[name] = leaf
    yield shard


def _at(tree: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        tree = tree[step]
    return tree
