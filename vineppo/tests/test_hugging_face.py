"""Tests of checkpoints in the layout of Hugging Face: round trips, and what is refused."""

import json
import shutil

import jax
import numpy as np
import pytest

from common.logger.errors import UserError
from vineppo.model_files import hugging_face
from vineppo.tests.golden import make_golden


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(make_golden.FOLDER / "grouped", tmp_path / "model")
    return tmp_path / "model"


def rewrite(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


@pytest.mark.parametrize("name", make_golden.MODELS)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_what_is_written_is_read_again(name, dtype, tmp_path):
    source = make_golden.FOLDER / name
    config = hugging_face.read_architecture(source, dtype=dtype)
    params = hugging_face.load_params(source, config)
    hugging_face.save(tmp_path, config, params, like=source, shard_bytes=15_000)
    assert hugging_face.read_architecture(tmp_path, dtype=dtype) == config
    again = hugging_face.load_params(tmp_path, config)
    assert jax.tree.structure(again) == jax.tree.structure(params)
    jax.tree.map(np.testing.assert_array_equal, again, params)
    assert len(list(tmp_path.glob("*.safetensors"))) > 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "gemma"}, "model_type 'gemma' is not supported; supported are llama and"),
        ({"hidden_act": "gelu"}, "hidden_act 'gelu' is not supported"),
        ({"attention_bias": True}, "attention_bias True is not supported"),
        ({"rope_parameters": {"rope_type": "yarn"}}, "rotary positions of type 'yarn'"),
        ({"rope_scaling": {"type": "dynamic"}, "rope_parameters": None}, "of type 'dynamic'"),
    ],
)
def test_other_architectures_are_refused_by_name(folder, changes, message):
    rewrite(folder, **changes)
    with pytest.raises(UserError, match=message):
        hugging_face.read_architecture(folder)


def test_old_spellings_of_rope_and_missing_fields_are_understood(folder):
    rewrite(folder, rope_parameters=None, rope_theta=5e5, rope_scaling=None)
    config = json.loads((folder / "config.json").read_text())
    for name in ("num_key_value_heads", "head_dim"):
        config.pop(name, None)
    (folder / "config.json").write_text(json.dumps(config))
    found = hugging_face.read_architecture(folder)
    assert (found.rope.theta, found.num_kv_heads, found.head_dim) == (5e5, 4, 8)


def test_missing_and_damaged_files_are_named(folder):
    config = hugging_face.read_architecture(folder)
    first = folder / "model-00001-of-00004.safetensors"
    whole = first.read_bytes()
    first.write_bytes(whole[:-40])
    with pytest.raises(UserError, match=r"00001-of-00004.safetensors is damaged"):
        hugging_face.load_params(folder, config)
    first.unlink()
    with pytest.raises(UserError, match=r"00001-of-00004.safetensors does not exist"):
        hugging_face.load_params(folder, config)
    (folder / "config.json").write_text("{")
    with pytest.raises(UserError, match=r"config.json is damaged"):
        hugging_face.read_architecture(folder)
    with pytest.raises(UserError, match="must be a Hugging Face folder"):
        hugging_face.read_architecture(folder / "gone")


def test_tensors_of_another_shape_are_named(folder):
    rewrite(folder, vocab_size=50)
    config = hugging_face.read_architecture(folder)
    with pytest.raises(UserError, match=r"embed_tokens.weight has shape \(48, 32\), expected \(50"):
        hugging_face.load_params(folder, config)
