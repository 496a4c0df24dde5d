"""roadrunner's loading before and after, setting parameters, and SBML to the first result.

    python benchmarks/loading.py KIND CASE

measures one thing in this process and prints it as JSON; `section` starts one for each figure.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cases import Case
from clock import cpu_seconds, peak_memory
from page import Section, rounded

ROUNDS = 5


def _default(case: Case) -> None:
    """roadrunner as it comes."""
    import roadrunner

    roadrunner.RoadRunner(case.text)


def _ours(case: Case) -> None:
    """As simnet loads: compiled without optimisation, or from the saved state if there is one."""
    from simnet.engines.roadrunner_model import runner_of

    runner_of(case.text)


def _first(case: Case) -> None:
    """From SBML to the end of the first trajectory of the compiled engine."""
    from ssa import compiled

    compiled.prepare(case)(1, 1)


def _first_roadrunner(case: Case) -> None:
    from ssa import roadrunner

    roadrunner.prepare(case)(1, 1)


KINDS: dict[str, Callable[[Case], None]] = {
    "default": _default,
    "ours": _ours,
    "first": _first,
    "first-roadrunner": _first_roadrunner,
}


def sections(quick: bool) -> list[Section]:
    """Loading, parameters, first result."""
    return [_loading(quick), _parameters(), _to_first(quick)]


def _loading(quick: bool) -> Section:
    rows = []
    for name in ("W3", "hypoxia") if quick else ("W2", "W3", "hypoxia", "W4"):
        rounds = 1 if quick or name == "W4" else ROUNDS
        with tempfile.TemporaryDirectory() as cache:
            before = [_measured("default", name, cache) for _ in range(rounds)]
            first = _measured("ours", name, cache)
            later = [_measured("ours", name, cache) for _ in range(ROUNDS)]
        columns = (before, [first], later)
        cells = [rounded([found["cpu"] for found in column]) for column in columns]
        memory = [f"{column[0]['memory'] / 2**20:.0f}" for column in columns]
        rows.append((name, *cells, " / ".join(memory)))
    return Section(
        title="Loading into roadrunner",
        text="CPU seconds from SBML text to a RoadRunner object, each in a new process with roadrunner "
        "imported: as it comes; as simnet loads a model for the first time on a machine (compiled "
        "without optimisation; the state is saved); and as every worker and later call does (from "
        "the saved state, with the same results bit for bit). Small models are compiled each time. "
        "Memory is what the peak of the process grew by.",
        head=("case", "as it comes", "simnet, first", "simnet, later", "memory / MiB"),
        rows=rows,
    )


def _parameters() -> Section:
    import roadrunner

    rows = []
    for name in ("W2", "W3"):
        runner = roadrunner.RoadRunner(Case(name).text)
        model = runner.model
        names = model.getGlobalParameterIds()
        values = [float(runner[p]) for p in names]
        places = list(range(len(names)))

        def singly(runner: Any = runner, names: Any = names, values: Any = values) -> None:
            for p, value in zip(names, values, strict=True):
                runner[p] = value

        def together(model: Any = model, places: Any = places, values: Any = values) -> None:
            model.setGlobalParameterValues(places, values)

        cells = [rounded([1e6 * _each(f) for _ in range(ROUNDS)]) for f in (singly, together)]
        rows.append((name, str(len(names)), *cells))
    return Section(
        title="Setting all parameters in roadrunner",
        text="CPU in microseconds: one after another, and together as simnet does.",
        head=("case", "parameters", "singly", "together"),
        rows=rows,
    )


def _each(function: Callable[[], None], times: int = 200) -> float:
    began = cpu_seconds()
    for _ in range(times):
        function()
    return max(cpu_seconds() - began, 0.0) / times


def _to_first(quick: bool) -> Section:
    rows = []
    for name in ("W2",) if quick else ("W2", "W3"):
        for kind, engine in (("first", "compiled"), ("first-roadrunner", "roadrunner")):
            with tempfile.TemporaryDirectory() as cache:
                found = [_measured(kind, name, cache) for _ in range(ROUNDS)]
            rows.append(
                (name, engine, *[rounded([f[key] for f in found]) for key in ("wall", "cpu")])
            )
    return Section(
        title="From SBML to the first result",
        text="Seconds from SBML text to the end of one whole trajectory, in a new process with simnet, "
        "libsbml and roadrunner imported; asked of `compiled` on W3: 0.2 s. roadrunner is the bare one.",
        head=("case", "engine", "wall / s", "CPU / s"),
        rows=rows,
    )


def _measured(kind: str, name: str, cache: str) -> dict[str, float]:
    ran = subprocess.run(
        [sys.executable, str(Path(__file__)), kind, name],
        env={**os.environ, "SIMNET_CACHE": cache},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return found


def _one(kind: str, name: str) -> None:
    case = Case(name)
    import libsbml  # noqa: F401  # what a session has anyway
    import roadrunner  # noqa: F401

    import simnet.engines.compiled  # noqa: F401

    _ = case.text, case.species  # the harness reads the file for itself
    memory, cpu, wall = peak_memory(), cpu_seconds(), time.perf_counter()
    KINDS[kind](case)
    found = {
        "cpu": cpu_seconds() - cpu,
        "wall": time.perf_counter() - wall,
        "memory": peak_memory() - memory,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    _one(*sys.argv[1:3])
