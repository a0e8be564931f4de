"""Tests of GSM8K and MATH as tasks of a checkpoint, and of the trainer on that very path.

The checkpoint is tiny and random, its tokenizer a byte-level BPE trained here, the questions are
rows of GSM8K when the data are there and made-up ones otherwise.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from vineppo import transformer
from vineppo.experiments import presets
from vineppo.model_files import hugging_face
from vineppo.tasks import setup, text_tasks
from vineppo.tasks.datasets import Problem, Problems
from vineppo.tasks.task import Responses
from vineppo.train import RlTraining
from vineppo.transformer import TransformerConfig

DATA = Path(os.environ.get("REPRO_DATA_DIR", "data"))
MADE_UP = [
    Problem(
        f"Anna has {n} apples and buys {n + 1} more. How many has she?",
        f"She has {n} + {n + 1} = <<{n}+{n + 1}={2 * n + 1}>>{2 * n + 1} apples.\n#### {2 * n + 1}",
    )
    for n in range(1, 41)
]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """Folder of a random Llama with grouped heads and a tokenizer of 300 tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("model")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([p.question + p.solution for p in MADE_UP], trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>")
    fast.save_pretrained(folder)
    config = TransformerConfig(
        vocab_size=304,  # more rows than tokens
        hidden_size=16,
        intermediate_size=16,
        num_layers=1,
        num_heads=4,
        num_kv_heads=1,
        head_dim=4,
        max_length=512,
    )
    hugging_face.save(folder, config, transformer.init(config, jax.random.key(0)))
    return str(folder)


@pytest.fixture(scope="module")
def tokenizer(checkpoint):
    return text_tasks.load_tokenizer(checkpoint)


def as_response(tokenizer, text, row=0, is_finished=True):
    own = tokenizer.encode(text, add_special_tokens=False)
    tokens = np.array([[*own, tokenizer.eos_token_id]])
    return Responses(np.array([row]), tokens, np.array([tokens.shape[1]]), np.array([is_finished]))


def test_the_prompt_is_the_published_template_behind_a_begin_token(tokenizer):
    tokens = text_tasks.prompt_tokens(tokenizer, "Why?")
    assert tokens[0] == tokenizer.bos_token_id
    text = tokenizer.decode(tokens[1:])
    assert text == "[MATH_TASK] Problem:\nWhy?\n\nSolution:"


def test_demonstrations_lose_their_calculator_marks_and_end(tokenizer):
    tokens = text_tasks.demonstration_tokens(tokenizer, MADE_UP[1], 1000)
    assert tokens[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(tokens[:-1]) == "\nShe has 2 + 3 = 5 apples.\n#### 5\n"
    assert len(text_tasks.demonstration_tokens(tokenizer, MADE_UP[1], 7)) == 7


@pytest.mark.parametrize("text", ["\nA b\nC é 😀 d\n#### 7", "x", "  two  spaces \n\n"])
def test_offsets_of_tokens_are_where_their_text_begins(tokenizer, text):
    tokens = np.array(tokenizer.encode(text, add_special_tokens=False))
    found, offsets = text_tasks.text_and_offsets(tokenizer, tokens)
    assert found == text
    assert len(offsets) == len(tokens)
    assert offsets == sorted(offsets)
    for place, offset in enumerate(offsets):
        before = tokenizer.decode(tokens[:place].tolist())
        assert "\ufffd" in before or len(before) == offset


def test_steps_begin_at_the_tokens_of_line_breaks_and_the_end_token_is_of_the_last(tokenizer):
    response = as_response(tokenizer, "\nFirst line\nSecond line\n#### 7")
    (cuts,) = text_tasks.segment(tokenizer, "gsm8k", response)
    assert len(cuts) == 2
    assert tokenizer.decode(response.tokens[0, cuts[1] :]).startswith("\nSecond line\n#### 7")


@pytest.mark.parametrize(
    ("text", "is_finished", "reward"),
    [
        ("\nso\n#### 3", True, 1.0),
        ("\nso\n#### 3", False, 0.0),
        ("\nso\n#### 4", True, 0.0),
        ("\nno mark 3", True, 0.0),
        ("\nso\n#### 3\n\n\nProblem: more\n#### 9", True, 1.0),
    ],
)
def test_rewards_need_a_finished_response_and_the_answer_before_the_stop_text(
    tokenizer, checkpoint, text, is_finished, reward
):
    config = presets.sft("rho1b-gsm8k", model=checkpoint)
    split = text_tasks.make_split(tokenizer, config, MADE_UP)
    grader = text_tasks.make_grader(config)
    response = as_response(tokenizer, text, is_finished=is_finished)
    assert text_tasks.grade(tokenizer, grader, split, response).tolist() == [reward]


def real_rows(name, question, solution):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there; set REPRO_DATA_DIR")
    rows = [json.loads(line) for line in path.read_text().splitlines()[:60]]
    problems = [Problem(row[question], row[solution]) for row in rows]
    return [each for each in problems if len(each.question) < 300][:40]


SOURCES = {
    "made up": lambda: MADE_UP,
    "made up, boxed": lambda: [
        Problem(each.question, f"It is $\\boxed{{{each.solution.split()[-1]}}}$.")
        for each in MADE_UP
    ],
    "gsm8k": lambda: real_rows("gsm8k/train.jsonl", "question", "answer"),
    "math": lambda: real_rows("math/test_500.jsonl", "problem", "solution"),
}


@pytest.mark.parametrize(
    ("preset", "source"),
    [
        ("rho1b-gsm8k", "made up"),
        ("deepseekmath7b-math", "made up, boxed"),
        pytest.param("rho1b-gsm8k", "gsm8k", marks=pytest.mark.data),
        pytest.param("deepseekmath7b-math", "math", marks=pytest.mark.data),
    ],
)
def test_a_published_preset_trains_a_checkpoint_and_what_it_trains_opens_again(
    checkpoint, tmp_path, monkeypatch, preset, source
):
    """The preset but for sizes: an iteration of VinePPO, written and read back."""
    problems = SOURCES[source]()
    splits = Problems(problems[:20], problems[20:24], problems[24:28])
    monkeypatch.setattr("vineppo.tasks.datasets.load", lambda task, folder: splits)
    initial = replace(
        presets.sft(preset, model=checkpoint),
        dtype="float32",
        max_new_tokens=8,
        max_prompt_tokens=400,
    )
    config = presets.rl(
        preset,
        "vineppo",
        initial,
        num_updates=1,
        eval_every_updates=1,
        num_questions=2,
        num_responses=2,
        minibatch_size=2,
        num_rollouts=2,
        num_slots=4,
        groups_at_once=2,
        learning_rate=1e-3,
    )
    whole = setup.make_setup(initial)
    first = setup.first_params(whole)
    training = RlTraining(config, whole, first)
    state, metrics = training.update(training.init(0))
    assert all(np.isfinite(value) for value in metrics.values())
    assert metrics["sampled_tokens"] > metrics["response_tokens"]
    hugging_face.save(tmp_path / "out", whole.architecture, state.params, like=checkpoint)
    again = hugging_face.load_params(tmp_path / "out", whole.architecture)
    jax.tree.map(np.testing.assert_array_equal, again, jax.device_get(state.params))
    assert text_tasks.load_tokenizer(str(tmp_path / "out")).eos_token == "</s>"
