"""Amounts in moles or in anybody's units as molecules: the factor, the laws, and what is rounded."""

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest

import simnet as sn
from simnet.network.expression import Call, Number, RateLaw, Symbol, times
from simnet.network.network import (
    Assignment,
    Compartment,
    Event,
    Network,
    Parameter,
    Reaction,
    Readout,
    Species,
    StateEvent,
)
from simnet.network.stochastic import stochastic_problems
from simnet.sbml.convert import AVOGADRO, in_molecules

S = Symbol


def over(a: str, b: str) -> Call:
    return Call("divide", (S(a), S(b)))


@pytest.fixture(scope="module")
def network() -> Network:
    """Every kind of law and dependence, in nmol and concentrations, with a computed start."""
    one = lambda *names: tuple((name, 1) for name in names)  # noqa: E731
    return Network(
        id="moles",
        compartments=(Compartment(id="V", size=2.0, unit="L"),),
        species=(
            Species(id="A", name="A", compartment="V", initial=10.0),
            Species(id="B", name="B", compartment="V", initial=4.0),
            Species(id="C", name="C", compartment="V", initial=0.0),
            Species(
                id="D", name="D", compartment="V", initial=5.0,
                initial_expression=S("d0"),
            ),
            Species(id="E", name="E", compartment="V", initial=3.0, fixed=True),
        ),
        parameters=(
            Parameter(id="k", value=0.2),
            Parameter(id="K", value=1.5),
            Parameter(id="k0", value=0.7),
            Parameter(id="d0", value=5.0),
            Parameter(id="start", value=2.5, initial_expression=over("A", "B")),
            Parameter(id="told", value=0.0),
        ),
        assignments=(
            Assignment(id="conc", expression=over("A", "V")),
            Assignment(id="both", expression=Call("plus", (S("A"), S("B")))),
        ),
        reactions=(
            Reaction(id="feed", reactants=(), products=one("A"), law=RateLaw(rate=S("k0"))),
            Reaction(
                id="bind", reactants=one("A", "B"), products=one("C"),
                law=RateLaw(rate=over("k", "V"), orders=one("A", "B")),
            ),
            Reaction(
                id="pair", reactants=(("A", 2),), products=one("D"),
                law=RateLaw(rate=times(Number(0.05), S("k")), orders=(("A", 2),)),
            ),
            Reaction(
                id="saturated", reactants=one("C"), products=one("A", "B"),
                law=RateLaw(rate=Call("divide", (times(S("k"), S("E")), Call("plus", (S("K"), S("conc"))))), orders=one("C")),
            ),
            Reaction(
                id="decay", reactants=one("D"), products=(),
                law=RateLaw(rate=times(S("k"), S("start")), orders=one("D")),
            ),
        ),
        events=(Event(id="dose", time=Number(3.0), assignments=(("B", times(Number(2.0), S("B"))),)),),
        state_events=(
            StateEvent(
                id="full", trigger=Call("gt", (S("C"), Number(2.0))), assignments=(("told", S("both")),)
            ),
        ),
        readouts=tuple(Readout(name=n, symbol=n) for n in ("A", "B", "C", "D", "conc", "both")),
        substance_unit="nmol",
    )  # fmt: skip


def course(network: Network) -> sn.Trajectories:
    return sn.simulate(network, t_end=8, points=9, rtol=1e-10, atol=1e-10, workers=0)


@pytest.mark.parametrize("volume", ["1 pL", "3 fL", "2e-3 nL", "1000 um^3"])
def test_the_factor_of_a_volume(network: Network, volume: str) -> None:
    litres = {"1 pL": 1e-12, "3 fL": 3e-15, "2e-3 nL": 2e-12, "1000 um^3": 1e-12}[volume]
    if "^" in volume:
        with pytest.raises(sn.InputError, match="not a volume"):
            in_molecules(network, volume=volume)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sn.SimnetWarning)
        factor = in_molecules(network, volume=volume).parameter_by_id["molecules_per_unit"].value
    assert factor == pytest.approx(1e-9 * AVOGADRO * litres / 2.0, rel=1e-12)


def test_the_course_is_the_same_but_for_the_factor(network: Network) -> None:
    """In an ODE, with starts that need no rounding; events, rules and parameters included. What the
    event sets is rounded to a molecule, one of ten millions."""
    factor = 1e7
    before, after = course(network), course(in_molecules(network, copies=factor))
    for name in ("A", "B", "C", "D"):
        np.testing.assert_allclose(
            after.readout(name), factor * before.readout(name), rtol=1e-6, atol=1.0
        )
    for name in ("conc", "both"):
        np.testing.assert_allclose(after.readout(name), before.readout(name), rtol=1e-6)


