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
    from matplotlib.figure import Figure

    from loqa.experiments.league_drawing import styles

    del rows
    metrics = record["metrics"]
    names = [name for name, _ in record["config"]["entrants"]]
    sizes = record["config"]["grid_sizes"]
    figure = Figure(figsize=(9.5, 3.4), layout="constrained")
    for axes, level in zip(figure.subplots(1, len(LEVELS), sharey=True), LEVELS, strict=True):
        for name, style in zip(names, styles(len(names)), strict=True):
            points = []
            for size in sizes:
                case = f"{name}_{size}x{size}"
                passed = metrics[f"{case}_{level}_passed"]["per_seed"]
                updates = metrics[f"{case}_{level}_updates"]["per_seed"]
                seconds = metrics[f"{case}_seconds_per_update"]["mean"] / len(passed)
                points += [
                    (size, count * seconds)
                    for count, has_passed in zip(updates, passed, strict=True)
                    if has_passed
                ]
            label = f"{name} ({len(points)} of {len(sizes) * len(passed)} seeds)"
            axes.plot(
                *zip(*points, strict=True) if points else ([], []),
                "o",
                label=label,
                color=style["color"],
            )
        axes.set(title=f"{level} threshold", xlabel="grid size", yscale="log", xticks=list(sizes))
        axes.legend(fontsize=7)
    figure.axes[0].set_ylabel("seconds of this machine per seed")
    figure.suptitle(f"{record['experiment']} ({record['preset']})", fontsize=9)
    return figure


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
    ),
}
