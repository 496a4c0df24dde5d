"""Events on state under SSA: they take effect exactly when a firing makes their trigger true.

Distributions are compared with closed forms and with a master equation in which events are jumps of
their own. LEVEL is as in `test_closed_forms`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import gamma, kstest, poisson

import simnet as sn
from simnet.sbml.read import from_sbml
from simnet.sbml.write import to_sbml

LEVEL = 1e-4


@pytest.fixture(scope="module")
def eventful() -> Callable[..., sn.Network]:
    """A network from Antimony-like parts: amounts, parameters, reactions, and events as
    (trigger, {target: formula}, initialValue)."""
    import libsbml

    def mathml(formula: str) -> str:
        return str(libsbml.writeMathMLToString(libsbml.parseL3Formula(formula))).partition("\n")[2]

    def make(
        amounts: dict[str, int],
        parameters: dict[str, float],
        reactions: list[tuple[str, str, str]],
        *events: tuple[Any, ...],
    ) -> sn.Network:
        def side(names: str, tag: str) -> str:
            references = "".join(
                f'<speciesReference species="{n}" stoichiometry="1" constant="true"/>'
                for n in names.split()
            )
            return f"<listOf{tag}>{references}</listOf{tag}>" if references else ""

        species = "".join(
            f'<species id="{s}" compartment="c" initialAmount="{n}" substanceUnits="item" '
            'hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false"/>'
            for s, n in amounts.items()
        )
        constants = "".join(
            f'<parameter id="{p}" value="{v}" constant="false"/>' for p, v in parameters.items()
        )
        listed = "".join(
            f'<reaction id="r{i}" reversible="false">{side(left, "Reactants")}'
            f"{side(right, 'Products')}<kineticLaw>{mathml(law)}</kineticLaw></reaction>"
            for i, (left, right, law) in enumerate(reactions)
        )
        written = ""
        for i, (trigger, sets, *initial) in enumerate(events):
            assigned = "".join(
                f'<eventAssignment variable="{s}">{mathml(v)}</eventAssignment>'
                for s, v in sets.items()
            )
            first = "false" if initial == [False] else "true"
            written += (
                f'<event id="e{i}" useValuesFromTriggerTime="true"><trigger initialValue="{first}" '
                f'persistent="true">{mathml(trigger)}</trigger>'
                f"<listOfEventAssignments>{assigned}</listOfEventAssignments></event>"
            )
        return from_sbml(
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">'
            '<model id="eventful" substanceUnits="item" timeUnits="second" extentUnits="item">'
            '<listOfCompartments><compartment id="c" spatialDimensions="3" size="1" '
            'constant="true"/></listOfCompartments>'
            f"<listOfSpecies>{species}</listOfSpecies>"
            f"<listOfParameters>{constants}</listOfParameters>"
            f"<listOfReactions>{listed}</listOfReactions>"
            f"<listOfEvents>{written}</listOfEvents></model></sbml>"
        )

    return make


ENGINE = {"engine": "auto"}


@pytest.fixture(autouse=True, params=["roadrunner", "reference"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test here runs in each engine that follows events on state."""
    monkeypatch.setitem(ENGINE, "engine", request.param)


def ssa(network: sn.Network, **changed: Any) -> sn.Trajectories:
    given: dict[str, Any] = {"t_end": 20, "points": 3, "seed": 1, "workers": 0} | ENGINE | changed
    return sn.simulate(network, method="ssa", **given)


BIRTHS = [("", "X B", "k")]


