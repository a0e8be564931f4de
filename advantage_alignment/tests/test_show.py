"""Tests of shown negotiations: who plays whom, what is written, what is refused."""

from dataclasses import replace

import jax
import pytest

from advantage_alignment.experiments import PAPER
from advantage_alignment.run import show, training_run
from advantage_alignment.run.arguments import SELF
from advantage_alignment.run.training_run import RunOptions
from common.logger.errors import UserError

SMOKE = PAPER.experiments["figure_3_negotiation"].configs["smoke"].entrants[0][1]
CONFIG = replace(SMOKE, num_updates=2, eval_every_updates=2, checkpoint_every_updates=2)

pytestmark = pytest.mark.usefixtures("keys_unchecked")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """A run of two updates."""
    jax.devices()  # this process keeps its devices
    path = tmp_path_factory.mktemp("shown") / "run"
    with jax.debug_key_reuse(False):  # see conftest.keys_unchecked
        training_run.run_seeds(CONFIG, [7], path, RunOptions(quiet=True))
    return path


@pytest.mark.parametrize(("opponent", "other"), [(SELF, "run"), ("AC", "AC"), ("AD", "AD")])
def test_a_negotiation_is_drawn_against_itself_and_the_scripts(run_dir, tmp_path, opponent, other):
    file = tmp_path / "episode.png"
    path, rewards = show.show(str(run_dir), opponent, seed=None, episode_seed=0, output=file)
    assert path == file
    assert file.stat().st_size > 1000
    assert list(rewards) == ["run (seat 0)", f"{other} (seat 1)"]
    if opponent == "AD":
        assert rewards["AD (seat 1)"] > rewards["run (seat 0)"]  # it asks for everything


def test_other_opponents_of_a_negotiation_are_refused(run_dir):
    with pytest.raises(UserError, match="is shown against self, AC or AD, got 'random'"):
        show.show(str(run_dir), "random", seed=None, episode_seed=0, output=None)
