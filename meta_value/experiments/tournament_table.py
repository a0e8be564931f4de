"""A tournament table: naive learners, LOLA, M-MAML and MeVa against each other in one game.

Every pairing learns for 300 simultaneous steps from 1,024 pairs of random policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment, Findings, Record
from meta_value.config import MamlConfig, MetaValueConfig, RepeatedGame
from meta_value.experiments import sizes
from meta_value.experiments.trainer import Trainer

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from meta_value.evaluation.tournament import Learner
    from meta_value.games import Game
    from meta_value.meta_game import Setup

NAMES = {"naive": "Naive", "lola": "LOLA", "maml": "M-MAML", "meva": "MeVa"}
PaperTable = tuple[tuple[float, ...], ...]  # returns, rows and columns in the order of NAMES


@dataclass(frozen=True)
class TournamentConfig:
    """Naive learners, LOLA, M-MAML and MeVa against each other in one game.

    Attributes:
      meva: one training per opponent that MeVa meets; the one against naive learners also meets
        M-MAML.
      maml: the training of M-MAML.
      num_trials: of every pairing and seed.
      others: the learners beside MeVa.
    """

    meva: tuple[MetaValueConfig, ...]
    maml: MamlConfig
    num_trials: int
    others: tuple[str, ...] = ("naive", "lola", "maml")


def configs(game: RepeatedGame) -> dict[str, TournamentConfig]:
    """Settings by preset; a smoke run lets LOLA and M-MAML play where MeVa does not."""
    return {
        preset: TournamentConfig(
            meva=tuple(
                sizes.meva(game, opponent)[preset] for opponent in sizes.opponents(preset, game)
            ),
            maml=sizes.maml(game)[preset],
            num_trials=8 if preset == "smoke" else 1024,
            others=("naive",) if preset == "smoke" and game == "ipd" else ("naive", "lola", "maml"),
        )
        for preset in sizes.PRESETS
    }


def table(
    game: RepeatedGame, name: str, claims: tuple[Claim, ...], paper: PaperTable, **options: Any
) -> Experiment:
    """The experiment of one game's table; `options` are of `Experiment`."""
    return Experiment(
        source=f"tournament table, {name} (matrix.ipynb)",
        summary=f"Naive, LOLA, M-MAML and MeVa against each other in the repeated {name}",
        claims=claims,
        configs=configs(game),
        num_seeds=sizes.NUM_SEEDS,
        minutes={"smoke": 0.4, "quick": 4.0, "paper": 500.0},
        run=run,
        draw=lambda record, rows: draw(record, paper),
        trained=lambda config: (*config.meva, config.maml)[0],
        **options,
    )


def cell(
    source: str, row: str, column: str, paper: float, error: float, *, statistic: str = ""
) -> Claim:
    """A cell of naive learners and LOLA: within four standard errors of two such samples."""
    return Claim(
        id=f"{row}_vs_{column}",
        source=source,
        statement=f"{NAMES[row]} against {NAMES[column]} ({statistic or 'mean'} return)",
        metric=f"{row}_vs_{column}{f'_{statistic}' if statistic else ''}",
        criterion=Criterion("mean", "within", round(4 * 2**0.5 * error, 3), target=paper),
        paper_value=paper,
        paper_spread="" if statistic else f"± {error:g} (1024 trials)",
    )