def test_ssa_is_possible_and_its_mean_is_the_course(network: Network) -> None:
    """Without the doubling event, whose mean is not the mean's: 200 runs of thousands of molecules
    against the ODE, to 5 standard errors and the 1/size by which a mean may miss it."""
    converted = in_molecules(replace(network, events=(), state_events=()), copies=1000)
    assert not list(stochastic_problems(converted))
    run = sn.simulate(converted, t_end=4, points=3, method="ssa", replicates=200, seed=1, workers=0)
    ode = sn.simulate(converted, t_end=4, points=3, workers=0)
    for name in ("A", "B", "C", "D"):
        sample, mean = run.readout(name)[:, -1], ode.readout(name)[0, -1]
        assert abs(sample.mean() - mean) < 5 * sample.std(ddof=1) / math.sqrt(200) + 2


def test_a_pair_of_equal_molecules_is_counted(network: Network) -> None:
    """k/2*A^2 in moles is (k/2/F)*A*(A - 1) in molecules: one molecule makes no pair."""
    converted = in_molecules(network, copies=10)
    (pair,) = (r for r in converted.reactions if r.id == "pair")
    assert pair.law.orders == (("A", 2),)
    from simnet.network.expression import function

    law = function(pair.law.expression("discrete"))
    assert law({"A": 7.0, "k": 0.2, "molecules_per_unit": 10.0}, 0) == pytest.approx(0.01 / 10 * 42)


def test_starts_are_rounded_and_recorded(network: Network, tmp_path: object) -> None:
    converted = in_molecules(network, volume="0.00343 pL")  # 1.033 molecules for a nmol
    starts = {s.id: s.initial for s in converted.species}
    assert starts == {"A": 10, "B": 4, "C": 0, "D": 5, "E": 3}
    rules = {r.name: r.text for r in converted.rules}
    assert "1.03" in rules["conversion"]
    assert "10.32" in rules["A"]
    assert "to 10 molecules" in rules["A"]
    assert "C" not in rules
    assert converted.substance_unit == "item"


def test_computed_starts_follow_a_change(network: Network) -> None:
    converted = in_molecules(network, copies=3)
    run = sn.simulate(
        converted, t_end=1, points=2, changes=sn.Set("d0", 7.1), readouts=["D"], workers=0
    )
    assert run.readout("D")[0, 0] == 21  # 21.3 to the nearest whole one


def test_what_rounds_to_nothing_is_a_warning(network: Network) -> None:
    with pytest.warns(
        sn.SimnetWarning, match=r"E: initial amounts below half a molecule.*larger volume"
    ):
        in_molecules(network, copies=0.15)


def test_a_conversion_survives_a_file(network: Network, tmp_path: object) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    converted = in_molecules(replace(network, events=(), state_events=()), copies=1000)
    path = sn.write_sbml(converted, tmp_path / "molecules.xml", kinetics="discrete")
    assert sn.load(path) == converted


REFUSED = {
    "both": ({"volume": "1 pL", "copies": 10}, "one of them"),
    "neither": ({}, "one of them"),
    "zero": ({"copies": 0}, "must be a positive number"),
    "infinite": ({"copies": math.inf}, "must be a positive number"),
    "no volume": ({"volume": "1 s"}, "not a volume"),
    "nothing": ({"volume": "0 pL"}, "not a volume"),
    "words": ({"volume": "a lot"}, "not a volume"),
    "stranger": ({"volume": "W=1 pL"}, "did you mean V|known: V"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(network: Network, name: str) -> None:
    given, says = REFUSED[name]
    with pytest.raises(sn.InputError, match=says):
        in_molecules(network, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("unit", "says"),
    [("1", "not in moles"), (None, "not in moles"), ("item", "already in molecules")],
)
def test_a_volume_says_nothing_of_other_units(network: Network, unit: str, says: str) -> None:
    with pytest.raises(sn.ModelError, match=says + ".*copies="):
        in_molecules(replace(network, substance_unit=unit), volume="1 pL")


def test_several_sizes_need_a_name(network: Network) -> None:
    two = replace(network, compartments=(*network.compartments, Compartment(id="W", size=0.1)))
    with pytest.raises(sn.InputError, match="say which"):
        in_molecules(two, volume="1 pL")
    named = in_molecules(two, volume="V=1 pL").parameter_by_id["molecules_per_unit"].value
    assert named == in_molecules(network, volume="1 pL").parameter_by_id["molecules_per_unit"].value


def test_a_model_in_concentrations_by_its_unit(network: Network) -> None:
    network = replace(network, substance_unit="nM")
    factor = in_molecules(network, volume="1 pL").parameter_by_id["molecules_per_unit"].value
    assert factor == pytest.approx(602.214076, rel=1e-12)


def test_nobody_guesses_the_kinetics(network: Network) -> None:
    with pytest.raises(sn.InputError, match='kinetics="continuous"'):
        in_molecules(replace(network, kinetics="as-written"), copies=10)
