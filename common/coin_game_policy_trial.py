"""Whether a portable policy of the Coin Game keeps to its signature, and runs on this machine.

`python -m common.coin_game_policy_trial FILE` compiles a policy and plays a move: `check_runs` does
that in a process with limits, for a file may hold any program.
"""

import hashlib
import os
import re
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax import export

from common.logger.errors import UserError

SECONDS = 120
MEMORY_BYTES = 16 * 2**30  # of address space, of which JAX takes gigabytes without using them
# Programs outside XLA that a policy may call: the random numbers of JAX, and checks of shapes.
KNOWN_CALLS = {"cu_threefry2x32", "cu_threefry2x32_ffi", "shape_assertion", "Sharding"}

_sound: set[str] = set()  # SHA-256 of the files that this process has tried out


def check_signature(
    initial_carry: export.Exported,
    act: export.Exported,
    observation_shape: Sequence[int],
    num_actions: int,
    path: Path,
) -> None:
    """Checks the functions' platforms, calling convention, signature and calls.

    Raises:
      UserError: they cannot be called here, or not as this signature version says.
    """
    here = {"gpu": "cuda"}.get(jax.default_backend(), jax.default_backend())
    oldest = export.minimum_supported_calling_convention_version
    newest = export.maximum_supported_calling_convention_version
    for function in (initial_carry, act):
        if here not in function.platforms:
            raise UserError(f"{path} runs on {', '.join(function.platforms)}, not on {here}")
        version = function.calling_convention_version
        if not oldest <= version <= newest:
            raise UserError(
                f"{path} has functions of calling convention {version} of jax.export; "
                f"JAX {jax.__version__} knows {oldest} to {newest}"
            )
        unknown = _custom_calls(function) - KNOWN_CALLS
        if unknown:
            raise UserError(f"{path} calls programs outside XLA: {', '.join(sorted(unknown))}")

    observation = f"float32[{','.join(map(str, ('B', *observation_shape)))}]"
    found = [_signature(initial_carry), _signature(act)]
    carry = found[0][1]
    expected: list[tuple[Any, Any]] = [
        (((observation,), {}), carry),
        (
            ((carry, observation, "uint32[B,2]"), {}),
            (carry, "int32[B]", f"float32[B,{num_actions}]"),
        ),
    ]
    for name, got, wanted in zip(("initial_carry", "act"), found, expected, strict=True):
        if got != wanted or not all("[B" in leaf for leaf in jax.tree.leaves(got)):
            raise UserError(
                f"{path} does not keep to its signature version: {name} maps {got[0]} to "
                f"{got[1]}, expected {wanted[0]} to {wanted[1]}"
            )


def check_runs(path: Path) -> None:
    """Compiles a policy and plays a move with it in another process; once for each file.

    Raises:
      UserError: it does not compile, does not play, or takes too much time or memory.
    """
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest in _sound:
        return
    command = [sys.executable, "-m", "common.coin_game_policy_trial", str(path.absolute())]
    root = str(Path(__file__).parents[1])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]),
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }
    try:
        tried = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{path} does not play a move within {SECONDS} seconds") from error
    if tried.returncode:
        lines = tried.stderr.strip().splitlines() or [f"it ended with code {tried.returncode}"]
        raise UserError(f"{path} does not run here: {lines[-1][:300]}")
    _sound.add(digest)


def try_out(path: Path) -> None:
    """Compiles a policy for two rows and plays a move.

    Raises:
      Exception: whatever goes wrong.
    """
    from common import coin_game_policy

    policy = coin_game_policy.read(path)
    observations = jnp.zeros((2, *policy.game.observation_shape))
    carry = jax.jit(policy.initial_carry.call)(observations)
    _, actions, log_probs = jax.jit(policy.act.call)(
        carry, observations, jnp.zeros((2, 2), jnp.uint32)
    )
    sums = jnp.exp(log_probs).sum(axis=1)
    if not jnp.allclose(sums, 1.0, atol=1e-3):
        raise UserError(f"the probabilities of its moves sum to {sums[0]:g}")
    if not jnp.all((actions >= 0) & (actions < log_probs.shape[1])):
        raise UserError(f"it makes the move {actions[0]}, which there is not")


def main(words: Sequence[str]) -> int:
    """Tries a policy out within the limit of memory; exit code 1 and a line if that fails."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY and jax.default_backend() == "cpu":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        try_out(Path(words[0]))
    except Exception as error:  # noqa: BLE001 (a file may hold any program: any error may come)
        first = next(iter(str(error).splitlines()), "")
        sys.stderr.write(f"\n{first or type(error).__name__}\n")
        return 1
    return 0


def _custom_calls(function: export.Exported) -> set[str]:
    """Names of the programs outside XLA that a function calls."""
    text = function.mlir_module()
    pairs = re.findall(r'custom_call\s*@"?([\w.$-]+)|call_target_name\s*=\s*"([^"]+)"', text)
    return {name for pair in pairs for name in pair if name}


def _signature(function: export.Exported) -> tuple[Any, Any]:
    """Arguments and results of a function, each array as text such as float32[B,4,3,3]."""

    def described(array: Any) -> str:
        sizes = [str(size) for size in array.shape]
        if sizes and sizes[0].isidentifier():  # a symbol, whatever its writer called it
            sizes[0] = "B"
        return f"{array.dtype}[{','.join(sizes)}]"

    return (
        jax.tree.unflatten(function.in_tree, map(described, function.in_avals)),
        jax.tree.unflatten(function.out_tree, map(described, function.out_avals)),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
