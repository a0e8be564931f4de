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
    """Draws a bar per method, and how far VinePPO is ahead, here and in the paper."""
    from vineppo.experiments import drawing

    del rows
    figure = drawing.new_figure()
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    metrics = {name: f"{name}_test_accuracy" for name in LABELS}
    shown = [name for name, metric in metrics.items() if metric in record["metrics"]]
    drawing.draw_bars(left, record, [drawing.Bar(LABELS[n], n, metrics[n]) for n in shown])
    left.set(xlabel="test accuracy (Pass@1) on held-out questions", xlim=(0, 1))
    left.set_title(drawing.title(record), fontsize=9)
    ahead = {f"vineppo_over_{name}": f"over {LABELS[name]}" for name in shown if name != "vineppo"}
    paper = "the paper, RhoMath 1.1B on MATH (another task)"
    drawing.draw_claims(right, record, ahead, paper=paper)
    right.set_xlabel("test accuracy of VinePPO less the other's")
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
    headline={
        "vineppo_over_ppo": "VinePPO ends above PPO (difference in test accuracy)",
        "vineppo_over_restem": "VinePPO ends above RestEM (difference in test accuracy)",
        "vineppo_over_dpo": "VinePPO ends above DPO-Positive (difference in test accuracy)",
    },
)
