"""A column of the paper's tables: the likelihood of one data set under our model and baselines."""

from typing import Any, NamedTuple

from common.logger.claims import Claim, Criterion
from common.logger.experiment import Experiment
from riemannian_diffusion.experiments import likelihood_comparison
from riemannian_diffusion.experiments.sizes import NUM_SEEDS, PRESETS
from riemannian_diffusion.experiments.trainings import ComparisonConfig, Trainings, first_training

TOLERANCE = 0.1
SHORT_TRAINING = (
    "after 1500 updates a small network is far from trained, where a mixture of 64 components is "
    "done; the published runs are 200 times as long"
)

# Those with a public source; at `quick` the criterion is what was expected of the budget.
_NLL = "negative log-likelihood (looser criterion at quick)"
HEADLINES = {
    "flood": {"nll": f"floods: {_NLL}", "below_mixture": "floods: better than the mixture"},
    "fire": {"nll": f"fires: {_NLL}"},
    "earthquake": {"nll": f"earthquakes: {_NLL}"},
    "volcano": {"nll": f"volcanoes: {_NLL}"},
    "rna": {"nll": f"RNA: {_NLL}", "below_mixture": "RNA: better than the mixture"},
}


class Published(NamedTuple):
    """What the paper says of a data set, and what was expected before ours was run.

    Attributes:
      nll: negative log-likelihood of test points, in nats.
      spread: of it over splits.
      expected_at_quick: what was expected of the quick budget.
    """

    nll: float
    spread: str
    expected_at_quick: float


def make_experiment(
    data_set: str,
    table: str,
    published: Published,
    configs: dict[str, Trainings],
    more_claims: tuple[Claim, ...] = (),
    **more: Any,
) -> Experiment:
    """Builds the experiment of one data set.

    Args:
      data_set: its name.
      table: place in the paper.
      published: what the paper says.
      configs: what is trained, by preset; the first is our model, `rdm`.
      more_claims: beside those on our model and on the mixture.
      **more: fields of the experiment.
    """
    return Experiment(
        source=f"{table}, {data_set}",
        summary=f"Likelihood of the {data_set} data against baselines",
        claims=(*_nll_claims(data_set, table, published, "quick"), *more_claims),
        paper_claims=(*_nll_claims(data_set, table, published, "paper"), *more_claims),
        configs={preset: ComparisonConfig(configs[preset]) for preset in PRESETS},
        num_seeds=NUM_SEEDS,
        minutes={"smoke": 0.2, "quick": 2.0, "paper": 5000.0},
        run=likelihood_comparison.run,
        draw=likelihood_comparison.draw,
        trained=first_training,
        headline=HEADLINES.get(data_set, {}),
        why_it_fails={
            "nll": SHORT_TRAINING,
            "below_mixture": SHORT_TRAINING,
            "repeats_help": "with three splits the earthquakes' test sets differ as much",
        },
        **more,
    )


def _nll_claims(
    data_set: str, table: str, published: Published, preset: str
) -> tuple[Claim, Claim]:
    """At `paper` the published number, at `quick` what was expected of the budget."""
    nll, expected = published.nll, published.expected_at_quick
    criterion = (
        Criterion("mean", "within", TOLERANCE, partly=3 * TOLERANCE, target=nll)
        if preset == "paper"
        else Criterion("mean", "<=", expected, partly=expected + 0.5)
    )
    return (
        Claim(
            "nll",
            table,
            f"Negative log-likelihood of test points, {data_set}",
            "rdm_nll",
            criterion,
            nll,
            published.spread,
            "nats",
        ),
        Claim(
            "below_mixture",
            table,
            f"The mixture has a higher negative log-likelihood than our model, {data_set} "
            "(difference)",
            "mixture_minus_rdm_nll",
            Criterion("low", ">=", 0.0),
            unit="nats",
        ),
    )
