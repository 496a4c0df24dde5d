"""An engine in a process of its own, so that one that takes too long or dies can be cut."""

import multiprocessing
import os
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from cases import Case
from clock import cpu_seconds


class Cut(Exception):
    """No answer: the reason is for the table."""


_READING = 300.0  # seconds; it is not the engine's work


@dataclass(frozen=True)
class Answer:
    """What a request gave, and its CPU seconds."""

    value: Any
    seconds: float


class Host:
    """`ssa.ENGINE` with one case, prepared in another process.

    Args:
        engine: name of the file.
        case: what is run.
        budget: wall seconds for all that it does, once the case is read; after that it is cut.
    """

    def __init__(self, engine: str, case: Case, budget: float) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._here, there = spawning.Pipe()
        self._process = spawning.Process(
            target=_serve, args=(there, engine, case.name), daemon=True
        )
        self._left = budget
        self.budget = budget
        self._process.start()
        there.close()

    @property
    def left(self) -> float:
        """Wall seconds that it may still take."""
        return self._left

    def ask(self, *request: Any) -> Answer:
        """("read",), ("prepare",), ("run", n, seed) or ("firings", n, seed).

        Raises:
            Cut: it is missing, refuses, failed, or took too long.
        """
        began = time.monotonic()
        self._here.send(request)
        try:
            if not self._here.poll(_READING if request[0] == "read" else max(self._left, 0.0)):
                raise Cut(f"no result in {self.budget:.0f} s")
            answer = self._here.recv()
        except (EOFError, OSError):
            raise Cut("its process died") from None
        finally:
            if request[0] != "read":
                self._left -= time.monotonic() - began
        if isinstance(answer, str):
            raise Cut(answer)
        assert isinstance(answer, Answer)
        return answer

    def close(self) -> None:
        """End the process, and what it started."""
        self._here.close()
        if os.name == "posix" and self._process.pid is not None:
            import signal
            from contextlib import suppress

            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.join()


def _serve(requests: Connection, engine: str, name: str) -> None:
    """In the other process: answer until the pipe closes."""
    if os.name == "posix":
        os.setpgid(0, 0)  # so that its children end with it
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    run: Any = None
    case = Case(name)
    while True:
        try:
            kind, *args = requests.recv()
        except (EOFError, OSError):
            return
        before = cpu_seconds()
        try:
            if kind == "read":
                value = None
                _ = case.text, case.network
            elif kind == "prepare":
                run, value = import_module(f"ssa.{engine}").prepare(case), None
            elif kind == "firings":
                value = run.firings(*args) if hasattr(run, "firings") else None
            else:
                value = run(*args)
        except ImportError as error:
            requests.send(f"missing: {error}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is for the table
            requests.send(f"{type(error).__name__}: {error}"[:200])
        else:
            requests.send(Answer(value, cpu_seconds() - before))
