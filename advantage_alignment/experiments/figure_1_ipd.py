"""Figure 1b: Advantage Alignment learns tit-for-tat in the iterated prisoner's dilemma.

    python -m advantage_alignment reproduce --experiment figure_1_ipd        (half a minute)

The bars of the authors' poster: P(cooperate) 1.0 at the start, .97 after CC, .15 after CD, .96
after DC, .11 after DD (10 seeds). Two variants run by name: ten times as many updates, and GRUs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advantage_alignment.experiments.comparison import compare, comparisons, first_entrant
from advantage_alignment.experiments.ipd_study import COOPERATES, self_play_claim
from advantage_alignment.experiments.sizes import of_ipd
from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Record, Rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PLACE = "Figure 1b, IPD"
_CONFIGS = comparisons({"alignment": of_ipd(), "naive": of_ipd(beta=0.0)})
_LONG = comparisons({"alignment": of_ipd(num_updates=4000, eval_every_updates=200)})
_GRU = comparisons(
    {
        "alignment": of_ipd(
            network="gru",
            hidden_size=32,
            actor_learning_rate=1e-3,
            critic_learning_rate=1e-2,
            num_updates=2000,
            eval_every_updates=200,
        )
    }
)

# P(cooperate) in START, CC, CD, DC, DD, read off the bars of the authors' poster (± .02), and the
# error bars there.
_POSTER = {
    "start": (1.0, 0.0),
    "cc": (0.97, 0.06),
    "cd": (0.15, 0.20),
    "dc": (0.96, 0.10),
    "dd": (0.11, 0.20),
}

_ORDINATE = "P(cooperate | state)"


def _bar(state: str, criterion: Criterion) -> Claim:
    value, spread = _POSTER[state]
    return Claim(
        id=f"cooperation_{state}",
        source=_PLACE,
        statement=f"Advantage Alignment's P(cooperate | {state.upper()})",
        metric=f"alignment_cooperation_{state}",
        criterion=criterion,
        paper_value=value,
        paper_spread=f"± {spread:g} (10 seeds, read off the poster)",
    )


_CLAIMS = (
    Claim(
        id="tit_for_tat",
        source=_PLACE,
        statement="Advantage Alignment learns tit-for-tat (share of seeds: P(C) above .8 at START "
        "and CC, and at DC at least .5 above CD and DD)",
        metric="alignment_is_tit_for_tat",
        criterion=Criterion("mean", ">=", 0.9, partly=0.5),
        paper_value=1.0,
    ),
    _bar("start", Criterion("mean", ">=", 0.9, partly=0.7)),
    _bar("cc", Criterion("mean", ">=", 0.9, partly=0.7)),
    _bar("cd", Criterion("mean", "<=", 0.35, partly=0.5)),
    _bar("dc", Criterion("mean", ">=", 0.8, partly=0.6)),
    _bar("dd", Criterion("mean", "<=", 0.31, partly=0.5)),
    Claim(
        id="self_play",
        source=_PLACE,
        statement="Agents of Advantage Alignment cooperate with each other (reward per step, -1 is "
        "mutual cooperation, -2 mutual defection)",
        metric="alignment_self_play",
        criterion=Criterion("mean", ">=", -1.2, partly=-1.5),
    ),
    Claim(
        id="retaliates",
        source="ours",
        statement="The exact best response to an agent of Advantage Alignment leaves it near "
        "mutual cooperation (agent's normalised discounted value)",
        metric="alignment_vs_best_response",
        criterion=Criterion("mean", ">=", -1.2, partly=-1.5),
    ),
    Claim(
        id="naive_defects",
        source="Section 5, IPD",
        statement="The naive learner (beta 0) defects in every state (reward "
        "per step of self-play)",
        metric="naive_self_play",
        criterion=Criterion("mean", "<=", -1.9, partly=-1.7),
        paper_value=-2.0,
    ),
)

_LONG_CLAIMS = (
    self_play_claim("stays", "alignment", "cooperation stays for 4000 updates", COOPERATES),
    Claim(
        id="forgets_dc",
        source="ours",
        statement="P(cooperate | DC) falls again in 4000 updates, as DC is not seen any more",
        metric="alignment_cooperation_dc",
        criterion=Criterion("mean", "<=", 0.6),
    ),
)
_GRU_CLAIMS = tuple(claim for claim in _CLAIMS if claim.id == "self_play")

run = compare  # the run of every seed measures all there is


def draw(record: Record, rows: Rows) -> Figure:
    """Bars of P(cooperate | state) beside the poster's, and how they came about in training."""
    from advantage_alignment.experiments.drawing import draw_entrants, mark_entrants, new_figure

    figure = new_figure(record, (10.5, 3.8))
    bars, lines, rewards = figure.subplots(1, 3, width_ratios=(3, 3, 2))
    _draw_bars(bars, record)
    _draw_states(lines, rows)
    lines.legend(fontsize=7, loc="center right")
    draw_entrants(rewards, rows, ("alignment", "naive"), "self_play")
    mark_entrants(rewards, record, ("alignment", "naive"), "{}_self_play")
    rewards.set(ylabel="reward per step of self-play", ylim=(-2.1, -0.9))
    rewards.legend(fontsize=6)
    return figure


