"""What statistics of an ensemble cost beside simulating it, and the memory of a large one.

    python benchmarks/ensembles.py REPLICATES

runs so many short replicates in this process and prints what its memory grew by, in bytes.
"""

import subprocess
import sys
from pathlib import Path

from cases import INTERVALS, Case
from clock import cpu_seconds, peak_memory
from page import Section, ratios, rounded

import simnet as sn

ROUNDS = 5


def sections(quick: bool) -> list[Section]:
    """Cost and memory."""
    return [_cost(256 if quick else 2048), _memory(quick)]


def _cost(n: int) -> Section:
    from ssa import compiled

    case = Case("W2")
    bare = compiled.prepare(case)
    spent: dict[str, list[float]] = {"bare": [], "means": [], "covariances": []}
    for seed in range(1, ROUNDS + 1):
        began = cpu_seconds()
        bare(n, seed)
        spent["bare"].append(cpu_seconds() - began)
        for name in ("means", "covariances"):
            began = cpu_seconds()
            _ensemble(case, n, seed=seed, horizon=case.horizon, covariance=name == "covariances")
            spent[name].append(cpu_seconds() - began)
    rows = []
    for name, words in (("means", "without covariances"), ("covariances", "with covariances")):
        over = [a / b - 1 for a, b in zip(spent[name], spent["bare"], strict=True)]
        rows.append((words, rounded(spent["bare"]), rounded(spent[name]), ratios(over)))
    return Section(
        title="Statistics of an ensemble",
        text=f"W2, {n:,} replicates, {len(case.species)} readouts at {INTERVALS + 1} times, one thread: "
        "CPU seconds of the compiled engine alone and of `run_ensemble`, and what is added relative "
        "to the engine alone (asked without covariances: below 0.10).",
        head=("statistics", "engine alone / s", "run_ensemble / s", "added"),
        rows=rows,
    )


def _memory(quick: bool) -> Section:
    rows = []
    for n in (1_000, 10_000) if quick else (1_000, 10_000, 100_000):
        ran = subprocess.run(
            [sys.executable, str(Path(__file__)), str(n)],
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        rows.append((f"{n:,}", f"{int(ran.stdout.split()[-1]) / 2**20:.0f}"))
    return Section(
        title="Memory of an ensemble",
        text="W2 to t = 5, all readouts at 101 times, with `run_ensemble`: what the peak of a new "
        "process grew by (asked of 100,000: below 1 GB).",
        head=("replicates", "MiB"),
        rows=rows,
    )


def _ensemble(
    case: Case,
    n: int,
    *,
    seed: int,
    horizon: float,
    points: int = INTERVALS + 1,
    covariance: bool = True,
) -> sn.Ensemble:
    return sn.run_ensemble(
        case.network,
        t_end=horizon,
        points=points,
        replicates=n,
        seed=seed,
        workers=1,
        engine="compiled",
        covariance=covariance,
    )


def _one(n: int) -> None:
    case = Case("W2")
    _ensemble(case, 10, seed=1, horizon=5.0, points=101)
    before = peak_memory()
    _ensemble(case, n, seed=2, horizon=5.0, points=101)
    print(int(peak_memory() - before))


if __name__ == "__main__":
    _one(int(sys.argv[1]))
