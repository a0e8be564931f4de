"""VinePPO: Refining Credit Assignment in RL Training of LLMs.

Kazemnejad, Aghajohari, Portelance, Sordoni, Reddy, Courville, Le Roux. ICML 2025, arXiv 2410.01679.
"""
