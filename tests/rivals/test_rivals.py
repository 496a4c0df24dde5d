"""Rival engines as oracles: what they draw and what we draw come from one distribution.

Means, spreads and distributions are compared by `simnet.verify.verification` (tested by itself in
tests/verify_command), with Holm's correction within a test and Bonferroni's over the tests.
"""

import importlib
import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simnet.results.terminal import signed
from simnet.screen.effects import holm
from simnet.verify.master_equation import NoSolution, solve
from simnet.verify.verification import EngineComparison, Known, compare

pytestmark = pytest.mark.verify

ALPHA = 1e-4
"""False alarms of the whole module, at most, where everybody is right."""

TESTS = 40  # of this module, at most
MODULES = {
    "bngsim": "bngsim",
    "COPASI": "basico",
    "GillesPy2": "gillespy2",
    "run_network": "bionetgen",
}


@pytest.fixture(params=list(MODULES))
def rival(request: pytest.FixtureRequest) -> str:
    """The name of a peer that is installed."""
    name: str = request.param
    try:
        importlib.import_module(MODULES[name])
    except ImportError as error:
        if os.environ.get("CI"):
            pytest.fail(f"{name}: {error}; CI installs the group `rivals`")
        pytest.skip(f"{name}: {error}; pip install --group rivals")
    return name


def _corrected(found: list[EngineComparison]) -> list[EngineComparison]:
    plain = np.array([c.pvalues for c in found])
    least = holm(plain.ravel()).reshape(plain.shape).min(axis=1)
    return [replace(c, p=float(p)) for c, p in zip(found, least, strict=True)]


def _told(case: Any, n: int, found: list[EngineComparison]) -> list[str]:
    """A row for each readout, at the end of the run."""
    return [
        f"| {case.name} | {c.readout} | {n:,} | {c.second} | {c.mean[0]:.4g} ± {c.sd[0]:.3g} "
        f"| {c.mean[1]:.4g} ± {c.sd[1]:.3g} | {signed(c.z, 1)} | {c.p:.2g} |"
        for c in found
        if c.time == case.t_end
    ]


def test_a_rival_draws_what_we_draw(
    case: Any, rival: str, replicates: int, ours: Any, peers: Any, rows: list[str]
) -> None:
    try:
        theirs = peers.PEERS[rival](case, replicates)
    except peers.Refused as why:
        rows.append(f"| {case.name} | | {replicates:,} | {rival} | | refused: {why} | | |")
        pytest.skip(f"{rival} cannot do {case.name}: {why}")
    assert theirs
    times = np.linspace(0, case.t_end, case.intervals + 1)
    found = _corrected(
        [
            compare(name, float(times[t]), ("simnet", ours[name][:, t]), (rival, sample[:, t]))
            for name, sample in theirs.items()
            for t in range(1, len(times))
        ]
    )
    rows += _told(case, replicates, found)
    assert [c for c in found if c.p < ALPHA / TESTS] == []


def test_we_draw_what_the_master_equation_says(
    case: Any, replicates: int, ours: Any, rows: list[str]
) -> None:
    times = np.linspace(0, case.t_end, case.intervals + 1)[1:]
    symbols = {r.name: r.symbol for r in case.network.readouts}
    try:
        exact = solve(case.network, times, tuple(symbols.values()))
    except NoSolution as why:
        pytest.skip(f"{case.name}: {why}")
    found = []
    for name, sample in ours.items():
        for t, law in enumerate(exact, start=1):
            known = Known(values=law.values[symbols[name]], weights=law.weights, lost=law.lost)
            found.append(compare(name, law.time, ("simnet", sample[:, t]), ("CME", known)))
    found = _corrected(found)
    rows += _told(case, replicates, found)
    assert [c for c in found if c.p < ALPHA / TESTS] == []
