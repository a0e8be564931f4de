"""Figures of the experiments, from their records and curves; needs no JAX."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.logger import curves, results
from meta_value.configs import EXPERIMENTS
from meta_value.curve_drawing import STYLES, Record, Rows, draw_seeds
from meta_value.study_configs import (
    AblationConfig,
    ExactConfig,
    ExtortionConfig,
    LogisticConfig,
    OneModelConfig,
    SweepConfig,
    TournamentConfig,
)

RULES = (
    ("LOLA", "lola", "look-ahead", (0, 1, 10, 20)),
    ("HOLA-2", "hola2", "look-ahead", (0, 1, 10, 20)),
    ("COLA", "cola", "look-ahead", (0, 1, 20, 30)),
    ("MeVa", "meva", "gamma", (0, 0.8, 0.9, 0.95)),
)
PAPER_SHARES = {  # read from the published figure
    "lola": (0.49, 0.529, 0.517, 0.606),
    "hola2": (0.49, 0.536, 0.554, 0.247),
    "cola": (0.553, 0.549, 0.716, 0.815),
    "meva": (0.524, 0.605, 0.705, 1.0),
}
POINTS = {"A": -5.0307, "B": 5.0307}
LEARNERS = {"naive": "Naive", "lola": "LOLA", "maml": "M-MAML", "meva": "MeVa"}
PAPER_TABLES = {  # rows and columns in the order of LEARNERS
    "ipd": (
        (-1.988, -1.377, -1.524, -1.999),
        (-1.357, -1.041, -0.974, -1.032),
        (-1.398, -1.290, -1.224, -1.993),
        (-0.551, -1.145, -0.534, -1.052),
    ),
    "chicken": (
        (-0.049, -0.402, -0.994, -0.985),
        (0.377, -1.641, -0.805, 0.138),
        (0.983, 0.778, -0.447, -0.908),
        (0.964, -0.232, 0.175, -0.082),
    ),
    "matching_pennies": (
        (0.009, 0.028, -0.096, -0.243),
        (-0.028, 0.027, -0.052, -0.298),
        (0.096, 0.052, -0.002, -0.013),
        (0.243, 0.298, 0.013, 0.0),
    ),
}
GAMES = {"ipd": "IPD", "chicken": "chicken", "matching_pennies": "matching pennies"}
OPPONENTS = {"naive": "naive", "lola": "LOLA", "meva": "itself"}
PAYOFF_POLYGON = ((-2, -2), (0, -3), (-1, -1), (-3, 0), (-2, -2))  # second, first


def draw(name: str, folder: Path) -> None:
    """Draws the figure of one experiment from its record and curves, as PNG and SVG."""
    record = results.read_record(folder / f"{name}.json")
    rows = curves.read_curves(folder / f"{name}.csv")
    mpl.rcParams["svg.hashsalt"] = "meta_value"  # the same file for the same figure
    figure = _picture(EXPERIMENTS[name].configs["quick"])(record, rows)
    for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        figure.savefig(folder / f"{name}.{suffix}", dpi=130, metadata=metadata)


def _picture(config: Any) -> Callable[[Record, Rows], Figure]:
    """Chooses the drawing of an experiment by its settings."""
    if isinstance(config, LogisticConfig):
        return _draw_basins if config.shows == "basins" else _draw_paths
    return {
        TournamentConfig: _draw_tournament,
        AblationConfig: _draw_ablations,
        SweepConfig: _draw_sweep,
        ExtortionConfig: _draw_extortion,
        OneModelConfig: _draw_pairs,
        ExactConfig: _draw_errors,
    }[type(config)]


def _panels(record: Record) -> tuple[Figure, dict[str, Axes]]:
    """Sixteen panels of the Logistic Game, a row per rule; by rule and level."""
    figure = Figure(figsize=(9, 9.4), layout="constrained")
    grid = figure.subplots(4, 4, sharex=True, sharey=True)
    found = {}
    for row, (title, rule, unit, levels) in enumerate(RULES):
        for column, level in enumerate(levels):
            axes = found[f"{rule}_{level:g}"] = grid[row, column]
            share = record["metrics"][f"{rule}_{level:g}_share_to_B"]["mean"]
            paper = PAPER_SHARES[rule][column]
            axes.set_title(f"{title}, {unit} {level:g}\n{share:.3f} to B ({paper:g})", fontsize=7)
            axes.set(xlim=(-10.4, 10.4), ylim=(-10.4, 10.4), aspect="equal")
            for name, at in POINTS.items():
                axes.text(at, at, name, fontsize=8, weight="bold", ha="center", va="center")
    for axes in grid[:, 0]:
        axes.set_ylabel("$x_2$")
    for axes in grid[-1]:
        axes.set_xlabel("$x_1$")
    return figure, found


def _draw_basins(record: Record, rows: Rows) -> Figure:
    """The share of seeds in which each start of the grid ends at B, white for all of them."""
    figure, panels = _panels(record)
    axis = sorted({row["start_1"] for row in rows})
    place = {value: index for index, value in enumerate(axis)}
    for name, axes in panels.items():
        image = [[0.0] * len(axis) for _ in axis]
        for row in rows:
            image[place[row["start_2"]]][place[row["start_1"]]] = row[name]
        axes.pcolormesh(axis, axis, image, cmap="gray", vmin=-0.6, vmax=1, rasterized=True)
    figure.suptitle(
        f"{record['experiment']} ({record['preset']}): starts from which both end above 0, "
        "white in all seeds, dark in none "
        "(in brackets: share in the paper)",
        fontsize=9,
    )
    return figure


def _draw_paths(record: Record, rows: Rows) -> Figure:
    """Paths of 200 steps from 25 starts, of the first seed."""
    figure, panels = _panels(record)
    for name, axes in panels.items():
        for start in sorted({row["start"] for row in rows}):
            path = [row for row in rows if row["start"] == start]
            first, second = ([row[f"{name}_{player}"] for row in path] for player in (1, 2))
            axes.plot(first, second, color=STYLES[0]["color"], lw=0.8)
            axes.plot(first[0], second[0], ".", color="0.6", markersize=3)
            axes.plot(first[-1], second[-1], "o", color=STYLES[2]["color"], markersize=2.5)
    figure.suptitle(
        f"{record['experiment']} ({record['preset']}), seed {record['seeds'][0]}: "
        "grey starts, orange ends after 200 steps",
        fontsize=9,
    )
    return figure


def _draw_tournament(record: Record, rows: Rows) -> Figure:
    """The table: the row learner's return against the column learner's, the paper's below."""
    del rows
    paper = PAPER_TABLES[record["config"]["maml"]["game"]]
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.subplots()
    names = list(LEARNERS)
    means = [[_mean(record, f"{row}_vs_{column}") for column in names] for row in names]
    shown = [min(max(value, -3.0), 1.0) for line in means for value in line if value == value]
    image = axes.imshow(
        [[min(max(value, -3.0), 1.0) for value in line] for line in means],
        cmap="cividis",
        vmin=min(shown),
        vmax=max(shown),
    )
    middle = 0.5 * (min(shown) + max(shown))
    for i, row in enumerate(names):
        for j, column in enumerate(names):
            colour = "white" if means[i][j] <= middle else "black"
            text = _cell_text(record, f"{row}_vs_{column}")
            axes.text(
                j,
                i,
                f"{text}\n({paper[i][j]:g})",
                ha="center",
                va="center",
                color=colour,
                fontsize=8,
            )
    axes.set_xticks(range(4), list(LEARNERS.values()))
    axes.set_yticks(range(4), list(LEARNERS.values()))
    axes.set(xlabel="against", ylabel="return of")
    figure.colorbar(image, ax=axes, label="return")
    axes.set_title(
        f"{record['experiment']} ({record['preset']}): mean and 95 % interval over seeds "
        "(paper's below)",
        fontsize=8,
    )
    return figure


