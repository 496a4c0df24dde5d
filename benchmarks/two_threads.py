"""The compiled engine in one and in two threads: the same bits, CPU and wall time."""

import time

import numpy as np
from cases import Case
from clock import cpu_seconds
from page import Section, ratios
from ssa import compiled

ROUNDS = 5


def sections(quick: bool) -> list[Section]:
    """A table with a row for each workload."""
    rows = [_row(Case(name), 0.05 if quick else 1.0) for name in ("W1", "W2", "W2h", "W3", "W4")]
    return [
        Section(
            title="Two threads",
            text="Total CPU with two threads over that with one (asked: within 5 %), and wall time "
            f"with one over that with two (asked: 1.5 or more): median (least to largest) of {ROUNDS} "
            "rounds, in turns. Wall time tells only on a machine that is otherwise idle.",
            head=("case", "trajectories", "CPU, 2 over 1", "wall, 1 over 2", "same bits"),
            rows=rows,
        )
    ]


def _row(case: Case, seconds: float) -> tuple[str, ...]:
    run = compiled.prepare(case)
    began = cpu_seconds()
    run(64, 0)
    n = 64 * max(2, round(seconds / max(cpu_seconds() - began, 1e-3)))
    cpu: list[float] = []
    wall: list[float] = []
    same = True
    for number in range(ROUNDS):
        found = []
        for threads in (1, 2):
            start = cpu_seconds(), time.perf_counter()
            found.append(run(n, number + 1, threads))
            cpu.append(cpu_seconds() - start[0])
            wall.append(time.perf_counter() - start[1])
        same = same and bool(np.array_equal(*found))
    total = [two / one for one, two in zip(cpu[::2], cpu[1::2], strict=True)]
    faster = [one / two for one, two in zip(wall[::2], wall[1::2], strict=True)]
    return case.name, str(n), ratios(total), ratios(faster), "yes" if same else "NO"


if __name__ == "__main__":
    print(sections(quick=False)[0].text_of())
