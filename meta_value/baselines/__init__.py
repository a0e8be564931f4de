"""The trained baselines of the paper: M-MAML and COLA."""
