"""Figures and README tables of LOQA, drawn from the files in results/ alone; needs no JAX."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.logger import atomic, claim_table, curves, results
from loqa.configs import EXPERIMENTS
from loqa.errors import UserError

FOLDER = Path(__file__).parent
STATES = ("start", "cc", "cd", "dc", "dd")
TIT_FOR_TAT = (1, 1, 0, 1, 0)
Record = Mapping[str, Any]
Rows = list[dict[str, float]]

# Okabe and Ito's colours, told apart by the colour-blind; lines differ in style too.
STYLES = (
    {"color": "#0072B2", "linestyle": "-"},
    {"color": "#56B4E9", "linestyle": "--"},
    {"color": "#D55E00", "linestyle": "-."},
    {"color": "#009E73", "linestyle": ":"},
    {"color": "#000000", "linestyle": (0, (5, 1, 1, 1))},
)


def rebuild(folder: Path = FOLDER) -> None:
    """Draws every figure anew and writes the README's tables.

    Args:
      folder: holds README.md and results/.

    Raises:
      FileNotFoundError: there is no README, or no curves beside a record.
      DamagedFileError: a record or a table of curves is damaged.
      UserError: the README lacks the markers of a table.
    """
    results_dir, readme = folder / "results", folder / "README.md"
    for preset in ("quick", "paper"):
        for record in results.read_records(results_dir / preset):
            draw(record["experiment"], results_dir / preset)
    tables = {"claims": claims_table(results_dir), "bench": bench_table(results_dir)}
    text = readme.read_text()
    try:
        for name, table in tables.items():
            text = claim_table.replace_between_markers(text, name, table)
    except ValueError as error:
        raise UserError(f"{readme}: {error}") from error
    atomic.write_text(readme, text)


def claims_table(results_dir: Path) -> str:
    """Returns the claim table of the committed records, in the order of the experiments."""
    by_name = {
        (preset, record["experiment"]): record
        for preset in ("quick", "paper")
        for record in results.read_records(results_dir / preset)
    }
    ordered = [
        by_name[preset, name]
        for name in EXPERIMENTS
        for preset in ("quick", "paper")
        if (preset, name) in by_name
    ]
    return claim_table.markdown_table(ordered)


def bench_table(results_dir: Path) -> str:
    """Returns the benchmark of bench.json as a table; empty if there is none."""
    path = results_dir / "bench.json"
    if not path.exists():
        return ""
    bench = atomic.read_json(path)
    rows = ["| measured | median | lowest - highest |", "|---|---|---|"]
    for row in bench["rows"]:
        low, high = row["range"]
        rows.append(
            f"| {row['what']} | {row['median']:,.4g} {row['unit']} | {low:,.4g} - {high:,.4g} |"
        )
    origin = bench["provenance"]
    versions = origin["versions"]
    machine = f"{origin['device']}, JAX {versions['jax']}, Python {versions['python']}"
    return "\n".join([*rows, "", f"{bench['repeats']} repeats after a warm-up, on {machine}."])


def draw(name: str, folder: Path) -> None:
    """Draws the figure of one experiment from its record and curves, as PNG and SVG."""
    record = results.read_record(folder / f"{name}.json")
    rows = curves.read_curves(folder / f"{name}.csv")
    picture = _draw_gradients if "cosine_exact_critic" in record["metrics"] else _draw_policy
    mpl.rcParams["svg.hashsalt"] = "loqa"  # the same file for the same figure
    figure = picture(record, rows)
    for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        figure.savefig(folder / f"{name}.{suffix}", dpi=150, metadata=metadata)


def _draw_policy(record: Record, rows: Rows) -> Figure:
    """Bars of P(cooperate | state) as in the paper, and how they came about in training."""
    figure = Figure(figsize=(8.5, 3.4), layout="constrained")
    bars, lines = figure.subplots(1, 2, width_ratios=(2, 3))
    for i, state in enumerate(STATES):
        metric = record["metrics"][f"cooperation_{state}"]
        low, high = metric["ci95"] or (metric["mean"], metric["mean"])
        spread = [[metric["mean"] - low], [high - metric["mean"]]]
        bars.bar(i, metric["mean"], 0.7, yerr=spread, color="0.75", edgecolor="0.2", capsize=4)
        seeds = metric["per_seed"]
        offsets = [i + 0.4 * (k / max(len(seeds) - 1, 1) - 0.5) for k in range(len(seeds))]
        bars.plot(offsets, seeds, ".", color=STYLES[0]["color"], markersize=4)
        bars.plot([i - 0.42, i + 0.42], [TIT_FOR_TAT[i]] * 2, color=STYLES[2]["color"], lw=2)
        _draw_seeds(lines, rows, f"cooperation_{state}", state.upper(), STYLES[i])
    bars.set_xticks(range(len(STATES)), [state.upper() for state in STATES])
    bars.set(ylim=(-0.03, 1.05), ylabel="P(cooperate | state)")
    bars.set_title("bars: mean and 95 % interval; dots: seeds;\nred: tit-for-tat", fontsize=8)
    lines.set(ylim=(-0.03, 1.05), xlabel="update")
    lines.set_title(f"{record['experiment']} ({record['preset']}), mean and range", fontsize=8)
    figure.legend(fontsize=7, ncols=5, loc="outside lower right")
    return figure


def _draw_gradients(record: Record, rows: Rows) -> Figure:
    """Cosine with the exact gradient along the two trainings, for learned and perfect critics."""
    figure = Figure(figsize=(8.5, 3.4), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    cases = (
        ("learned", "learned critic"),
        ("exact", "perfect critic"),
        ("exact_value", "perfect critic, its value in the softmax"),
    )
    for axes, run in zip(panels, ("sarsa", "returns"), strict=True):
        for (case, label), style in zip(cases, (STYLES[2], STYLES[0], STYLES[3]), strict=True):
            _draw_seeds(axes, rows, f"{run}_cosine_{case}", label, style)
        axes.axhline(0.0, color="0.6", lw=0.8)
        axes.set(xlabel="update", ylim=(-1.05, 1.05), title=f"critic trained on {run}")
    panels[0].set_ylabel("cosine with the exact shaping gradient")
    panels[1].legend(fontsize=7, loc="lower right")
    return figure


def _draw_seeds(axes: Axes, rows: Rows, metric: str, label: str, style: Mapping[str, Any]) -> None:
    """Draws a metric over updates: mean over seeds, and their range as a band."""
    by_update: dict[int, list[float]] = {}
    for row in rows:
        by_update.setdefault(int(row["update"]), []).append(row[metric])
    updates = list(by_update)
    means = [sum(values) / len(values) for values in by_update.values()]
    axes.plot(updates, means, label=label, **style)
    ends: tuple[Callable[..., float], ...] = (min, max)
    low, high = ([end(values) for values in by_update.values()] for end in ends)
    axes.fill_between(updates, low, high, color=style["color"], alpha=0.2, lw=0)
