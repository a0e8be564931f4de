"""Asks a worker process whether two LaTeX expressions are equal; a worker that hangs is killed.

Answers come from a language model: they may be meant to take forever or to take all memory. The
worker has a limit of memory, and each question one of time; when it is over, the worker is killed,
the answer is "no", and the next question starts another.
"""

import contextlib
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, Literal

TIME_LIMIT = 5.0  # seconds of a question
START_LIMIT = 240.0  # seconds until a new worker is ready: its imports take a while
MEMORY_LIMIT = 2 * 2**30


class Worker:
    """A worker process, started when first needed; use it as a context manager, or `close` it."""

    def __init__(
        self, engine: Literal["sympy", "math_verify"], time_limit: float = TIME_LIMIT
    ) -> None:
        """Remembers how to answer; starts nothing yet."""
        self.engine = engine
        self.time_limit = time_limit
        self.num_killed = 0
        self._known: dict[tuple[str, str], bool] = {}
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()
        self._lock = threading.Lock()

    def __enter__(self) -> "Worker":
        """Returns itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the process."""
        self.close()

    def equivalent(self, given: str, gold: str) -> bool:
        """Whether two expressions are equal; "no" if that cannot be found out within the limits."""
        with self._lock:
            if (given, gold) not in self._known:
                self._known[given, gold] = self._ask(given, gold)
            return self._known[given, gold]

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
            self._process = None

    def _ask(self, given: str, gold: str) -> bool:
        try:
            process = self._process or self._start()
            assert process.stdin is not None
            process.stdin.write(json.dumps([given, gold]) + "\n")
            process.stdin.flush()
            return self._lines.get(timeout=self.time_limit).strip() == "yes"
        except (queue.Empty, OSError):
            self.num_killed += 1
            self.close()
            return False

    def _start(self) -> subprocess.Popen[str]:
        self._lines = queue.Queue()
        self._process = process = subprocess.Popen(
            [sys.executable, "-m", "vineppo.tasks.symbolic", self.engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        lines = self._lines

        def read() -> None:
            assert process.stdout is not None
            with contextlib.suppress(ValueError):  # closed under our hands
                for line in process.stdout:
                    lines.put(line)

        threading.Thread(target=read, daemon=True).start()
        self._lines.get(timeout=START_LIMIT)  # it says that it is ready
        return process


def serve(engine: str) -> None:
    """The worker's loop: a pair of expressions per line in, yes or no out."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    sys.setrecursionlimit(2_000)
    decide = {"sympy": _sympy, "math_verify": _math_verify}[engine]()
    _say("ready")
    for line in sys.stdin:
        given, gold = json.loads(line)
        try:
            is_equal = decide(given, gold)
        except Exception:  # noqa: BLE001 (whatever a parser makes of hostile input: not equal)
            is_equal = False
        _say("yes" if is_equal else "no")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _sympy() -> Callable[[str, str], bool]:
    """Equal if the difference simplifies to 0, or its value is within 1e-3 of 0."""
    import sympy
    from latex2sympy2_extended import latex2sympy

    def decide(given: str, gold: str) -> bool:
        difference: Any = latex2sympy(given) - latex2sympy(gold)
        if sympy.simplify(difference) == 0:
            return True
        return bool(abs(sympy.N(difference)) <= 1e-3)

    return decide


def _math_verify() -> Callable[[str, str], bool]:
    """Equal if math-verify says so; its own time limits need signals, and this process has ours."""
    from math_verify import parse, verify

    def decide(given: str, gold: str) -> bool:
        parsed = [parse(f"${text}$", parsing_timeout=None) for text in (gold, given)]
        return bool(verify(*parsed, timeout_seconds=None))

    return decide


if __name__ == "__main__":
    serve(sys.argv[1])
