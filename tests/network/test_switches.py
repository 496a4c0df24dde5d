"""Comparisons of time with constants, taken out of laws."""

from dataclasses import replace
from pathlib import Path

import pytest

import simnet as sn
from simnet.network.expression import (
    Call,
    Expression,
    Number,
    RateLaw,
    Symbol,
    Time,
    function,
    reads_time,
)
from simnet.network.network import Assignment, Compartment, Network, Parameter, Reaction, Species
from simnet.network.timing import without_switches

LATE = Symbol("late")


def net(rate: Expression, *assignments: Assignment) -> Network:
    return Network(
        id="small",
        compartments=(Compartment(id="c", size=1.0),),
        species=(Species(id="X", name="X", compartment="c", initial=0.0),),
        parameters=(Parameter(id="late", value=5.0),),
        assignments=assignments,
        reactions=(Reaction(id="r", reactants=(), products=(("X", 1),), law=RateLaw(rate=rate)),),
    )


def when(op: str, *args: Expression) -> Expression:
    return Call("piecewise", (Number(2), Call(op, args), Number(0)))


def call(op: str, *args: Expression) -> Expression:
    return Call(op, args)


def clock(expression: Expression) -> Assignment:
    return Assignment(id="clock", expression=expression, kind="expression")


@pytest.mark.parametrize(
    ("rate", "moments"),
    [
        (when("ge", Time(), Number(3)), [3]),
        (when("lt", LATE, Time()), [5]),
        (when("lt", Number(1), Time(), LATE), [1, 5]),
        (when("le", call("divide", Time(), Number(60)), Number(2)), [120]),
        (when("le", call("times", Number(2), Time()), LATE), [2.5]),
        (when("gt", call("minus", Time(), LATE), Number(1)), [6]),
        (when("gt", call("plus", LATE, Time()), Number(7)), [2]),
        (call("times", when("lt", Time(), LATE), when("ge", Time(), LATE)), [5]),
    ],
)
def test_what_is_taken_out(rate: Expression, moments: list[float]) -> None:
    """And the law is what it was, before and after each moment."""
    before = net(rate)
    after = without_switches(before)
    found = {e.id: function(e.time)({"late": 5.0}, 0.0) for e in after.events}
    assert sorted(found.values()) == moments
    assert not reads_time(after.reactions[0].law.rate)
    for time in (m + shift for m in moments for shift in (-0.5, 0.5)):
        switched = {
            name: function(value)({}, 0.0)
            for e in after.events
            if found[e.id] <= time
            for name, value in e.assignments
        }
        values = {"late": 5.0, **{p.id: p.value for p in after.parameters}, **switched}
        now = function(after.reactions[0].law.rate)(values, time)
        assert now == function(rate)(values, time)


def test_a_clock_that_is_an_assignment() -> None:
    hours = clock(call("divide", Time(), Number(3600)))
    (event,) = without_switches(net(when("lt", Symbol("clock"), Number(2)), hours)).events
    assert function(event.time)({}, 0.0) == 7200


@pytest.mark.parametrize(
    "rate",
    [
        Number(2),
        call("plus", Number(1), call("sin", Time())),
        when("lt", Time(), call("minus", Number(3), Symbol("X"))),
        when("lt", call("floor", Time()), Number(3)),
        when("eq", Time(), Number(3)),
        when("lt", call("times", Number(-1), Time()), Number(3)),
    ],
)
def test_what_stays(rate: Expression) -> None:
    network = net(rate)
    assert without_switches(network) is network


def test_a_parameter_that_an_event_sets_is_no_constant() -> None:
    network = net(when("lt", Time(), LATE))
    event = replace(without_switches(network).events[0], assignments=(("late", Number(1)),))
    network = replace(network, events=(event,))
    assert without_switches(network) is network


def test_the_record_and_the_file_are_of_the_network_as_given() -> None:
    network = net(when("lt", Time(), LATE))
    run = sn.simulate(network, t_end=8, points=3, method="ssa", seed=1, readouts=["X"], workers=0)
    assert run.record.network_digest == network.digest
    assert "simnet_after" not in run.network_sbml


def test_what_cannot_be_done(tmp_path: Path) -> None:
    network = net(when("lt", Time(), LATE))
    with pytest.raises(sn.InputError, match="event at time late of the model uses late as well"):
        sn.simulate(network, t_end=8, method="ssa", schedule=[sn.At(3, sn.Set("late", 4))])
    with pytest.raises(sn.InputError, match=r"depends on time, and equilibration has no time"):
        sn.simulate(network, t_end=8, method="ssa", equilibrate=10)
    with pytest.raises(sn.UnsupportedError, match="only after the next firing"):
        sn.write_sbml(network, tmp_path / "x.xml", kinetics="discrete")


def test_an_ode_does_not_step_over_a_short_pulse() -> None:
    """A pulse of 1 in 10,000, which CVODE's steps would miss."""
    short = call("and", call("ge", Time(), Number(7000)), call("lt", Time(), Number(7001)))
    pulse = Call("piecewise", (Number(2), short, Number(0)))
    run = sn.simulate(net(pulse), t_end=10_000, points=2, readouts=["X"], workers=0)
    assert run.readout("X")[0, -1] == pytest.approx(2, rel=1e-6)


@pytest.mark.parametrize("points", [2, 101])
@pytest.mark.parametrize(("period", "on"), [(1.0, 0.5), (24.0, 12.0), (24.0, 4.0)])
def test_an_ode_follows_switches_that_come_again(period: float, on: float, points: int) -> None:
    """2 a second for the first `on` seconds of each period: thousands of switches."""
    phase = call(
        "minus",
        Time(),
        call("times", Number(period), call("floor", call("divide", Time(), Number(period)))),
    )
    rate = when("lt", phase, Number(on))
    end = 3000 * period + on / 2
    run = sn.simulate(net(rate), t_end=end, points=points, readouts=["X"], workers=0)
    assert run.readout("X")[0, -1] == pytest.approx(2 * (3000 * on + on / 2), rel=1e-7)


def test_an_ode_with_switches_in_time_and_state_warns() -> None:
    rate = when("lt", call("plus", Time(), Symbol("X")), Number(3))
    with pytest.warns(sn.SimnetWarning, match="reaction r: .*can step over the moments"):
        sn.simulate(net(rate), t_end=8, points=3, readouts=["X"], workers=0)
