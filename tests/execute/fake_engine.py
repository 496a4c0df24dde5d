"""Engines that misbehave on demand, named as "fake_engine:FAKE" so that workers import them too.

The task's symbols are orders, `verb:when:detail`; `when` is a seed, "all" seeds, or "prepare".
A folder as detail counts how often something was done, across processes.
"""

import ctypes
import os
import signal
import time
import warnings
from pathlib import Path

import numpy as np

from simnet.arrays import TimesByReadouts
from simnet.engines.base import Engine, Task
from simnet.errors import InputError, Problem, StateError
from simnet.experiment.program import Program


def before(folder: str) -> int:
    """How often this was called with the folder before."""
    path = Path(folder)
    path.mkdir(exist_ok=True)
    count = len(list(path.iterdir()))
    (path / f"{os.getpid()}-{time.monotonic_ns()}").touch()
    return count


def act(verb: str, detail: str) -> None:
    match verb:
        case "exit":
            os.write(2, b"about to fall over\n")
            os._exit(int(detail))
        case "exit-once":
            if not before(detail):
                os._exit(3)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "sleep":
            time.sleep(float(detail))
        case "hold":  # as an engine in C that never lets go of the interpreter's lock
            ctypes.PyDLL(None).sleep(int(detail))
        case "count":
            before(detail)
        case "print":
            os.write(2, f"{detail} to 2\n".encode())
            os.write(1, f"{detail} to 1\n".encode())
            print(f"{detail} from Python")
        case "printf":
            ctypes.CDLL(None).printf(f"{detail} from C\n".encode())  # into the buffer of stdout
        case "flood":
            os.write(2, b"nonsense\n" * int(detail) + b"the end\n")
        case "warn":
            warnings.warn(detail, stacklevel=1)
        case "state-error":
            raise StateError(detail)
        case "input-error":
            raise InputError(Problem(what=detail, why="is wrong"))
        case "bug":
            raise KeyError(detail)


class Fake:
    """Gives random numbers by seed; "pid" and "threads" ask for facts, "big" for many numbers."""

    def __init__(self, task: Task) -> None:
        self.orders = [symbol.split(":", 2) for symbol in task.symbols]
        self.obey("prepare")

    def obey(self, moment: str) -> None:
        for verb, when, detail in self.orders:
            if when == moment or (when == "all" and moment != "prepare"):
                act(verb, detail)

    def run(self, program: Program, seed: int) -> TimesByReadouts:
        self.obey(str(seed))
        verbs = {verb: detail for verb, _, detail in self.orders}
        if "pid" in verbs:
            return np.full((1, 1), float(os.getpid()))
        if "threads" in verbs:
            return np.full((1, 1), float(os.environ["OMP_NUM_THREADS"]))
        shape = (int(verbs["big"]), 1) if "big" in verbs else (3, 2)
        return np.random.default_rng(seed).random(shape)


FAKE = Engine(name="fake", methods=frozenset({"ssa"}), prepare=Fake, version=lambda: "1")
