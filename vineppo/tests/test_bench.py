"""Tests of the benchmark: what it counts, by hand, and the whole of it at the smallest sizes."""

import importlib.util
import json
from dataclasses import replace

import numpy as np
import pytest

from vineppo import bench, generate_baseline, presets, transformer
from vineppo.bench import NOT_MEASURED, Phase, Sizes
from vineppo.problem import make_problem
from vineppo.tasks import Responses
from vineppo.transformer import TransformerConfig

TINY = Sizes(
    presets.rl("smoke", "vineppo"),
    TransformerConfig(8, 8, 8, 1, 1, 1, 8, 64),
    batch=2,
    num_tokens=3,
    num_mixed=64,
    num_mixed_slots=8,
)


def test_processed_tokens_are_counted_as_by_hand():
    """Two responses of 4 tokens to one question of 7, steps at 0 and 2, K = 2, alike before 3.

    Distinct states: after 7 tokens and after 9. Ours reads 2 x 11; shared, 2 x (6 + 8); else twice
    that.
    """
    config = replace(TINY.vineppo, num_rollouts=2)
    tokens = np.array([[10, 1, 11, 2], [10, 1, 11, 3]])
    responses = Responses(np.array([5, 5]), tokens, np.array([4, 4]), np.array([True, True]))
    cuts = [np.array([0, 2])] * 2
    phase = Phase(config, make_problem(config.initial), None, None, responses, cuts)
    prefixes = phase.prefixes()
    assert [len(prefix) for prefix in prefixes] == [7, 7, 9, 9] * 2
    np.testing.assert_array_equal(prefixes[-1][-3:], [*prefixes[0][-1:], 10, 1])
    assert bench.token_counts(phase, prefixes, 100, 200) == (122, 128, 256)


def test_lengths_of_continuations_include_the_first_end_token():
    continuations = np.array([[1, 9, 9], [1, 2, 3], [9, 1, 2]])
    assert generate_baseline.lengths(continuations, 9).tolist() == [2, 3, 1]
    assert generate_baseline.lengths(continuations, None).tolist() == [3, 3, 3]


def test_without_torch_the_table_says_what_was_not_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(generate_baseline, "is_installed", lambda: False)
    text = bench.run(1, tmp_path / "bench.json", TINY)
    written = json.loads((tmp_path / "bench.json").read_text())
    assert written["note"] == text.splitlines()[-1] == NOT_MEASURED
    assert len(text.splitlines()) == len(written["rows"]) + 1
    assert all(row["median"] > 0 for row in written["rows"])
    targets = {
        row["what"].split(":")[0]: row["target"] for row in written["rows"] if "target" in row
    }
    assert list(targets.values()) == [5, 3]
    (static,) = (row["median"] for row in written["rows"] if row.get("target") == 3)
    assert static > 1


@pytest.mark.parity
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_generate_of_transformers_continues_our_model_with_the_likeliest_token():
    """At a model that is nearly certain, sampling by either gives the same tokens."""
    config = TransformerConfig(8, 8, 8, 1, 1, 1, 8, 64)
    params = transformer.init(config, bench.jax.random.key(0))
    params["head"] = params["head"] * 1e4
    model = generate_baseline.load(config, params)
    prompts = [np.array([1, 2, 3]), np.array([4, 5])]
    assert generate_baseline.generate(model, prompts, 4, None, 2) == 8
    hidden, _ = transformer.forward(config, params, bench.jnp.asarray(prompts[1])[None])
    likeliest = int(np.argmax(transformer.logits(params, hidden)[0, -1]))
    assert generate_baseline.generate(model, prompts[1:], 4, likeliest, 2) == 1
