"""Figure 4: Advantage Alignment, PPO and PPO on summed rewards in Commons Harvest.

    python -m advantage_alignment reproduce --experiment figure_4_commons_harvest        (9 minutes)

The paper's PPO depletes the commons: no apple is alive at the end. At quick the map is small and
ours.
"""

from __future__ import annotations

from advantage_alignment.experiments.comparison import entrants_at, first_entrant
from advantage_alignment.experiments.harvest_study import HarvestConfig, draw, run
from advantage_alignment.experiments.sizes import COMMONS_HARVEST, with_options
from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment

_PLACE = "Figure 4, Commons Harvest Open"
_ENTRANTS = {
    "alignment": COMMONS_HARVEST,
    "ppo": with_options(COMMONS_HARVEST, beta=0.0),
    "ppo_sum": with_options(COMMONS_HARVEST, beta=0.0, sums_rewards=True),
}
_CONFIGS = {preset: HarvestConfig(entrants_at(preset, _ENTRANTS)) for preset in COMMONS_HARVEST}

_CLAIMS = (
    Claim(
        id="sustains",
        source=_PLACE,
        statement="PPO leaves fewer apples alive half-way through an episode than Advantage "
        "Alignment (difference of the shares)",
        metric="ppo_minus_alignment_alive_3",
        criterion=Criterion("high", "<=", -0.1, partly=0.0),
    ),
    Claim(
        id="ppo_depletes",
        source=_PLACE,
        statement="PPO depletes the commons before the end (share of apples alive)",
        metric="ppo_alive_6",
        criterion=Criterion("mean", "<=", 0.1, partly=0.25),
        paper_value=0.0,
    ),
    Claim(
        id="earns_more",
        source=_PLACE,
        statement="Advantage Alignment's agents collect more than PPO's (PPO less alignment, "
        "apples per agent and episode)",
        metric="ppo_minus_alignment_apples_per_agent",
        criterion=Criterion("high", "<=", 0.0, partly=5.0),
    ),
)

FIGURE_4_COMMONS_HARVEST = Experiment(
    source=_PLACE,
    summary="Advantage Alignment, PPO and PPO on summed rewards; mean, spread and best seed; "
    "scenarios with scripted bots; at quick on a small map of ours",
    claims=_CLAIMS,
    configs=_CONFIGS,
    num_seeds={"smoke": 1, "quick": 4, "paper": 10},
    minutes={"smoke": 0.3, "quick": 9.0, "paper": 3000.0},
    run=run,
    draw=draw,
    trained=first_entrant,
    why_it_fails=dict.fromkeys(
        ("sustains", "earns_more"),
        "of four seeds one sustains the commons and earns twice what PPO does, one stops "
        "eating altogether, two still deplete, later than PPO",
    ),
    headline={
        "ppo_depletes": "Commons Harvest: PPO leaves no apple alive at the end (share)",
        "sustains": "Commons Harvest: PPO leaves fewer apples half-way (difference of shares)",
        "earns_more": "Commons Harvest: PPO collects less (difference in apples)",
    },
)
