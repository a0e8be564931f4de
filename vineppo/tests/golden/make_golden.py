"""Makes the golden logits: small random models of transformers, their files and their outputs.

Needs torch (extra `parity`) and transformers; run from the root of the repository:

    python -m vineppo.tests.golden.make_golden

Writes a folder per model below this one: config.json, safetensors, and logits.npz.
"""

from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent
LENGTH = 24
COMMON: dict[str, Any] = {
    "vocab_size": 48,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "max_position_embeddings": 64,
    "initializer_range": 0.3,
}
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
    "rope_theta": 500.0,
}
MODELS: dict[str, dict[str, Any]] = {
    "grouped": {"num_key_value_heads": 1},
    "tied": {"tie_word_embeddings": True},
    "theta": {"rope_parameters": {"rope_type": "default", "rope_theta": 1e6}},
    "llama3": {"rope_parameters": LLAMA3},
    "linear": {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 10_000.0}},
    "head_dim": {"head_dim": 12},
    "qwen2": {"num_key_value_heads": 2},
}


def tokens() -> np.ndarray:
    """Input of all models. Shape [2, LENGTH]."""
    return np.random.default_rng(0).integers(COMMON["vocab_size"], size=(2, LENGTH))


def build(name: str) -> Any:
    """A random model in torch, biases and norms random too."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(sum(map(ord, name)))
    settings = {**COMMON, **MODELS[name]}
    if name == "qwen2":
        model = Qwen2ForCausalLM(Qwen2Config(**settings))
    else:
        model = LlamaForCausalLM(LlamaConfig(**settings))
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "norm" in key or key.endswith("bias"):
                parameter.add_(0.3 * torch.randn_like(parameter))
    return model.float().eval()


def logits_of(model: Any) -> np.ndarray:
    """What torch computes, float32. Shape [2, LENGTH, V]."""
    import torch

    with torch.no_grad():
        found: np.ndarray = model(torch.tensor(tokens())).logits.numpy()
    return found


def main() -> None:
    """Writes everything; one model in two files."""
    for name in MODELS:
        model = build(name)
        shard = "20KB" if name == "grouped" else "1GB"
        model.save_pretrained(FOLDER / name, max_shard_size=shard)
        (FOLDER / name / "generation_config.json").unlink(missing_ok=True)
        np.savez_compressed(FOLDER / name / "logits.npz", logits=logits_of(model))


if __name__ == "__main__":
    main()
