"""Manifolds embedded in R^m (sphere, flat torus, hyperboloid, rotations), heat kernels."""
