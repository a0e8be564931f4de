"""What all papers share: the Coin Game, the iterated prisoner's dilemma, the record of a run."""
