"""Laws that depend on time, in the reference engine: means and variances against closed forms.

From nothing, births in time and deaths by number are Poisson at every time, with the ODE's mean.
Each of the chi-square tests fails once in 1/LEVEL streams of random numbers; seeds are fixed.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstwobign, norm

import simnet as sn
from simnet.engines.base import Task
from simnet.engines.reference import ReferenceSimulator
from simnet.experiment.condition import Condition
from simnet.experiment.program import program

LEVEL = 1e-5
DECAYING = ("30*exp(-0.5*time)", "k*X*(1 + 0.5*sin(time))")


@pytest.fixture
def births(tmp_path: Any) -> Callable[..., sn.Network]:
    """X made at a rate, and lost at another one; both Antimony formulas."""

    def make(rate: str, loss: str = "0*X", more: str = "") -> sn.Network:
        file = tmp_path / "m.ant"
        file.write_text(
            f"model m\n species X; X = 0; k = 0.2\n {more}\n R: => X; {rate}\n D: X => ; {loss}\nend\n"
        )
        return sn.load(file)

    return make


def cells(network: sn.Network, t_end: float, n: int = 400, **given: Any) -> sn.Trajectories:
    options = {"points": 2, "seed": 11, "workers": 0} | given
    return sn.simulate(network, t_end=t_end, method="ssa", replicates=n, **options)


def assert_poisson(sample: Any, mean: float) -> None:
    """Mean and variance of a Poisson number, each at LEVEL from both sides."""
    n = len(sample)
    z = norm.isf(LEVEL / 2)
    assert abs(sample.mean() - mean) < z * math.sqrt(mean / n)
    spread = math.sqrt((2 + 1 / mean) / n) * mean  # of a sample's variance
    assert abs(sample.var(ddof=1) - mean) < z * spread + 3 * spread**2 / mean


@pytest.mark.thorough
@pytest.mark.parametrize("points", [2, 201])
@pytest.mark.parametrize(
    ("law", "t_end", "mean"),
    [
        ("10*exp(-(time - 50)^2)", 100.0, 10 * math.sqrt(math.pi)),
        ("5*(1 + cos(2*3.141592653589793*time/24))", 30.0, 169.0986),
        ("10*exp(-abs(time - 3e5))", 1e6, 20.0),
        ("max(0, 10000*(sin(time) - 0.99))", 6.0, 18.86562),
    ],
    ids=["late pulse", "circadian", "a moment of a long run", "crests"],
)
def test_births_in_time_are_poisson(
    law: str, t_end: float, mean: float, points: int, births: Any
) -> None:
    n = 150 if mean > 100 else 400
    run = cells(births(law), t_end, n, points=points, readouts="X")
    assert run.engine == "reference"
    assert_poisson(run.readout("X")[:, -1], mean)


def test_births_and_deaths_that_both_depend_on_time(births: Any) -> None:
    run = cells(births(*DECAYING), 10.0, points=11)
    for column, mean in ((2, 27.54), (5, 29.41), (10, 11.76)):
        assert_poisson(run.readout("X")[:, column], mean)


def test_equal_seeds_give_equal_bits_on_any_grid(births: Any) -> None:
    network = births(*DECAYING, more="wave := sin(time)*X; S: X => ; 0.01*X*wave^2")
    few, many = (cells(network, 10.0, 50, points=p) for p in (2, 201))
    assert (few.readout("X")[:, -1] == many.readout("X")[:, -1]).all()
    assert len(np.unique(few.readout("X")[:, -1])) > 5


def test_workers_make_the_same_bits(births: Any) -> None:
    network = births(*DECAYING)
    here, there = (cells(network, 5.0, 6, workers=w) for w in (0, 1))
    assert (here.values == there.values).all()


def test_thinning_agrees_with_segments(births: Any) -> None:
    """floor() of time makes a law piecewise constant: by thinning, and as a schedule in the compiled
    engine. Two-sample Kolmogorov-Smirnov at LEVEL; ties make it conservative."""
    rate = "r*(2 + floor(time/2) - 3*floor(time/6))"  # 2, 3, 4 and again
    network = births(rate, "k*X", more="r = 1.5; scale = 2")
    thinned = ReferenceSimulator(
        Task(network=network, method="ssa", engine="reference", symbols=("X",))
    )
    compiled, _ = program(network, Condition(), np.array([0.0, 9.0]))
    one = np.array([thinned.run(compiled, seed)[-1, 0] for seed in range(1000)])
    stepped = births("r*scale", "k*X", more="r = 1.5; scale = 2")
    schedule = [sn.At(2.0 * i, sn.Set("scale", (2, 3, 4)[i % 3])) for i in range(1, 5)]
    other = cells(stepped, 9.0, 1000, schedule=schedule, engine="compiled").readout("X")[:, -1]
    grid = np.union1d(one, other)
    apart = [np.searchsorted(np.sort(x), grid, "right") / 1000 for x in (one, other)]
    assert np.abs(apart[0] - apart[1]).max() * math.sqrt(500) < kstwobign.isf(LEVEL)
    assert abs(one.mean() - other.mean()) < norm.isf(LEVEL / 2) * math.sqrt(2 * one.var() / 1000)


def test_a_schedule_and_a_held_clock(births: Any) -> None:
    """Segments with settings of their own: no window outlives one."""
    network = births("h*exp(-(time - 5)^2)", more="h = 10")
    run = cells(network, 10.0, schedule=sn.At(5, sn.Set("h", 30)))
    assert_poisson(run.readout("X")[:, -1], 20 * math.sqrt(math.pi))


@pytest.mark.parametrize(
    ("law", "match"),
    [
        ("1/abs(time - 5)", r"reaction R: its law .*time.* is unbounded just after t=(4.99|5)"),
        ("abs(sqrt(5 - time))", r"reaction R: its law .*time.* is unbounded just after t=5,"),
    ],
)
def test_what_cannot_be_drawn_is_an_error(law: str, match: str, births: Any) -> None:
    network = births(law)
    with pytest.raises(sn.SimnetError, match=match):
        cells(network, 20.0, 1)


def test_roadrunner_says_why_it_may_be_wrong(births: Any) -> None:
    network = births("10*exp(-(time - 50)^2)")
    with pytest.warns(sn.SimnetWarning, match=r"reaction R.*roadrunner's Gillespie.*output times"):
        cells(network, 1.0, 1, engine="roadrunner")


def test_switches_in_time_alone_leave_the_choice_as_it_was(births: Any) -> None:
    network = births("piecewise(5, time < 3, 0)")
    assert cells(network, 4.0, 5).engine.startswith("compiled")
    cells(network, 4.0, 5, engine="roadrunner")  # without a warning
