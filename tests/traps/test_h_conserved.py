"""Trap (h): conserved totals. This cannot be shown on PySB's export: what its net rates do wrong,
they do to both sides of a reaction, and roadrunner's conserved-moiety analysis keeps sums exact.
So ours is tested only, with the analysis off (as we run it), and on (as a user's tool may)."""

from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.engines.table import ENGINES
from simnet.sbml.write import to_sbml

SSA_ENGINES = [name for name, engine in ENGINES.items() if "ssa" in engine.methods]


@pytest.fixture(scope="module")
def cycle(draft: Any) -> Any:
    """An enzyme, its substrate in two states and the complexes: three conserved totals."""
    d = draft("cycle")
    e, p = d.monomer("E", "s"), d.monomer("P", "s")
    s = d.monomer("S", "e", y=["u", "p"])
    d.rule("bind", e(s=None) + s(e=None, y="u") | e(s=1) % s(e=1, y="u"), 0.01, 0.5)
    d.rule("phos", e(s=1) % s(e=1, y="u") >> e(s=None) + s(e=None, y="p"), 0.3)
    d.rule("grab", p(s=None) + s(e=None, y="p") | p(s=1) % s(e=1, y="p"), 0.01, 0.5)
    d.rule("dephos", p(s=1) % s(e=1, y="p") >> p(s=None) + s(e=None, y="u"), 0.2)
    for name, pattern in (("E_total", e()), ("P_total", p()), ("S_total", s())):
        d.observable(name, pattern)
    d.observable("phosphorylated", s(y="p"))
    d.start(e(s=None), 7)
    d.start(p(s=None), 5)
    d.start(s(e=None, y="u"), 40)
    return d.model


TOTALS = {"E_total": 7, "P_total": 5, "S_total": 40}


@pytest.mark.parametrize("engine", SSA_ENGINES)
def test_totals_are_kept_exactly(cycle: Any, engine: str) -> None:
    network = sn.load(cycle)
    species = [s.id for s in network.species]
    found = sn.simulate(
        network,
        t_end=50,
        points=26,
        method="ssa",
        replicates=50,
        seed=4,
        workers=0,
        readouts=[*TOTALS, *species],
        engine=engine,
    )
    for name, total in TOTALS.items():
        assert (found.readout(name) == total).all()
    amounts = found.values[..., len(TOTALS) :]
    assert (amounts == np.floor(amounts)).all()
    assert (amounts >= 0).all()
    assert len(np.unique(found.readout("S_y_u"))) > 5  # something happened


@pytest.mark.parametrize("rtol", [1e-6, 1e-9])
def test_totals_are_kept_under_ode(cycle: Any, rtol: float) -> None:
    """As well as the tolerance says: CVODE's iterations end before they are exact."""
    found = sn.simulate(sn.load(cycle), t_end=50, points=26, workers=0, rtol=rtol)
    for name, total in TOTALS.items():
        np.testing.assert_allclose(found.readout(name), total, rtol=rtol)


def test_conserved_moiety_analysis_changes_nothing(cycle: Any, bare_runner: Any, ours: Any) -> None:
    """Two samples of 1,000: their means differ by less than 3.9 standard errors."""
    text = to_sbml(sn.load(cycle), "discrete")
    runner = bare_runner(text)
    runner.conservedMoietyAnalysis = True
    runner.setIntegrator("gillespie")
    runner.integrator.variable_step_size = False
    runner.timeCourseSelections = ["time", "phosphorylated", "S_total"]
    reduced = np.empty((1000, 2))
    for seed in range(1000):
        runner.reset()
        runner.integrator.seed = seed
        reduced[seed] = runner.simulate(times=[0, 20])[-1, 1:]
    assert (reduced[:, 1] == 40).all()
    full = ours(sn.load(cycle), "phosphorylated", 20.0, 1000)
    error = np.sqrt((full.var() + reduced[:, 0].var()) / 1000)
    assert error > 0
    assert abs(full.mean() - reduced[:, 0].mean()) < 3.9 * error
