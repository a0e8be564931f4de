"""Parameters for tests: random in every entry, biases and tables included."""

import jax
import jax.numpy as jnp
import numpy as np

from loqa.networks import Agent, Params


def random_parameters(agent: Agent, seed: int, scale: float = 0.4) -> Params:
    """Draws normal parameters of the shapes that `agent.init` gives."""
    random = np.random.default_rng(seed)
    return jax.tree.map(
        lambda leaf: jnp.asarray(random.normal(scale=scale, size=leaf.shape), dtype=leaf.dtype),
        jax.eval_shape(agent.init, jax.random.key(0)),
    )
