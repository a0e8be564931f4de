"""Every experiment of LOQA by name, in the order in which they are run and listed."""

from pathlib import Path

from common.logger.experiment import Experiment, Paper
from loqa.experiments import (
    ablations,
    beyond_exploitability,
    beyond_ipd_estimator_bias,
    beyond_three_players,
    figure_1_ipd,
    figure_2_league,
    figure_3_scaling,
)

FIRST_SEED = 42  # as published: seeds 42 to 51

_BY_NAME: dict[str, Experiment] = {
    **figure_1_ipd.EXPERIMENTS,
    **beyond_ipd_estimator_bias.EXPERIMENTS,
    **figure_2_league.EXPERIMENTS,
    **ablations.EXPERIMENTS,
    **beyond_exploitability.EXPERIMENTS,
    **beyond_three_players.EXPERIMENTS,
    **figure_3_scaling.EXPERIMENTS,
}

_ORDER = (
    "figure_1_ipd",
    "figure_1_ipd_as_published",
    "ablation_ipd_naive",
    "beyond_ipd_estimator_bias",
    "ablation_ipd_returns_critic_only",
    "ablation_ipd_stop_gradient_only",
    "ablation_ipd_critic_value",
    "beyond_ipd_mlp",
    "beyond_ipd_gru",
    "figure_2_league",
    "ablation_replay_buffer",
    "figure_2_league_as_published",
    "ablation_self_play",
    "ablation_estimator",
    "beyond_exploitability",
    "figure_2_league_with_pola",
    "beyond_three_players",
    "figure_3_scaling",
)

PAPER = Paper(
    "loqa",
    Path(__file__).parents[1],
    {name: _BY_NAME[name] for name in _ORDER},
    FIRST_SEED,
    title="LOQA: Learning with Opponent Q-Learning Awareness (ICLR 2024)",
    finding="In the iterated prisoner's dilemma (IPD) the released settings end in defection at "
    "both sizes, and with two changes of ours LOQA learns tit-for-tat at the small one. In the "
    "Coin Game, run at a small size only, LOQA cooperates and retaliates less than published; "
    "less cooperation without the replay buffer, and the strong threshold on larger grids, do "
    "not appear.",
)