def _draw_bars(axes: Axes, record: Record) -> None:
    """Ours with seeds as dots, and the poster's with its error bars."""
    from advantage_alignment.experiments.drawing import bar_style, draw_bar
    from common.logger.curve_drawing import paper_values

    theirs = paper_values(record)
    ours, poster = bar_style("#0072B2", ""), bar_style("#D55E00", "////")
    for i, (state, (_, spread)) in enumerate(_POSTER.items()):
        metric = f"alignment_cooperation_{state}"
        label = "ours" if i == 0 else None
        draw_bar(axes, i - 0.2, record["metrics"][metric], ours, width=0.4, label=label)
        label = "the authors' poster" if i == 0 else None
        axes.bar(i + 0.2, theirs[metric], 0.4, yerr=spread, label=label, **poster)
    axes.set_xticks(range(len(_POSTER)), [state.upper() for state in _POSTER])
    axes.set(ylim=(-0.12, 1.25), xlabel="state: own last action, the other's", ylabel=_ORDINATE)
    axes.axhline(0.0, color="0.5", lw=0.8)
    axes.set_title("ours: mean, 95 % interval; dots: seeds", fontsize=8)
    axes.legend(fontsize=7, ncols=2, loc="upper center")


def _draw_states(axes: Axes, rows: Rows) -> None:
    """P(cooperate | state) along training."""
    from common.logger.curve_drawing import STYLES, draw_seeds

    for i, state in enumerate(_POSTER):
        style = {**STYLES[i], "marker": "os^Dv"[i], "markersize": 4, "markevery": (i % 4, 4)}
        draw_seeds(axes, rows, f"alignment_cooperation_{state}", state.upper(), style)
    axes.set(ylim=(-0.03, 1.05), xlabel="update", ylabel=_ORDINATE)
    axes.set_title("mean and range over seeds", fontsize=8)


def draw_variant(record: Record, rows: Rows) -> Figure:
    """P(cooperate | state) and the reward of self-play along training."""
    from advantage_alignment.experiments.drawing import draw_entrants, draw_marks, new_figure

    figure = new_figure(record, (8.5, 3.4))
    lines, rewards = figure.subplots(1, 2, width_ratios=(3, 2))
    _draw_states(lines, rows)
    lines.legend(fontsize=7, loc="center", bbox_to_anchor=(0.7, 0.68))
    draw_entrants(rewards, rows, ("alignment",), "self_play")
    draw_marks((rewards,), ((-1.0, "mutual cooperation"), (-2.0, "mutual defection")))
    rewards.set(ylabel="reward per step of self-play", ylim=(-2.1, -0.9))
    return figure


_SEEDS = {"smoke": 1, "quick": 10, "paper": 10}

FIGURE_1_IPD = Experiment(
    source=_PLACE,
    summary="Tabular self-play with Advantage Alignment and without (beta 0)",
    claims=_CLAIMS,
    configs=_CONFIGS,
    num_seeds=_SEEDS,
    minutes={"smoke": 0.2, "quick": 0.4, "paper": 0.7},
    run=run,
    draw=draw,
    trained=first_entrant,
    why_it_fails="Once all cooperate, DC is hardly ever seen: what it should do is learned on "
    "the way and forgotten later (figure_1_ipd_long).",
    headline={
        "tit_for_tat": "IPD: learns tit-for-tat (share of seeds)",
        "naive_defects": "IPD: without alignment all defect (reward per step)",
    },
)

FIGURE_1_IPD_LONG = Experiment(
    source=_PLACE,
    summary="figure_1_ipd for ten times as many updates: what becomes of states never seen",
    claims=_LONG_CLAIMS,
    configs=_LONG,
    num_seeds={**_SEEDS, "quick": 4},
    minutes={"smoke": 0.2, "quick": 1.0, "paper": 3.0},
    run=run,
    draw=draw_variant,
    trained=first_entrant,
    not_by_default="it explains figure_1_ipd and tests no claim of the paper",
)

FIGURE_1_IPD_GRU = Experiment(
    source=_PLACE,
    summary="figure_1_ipd with GRU policy and values, judged by sampled play",
    claims=_GRU_CLAIMS,
    configs=_GRU,
    num_seeds={**_SEEDS, "quick": 4},
    minutes={"smoke": 0.3, "quick": 20.0, "paper": 60.0},
    run=run,
    draw=draw_variant,
    trained=first_entrant,
    not_by_default="twenty minutes; the poster's agent has a memory of one step",
)