@pytest.mark.parametrize("threshold", [1, 5])
def test_births_that_are_counted_off(
    threshold: int, eventful: Any, assert_distributed: Callable[..., None]
) -> None:
    """X goes back to 0 at the threshold: X is a Poisson number modulo the threshold, in every run.
    At 1 each firing makes the trigger true anew; bare roadrunner sees the first of them only."""
    network = eventful(
        {"X": 0, "N": 0, "B": 0}, {"k": 1.0}, BIRTHS, (f"X >= {threshold}", {"X": "0", "N": "N+1"})
    )
    run = ssa(network, replicates=3000, points=9)
    x, resets, births = (run.readout(name) for name in "XNB")
    assert (x == births % threshold).all()
    assert (resets == births // threshold).all()
    assert_distributed(births[:, 2].astype(int), lambda n: poisson.pmf(n, 5.0))
    assert_distributed(births[:, -1].astype(int), lambda n: poisson.pmf(n, 20.0))


def test_first_passage_times_are_gamma_distributed(eventful: Any) -> None:
    """The time at which the fifth molecule comes, written down by an event; Kolmogorov-Smirnov."""
    network = eventful(
        {"X": 0}, {"k": 1.0, "at": -1.0}, [("", "X", "k")], ("X >= 5", {"at": "time"})
    )
    at = ssa(network, t_end=60, points=2, replicates=2000, readouts=["at"]).readout("at")[:, -1]
    assert (at > 0).all()  # P(at > 60) is 1e-20
    assert kstest(at, gamma(5).cdf).pvalue > LEVEL


def thermostat(state: tuple[int, int]) -> list[tuple[float, tuple[int, int]]]:
    """Births at 4 until there are 10, and then none until there are 3; deaths at 0.3 each."""
    x, on = state
    up, down = x + 1, x - 1
    moves = [(0.3 * x, (down, 1 if down <= 3 else on))]
    return [*moves, (4.0, (up, 0 if up >= 10 else 1))] if on else moves


@pytest.mark.parametrize(
    "cut",
    [{}, {"points": 30}, {"schedule": sn.Repeat(1.3, 1.3, 5, sn.Scale("X", 1.0))}],
    ids=["at the end", "on a grid", "in segments"],
)
def test_a_rate_that_events_switch(
    cut: dict[str, Any], eventful: Any, cme: Any, assert_distributed: Callable[..., None]
) -> None:
    """Hysteresis, against the master equation; outputs and boundaries of segments change nothing."""
    network = eventful(
        {"X": 0},
        {"k": 4.0, "g": 0.3},
        [("", "X", "k"), ("X", "", "g*X")],
        ("X >= 10", {"k": "0"}),
        ("X <= 3", {"k": "4"}),
    )
    runs = 500 if "schedule" in cut else 2000
    run = ssa(network, t_end=8, replicates=runs, **{"points": 2} | cut)
    exact = cme((0, 1), thermostat, 8.0)
    assert_distributed(run.readout("X")[:, -1].astype(int), exact(lambda s: s[0]))
    again = ssa(network, t_end=8, replicates=runs, readouts=["k"], seed=2, **{"points": 2} | cut)
    on = again.readout("k")[:, -1] == 4
    p = float(exact(lambda s: s[1])(np.array([1]))[0])
    assert abs(on.mean() - p) < 4.5 * math.sqrt(p * (1 - p) / runs)


def test_division_and_what_it_causes(
    eventful: Any, cme: Any, assert_distributed: Callable[..., None]
) -> None:
    """At 8 molecules a cell divides: half of X (rounded down) stays, and of each second division an
    event of its own takes two of them more; both at once."""
    network = eventful(
        {"X": 1, "N": 0},
        {"k": 0.5, "g": 0.1},
        [("", "X", "k*(X+1)"), ("X", "", "g*X")],
        ("X >= 8", {"X": "floor(X/2)", "N": "N+1"}),
        ("N >= 2", {"X": "X-2", "N": "0"}),
    )

    def moves(state: tuple[int, int]) -> list[tuple[float, tuple[int, int]]]:
        x, n = state
        born = (x + 1, n) if x < 7 else (4, n + 1)
        born = (born[0] - 2, 0) if born[1] == 2 else born
        return [(0.5 * (x + 1), born), (0.1 * x, (x - 1, n))]

    run = ssa(network, t_end=12, replicates=3000, points=4)
    for column in (1, 3):
        exact = cme((1, 0), moves, 4.0 * column)
        both = run.readout("X")[:, column] * 2 + run.readout("N")[:, column]
        assert_distributed(both.astype(int), exact(lambda s: 2 * s[0] + s[1]))


@pytest.mark.parametrize("method", ["ssa", "ode"])
@pytest.mark.parametrize("rest", [None, 3.0])
@pytest.mark.parametrize("initial", [True, False])
def test_what_is_true_at_the_start(
    initial: bool, rest: float | None, method: Any, eventful: Any
) -> None:
    """With initialValue="false" an event that is true at the start takes effect there, once, also
    where a rest comes first; with "true" it has to become false before."""
    network = eventful({"X": 5, "N": 0}, {"k": 0.0}, BIRTHS[:0], ("X >= 3", {"N": "N+1"}, initial))

    def counted(**changed: Any) -> list[float]:
        run = sn.simulate(
            network,
            t_end=9,
            points=4,
            method=method,
            seed=1,
            workers=0,
            equilibrate=rest,
            engine=ENGINE["engine"] if method == "ssa" else "auto",
            **changed,
        )
        return run.readout("N")[0].tolist()

    start = 0.0 if initial else 1.0
    assert counted() == [start] * 4
    assert counted(schedule=sn.At(4, sn.Set("X", 9))) == [start] * 4
    again = [sn.At(4, sn.Set("X", 0)), sn.At(5, sn.Set("X", 3))]
    assert counted(schedule=again) == [start, start, start + 1, start + 1]
    assert counted(schedule=sn.At(9, sn.Set("X", 0))) == [start] * 4
    low = sn.Set("X", 1)
    first = 0.0 if initial or rest is None else 1.0  # before the change at t = 0 there is the rest
    assert counted(changes=low, schedule=sn.At(9, sn.Set("X", 3))) == [first] * 3 + [first + 1]


def test_replicates_do_not_depend_on_each_other(eventful: Any) -> None:
    """What a run leaves behind, here a trigger that is true, is nothing to the next one."""
    network = eventful({"X": 0, "N": 0}, {"k": 1.0}, [("", "X", "k")], ("X >= 1", {"N": "N+1"}))
    assert (ssa(network, replicates=50, t_end=40).readout("N")[:, -1] == 1).all()


@pytest.mark.parametrize("formula", ["X/2", "X - 9", "X*1e300*1e300", "X/0 - X/0"])
def test_impossible_amounts_are_errors(formula: str, eventful: Any) -> None:
    """Also where something else puts a whole number there before anyone looks."""
    network = eventful(
        {"X": 0, "Y": 0},
        {"k": 1.0},
        [("", "X", "k")],
        ("X >= 5", {"Y": formula}),
        ("X >= 7", {"Y": "0"}),
    )
    with pytest.raises(sn.SimulationError, match=r"event (e0 )?of the model"):
        ssa(network, points=2, t_end=60)
    assert ssa(network, points=2, t_end=1).readout("Y")[0, -1] == 0  # X is below 5


def test_events_without_end_are_an_error(eventful: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simnet.engines.state.MOST_STEPS", 1000.0)
    network = eventful(
        {"X": 0, "Y": 0},
        {"k": 1.0},
        [("", "X", "k")],
        ("X >= 5", {"X": "0", "Y": "1"}),
        ("Y >= 1", {"X": "5", "Y": "0"}),
    )
    with pytest.raises(sn.SimulationError, match="trigger each other endlessly"):
        ssa(network)
    with pytest.raises(sn.SimulationError, match="trigger each other endlessly"):
        ssa(network, changes=sn.Set("Y", 0), schedule=sn.At(0.001, sn.Set("Y", 1)))


def test_changes_of_what_events_set_are_refused(eventful: Any) -> None:
    network = eventful({"X": 0}, {"k": 1.0}, [("", "X", "k")], ("X >= 5", {"k": "0"}))
    with pytest.raises(sn.InputError, match="event e0 of the model uses k as well"):
        ssa(network, schedule=sn.At(3, sn.Set("k", 2)))
    with pytest.raises(sn.InputError, match="event e0 of the model uses k as well"):
        ssa(network, schedule=sn.Pulse(3, 2, sn.Set("k", 2)))
    assert ssa(network, changes=sn.Set("k", 9)).readout("X")[0, -1] == 5


def test_a_negative_rate_that_an_event_may_set_is_refused(eventful: Any) -> None:
    network = eventful({"X": 0}, {"k": 1.0}, [("", "X", "k")], ("X >= 5", {"k": "3 - X"}))
    with pytest.raises(sn.UnsupportedError, match="can be negative"):
        ssa(network)


def test_the_compiled_engine_refuses_them(eventful: Any) -> None:
    network = eventful({"X": 0}, {"k": 1.0}, [("", "X", "k")], ("X >= 5", {"k": "0"}))
    with pytest.raises(sn.UnsupportedError, match=r'events on state.*engine="roadrunner" or "ref'):
        ssa(network, engine="compiled")
    assert ssa(network, engine="auto").engine == "roadrunner"


def test_a_law_of_time_beside_events(
    eventful: Any, assert_distributed: Callable[..., None]
) -> None:
    """Births in a pulse at t = 10, which is stepped over in between; an event counts them off."""
    network = eventful(
        {"X": 0, "N": 0, "B": 0},
        {"k": 5.0},
        [("", "X B", "k*exp(-(time - 10)^2)")],
        ("X >= 3", {"X": "0", "N": "N+1", "k": "k"}),
    )
    run = ssa(network, replicates=800, points=2, engine="auto")
    assert run.engine == "reference"
    x, resets, births = (run.readout(name)[:, -1] for name in "XNB")
    assert (x + 3 * resets == births).all()
    assert_distributed(births.astype(int), lambda n: poisson.pmf(n, 5 * math.sqrt(math.pi)))


def test_an_event_that_sets_what_a_law_of_time_reads(eventful: Any) -> None:
    """At the first birth h goes from 20 to 200. The integral of the rate until then is exponential
    with mean 1, so births are 1 + 200*I - 10 on average, I the integral of 2 + sin; at LEVEL."""
    network = eventful(
        {"X": 0}, {"h": 20.0}, [("", "X", "h*(2 + sin(time))")], ("X >= 1", {"h": "200"})
    )
    x = ssa(network, replicates=100, t_end=0.5, points=2, engine="auto").readout("X")[:, -1]
    mean = 1 + 200 * (2 - math.cos(0.5)) - 10
    assert abs(x.mean() - mean) < 3.9 * math.sqrt((mean + 100) / 100)


def test_write_read_write_is_the_identity(eventful: Any) -> None:
    network = eventful(
        {"X": 0},
        {"k": 1.0},
        [("", "X", "k")],
        ("X >= 5 && k > 0", {"k": "k/2"}),
        ("X >= 9", {"X": "0"}, False),
    )
    for kinetics in ("continuous", "discrete"):
        text = to_sbml(network, kinetics)  # type: ignore[arg-type]
        assert from_sbml(text) == network
        assert to_sbml(from_sbml(text), kinetics) == text  # type: ignore[arg-type]
    run = ssa(network)
    assert (sn.rerun(run, workers=0).values == run.values).all()
