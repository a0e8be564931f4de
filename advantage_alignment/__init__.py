"""Advantage Alignment Algorithms.

Duque, Aghajohari, Cooijmans, Ciuca, Zhang, Gidel, Courville. ICLR 2025, arXiv 2406.14662.
"""
