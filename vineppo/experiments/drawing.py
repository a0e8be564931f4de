"""What the figures share: the look of every method, bars, curves, and claims beside the paper's.

It imports matplotlib; experiments import it inside `draw` only.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.logger.curve_drawing import draw_seeds, label_lines
from common.logger.experiment import Record, Rows
from vineppo.experiments.comparison import LABELS

SMALL = 7  # points, of what stands within a panel
MOST_TICKS = 6
MOST_IN_LEGEND = 5  # curves; more are labelled at their ends


class Look(NamedTuple):
    """How a method is drawn, the same in every figure; in grey lines, markers and hatches differ.

    Attributes:
      color: of lines, points and bars.
      linestyle: of its curve.
      marker: of its points.
      hatch: of its bar.
    """

    color: str
    linestyle: Any
    marker: str
    hatch: str


_ROLLOUTS_9 = Look("#0072B2", "-", "o", "")
_ROLLOUTS_3 = Look("#56B4E9", "-.", "^", "....")
_ROLLOUT_1 = Look("#009E73", ":", "v", "xxx")
_CRITIC = Look("#D55E00", "--", "s", "////")
_DOUBLE_DOTS = (0, (5, 1, 1, 1, 1, 1))
LOOKS: Mapping[str, Look] = {
    "vineppo": _ROLLOUTS_9,
    "ppo": _CRITIC,
    "grpo": Look("#009E73", "-.", "^", "...."),
    "rloo": Look("#000000", ":", "v", "xxx"),
    "restem": Look("#CC79A7", (0, (8, 2)), "D", "\\\\\\\\"),
    "dpo": Look("#E69F00", (0, (1, 3)), "P", "+++"),
    "sft": Look("#999999", _DOUBLE_DOTS, "X", "ooo"),
    "grpo_matched": Look("#882255", "--", "D", "---"),
    "k9": _ROLLOUTS_9,
    "k3": _ROLLOUTS_3,
    "k1": _ROLLOUT_1,
    "k1_lambda_1": Look("#0072B2", "-", "o", ""),
    "k1_lambda_0.9": Look("#56B4E9", "-.", "^", "...."),
    "k1_lambda_0": Look("#009E73", ":", "v", "xxx"),
    "shift": Look("#000000", (0, (8, 2)), "D", "\\\\\\\\"),
    "ppo_lambda_1": _CRITIC,
    "ppo_lambda_0.95": Look("#E69F00", (0, (1, 3)), "P", "+++"),
    "ppo_lambda_0": Look("#882255", _DOUBLE_DOTS, "X", "ooo"),
    "vineppo_hottest": _ROLLOUTS_9,
    "ppo_hottest": _CRITIC,
    "vineppo_t1": _ROLLOUTS_3,
    "ppo_t1": Look("#E69F00", ":", "v", "xxx"),
    "vineppo_t0.8": _ROLLOUTS_3,
    "ppo_t0.8": Look("#E69F00", ":", "v", "xxx"),
    "vineppo_t0.6": Look("#009E73", (0, (8, 2)), "D", "\\\\\\\\"),
    "ppo_t0.6": Look("#882255", _DOUBLE_DOTS, "X", "ooo"),
    "critic": _CRITIC,
    "mc1": _ROLLOUT_1,
    "mc2": _ROLLOUTS_3,
    "mc3": _ROLLOUTS_3,
    "mc9": _ROLLOUTS_9,
}


class Bar(NamedTuple):
    """A bar: what is written beside it, the name of its look, and its metric."""

    label: str
    name: str
    metric: str


def line_style(name: str) -> dict[str, Any]:
    """Returns how the curve of a method is drawn."""
    look = LOOKS[name]
    return {
        "color": look.color,
        "linestyle": look.linestyle,
        "marker": look.marker,
        "markersize": 3.5,
    }


def point_style(name: str) -> dict[str, Any]:
    """Returns how the points of a method are drawn without a line."""
    return {**line_style(name), "linestyle": "none", "markerfacecolor": "none"}


def new_figure(width: float = 9, height: float = 3.4) -> Figure:
    """Returns an empty figure; inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.08)
    return figure


def title(record: Record) -> str:
    """Returns experiment, preset and number of seeds."""
    count = len(record["seeds"])
    return f"{record['experiment']} ({record['preset']}, {count} seed{'s' if count > 1 else ''})"


def method_names(record: Record) -> list[str]:
    """Returns the methods of a comparison, the one that the others are compared with first."""
    return [name for name, _ in record["config"]["contestants"]]


def estimate(record: Record, metric: str) -> tuple[float, float, float]:
    """Mean and both ends of its interval, which are the mean where there is none."""
    found = record["metrics"][metric]
    return _with_ends(found["mean"], found["ci95"])


def _with_ends(value: float | None, interval: Sequence[float] | None) -> tuple[float, float, float]:
    mean = math.nan if value is None else value
    low, high = interval or (mean, mean)
    return mean, low, high


