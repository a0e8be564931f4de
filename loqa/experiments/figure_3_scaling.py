"""Figure 3: time until the agents are good enough, on growing grids.

`make reproduce-loqa EXPERIMENT=figure_3_scaling`, 25 minutes at quick. Published: LOQA passes the
thresholds on grids of 3 to 7 in a time that grows slowly; POLA only on the small ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from common.logger.curves import curve_rows, side_by_side
from common.logger.experiment import Experiment, Findings, Metrics, Record, Rows
from loqa.experiments.coin_game_claims import scaling_claims
from loqa.experiments.league_study import Entrants
from loqa.experiments.sizes import BY_NAME, BY_PRESET, NAIVE, POLA_PAPER, minutes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from loqa.run.training_run import Trainer

LEVELS = ("weak", "medium", "strong")


@dataclass(frozen=True)
class ScalingConfig:
    """Agents that are trained on growing grids until they reach thresholds of quality."""

    entrants: Entrants  # on any grid; the sizes below are put in
    grid_sizes: tuple[int, ...] = (3, 4, 5, 6, 7)


def run(config: ScalingConfig, trainer: Trainer) -> Findings:
    """Trains every entrant on every grid and notes when it passes the thresholds."""
    from loqa.evaluation import thresholds

    metrics: Metrics = {}
    rows: dict[str, Rows] = {}
    for name, entrant in config.entrants:
        for size in config.grid_sizes:
            case = f"{name}_{size}x{size}"
            result = trainer.train(replace(entrant, grid_size=size), case)
            rows[case] = curve_rows(result.log, trainer.seeds)
            passed = thresholds.passed(result.log, size)
            for level, updates in passed.items():
                metrics[f"{case}_{level}_passed"] = [float(u is not None) for u in updates]
                metrics[f"{case}_{level}_updates"] = [
                    float(entrant.num_updates if u is None else u) for u in updates
                ]
            metrics[f"{case}_seconds_per_update"] = [result.seconds_per_update] * len(trainer.seeds)
    return Findings(metrics, side_by_side(rows))


def draw(record: Record, rows: Rows) -> Figure:
    """Seconds per seed until each threshold, logarithmic, over the size of the grid."""
    from matplotlib.ticker import NullFormatter, NullLocator, StrMethodFormatter

    from loqa.evaluation.thresholds import THRESHOLDS
    from loqa.experiments.drawing import LOOKS, SMALL, new_figure

    del rows
    names = [name for name, _ in record["config"]["entrants"]]
    sizes = record["config"]["grid_sizes"]
    figure = new_figure(record, 9.5, 3.8)
    panels = figure.subplots(1, len(LEVELS), sharey=True)
    for axes, level in zip(panels, LEVELS, strict=True):
        for k, name in enumerate(names):
            look, shift = LOOKS[name], 0.25 * (k - (len(names) - 1) / 2)
            points = [p for size in sizes for p in _passes(record, name, size, level, shift)]
            num_seeds = len(sizes) * len(record["seeds"])
            axes.plot(
                [x for x, _ in points],
                [y for _, y in points],
                look.marker,
                label=f"{look.label} ({len(points)} of {num_seeds} seeds)",
                color=look.line["color"],
                markeredgecolor="black",
                markersize=5,
            )
        axes.set(xlabel="side of the grid", yscale="log", xlim=(sizes[0] - 0.5, sizes[-1] + 0.5))
        axes.set_xticks(sizes)
        limits = "in self-play above {:g},\nagainst always-defect above {:g} (normalised)"
        title = f"{level} threshold: {limits.format(*THRESHOLDS[level])}"
        axes.set_title(title, fontsize=8)
    panels[0].set_ylabel("seconds per seed until passed")
    low, high = panels[0].get_ylim()
    low, high = low / 1.3, 1.8 * high  # room for the legends
    panels[0].set_ylim(low, high)
    panels[0].set_yticks([n * 10**k for k in range(6) for n in (1, 2, 5) if low < n * 10**k < high])
    panels[0].yaxis.set_minor_locator(NullLocator())
    panels[0].yaxis.set_minor_formatter(NullFormatter())
    panels[0].yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    for axes in panels:
        axes.legend(fontsize=SMALL, loc="upper right")
    return figure


def _passes(
    record: Record, name: str, size: int, level: str, shift: float
) -> list[tuple[float, float]]:
    """A point for each seed that passes a threshold: side of the grid, moved a bit, and seconds."""
    metrics, case = record["metrics"], f"{name}_{size}x{size}"
    passed = metrics[f"{case}_{level}_passed"]["per_seed"]
    updates = metrics[f"{case}_{level}_updates"]["per_seed"]
    seconds = metrics[f"{case}_seconds_per_update"]["mean"] / len(passed)
    return [
        (size + shift + 0.06 * (k - (len(passed) - 1) / 2), count * seconds)
        for k, (count, has_passed) in enumerate(zip(updates, passed, strict=True))
        if has_passed
    ]


EXPERIMENTS: dict[str, Experiment] = {
    "figure_3_scaling": Experiment(
        source="Figure 3, time against grid size",
        summary="Time and updates until LOQA, the naive learner and (preset paper) POLA pass three "
        "thresholds",
        claims=(*scaling_claims("loqa", ">=", 0.75), *scaling_claims("naive", "<=", 0.0)),
        configs={
            preset: ScalingConfig(
                (("loqa", BY_PRESET[preset]), ("naive", NAIVE[preset]))
                + ((("pola", POLA_PAPER),) if preset == "paper" else ()),
                grid_sizes=sizes,
            )
            for preset, sizes in (
                ("smoke", (3, 4, 5)),
                ("quick", (3, 4, 5)),
                ("paper", (3, 4, 5, 6, 7)),
            )
        },
        run=run,
        draw=draw,
        trained=lambda config: config.entrants[0][1],
        num_seeds={"smoke": 1, "quick": 4, "paper": 4},
        minutes=minutes(25.0, 9000.0),
        why_it_fails="On larger grids the reward against always-defect, the last to come, is still "
        "rising when the quick preset ends.",
        not_by_default=BY_NAME,
        headline={
            "loqa_strong_3x3": "Coin Game 3x3: passes the strong threshold (share of seeds)",
            "loqa_strong_5x5": "Coin Game 5x5: passes the strong threshold (share of seeds)",
        },
    ),
}
