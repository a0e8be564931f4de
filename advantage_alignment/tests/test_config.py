"""Tests of the settings: what does not fit together is refused where it is set."""

from dataclasses import replace

import jax
import pytest

from advantage_alignment.config import NETWORKS, PUBLISHED
from advantage_alignment.games import by_name
from common.logger.errors import UserError

REFUSED = [
    ("ipd", {"num_players": 3}, "num_players of ipd must be 2, got 3"),
    ("ipd", {"num_learners": 3}, "num_learners 3 must be at most num_players 2"),
    ("ipd", {"network": "feed_forward"}, "network feed_forward does not fit the game ipd"),
    ("coin_game", {"network": "feed_forward"}, "does not fit the game coin_game; valid: gru"),
    ("ipd", {"network": "transformer", "hidden_size": 10}, "does not fit the game ipd"),
    (
        "commons_harvest",
        {"hidden_size": 10},
        "hidden_size 10 must be a multiple of the 4 heads of a transformer; try 12",
    ),
    ("ipd", {"shaping": "loqa"}, "shaping loqa needs a critic of action values"),
    ("ipd", {"critic_sees_time": True}, "critic_sees_time is of negotiation, not of ipd"),
    ("ipd", {"proposals": "discrete"}, "proposals is of negotiation, not of ipd"),
    ("ipd", {"harvest_map": "small"}, "harvest_map is of commons_harvest, not of ipd"),
    ("negotiation", {"num_learners": 1}, "replayed_share needs self-play"),
    ("coin_game", {"batch_size": 100}, "batch_size 100 must be a multiple of num_opponents 512"),
    ("ipd", {"discount": 1.5}, "discount must be between 0 and 1, got 1.5"),
]


@pytest.mark.parametrize(("game", "options", "message"), REFUSED)
def test_settings_that_do_not_fit_are_refused(game, options, message):
    with pytest.raises(UserError, match=message):
        replace(PUBLISHED[game], **options)


@pytest.mark.parametrize("game", PUBLISHED)
def test_every_allowed_network_can_be_built_in_its_smallest_size(game):
    for network in NETWORKS[game]:
        size = 4 if network == "transformer" else 1
        config = replace(PUBLISHED[game], network=network, hidden_size=size)
        assert jax.eval_shape(by_name.make_agent(config).init, jax.random.key(0))


def test_only_runs_without_a_buffer_can_be_lengthened():
    can = {game: config.can_be_lengthened for game, config in PUBLISHED.items()}
    assert can == dict.fromkeys(PUBLISHED, False) | {"ipd": True}
