"""Manifolds embedded in R^m: sphere, flat torus, hyperboloid, orthogonal groups."""
