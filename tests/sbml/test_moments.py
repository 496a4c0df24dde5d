"""Events at fixed times: several at one moment, right after the start, and at no time at all."""

from collections.abc import Callable

import numpy as np
import pytest
import roadrunner

import simnet as sn
from simnet.experiment.run import Method
from simnet.network.diff import differences
from simnet.sbml.read import from_sbml
from simnet.sbml.write import to_sbml

Load = Callable[[str], sn.Network]

SWAP = "species A = 10, W = 3; at (time>=5): A = W; at (time>=5): W = A;"
AFTER_START = "t0 = 0; species A = 100; decay: A => ; A; at (time > t0): A = 50;"
DOSE = "species S = 1; var t_dose; at (time >= t_dose): S = S + 100;"
SWITCH = "species S = 0; var t_on; J: => S; piecewise(10, time >= t_on, 0);"


def _last(network: sn.Network, method: Method = "ode", **changed: object) -> list[float]:
    run = sn.simulate(network, t_end=10, points=3, method=method, seed=1, workers=0, **changed)  # type: ignore[arg-type]
    return [float(v) for v in run.values[0, 0, -1]]


def _in_roadrunner(network: sn.Network, end: float) -> list[float]:
    """Amounts at the end, of the file that we write, each simulation ending anew at its events."""
    runner = roadrunner.RoadRunner(to_sbml(network))
    runner.simulate(0, end, 101)
    return [float(runner[s.id]) for s in network.species]


@pytest.mark.parametrize("method", ["ode", "ssa"])
def test_events_of_one_moment_read_what_was_before_it(antimony: Load, method: Method) -> None:
    network = antimony(SWAP)
    assert _last(network, method) == [3, 10] == _in_roadrunner(network, 10)


def test_two_events_that_set_one_thing_at_one_moment_are_in_no_order(antimony: Load) -> None:
    network = antimony("t1 = 5; species A = 10; at (time>=5): A = 1; at (time>=t1): A = 2;")
    with pytest.raises(sn.InputError, match=r"(?s)events .*both set A.*make one event of them"):
        _last(network)
    assert _last(network, changes=sn.Set("t1", 6)) == [2]
    for one, other in (("1", "1"), ("2*k", "k + k")):
        both = f"at (time>=5): A = {one}; at (time>=5): A = {other};"
        assert _last(antimony(f"k = 0.5; species A = 10; {both}")) == [1]


def test_values_taken_after_another_event_are_refused(antimony: Load) -> None:
    late = "at (time>=5), fromTrigger=false: W = A;"
    alone = antimony(
        f"species A = 10, W = 3; {late} at (time>=4): A = 7;".replace("W = A", "W = 2")
    )
    assert alone.document is None
    network = antimony(f"species A = 10, W = 3; {late} at (time>=5): A = 7;")
    with pytest.raises(sn.UnsupportedError, match=r"useValuesFromTriggerTime.*reads A"):
        _last(network, "ssa")


@pytest.mark.parametrize("method", ["ode", "ssa"])
def test_right_after_the_start(antimony: Load, method: Method) -> None:
    """`time > t0` is due at t = 0 also where t0 is a parameter; not where it was before."""
    network = antimony(AFTER_START.replace("decay: A => ; A;", ""))
    assert _last(network, method) == [50]
    assert _last(network, method, changes=sn.Set("t0", -1)) == [100]
    again = antimony(AFTER_START)
    assert np.isclose(_last(again)[0], 50 * np.exp(-10), rtol=1e-3)
    assert np.isclose(_in_roadrunner(again, 1)[0], 50 * np.exp(-1), rtol=1e-3)
    assert from_sbml(to_sbml(again)).events == again.events
    (difference,) = differences(again, antimony(AFTER_START.replace("time >", "time >=")))
    assert difference.field == "right after it"


@pytest.mark.parametrize("lines", [DOSE, SWITCH])
@pytest.mark.parametrize("method", ["ode", "ssa"])
def test_a_time_without_a_value_is_named(antimony: Load, lines: str, method: Method) -> None:
    with pytest.raises(sn.ModelError, match=r"t_(dose|on).*has no value"):
        _last(antimony(lines), method)


def test_what_events_read_can_be_set_later(antimony: Load) -> None:
    network = antimony("dose = 2; species S = dose; at (time>=8): S = S + dose;")
    assert _last(network, schedule=sn.At(5, sn.Set("dose", 7))) == [9]
    with pytest.raises(sn.InputError, match="only sets the initial amount of S"):
        _last(antimony("dose = 2; species S = dose;"), schedule=sn.At(5, sn.Set("dose", 7)))
