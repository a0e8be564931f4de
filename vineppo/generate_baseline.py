"""The same sampling by `generate` of transformers, for the benchmark; needs torch."""

import importlib.util
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from vineppo import hugging_face
from vineppo.transformer import Params, TransformerConfig


def is_installed() -> bool:
    """Whether torch can be imported."""
    return importlib.util.find_spec("torch") is not None


def versions() -> str:
    """What is compared with, and how many threads it has."""
    import torch
    import transformers

    return (
        f"transformers {transformers.__version__}, torch {torch.__version__}, "
        f"{torch.get_num_threads()} threads"
    )


def load(config: TransformerConfig, params: Params) -> Any:
    """Our model as one of transformers, by way of a checkpoint."""
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        hugging_face.save(folder, config, params)
        return AutoModelForCausalLM.from_pretrained(folder).eval()


def generate(
    model: Any,
    prefixes: Sequence[np.ndarray],
    max_new_tokens: int,
    end_token: int | None,
    batch_size: int,
) -> int:
    """Continues prefixes, drawn from the full softmax, in batches padded on the left.

    Args:
      model: of `load`.
      prefixes: tokens of each.
      max_new_tokens: of a continuation.
      end_token: ends a continuation; None: all have the full length.
      batch_size: prefixes continued at once.

    Returns:
      Tokens sampled, up to the end token of each and with it.
    """
    import torch
    from transformers import GenerationConfig

    settings = GenerationConfig(
        do_sample=True,
        top_k=0,
        max_new_tokens=max_new_tokens,
        eos_token_id=end_token,
        pad_token_id=0 if end_token is None else end_token,
    )
    number = 0
    for begin in range(0, len(prefixes), batch_size):
        batch = prefixes[begin : begin + batch_size]
        width = max(len(prefix) for prefix in batch)
        tokens, mask = (np.zeros((len(batch), width), np.int64) for _ in range(2))
        for row, prefix in enumerate(batch):
            tokens[row, width - len(prefix) :] = prefix
            mask[row, width - len(prefix) :] = 1
        with torch.inference_mode():
            found = model.generate(
                torch.tensor(tokens),
                attention_mask=torch.tensor(mask),
                generation_config=settings,
            )
        number += int(np.sum(lengths(found[:, width:].numpy(), end_token)))
    return number


def lengths(continuations: np.ndarray, end_token: int | None) -> np.ndarray:
    """Tokens of each continuation [n, M], its first end token included. Shape [n]."""
    if end_token is None:
        return np.full(len(continuations), continuations.shape[1])
    is_end = continuations == end_token
    ends = np.where(np.any(is_end, axis=1), np.argmax(is_end, axis=1) + 1, is_end.shape[1])
    return ends
