"""Trap (e): rates that depend on time.

roadrunner has integrated smooth ones since 2.9.3 (issue #1318), but by a quadrature whose nodes
follow from the output times, so it steps over what lies between; PySB's export, besides, is invalid
SBML (see trap k). Ours runs them by thinning, and cuts the run at switches in time.
"""

import math
from typing import Any

import numpy as np
import pytest
from pysb.core import time as pysb_time
from scipy.stats import poisson
from sympy import Piecewise, cos

import simnet as sn
from simnet.engines.table import ENGINES

SSA_ENGINES = [name for name, engine in ENGINES.items() if "ssa" in engine.methods]

pytestmark = pytest.mark.filterwarnings("ignore:to_pickable helper:DeprecationWarning")


@pytest.fixture(scope="module")
def poisson_exact(master_equation: Any) -> Any:
    """A Poisson distribution as the helpers take it."""
    kind = type(master_equation((0,), [], 1.0, lambda s: s[0]))

    def make(mean: float) -> Any:
        values = np.arange(math.ceil(mean + 30 * math.sqrt(mean) + 30))
        return kind(values.astype(float), poisson.pmf(values, mean))

    return make


def birth(draft: Any, rate: Any, *, decay: float = 0.0) -> Any:
    d = draft("birth")
    x = d.monomer("X")
    d.rule("make", None >> x(), d.expression("rate", rate))
    if decay:
        d.rule("lose", x() >> None, decay)
    d.observable("X_total", x())
    d.start(x(), 0)
    return d.model


OMEGA = 2 * math.pi / 10
WAVE = 10 * (1 + cos(OMEGA * pysb_time))


def test_a_smooth_rate_is_right(draft: Any, ours: Any, agrees: Any, poisson_exact: Any) -> None:
    """A birth process is Poisson at all times, with the integral of the rate as mean."""
    network = sn.load(birth(draft, WAVE))
    for t in (3.0, 7.0):
        mean = 10 * t + 50 / math.pi * math.sin(2 * math.pi * t / 10)
        agrees(ours(network, "X_total", t, 800), poisson_exact(mean), 2)


def mean_with_decay(t: float, g: float = 0.5) -> float:
    """The solution of x' = 10*(1 + cos(omega*t)) - g*x from 0."""
    gone = math.exp(-g * t)
    swing = g * math.cos(OMEGA * t) + OMEGA * math.sin(OMEGA * t) - g * gone
    return 10 * (1 - gone) / g + 10 * swing / (g**2 + OMEGA**2)


def test_a_smooth_rate_with_decay_is_right(
    draft: Any, ours: Any, agrees: Any, poisson_exact: Any
) -> None:
    """Births in time and deaths by number: Poisson from 0, with the ODE's mean."""
    network = sn.load(birth(draft, WAVE, decay=0.5))
    mean = mean_with_decay(8.0)
    ode = sn.simulate(network, t_end=8, points=2, workers=0, rtol=1e-10)
    assert ode.readout("X_total")[0, -1] == pytest.approx(mean, rel=1e-6)
    agrees(ours(network, "X_total", 8.0, 800), poisson_exact(mean))


def test_pysb_with_decay_is_wrong(
    draft: Any, pysb_export: Any, bare_ssa: Any, disagrees: Any, poisson_exact: Any
) -> None:
    text = pysb_export(birth(draft, WAVE, decay=0.5))
    disagrees(bare_ssa(text, "__s0", 8.0, 1000), poisson_exact(mean_with_decay(8.0)), "variance")


def step(draft: Any) -> Any:
    return birth(draft, Piecewise((2.0, pysb_time < 50.0), (0.1, True)))


@pytest.mark.parametrize("engine", SSA_ENGINES)
def test_a_switch_in_time_is_exact(
    engine: str, draft: Any, ours: Any, agrees: Any, poisson_exact: Any
) -> None:
    """Also where it lies between two outputs: 2 per second for 50 s, then 0.1 for 20 s."""
    network = sn.load(step(draft))
    sample = ours(network, "X_total", 70.0, 2000, engine=engine)
    agrees(sample, poisson_exact(2.0 * 50 + 0.1 * 20), 2)


def test_a_switch_in_time_runs_under_ode(draft: Any) -> None:
    found = sn.simulate(sn.load(step(draft)), t_end=70, points=8, workers=0)
    expected = [2.0 * min(t, 50) + 0.1 * max(t - 50, 0) for t in found.times]
    np.testing.assert_allclose(found.readout("X_total")[0], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("engine", SSA_ENGINES)
def test_the_schedule_instead_is_exact(
    engine: str, draft: Any, ours: Any, agrees: Any, poisson_exact: Any
) -> None:
    d = draft("scheduled")
    x = d.monomer("X")
    d.rule("make", None >> x(), 2.0)
    d.observable("X_total", x())
    d.start(x(), 0)
    schedule = [sn.At(33.3, sn.Set("k_make", 0.0)), sn.At(51.7, sn.Set("k_make", 0.5))]
    network = sn.load(d.model)
    sample = ours(network, "X_total", 70.0, 2000, schedule=schedule, engine=engine)
    agrees(sample, poisson_exact(2.0 * 33.3 + 0.5 * 18.3), 2)
