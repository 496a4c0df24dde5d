"""Our engine in C, in one thread."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from cases import INTERVALS, Case

from simnet.engines.base import Limits, Task
from simnet.engines.compiled import Batch, available, obstacles
from simnet.engines.compiled import CompiledSimulator as Simulator
from simnet.experiment.condition import Condition
from simnet.experiment.program import Program, program
from simnet.sbml.read import from_sbml
from ssa import Refused

DISTRIBUTION = "simnet-bio"


def prepared(case: Case) -> tuple[Simulator, Program]:
    """From the text, as a user has it."""
    if not available():
        raise ImportError("its extension was not built")
    network = from_sbml(case.text)
    problems = obstacles(network)
    if problems:
        raise Refused(str(problems[0]))
    symbols = tuple(case.species)
    task = Task(network=network, method="ssa", engine="compiled", symbols=symbols)
    found, _ = program(network, Condition(), np.linspace(0.0, case.horizon, INTERVALS + 1))
    return Simulator(task), found


def streams(n: int, seed: int) -> Sequence[bytes]:
    """Starts of random streams."""
    return [hashlib.blake2b(b"%d %d" % (seed, i), digest_size=32).digest() for i in range(n)]


def finished(run: Batch) -> Any:
    """(n, T, S) after a run in which nothing failed."""
    run.whole()
    results = run.results()
    failed = [result for result in results if isinstance(result, str)]
    if failed:
        raise RuntimeError(failed[0])
    return np.array(results)


def prepare(case: Case) -> Any:
    simulator, steps = prepared(case)

    def whole(n: int, seed: int, threads: int = 1) -> Batch:
        return Batch(
            simulator,
            steps,
            streams(n, seed),
            limits=Limits(),
            stop=lambda: False,
            threads=threads,
        )

    def run(n: int, seed: int, threads: int = 1) -> Any:
        return finished(whole(n, seed, threads))[:, -1]

    def firings(n: int, seed: int) -> float:
        """Mean number per trajectory."""
        counted = whole(n, seed)
        finished(counted)
        return float(np.mean(counted.block.firings))

    run.firings = firings  # type: ignore[attr-defined]
    return run
