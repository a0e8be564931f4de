"""Makes JAX strict, and keeps it to one thread: large batched linear algebra can hang on two."""

import os

os.environ.setdefault("NPROC", "1")

import jax

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)
