"""Trajectories figure of the Logistic Game (logistic_game.ipynb).

    make reproduce-meta_value EXPERIMENT=figure_logistic_trajectories   9 minutes on two cores

The paper, one seed: MeVa with gamma .95 ends at B itself, COLA with look-ahead 30 beyond it.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Findings, Record, Rows
from meta_value.experiments import logistic_comparison, sizes
from meta_value.experiments.logistic_comparison import LogisticConfig
from meta_value.experiments.trainer import Trainer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SOURCE = "trajectories figure"
HALF_WIDTH = 17.0  # of a panel: no path that converges leaves it
SHOWN_STEPS = (0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48, 64, 85, 113, 150, 200)

CLAIMS = (
    Claim(
        id="meva_at_b",
        source=SOURCE,
        statement="MeVa with gamma .95 ends at B itself (mean distance)",
        metric="meva_0.95_distance_to_B",
        criterion=Criterion("mean", "<=", 0.5, partly=1.0),
    ),
    Claim(
        id="cola_beyond_b",
        source=SOURCE,
        statement="COLA with look-ahead 30 ends beyond B (mean distance)",
        metric="cola_30_distance_to_B",
        criterion=Criterion("low", ">=", 1.0, partly=0.5),
    ),
    Claim(
        id="naive_at_b",
        source=SOURCE,
        statement="Naive learners that go to B end there (mean distance)",
        metric="lola_0_distance_to_B",
        criterion=Criterion("max", "<=", 0.01),
    ),
)


def run(config: LogisticConfig, trainer: Trainer) -> Findings:
    """Compares the rules; the curves are paths of the first seed."""
    params = logistic_comparison.train(config, trainer)
    metrics, _ = logistic_comparison.compare_rules(config, params, trainer)
    return Findings(metrics, _path_rows(config, params, trainer.seeds[0]))


def _path_rows(config: LogisticConfig, params: tuple[Any, Any], first_seed: int) -> Rows:
    """Paths from 25 starts near every sixth node of the grid, a row per start and shown step."""
    import jax

    from meta_value.evaluation import basins, logistic_rules

    nodes = basins.grid().reshape(basins.GRID_SIZE, basins.GRID_SIZE, 2, 1)[2::6, 2::6]
    noise = jax.random.normal(jax.random.key(3), nodes.shape)
    starts = (nodes + noise).reshape(-1, 2, 1)

    def paths(params: tuple[Any, Any]) -> dict[str, Any]:
        rules = {
            **logistic_rules.exact_rules(),
            **logistic_comparison.learned_rules(config, params),
        }
        return logistic_rules.paths(rules, starts, SHOWN_STEPS)

    of_first_seed = jax.tree.map(lambda leaf: leaf[0], jax.device_get(params))
    found = jax.device_get(jax.jit(paths)(of_first_seed))
    return [
        {
            "update": step,
            "seed": first_seed,
            "start": index,
            **{
                f"{name}_{player + 1}": float(path[index, place, player, 0])
                for name, path in found.items()
                for player in (0, 1)
            },
        }
        for index in range(len(starts))
        for place, step in enumerate(SHOWN_STEPS)
    ]


def draw(record: Record, rows: Rows) -> Figure:
    """Paths of 200 steps from 25 starts, of the first seed."""
    from meta_value.experiments import drawing

    figure, panels = drawing.logistic_panels(record, HALF_WIDTH)
    for name, axes in panels.items():
        for start in sorted({row["start"] for row in rows}):
            path = [(row[f"{name}_1"], row[f"{name}_2"]) for row in rows if row["start"] == start]
            inside = list(takewhile(_is_inside, path))
            axes.plot(*zip(*inside, strict=True), **drawing.LINES["path"])
            drawing.points(axes, inside[:1], "start")
            drawing.points(axes, inside[-1:], "end")
    entries = [
        drawing.legend_point("start", "start"),
        drawing.legend_point("stable", "stable points A and B of naive learning"),
        drawing.legend_point("end", "end: after 200 steps, or the last step within the panel"),
    ]
    figure.legend(handles=entries, loc="outside lower center", ncols=3, fontsize=8)
    size, seed = record["config"]["grid_size"], record["seeds"][0]
    text = f"paths of seed {seed}, and the share of {size} x {size} starts that reaches B"
    figure.suptitle(drawing.heading(record, text), fontsize=9)
    return figure


def _is_inside(point: tuple[float, float]) -> bool:
    return all(abs(place) <= HALF_WIDTH for place in point)


FIGURE_LOGISTIC_TRAJECTORIES = Experiment(
    source=f"Logistic Game, {SOURCE} ({logistic_comparison.NOTEBOOK})",
    summary="Their paths from 25 starts; trainings are those of figure_logistic_basins",
    claims=CLAIMS,
    configs=logistic_comparison.configs("trajectories"),
    num_seeds=sizes.NUM_SEEDS,
    minutes=logistic_comparison.MINUTES,
    run=run,
    draw=draw,
    trained=lambda config: config.meta_value,
    headline={"meva_at_b": "Logistic Game: MeVa ends at B itself (distance)"},
    why_it_fails={
        "meva_at_b": "around B the slope of f changes by .05 per unit only: an error of .025 "
        "in the slope of the learned V moves the end by half a unit, by seed",
    },
)
