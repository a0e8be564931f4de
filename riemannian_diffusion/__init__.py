"""Riemannian Diffusion Models.

Huang, Aghajohari, Bose, Panangaden, Courville. NeurIPS 2022, arXiv 2208.07949.
"""
