"""Figures of the experiments, from their records and curves; needs no JAX."""

import math
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.logger import curves, results
from vineppo.configs import EXPERIMENTS
from vineppo.curve_drawing import STYLES, Record, Rows, draw_against, draw_seeds

NAMES = {
    "sft": "SFT",
    "restem": "RestEM",
    "dpo": "DPO-Positive",
    "grpo": "GRPO",
    "rloo": "RLOO",
    "ppo": "PPO",
    "vineppo": "VinePPO",
    "grpo_matched": "GRPO, 10 times the responses",
    "shift": "R - V(S_0)",
}
PAPER_MATH = {  # RhoMath 1.1B on MATH; not known for GRPO and RLOO
    "sft": 0.155,
    "restem": 0.173,
    "dpo": 0.192,
    "ppo": 0.181,
    "vineppo": 0.230,
}
ESTIMATORS = {"critic": "critic", "mc1": "K = 1", "mc3": "K = 3", "mc9": "K = 9"}
SIZE = (9, 3.4)


def draw(name: str, folder: Path) -> None:
    """Draws the figure of one experiment from its record and curves, as PNG and SVG."""
    record = results.read_record(folder / f"{name}.json")
    rows = curves.read_curves(folder / f"{name}.csv")
    mpl.rcParams["svg.hashsalt"] = "vineppo"  # the same file for the same figure
    drawings: dict[str, Callable[[Record, Rows], Figure]] = {
        "accuracies": _draw_accuracies,
        "over_time": _draw_over_time,
        "kl": _draw_kl,
        "slope": _draw_slope,
        "curves": _draw_curves,
        "values": _draw_values,
        "top_action": _draw_top_action,
        "error_by_step": _draw_error_by_step,
        "phases": _draw_phases,
    }
    figure = drawings[EXPERIMENTS[name].figure](record, rows)
    for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        figure.savefig(folder / f"{name}.{suffix}", dpi=130, metadata=metadata)


def _contestants(record: Record) -> list[str]:
    return [name for name, _ in record["config"]["contestants"]]


def _estimate(record: Record, metric: str) -> tuple[float, float, float]:
    """Mean and both ends of its interval, which are the mean where there is none."""
    found = record["metrics"][metric]
    mean = math.nan if found["mean"] is None else found["mean"]
    low, high = found["ci95"] or (mean, mean)
    return mean, low, high


def _bars(axes: Axes, record: Record, metrics: dict[str, str]) -> None:
    """A bar per label with its interval."""
    for place, metric in enumerate(metrics.values()):
        mean, low, high = _estimate(record, metric)
        style = STYLES[place % len(STYLES)]
        axes.bar(place, mean, color=style["color"], width=0.7, alpha=0.85)
        axes.plot([place, place], [low, high], color="black", lw=1.2)
        axes.text(place, high, f"{mean:.2f}", ha="center", va="bottom", fontsize=7)
    axes.set_xticks(range(len(metrics)), list(metrics), fontsize=7)


def _draw_accuracies(record: Record, rows: Rows) -> Figure:
    del rows
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    order = [name for name in NAMES if f"{name}_test_accuracy" in record["metrics"]]
    _bars(axes, record, {NAMES[name]: f"{name}_test_accuracy" for name in order})
    for place, name in enumerate(order):
        if name in PAPER_MATH:
            axes.plot(place, PAPER_MATH[name], "k_", ms=22)
    axes.plot([], [], "k_", ms=12, label="paper, RhoMath 1.1B on MATH (another task)")
    axes.set(ylabel="Pass@1 on held-out questions", title=_title(record), ylim=(0, 1))
    axes.legend(fontsize=7, loc="upper right")
    return figure


def _title(record: Record) -> str:
    return f"{record['experiment']} ({record['preset']}, {len(record['seeds'])} seeds)"