def _mean(record: Record, metric: str) -> float:
    entry = record["metrics"].get(metric)
    return math.nan if entry is None else float(entry["mean"])


def _cell_text(record: Record, metric: str) -> str:
    entry = record["metrics"].get(metric)
    if entry is None:
        return "not run"
    low, high = entry["ci95"] or (entry["mean"], entry["mean"])
    return f"{entry['mean']:.3f}\n[{low:.2f}, {high:.2f}]"


def _draw_ablations(record: Record, rows: Rows) -> Figure:
    """Temporal differences and returns over outer steps, a line per variant."""
    figure = Figure(figsize=(12, 4.2), layout="constrained")
    panels = figure.subplots(1, 4)
    titles = {
        "short_td_error": "short TD error",
        "long_td_error": "long TD error (exact)",
        "self_play": "return against each other",
        "return_vs_exploiters": "return against best responses",
    }
    names = [name for name, _ in record["config"]["variants"]]
    colours = mpl.colormaps["viridis"]
    for axes, (metric, title) in zip(panels, titles.items(), strict=True):
        for index, name in enumerate(names):
            style: dict[str, Any] = {
                "color": colours(index / max(len(names) - 1, 1)),
                "linestyle": ("-", "--", "-.", ":")[index % 4],
                "lw": 2.2 if index == 0 else 1.2,
            }
            draw_seeds(axes, rows, f"{name}_{metric}", name.replace("_", " "), style)
        axes.set_title(title, fontsize=9)
        axes.set_xlabel("outer step")
    for axes in panels[:2]:
        axes.set_yscale("log")
    panels[0].legend(fontsize=6.5)
    figure.suptitle(f"{record['experiment']} ({record['preset']}), mean and range", fontsize=9)
    return figure


