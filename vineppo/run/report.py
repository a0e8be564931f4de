"""The README's tables and the figures, made from the files in results/ alone; needs no JAX."""

from pathlib import Path

from common.logger import claim_table, report, results
from vineppo.experiments import PAPER
from vineppo.experiments.comparison import LABELS


def rebuild(folder: Path = PAPER.folder) -> None:
    """Draws every figure anew and writes the README's tables.

    Args:
      folder: holds README.md and results/.

    Raises:
      Exception: see `common.logger.report.rebuild`.
    """
    report.rebuild(PAPER, {"methods": methods_table(folder / "results")}, folder)


def methods_table(results_dir: Path) -> str:
    """Returns what each method of the main table was given and reached; empty if it was not run."""
    path = results_dir / "quick" / "table_main.json"
    if not path.exists():
        return ""
    record = results.read_record(path)
    rows = [
        "| method | test accuracy [95 % interval] | learning rate | responses | tokens sampled |",
        "|---|---|---|---|---|",
    ]
    metrics = record["metrics"]
    for name, _ in record["config"]["contestants"]:
        accuracy = metrics[f"{name}_test_accuracy"]
        rate, responses, tokens = (
            metrics[f"{name}_{given}"]["mean"]
            for given in ("learning_rate", "training_responses", "sampled_tokens")
        )
        rows.append(
            f"| {LABELS[name]} | {claim_table.estimate_text(accuracy['mean'], accuracy['ci95'])} "
            f"| {rate:g} | {responses:,.0f} | {tokens:,.0f} |"
        )
    initial = metrics["sft_test_accuracy"]["mean"]
    rows.append(f"| {LABELS['sft']}, where all begin | {initial:.3f} | | | |")
    return "\n".join(rows)