def _draw_over_time(record: Record, rows: Rows) -> Figure:
    figure = Figure(figsize=SIZE, layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    for name, style in zip(_contestants(record), STYLES, strict=False):
        metric, label = f"{name}_test_accuracy", NAMES.get(name, name)
        cost = record["metrics"][f"{name}_cpu_seconds_per_update"]["mean"] or 0.0
        draw_seeds(panels[0], rows, metric, label, style)
        draw_against(panels[1], rows, f"{name}_sampled_tokens", metric, label, style)
        draw_against(panels[2], rows, "update", metric, label, style, scale=cost)
    for axes, what in zip(
        panels, ("iterations", "sampled tokens", "processor seconds"), strict=True
    ):
        axes.set_xlabel(what)
    panels[1].set_xscale("log")
    panels[0].set(ylabel="test accuracy", title=_title(record))
    panels[0].legend(fontsize=7)
    return figure


def _draw_kl(record: Record, rows: Rows) -> Figure:
    figure = Figure(figsize=(5, 3.4), layout="constrained")
    axes = figure.subplots()
    for name, style in zip(_contestants(record), STYLES, strict=False):
        label = NAMES.get(name, name)
        draw_against(axes, rows, f"{name}_kl", f"{name}_test_accuracy", label, style)
    axes.set(xlabel="KL(policy || SFT) per response, k3", ylabel="test accuracy")
    axes.set_title(_title(record), fontsize=9)
    axes.legend(fontsize=7)
    return figure


def _draw_slope(record: Record, rows: Rows) -> Figure:
    figure = Figure(figsize=(5, 3.4), layout="constrained")
    axes = figure.subplots()
    for name, style in zip(_contestants(record), STYLES, strict=False):
        points = [
            (row[f"{name}_train_accuracy"], row[f"{name}_test_accuracy"])
            for row in rows
            if not math.isnan(row[f"{name}_train_accuracy"])
        ]
        axes.plot(
            *zip(*points, strict=True), "o", ms=3, color=style["color"], label=NAMES.get(name, name)
        )
    axes.plot([0, 1], [0, 1], "k:", lw=0.8)
    axes.set(xlabel="accuracy on training questions", ylabel="test accuracy")
    axes.set_title(_title(record), fontsize=9)
    axes.legend(fontsize=7)
    return figure


def _draw_curves(record: Record, rows: Rows) -> Figure:
    figure = Figure(figsize=SIZE, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    names = _contestants(record)
    for place, name in enumerate(names):
        style = STYLES[place % len(STYLES)]
        label = NAMES.get(name, name.replace("_", " "))
        draw_seeds(left, rows, f"{name}_test_accuracy", label, style)
    left.set(xlabel="iterations", ylabel="test accuracy", title=_title(record))
    left.legend(fontsize=7)
    _bars(right, record, {name.replace("_", "\n"): f"{name}_mean_accuracy" for name in names})
    right.set_ylabel("test accuracy, mean over training")
    return figure


def _draw_values(record: Record, rows: Rows) -> Figure:
    figure = Figure(figsize=(9, 3), layout="constrained")
    panels = figure.subplots(1, 4, sharex=True, sharey=True)
    last = max(row["update"] for row in rows)
    shown = [row for row in rows if row["update"] == last]
    estimators = [name for name in shown[0] if name == "critic" or name.startswith("mc")]
    for axes, name, style in zip(panels, estimators, STYLES, strict=False):
        axes.plot(
            [row["truth"] for row in shown],
            [row[name] for row in shown],
            "o",
            ms=3,
            alpha=0.5,
            color=style["color"],
        )
        axes.plot([0, 1], [0, 1], "k:", lw=0.8)
        mae, _, _ = _estimate(record, f"{name}_mae")
        axes.set_title(f"{ESTIMATORS.get(name, name)}, MAE {mae:.3f}", fontsize=8)
        axes.set_xlabel("true value")
    panels[0].set_ylabel("predicted value")
    figure.suptitle(f"{_title(record)}, iteration {last}", fontsize=9)
    return figure


def _steps(record: Record, metric: str) -> list[int]:
    """Updates of the snapshots."""
    prefix = f"{metric}_at_"
    return sorted(int(n.removeprefix(prefix)) for n in record["metrics"] if n.startswith(prefix))


def _draw_top_action(record: Record, rows: Rows) -> Figure:
    del rows
    figure = Figure(figsize=(6, 3.4), layout="constrained")
    panels = figure.subplots(1, 2)
    most = max(record["config"]["estimates"])
    for axes, metric in zip(panels, ("top_action", "pairs"), strict=True):
        for name, style in zip(("critic", f"mc{most}"), STYLES, strict=False):
            steps = _steps(record, f"{name}_{metric}")
            values = [record["metrics"][f"{name}_{metric}_at_{s}"]["mean"] for s in steps]
            axes.plot(steps, values, marker="o", ms=3, label=ESTIMATORS.get(name, name), **style)
        axes.set(xlabel="iterations of PPO", ylim=(0, 1.02))
    steps = _steps(record, "critic_chance")
    chance = [record["metrics"][f"critic_chance_at_{s}"]["mean"] for s in steps]
    panels[0].plot(steps, chance, "k:", lw=0.8, label="chance")
    panels[0].set(ylabel="share of states", title="best next step found")
    panels[1].set(title="pairs ordered right")
    panels[0].legend(fontsize=7)
    return figure


def _draw_error_by_step(record: Record, rows: Rows) -> Figure:
    del record
    figure = Figure(figsize=(6, 3.4), layout="constrained")
    updates = sorted({row["update"] for row in rows})
    panels = figure.subplots(1, 2, sharey=True)
    for axes, update in zip(panels, (updates[0], updates[-1]), strict=True):
        shown = [row for row in rows if row["update"] == update]
        names = [name for name in shown[0] if name == "critic" or name.startswith("mc")]
        for name, style in zip(names, STYLES, strict=False):
            by_position: dict[float, list[float]] = {}
            for row in shown:
                place = round(row["position"], 3)
                by_position.setdefault(place, []).append(abs(row[name] - row["truth"]))
            places = sorted(by_position)
            errors = [sum(by_position[p]) / len(by_position[p]) for p in places]
            axes.plot(places, errors, label=ESTIMATORS.get(name, name), **style)
        axes.set(xlabel="position in the response", title=f"iteration {update}")
    panels[0].set_ylabel("mean absolute error")
    panels[0].legend(fontsize=7)
    return figure


def _draw_phases(record: Record, rows: Rows) -> Figure:
    figure = Figure(figsize=SIZE, layout="constrained")
    left, right = figure.subplots(1, 2)
    shares = sorted({row["share"] for row in rows})
    for share, style in zip(shares, STYLES, strict=False):
        for rollouts, width in ((9, 2.0), (1, 0.8)):
            metric = f"signal_ratio_k{rollouts}"
            points = [(row["update"], row[metric]) for row in rows if row["share"] == share]
            label = f"{share:g} critical" if rollouts == 9 else None
            left.plot(*zip(*points, strict=True), lw=width, label=label, **style)
    left.axhline(1, color="black", lw=0.8, ls=":")
    left.set(xscale="log", yscale="log", xlabel="steps of the chain")
    left.set(ylabel="signal-to-noise, VinePPO over RLOO", title="exact chains, K = 9 (thin: 1)")
    left.legend(fontsize=7)
    names = {
        f"{regime}\n{NAMES[name]}": f"{regime}_{name}_mean_accuracy"
        for regime, contestants in record["config"]["regimes"]
        for name, _ in contestants
    }
    _bars(right, record, names)
    right.set(ylabel="test accuracy, mean over training", title=_title(record))
    return figure