def draw_bars(axes: Axes, record: Record, bars: Sequence[Bar]) -> None:
    """Draws a horizontal bar with its interval and its mean in figures for each metric."""
    height = min(0.7, 0.15 * len(bars))
    for place, bar in enumerate(bars):
        mean, low, high = estimate(record, bar.metric)
        look = LOOKS[bar.name]
        axes.barh(place, mean, color=look.color, hatch=look.hatch, edgecolor="white", height=height)
        axes.plot([low, high], [place, place], color="white", lw=3.5)  # seen on a dark bar too
        axes.plot([low, high], [place, place], color="black", lw=1.2)
        if math.isfinite(high):
            axes.annotate(
                f"{mean:.2f}",
                (high, place),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize=SMALL,
            )
    axes.set_yticks(range(len(bars)), [bar.label for bar in bars], fontsize=SMALL)
    axes.invert_yaxis()
    axes.margins(x=0.2)
    axes.set_xlim(left=0)


def draw_claims(
    axes: Axes,
    record: Record,
    labels: Mapping[str, str],
    *,
    no_difference: float = 0.0,
    paper: str = "the paper",
) -> None:
    """Draws the value of claims with its interval, and the paper's as a star.

    Args:
      axes: to draw in.
      record: holds the claims, and the paper's values.
      labels: what is written beside a claim, by its id, in the order of drawing. Claims on what
        was not run at this size are left out.
      no_difference: where nothing differs; marked by a line.
      paper: what the stars are called.
    """
    claims = {claim["id"]: claim for claim in record["claims"]}
    shown = {name: label for name, label in labels.items() if name in claims}
    axes.axvline(no_difference, color="0.7", lw=0.8)
    stars: list[tuple[float, float]] = []
    for place, name in enumerate(shown):
        mean, low, high = _with_ends(claims[name]["value"], claims[name]["ci95"])
        axes.plot([low, high], [place, place], color="black", lw=1.2)
        own = "here, 95 % interval" if place == 0 else None
        axes.plot(mean, place, "o", color="black", ms=4.5, label=own)
        if claims[name]["paper_value"] is not None:
            stars.append((claims[name]["paper_value"], place - 0.2))
    if stars:
        axes.plot(*zip(*stars, strict=True), "*", color="0.35", ms=8, label=paper)
    axes.set_yticks(range(len(shown)), list(shown.values()), fontsize=SMALL)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.margins(x=0.1)
    if shown:
        axes.legend(fontsize=SMALL, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)


def mean_points(rows: Rows, cost: str, metric: str) -> list[tuple[float, float]]:
    """Means over seeds of a cost and a metric, a point per update at which both were measured."""
    by_update: dict[int, list[tuple[float, float]]] = {}
    for row in rows:
        if not (math.isnan(row[metric]) or math.isnan(row[cost])):
            by_update.setdefault(int(row["update"]), []).append((row[cost], row[metric]))
    return [
        (sum(x for x, _ in pairs) / len(pairs), sum(y for _, y in pairs) / len(pairs))
        for pairs in by_update.values()
    ]


def mark_updates(axes: Axes, rows: Rows) -> None:
    """Puts ticks at the updates of an evaluation where they are few."""
    updates = sorted({int(row["update"]) for row in rows})
    if len(updates) <= MOST_TICKS:
        axes.set_xticks(updates)


def draw_curves(axes: Axes, record: Record, rows: Rows, labels: Mapping[str, str] = LABELS) -> None:
    """Draws the test accuracy of all methods of a comparison over iterations."""
    names = method_names(record)
    for name in names:
        metric = f"{name}_test_accuracy"
        draw_seeds(axes, rows, metric, labels[name], line_style(name), band=False)
    mark_updates(axes, rows)
    axes.set(xlabel="iterations", ylabel="test accuracy (Pass@1)")
    axes.set_ylim(0, 1.08 * axes.dataLim.y1)
    axes.set_title(title(record), fontsize=9)
    if len(names) > MOST_IN_LEGEND:
        label_lines(axes)
    else:
        axes.legend(fontsize=SMALL)


def draw_accuracies(
    record: Record,
    rows: Rows,
    labels: Mapping[str, str] = LABELS,
    *,
    gaps: Mapping[str, str] | None = None,
    ratios: Mapping[str, str] | None = None,
    paper: str = "the paper",
) -> Figure:
    """Draws test accuracies over iterations, a bar for the mean of each, and claims if asked to.

    Args:
      record: of a comparison.
      rows: its curves.
      labels: of the methods.
      gaps: labels of claims on differences in test accuracy, by id.
      ratios: labels of claims on how many times one method's cost is another's, by id.
      paper: what the paper's differences are called.
    """
    further = [each for each in (gaps, ratios) if each]
    figure = new_figure(width=9 + 2 * len(further))
    panels = figure.subplots(1, 2 + len(further), width_ratios=(3, 2, *(1.6 for _ in further)))
    draw_curves(panels[0], record, rows, labels)
    bars = [Bar(labels[n], n, f"{n}_mean_accuracy") for n in method_names(record)]
    draw_bars(panels[1], record, bars)
    panels[1].set_xlabel("test accuracy, mean over training")
    if gaps:
        draw_claims(panels[2], record, gaps, paper=paper)
        panels[2].set_xlabel("difference in test accuracy")
    if ratios:
        draw_claims(panels[-1], record, ratios, no_difference=1.0, paper="the paper (up to)")
        panels[-1].set_xlabel("times")
    return figure
