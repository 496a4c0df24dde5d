"""ODE runs do not step over what a law does in time: closed forms, at few and many points."""

import math
from collections.abc import Callable
from typing import Any

import pytest

import simnet as sn

ROOT = math.sqrt(math.pi)


@pytest.fixture
def load(tmp_path: Any) -> Callable[[str], sn.Network]:
    def make(lines: str) -> sn.Network:
        file = tmp_path / "m.ant"
        file.write_text(f"model m\n  species X; X = 0\n  {lines}\nend\n")
        return sn.load(file)

    return make


def last(network: sn.Network, t_end: float, **given: Any) -> float:
    options = {"points": 2, "workers": 0, "readouts": "X"} | given
    return float(sn.simulate(network, t_end=t_end, **options).readout("X")[0, -1])


@pytest.mark.parametrize("points", [2, 1001])
@pytest.mark.parametrize(
    ("lines", "t_end", "right"),
    [
        ("R: => X; 10*exp(-(time-50)^2)", 100, 10 * ROOT),
        ("R: => X; exp(-(time-5e5)^2)", 1e6, ROOT),
        ("R: => X; 0.5^((time-50)^2)", 100, math.sqrt(math.pi / math.log(2))),
        ("R: => X; exp(50-time)/(1+exp(50-time))^2", 100, 1.0),
        ("R: => X; 1 - tanh(100*(time-50))^2", 100, 0.02),
        ("R: => X; exp(-(time-50)^2) + 0.05*exp(-((time-20)/0.1)^2)", 100, 1.005 * ROOT),
        ("R: => X; exp(-(time-50)^2)*(1 + sin(1000*time))", 60, ROOT),
        ("a := h*exp(-((time-50)/w)^2); h = 10; w = 0.01\n  R: => X; a", 1e3, 0.1 * ROOT),
        ("R: => X; piecewise(exp(-(time-50)^2), time < 80, 2*exp(-(time-90)^2))", 99, 3 * ROOT),
        ("R: => X; exp(-(time-50)^2)/(1 + X)", 100, math.sqrt(1 + 2 * ROOT) - 1),
        ("y = 0; y' = 10*exp(-(time-50)^2); R: => X; 0*y + exp(-(time-30)^2)", 100, ROOT),
        ("R: => X; 10*exp(-(time-50)^2)", 5, 0.0),
    ],
)
def test_pulses(lines: str, t_end: float, right: float, points: int, load: Any) -> None:
    assert last(load(lines), t_end, points=points) == pytest.approx(right, rel=3e-6, abs=1e-7)


def test_pulses_of_a_file_that_runs_as_it_is(load: Any) -> None:
    """Fractions of a molecule made by an event, and triggers on time, are not for a Network."""
    network = load(
        "y = 0; n = 0; y' = 3*f; f := h*exp(-(time-50)^2); h = 1; R: => X; 10*f\n"
        "  E: at sin(time/10) > 0.9999: n = n + 1"
    )
    assert network.document is not None
    with pytest.warns(sn.SimnetWarning, match="can step over"):
        run = sn.simulate(network, t_end=100, points=2, workers=0, readouts=["X", "y", "n"])
    assert run.values[0, 0, -1] == pytest.approx([10 * ROOT, 3 * ROOT, 2], rel=3e-6)
    with pytest.warns(sn.SimnetWarning, match="can step over"):
        assert last(network, 100, changes=sn.Set("h", 2)) == pytest.approx(20 * ROOT, rel=3e-6)


def test_constants_are_those_of_the_run_and_the_segment(load: Any) -> None:
    network = load("t0 = 50; R: => X; 10*exp(-(time-t0)^2)")
    assert last(network, 1e4, changes=sn.Set("t0", 7777)) == pytest.approx(10 * ROOT, rel=3e-6)
    later = sn.At(100, sn.Set("t0", 5000))
    assert last(network, 1e4, schedule=later) == pytest.approx(20 * ROOT, rel=3e-6)


def test_events_on_state_are_not_disturbed_by_cuts(load: Any) -> None:
    """X passes 5 within the pulse, before the cut after it, and the event takes effect once."""
    network = load("n = 0; R: => X; 10*exp(-(time-50)^2); E: at X > 5: n = n + 1")
    run = sn.simulate(network, t_end=1e5, points=3, workers=0, readouts=["X", "n"])
    assert run.values[0, 0, -1] == pytest.approx([10 * ROOT, 1], rel=3e-6)


def test_only_what_turns_is_cut() -> None:
    from simnet.engines.roadrunner_steps import pieces
    from simnet.network.expression import Call, Number, Time

    square = Call("power", (Call("minus", (Time(), Number(50))), Number(2)))
    pulse = Call("exp", (Call("minus", (square,)),))
    cut = pieces((("R", pulse),), {}, 0.0, 1e6, None)
    assert [p.step > 0 for p in cut] == [False, True, False]
    assert cut[0].end > 45
    assert cut[1].end < 55
    assert [p.step for p in pieces((("R", pulse),), {}, 0.0, 1e6, 3.0)] == [3.0]
    smooth = Call("exp", (Call("times", (Number(-0.001), Time())),))
    assert [p.step for p in pieces((("R", smooth),), {}, 0.0, 1e6, None)] == [0.0]


def test_what_cannot_be_followed_is_said(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simnet.network.features._MOST_STEPS", 10)
    network = load("R: => X; 1 + sin(0.876*time)")
    with pytest.warns(sn.SimnetWarning, match=r"reaction R.*too often.*max_step="):
        last(network, 100)
    assert last(network, 100, max_step=1) == pytest.approx(100.0750, rel=1e-6)  # in silence


def test_a_pulse_that_state_moves_is_told_of(load: Any) -> None:
    network = load("R: => X; 1 + exp(-(time - 50 - X)^2)")
    with pytest.warns(sn.SimnetWarning, match=r"reaction R: exp.* reads time and state together"):
        last(network, 1)
    last(network, 1, max_step=0.1)
    last(load("R: => X; exp(-time)/(1 + X^2)*(2 + sin(time))"), 1)


def test_the_users_longest_step(load: Any) -> None:
    slow = load("R: => X; 10*exp(-(time-50)^2)")
    run = sn.simulate(slow, t_end=100, points=2, workers=0, max_step="0.05")
    assert run.readout("X")[0, -1] == pytest.approx(10 * ROOT, rel=3e-6)
    assert run.record.run.max_step == 0.05
    assert (sn.rerun(run, workers=0).values == run.values).all()
    with pytest.raises(sn.InputError, match="max_step=0"):
        last(slow, 100, max_step=0)
    with pytest.raises(sn.InputError, match="only applies to the ODE integrator"):
        last(slow, 100, max_step=1, method="ssa")
