"""LOQA (Aghajohari et al., ICLR 2024, arXiv 2405.01035).

Learning with Opponent Q-Learning Awareness.
"""
