"""Meta-Value Learning: a General Framework for Learning with Learning Awareness.

Cooijmans, Aghajohari, Courville. 2023, arXiv 2307.08863.
"""
