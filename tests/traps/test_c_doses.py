"""Trap (c): a dose into an idle or slow system. An SBML event is given when the next reaction fires.

PySB exports no events; a user adds them to its file, as is done here.
"""

import math
from typing import Any

import libsbml
import numpy as np
import pytest

import simnet as sn
from simnet.engines.table import ENGINES

SSA_ENGINES = [name for name, engine in ENGINES.items() if "ssa" in engine.methods]

DOSE, AT, DECAY = 100, 50.0, 0.1


@pytest.fixture(scope="module")
def dosed(draft: Any) -> Any:
    """A decays with 0.1/s; `birth` > 0 makes the system slow instead of idle."""

    def make(birth: float) -> Any:
        d = draft("dosed")
        a = d.monomer("A")
        d.rule("decay", a() >> None, DECAY)
        if birth:
            b = d.monomer("B")
            d.rule("tick", None >> b(), birth)
        d.observable("A_total", a())
        d.start(a(), 0)
        return d.model

    return make


def with_event(text: str) -> str:
    """The text with __s0 += 100 at t >= 50."""
    document = libsbml.readSBMLFromString(text)
    event = document.getModel().createEvent()
    event.setId("dose")
    event.setUseValuesFromTriggerTime(True)
    trigger = event.createTrigger()
    trigger.setInitialValue(False)
    trigger.setPersistent(True)
    trigger.setMath(libsbml.parseL3Formula(f"time >= {AT}"))
    assignment = event.createEventAssignment()
    assignment.setVariable("__s0")
    assignment.setMath(libsbml.parseL3Formula(f"__s0 + {DOSE}"))
    return str(libsbml.writeSBMLToString(document))


@pytest.fixture(scope="module")
def left(master_equation: Any) -> Any:
    """What is left at `t`: binomial, by the exact decay of each molecule."""

    def solve(t: float) -> Any:
        return master_equation((DOSE,), [(lambda s: DECAY * s[0], (-1,))], t - AT, lambda s: s[0])

    return solve


@pytest.mark.parametrize("birth", [0.0, 0.01])
def test_an_event_in_pysbs_file_comes_late_or_never(
    birth: float, dosed: Any, left: Any, pysb_export: Any, bare_ssa: Any, disagrees: Any
) -> None:
    sample = bare_ssa(with_event(pysb_export(dosed(birth))), "__s0", 60.0, 1000)
    disagrees(sample, left(60.0), "mean")
    if not birth:
        assert (sample == 0).all()


@pytest.mark.parametrize("birth", [0.0, 0.01])
@pytest.mark.parametrize("engine", SSA_ENGINES)
def test_our_schedule_is_exact(
    birth: float, engine: str, dosed: Any, left: Any, ours: Any, agrees: Any
) -> None:
    dose = sn.At(AT, sn.Add("A", DOSE))
    sample = ours(sn.load(dosed(birth)), "A_total", 60.0, 1000, schedule=dose, engine=engine)
    agrees(sample, left(60.0), 4)


def test_a_dose_off_the_grid_in_an_idle_system(dosed: Any, left: Any, agrees: Any) -> None:
    """Outputs every 20 s; the doses at 33.3 and 50 are on neither side of a grid point by chance."""
    found = sn.simulate(
        sn.load(dosed(0.0)),
        t_end=80.0,
        points=5,
        method="ssa",
        replicates=1000,
        seed=0,
        workers=0,
        schedule=[sn.At(AT, sn.Add("A", DOSE))],
    )
    values = found.readout("A_total")
    np.testing.assert_array_equal(found.times, [0, 20, 40, 60, 80])
    assert (values[:, :3] == 0).all()
    for column, t in ((3, 60.0), (4, 80.0)):
        agrees(values[:, column], left(t), 2)


def test_an_output_at_the_time_of_the_dose_is_taken_after_it(dosed: Any) -> None:
    for method in ("ode", "ssa"):
        found = sn.simulate(
            sn.load(dosed(0.0)),
            t_end=100.0,
            points=3,
            method=method,
            seed=1,
            workers=0,
            schedule=sn.At(AT, sn.Add("A", DOSE)),
        )
        assert found.readout("A_total")[0, :2].tolist() == [0, DOSE]


def test_the_ode_gives_the_same_mean(dosed: Any) -> None:
    found = sn.simulate(
        sn.load(dosed(0.0)),
        t_end=60.0,
        points=2,
        workers=0,
        schedule=[sn.At(33.3, sn.Add("A", 10)), sn.At(AT, sn.Add("A", DOSE))],
    )
    expected = 10 * math.exp(-DECAY * 26.7) + DOSE * math.exp(-DECAY * 10)
    assert found.readout("A_total")[0, -1] == pytest.approx(expected, rel=1e-6)


def test_repeated_doses(dosed: Any, ours: Any, agrees: Any, master_equation: Any) -> None:
    """Five doses of 10: independent molecules, each of its own age."""
    schedule = sn.Repeat(7.5, 10.0, 5, sn.Add("A", 10))
    sample = ours(sn.load(dosed(0.0)), "A_total", 50.0, 2000, schedule=schedule)
    # Sums of independent binomials by convolution of their distributions.
    weights = np.ones(1)
    for given in (7.5, 17.5, 27.5, 37.5, 47.5):
        p = math.exp(-DECAY * (50.0 - given))
        one = [math.comb(10, k) * p**k * (1 - p) ** (10 - k) for k in range(11)]
        weights = np.convolve(weights, one)
    exact = type(master_equation((0,), [], 1.0, lambda s: s[0]))(np.arange(51.0), weights)
    agrees(sample, exact)