def run(config: TournamentConfig, trainer: Trainer) -> Findings:
    """Trains M-MAML and MeVa and plays every pairing of learners.

    Metrics: mean, median and standard error over trials of what the first learner of a pairing
    gets, per seed. Against itself MeVa meets the networks of all seeds, a share of trials each.
    """
    from meta_value.evaluation import tournament
    from meta_value.games import GAMES, draw_starts
    from meta_value.meta_game import make_setup

    game = GAMES[config.maml.game]
    setups = {each.opponent: make_setup(each) for each in config.meva}
    params = {
        f"meva_{each.opponent}": trainer.train(each, f"meva_vs_{each.opponent}").params
        for each in config.meva
    }
    if "maml" in config.others:
        params["maml"] = trainer.train(config.maml, "maml").params
    pairings = _pairings(setups, config.others)

    def of_seed(params: dict[str, Any], key: Any) -> dict[str, Any]:
        starts = draw_starts(game, key, config.num_trials)
        learners = _learners(game, setups, params)
        pairs = [
            (_seated(learners, first, second), _seated(learners, second, first))
            for first, second in pairings
        ]
        found: dict[str, Any] = {}
        for pairing, returns in zip(pairings, tournament.play(game, pairs, starts), strict=True):
            found |= tournament.summaries(*pairing, returns)
        return found

    found = trainer.per_seed(of_seed, params)
    if "meva" in setups:
        found |= _meva_against_itself(config, setups["meva"], params["meva_meva"], trainer)
    metrics = {name: values.astype(float).tolist() for name, values in found.items()}
    rows = [
        {
            "update": tournament.NUM_STEPS,
            "seed": seed,
            **{name: values[i] for name, values in metrics.items()},
        }
        for i, seed in enumerate(trainer.seeds)
    ]
    return Findings(metrics, rows)


def _pairings(trained_against: Iterable[str], others: Sequence[str]) -> list[tuple[str, str]]:
    """Who meets whom, MeVa always in the first seat; its meeting with itself is apart."""
    among_others = [(a, b) for i, a in enumerate(others) for b in others[i:]]
    meva = [("meva", opponent) for opponent in others if _training_for(opponent) in trained_against]
    return [*among_others, *meva]


def _training_for(opponent: str) -> str:
    """Whom MeVa was trained against that meets an opponent: M-MAML is met as naive learners are."""
    return "naive" if opponent == "maml" else opponent


def _learners(
    game: Game, setups: Mapping[Any, Setup], params: dict[str, Any]
) -> dict[str, Learner]:
    """All learners of one seed; MeVa's by whom it was trained against, as `meva_naive`."""
    import jax.numpy as jnp

    from meta_value.evaluation.log_point import DISCOUNT
    from meta_value.evaluation.tournament import Learner, untrained_learners

    learners = untrained_learners(game)
    if "maml" in params:
        maml = params["maml"]
        learners["maml"] = Learner(learners["naive"].field, maml["step_sizes"], maml["policies"])
    for opponent, setup in setups.items():
        field = setup.meta_value.field(params[f"meva_{opponent}"], jnp.full(2, DISCOUNT))
        learners[f"meva_{opponent}"] = Learner(field, jnp.full((2, 1), game.step_size))
    return learners


def _seated(learners: dict[str, Learner], name: str, opponent: str) -> Learner:
    """The learner of a name that meets an opponent."""
    return learners[f"meva_{_training_for(opponent)}" if name == "meva" else name]


def _meva_against_itself(
    config: TournamentConfig, setup: Setup, params: Any, trainer: Trainer
) -> dict[str, np.ndarray]:
    """MeVa of each seed in the first seat against MeVa of every seed in the second."""
    import jax
    import jax.numpy as jnp

    from meta_value.evaluation import tournament
    from meta_value.evaluation.log_point import DISCOUNT
    from meta_value.games import draw_starts

    num_seeds = len(trainer.seeds)
    per_partner = -(-config.num_trials // num_seeds)
    every_seed = jax.device_get(params)

    def learner(params: Any) -> Learner:
        field = setup.meta_value.field(params, jnp.full(2, DISCOUNT))
        return tournament.Learner(field, jnp.full((2, 1), setup.game.step_size))

    def of_seed(own: Any, key: Any) -> dict[str, Any]:
        def against(partner: tuple[Any, Any]) -> Any:
            params, key = partner
            starts = draw_starts(setup.game, key, per_partner)
            return tournament.play(setup.game, [(learner(own), learner(params))], starts)[0]

        keys = jax.random.split(key, num_seeds)
        returns = jax.lax.map(against, (every_seed, keys))  # [S, N, P]
        return tournament.summaries("meva", "meva", returns.reshape(-1, 2))

    return trainer.per_seed(of_seed, params)


def draw(record: Record, paper: PaperTable) -> Figure:
    """The row learner's return against the column learner's, the paper's below."""
    from meta_value.experiments import drawing

    return drawing.tournament(record, NAMES, paper)
