"""The experiments of a paper as lines; `python -m common.logger.listing PAPER` needs no package."""

import importlib
import sys
from collections.abc import Iterator

from common.logger.experiment import Paper


def lines(paper: Paper) -> Iterator[str]:
    """Gives every experiment: place in the paper, expected minutes, claims."""
    for name, experiment in paper.experiments.items():
        times = ", ".join(
            f"{preset} {experiment.minutes[preset]:g} min" for preset in experiment.configs
        )
        yield f"{paper.name} {name} ({experiment.source}; {times})"
        yield f"    {experiment.summary}"
        if experiment.not_by_default:
            yield f"    by name only: {experiment.not_by_default}"
        for claim in experiment.claims_at(next(iter(experiment.configs))):
            yield f"    - {claim.id}: {claim.statement}; {claim.criterion.describe()}"


if __name__ == "__main__":
    for paper_name in sys.argv[1:]:
        experiments = importlib.import_module(f"{paper_name}.experiments")
        sys.stdout.writelines(f"{line}\n" for line in lines(experiments.PAPER))