def _draw_sweep(record: Record, rows: Rows) -> Figure:
    """Returns of both seats by gamma, a panel per game and opponent."""
    figure = Figure(figsize=(9, 7), layout="constrained")
    grid = figure.subplots(3, 3, sharex=True)
    by_discount = [{**row, "update": round(100 * row["discount"])} for row in rows]
    for line, (game, title) in zip(grid, GAMES.items(), strict=True):
        for axes, (opponent, other) in zip(line, OPPONENTS.items(), strict=True):
            axes.set_title(f"{title}, against {other}", fontsize=8)
            if f"{game}_{opponent}_first" not in rows[0]:
                axes.text(0.5, 0.5, "not run at this preset", ha="center", fontsize=8)
                axes.set(xlim=(0, 1), ylim=(0, 1))
                continue
            draw_seeds(axes, by_discount, f"{game}_{opponent}_first", "MeVa", STYLES[0])
            draw_seeds(axes, by_discount, f"{game}_{opponent}_second", "opponent", STYLES[2])
            axes.set_xticks([0, 25, 50, 75, 100], ["0", ".25", ".5", ".75", "1"])
    for axes in grid[-1]:
        axes.set_xlabel("gamma")
    grid[0, 0].legend(fontsize=7)
    figure.suptitle(
        f"{record['experiment']} ({record['preset']}): returns after 100 steps, mean and range",
        fontsize=9,
    )
    return figure


def _draw_extortion(record: Record, rows: Rows) -> Figure:
    """Payoffs of MeVa's policy against random ones, as it learns: a row per seed."""
    seeds = record["seeds"][:4]
    times = sorted({int(row["update"]) for row in rows})
    figure = Figure(figsize=(1.9 * len(times), 2.1 * len(seeds)), layout="constrained")
    grid = figure.subplots(len(seeds), len(times), sharex=True, sharey=True, squeeze=False)
    for line, seed in zip(grid, seeds, strict=True):
        for axes, time in zip(line, times, strict=True):
            axes.fill(*zip(*PAYOFF_POLYGON, strict=True), color="0.9")
            at = [row for row in rows if row["update"] == time and row["seed"] == seed]
            for is_pair, style in ((0, "."), (1, "o")):
                points = [(row["second"], row["first"]) for row in at if row["is_pair"] == is_pair]
                axes.plot(
                    *zip(*points, strict=True),
                    style,
                    color=STYLES[2 * is_pair]["color"],
                    markersize=7 if is_pair else 1.5,
                )
            axes.set_title(f"seed {seed}, step {time}", fontsize=7)
            axes.set_aspect("equal")
    for axes in grid[-1]:
        axes.set_xlabel("opponent's return", fontsize=7)
    for axes in grid[:, 0]:
        axes.set_ylabel("MeVa's return", fontsize=7)
    figure.suptitle(
        f"{record['experiment']} ({record['preset']}): against random opponents (dots) and the "
        "naive learner (circle)",
        fontsize=9,
    )
    return figure


def _draw_pairs(record: Record, rows: Rows) -> Figure:
    """Heat maps of both players' returns over pairs of gammas."""
    levels = sorted({row["discount_1"] for row in rows})
    figure = Figure(figsize=(9.5, 4.2), layout="constrained")
    panels = figure.subplots(1, 2)
    for axes, seat in zip(panels, ("first", "second"), strict=True):
        means = [
            [record["metrics"][f"{seat}_{first:g}_{second:g}"]["mean"] for second in levels]
            for first in levels
        ]
        image = axes.imshow(means, cmap="cividis", vmin=-2.1, vmax=-0.4, origin="lower")
        for i, line in enumerate(means):
            for j, value in enumerate(line):
                colour = "black" if value > -1.2 else "white"
                axes.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=7, color=colour)
        names = [f"{level:g}" for level in levels]
        axes.set_xticks(range(len(levels)), names)
        axes.set_yticks(range(len(levels)), names)
        axes.set(xlabel="gamma of the second", ylabel="gamma of the first")
        axes.set_title(f"return of the {seat}", fontsize=9)
    figure.colorbar(image, ax=panels)
    figure.suptitle(
        f"{record['experiment']} ({record['preset']}): one network, gamma 0 is a naive learner",
        fontsize=9,
    )
    return figure


def _draw_errors(record: Record, rows: Rows) -> Figure:
    """Relative errors of the learned meta-value by gamma."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    by_discount = [{**row, "update": round(100 * row["discount"])} for row in rows]
    lines = {
        "concave_error": "two players apart",
        "bilinear_error": "opposed interests",
        "logistic_error": "Logistic Game, nested",
        "logistic_remainder": "last nested look-ahead",
    }
    for (metric, label), style in zip(lines.items(), STYLES, strict=False):
        draw_seeds(axes, by_discount, metric, label, style)
    axes.set_xticks([0, 25, 50, 75, 100], ["0", ".25", ".5", ".75", "1"])
    axes.set(yscale="log", xlabel="gamma", ylabel="relative error of V")
    axes.legend(fontsize=8)
    axes.set_title(f"{record['experiment']} ({record['preset']}), mean and range", fontsize=9)
    return figure
