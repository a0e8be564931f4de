"""The main results figure: Pass@1 of all seven methods from one SFT model.

    make reproduce-vineppo EXPERIMENT=table_main        3 minutes at quick

The paper, RhoMath 1.1B on MATH: VinePPO .230, DPO+ .192, PPO .181, RestEM .173, SFT .155; GRPO and
RLOO stand in its second version, without numbers that are known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.logger.claims import Claim
from common.logger.experiment import Experiment, Record, Rows
from vineppo.experiments import presets
from vineppo.experiments.comparison import AHEAD, LABELS, all_methods, compare, first_method

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAPER_MATH = {"sft": 0.155, "restem": 0.173, "dpo": 0.192, "ppo": 0.181, "vineppo": 0.230}


def _claim(other: str, name: str, difference: float | None) -> Claim:
    return Claim(
        f"vineppo_over_{other}",
        "main figure, RhoMath on MATH",
        f"VinePPO ends with a higher test accuracy than {name}",
        f"vineppo_minus_{other}_test_accuracy",
        AHEAD,
        difference,
    )


CLAIMS = (
    _claim("ppo", "PPO", 0.049),
    _claim("grpo", "GRPO", None),
    _claim("rloo", "RLOO", None),
    _claim("restem", "RestEM", 0.057),
    _claim("dpo", "DPO-Positive", 0.038),
    _claim("sft", "the SFT model", 0.075),
)


def draw(record: Record, rows: Rows) -> Figure:
    """Draws a bar per method, with the paper's value on another task as a mark."""
    from vineppo.experiments import drawing

    del rows
    figure = drawing.new_figure()
    axes = figure.subplots()
    order = [name for name in LABELS if f"{name}_test_accuracy" in record["metrics"]]
    drawing.draw_bars(axes, record, {LABELS[name]: f"{name}_test_accuracy" for name in order})
    for place, name in enumerate(order):
        if name in PAPER_MATH:
            axes.plot(place, PAPER_MATH[name], "k_", ms=22)
    axes.plot([], [], "k_", ms=12, label="paper, RhoMath 1.1B on MATH (another task)")
    axes.set(ylabel="Pass@1 on held-out questions", title=drawing.title(record), ylim=(0, 1))
    axes.legend(fontsize=7, loc="upper right")
    return figure


EXPERIMENT = Experiment(
    source="main results figure",
    summary="Pass@1 on held-out questions of all seven methods from one SFT model",
    claims=CLAIMS,
    configs=presets.by_preset(all_methods),
    num_seeds=presets.NUM_SEEDS,
    minutes={"smoke": 0.3, "quick": 3.0, "paper": 54000.0},
    run=compare,
    draw=draw,
    trained=first_method,
    why_it_fails={
        "vineppo_over_ppo": "ahead in four seeds of five; twenty seeds show it "
        "(beyond_twenty_seeds)",
        "vineppo_over_restem": "not by more responses: imitating chains whose answer is right "
        "is nearly supervision on this task, and RestEM passes over them many times",
    },
)
