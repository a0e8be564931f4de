"""Figures of the iterated prisoner's dilemma."""

from matplotlib.figure import Figure

from advantage_alignment.curve_drawing import STYLES, Record, Rows, draw_seeds
from advantage_alignment.ipd_experiments import POSTER


def draw_policy(record: Record, rows: Rows) -> Figure:
    """Bars of P(cooperate | state) beside the poster's, and how they came about in training."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    bars, lines, rewards = figure.subplots(1, 3, width_ratios=(3, 3, 2))
    for i, (state, (value, spread)) in enumerate(POSTER.items()):
        metric = record["metrics"][f"alignment_cooperation_{state}"]
        low, high = metric["ci95"] or (metric["mean"], metric["mean"])
        ends = [[metric["mean"] - low], [high - metric["mean"]]]
        ours = {"color": "0.75", "edgecolor": "0.2", "capsize": 3}
        bars.bar(i - 0.2, metric["mean"], 0.4, yerr=ends, label="ours" if i == 0 else None, **ours)
        seeds = metric["per_seed"]
        places = [i - 0.2 + 0.3 * (k / max(len(seeds) - 1, 1) - 0.5) for k in range(len(seeds))]
        bars.plot(places, seeds, ".", color=STYLES[0]["color"], markersize=4)
        theirs = {"color": "white", "edgecolor": STYLES[2]["color"], "hatch": "//", "capsize": 3}
        bars.bar(i + 0.2, value, 0.4, yerr=spread, label="poster" if i == 0 else None, **theirs)
        style = STYLES[i % len(STYLES)]
        draw_seeds(lines, rows, f"alignment_cooperation_{state}", state.upper(), style)
    bars.set_xticks(range(len(POSTER)), [state.upper() for state in POSTER])
    bars.set(ylim=(-0.03, 1.25), ylabel="P(cooperate | state)")
    bars.set_title("bars: mean, 95 % interval (poster: its bars); dots: seeds", fontsize=8)
    bars.legend(fontsize=7, ncols=2)
    lines.set(ylim=(-0.03, 1.05), xlabel="update")
    lines.set_title("mean and range over seeds", fontsize=8)
    lines.legend(fontsize=7, loc="center right")
    for name, style in (("alignment", STYLES[0]), ("naive", STYLES[2])):
        draw_seeds(rewards, rows, f"{name}_self_play", name, style)
    rewards.set(xlabel="update", ylabel="reward per step", ylim=(-2.1, -0.9))
    rewards.legend(fontsize=7)
    figure.suptitle(f"{record['experiment']} ({record['preset']})", fontsize=9)
    return figure


def draw_states(record: Record, rows: Rows) -> Figure:
    """P(cooperate | state) and the reward of self-play along training."""
    figure = Figure(figsize=(8.5, 3.4), layout="constrained")
    lines, rewards = figure.subplots(1, 2, width_ratios=(3, 2))
    for i, state in enumerate(POSTER):
        style = STYLES[i % len(STYLES)]
        draw_seeds(lines, rows, f"alignment_cooperation_{state}", state.upper(), style)
    draw_seeds(rewards, rows, "alignment_self_play", "alignment", STYLES[0])
    lines.set(ylim=(-0.03, 1.05), xlabel="update", ylabel="P(cooperate | state)")
    lines.legend(fontsize=7)
    rewards.set(xlabel="update", ylabel="reward per step of self-play", ylim=(-2.1, -0.9))
    figure.suptitle(f"{record['experiment']} ({record['preset']})", fontsize=9)
    return figure
