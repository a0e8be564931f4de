"""Figure 2: LOQA in the Coin Game meets itself, the naive learner, POLA and scripted players.

`make reproduce-loqa EXPERIMENT=figure_2_league`, 9 minutes at quick. Published, reward per step:
.319 with itself, .352 from always-cooperate, while always-defect gets .123 from it.
"""

from common.logger.experiment import Experiment
from loqa.experiments import league_study
from loqa.experiments.coin_game_claims import (
    LEAGUE_CLAIMS,
    LEAGUE_NUMBERS,
    PLACE,
    number_claims,
    questions,
)
from loqa.experiments.league_study import league
from loqa.experiments.sizes import BY_NAME, BY_PRESET, NAIVE, NUM_SEEDS, POLA, loqa_with, minutes

AS_PUBLISHED = loqa_with(stop_grad_advantage=False)

EXPERIMENTS: dict[str, Experiment] = {
    "figure_2_league": Experiment(
        source=PLACE,
        summary="LOQA and the naive learner meet themselves, each other and the scripted players",
        claims=LEAGUE_CLAIMS,
        paper_claims=LEAGUE_NUMBERS,
        configs=league(loqa=BY_PRESET, naive=NAIVE),
        run=league_study.run,
        draw=league_study.draw,
        trained=league_study.first_entrant,
        num_seeds=NUM_SEEDS,
        minutes=minutes(9.0, 850.0),
        headline={
            "self_play": "Coin Game: cooperates with itself (full cooperation: .349)",
            "does_not_exploit": "Coin Game: does not exploit always-cooperate (a defector: .637)",
            "retaliates": "Coin Game: always-defect gets little (.637 from a cooperator)",
        },
    ),
    "figure_2_league_as_published": Experiment(
        source=PLACE,
        summary="figure_2_league with the released advantage, through which gradients leak",
        claims=questions(
            "loqa", "LOQA as released", PLACE, ((0.319, 0.018), (0.352, 0.008), (0.123, 0.074))
        ),
        paper_claims=LEAGUE_NUMBERS,
        configs=league(loqa=AS_PUBLISHED),
        run=league_study.run,
        draw=league_study.draw,
        trained=league_study.first_entrant,
        num_seeds=NUM_SEEDS,
        minutes=minutes(9.0, 650.0),
        why_it_fails="Through the advantage the actor's gradient also moves values; agents "
        "retaliate sooner, and at this size share less with themselves.",
        not_by_default=BY_NAME,
    ),
    "figure_2_league_with_pola": Experiment(
        source=PLACE,
        summary="LOQA and POLA meet themselves, each other and the scripted players",
        claims=questions("pola", "POLA", PLACE, ((0.187, 0.137), (0.375, 0.022), (0.068, 0.046))),
        paper_claims=number_claims(
            "pola",
            (
                ("pola_self", 0.187, 0.137),
                ("pola_vs_other_seeds", 0.213, 0.106),
                ("pola_vs_always_cooperate", 0.375, 0.022),
                ("pola_vs_always_defect", -0.032, 0.022),
                ("always_defect_vs_pola", 0.068, 0.046),
                ("loqa_vs_pola", 0.17, 0.113),
                ("pola_vs_loqa", 0.239, 0.08),
            ),
        ),
        configs=league(loqa=BY_PRESET, pola=POLA),
        run=league_study.run,
        draw=league_study.draw,
        trained=league_study.first_entrant,
        num_seeds=NUM_SEEDS,
        minutes=minutes(34.0, 3000.0),
        headline={
            "pola_self_play": "Coin Game: POLA cooperates with itself (here a thousandth of its "
            "training)",
        },
        why_it_fails="POLA takes 50,000 outer steps of 1000 episodes as published; two cores do "
        "a thousandth of that in minutes.",
        not_by_default=BY_NAME,
    ),
}
