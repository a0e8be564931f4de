"""A table of NOTES.md: what each method of the main table was given, and reached."""

from pathlib import Path

from common.logger import claim_table, results
from vineppo.experiments.comparison import LABELS


def markdown(results_dir: Path) -> str:
    """Returns the table from the committed record; empty if there is none."""
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
