"""POLA, the baseline of the paper (Zhao et al. 2022, arXiv 2210.10125)."""
