"""What PySB can say, one feature a test: laws as text, checked by eye and by number."""

import math
from typing import Any

import numpy as np
import pytest
from pysb import ANY, MultiState
from pysb.core import time as pysb_time
from sympy import Max, Piecewise, exp, floor, log, pi, sqrt

import simnet as sn
from simnet.network.expression import text
from simnet.sbml.read import from_sbml
from simnet.sbml.write import to_sbml

pytestmark = pytest.mark.filterwarnings("ignore:to_pickable helper:DeprecationWarning")


def laws(network: sn.Network, kinetics: Any = "discrete") -> dict[str, str]:
    return {r.id: text(r.law.expression(kinetics)) for r in network.reactions}


def loaded(d: Any) -> sn.Network:
    """The network, after checking that both of its files give it back bit for bit."""
    network = sn.load(d.model)
    for kinetics in ("continuous", "discrete"):
        written = to_sbml(network, kinetics)
        assert from_sbml(written).digest == network.digest
        assert to_sbml(from_sbml(written), kinetics) == written
    return network


def ode(network: sn.Network, readout: str, t: float, **kwargs: Any) -> float:
    found = sn.simulate(
        network, t_end=t, points=2, workers=0, rtol=1e-10, atol=1e-10, readouts=readout, **kwargs
    )
    return float(found.readout(readout)[0, -1])


def test_hill_and_functions_of_observables(draft: Any) -> None:
    d = draft("hill")
    x, y = d.monomer("X"), d.monomer("Y")
    total = d.observable("X_total", x())
    k, n = d.parameter("K", 8), d.parameter("n", 3)
    share = d.expression("share", total**n / (k**n + total**n))
    rate = d.expression("rate", d.parameter("vmax", 4) * share + 0.5)
    d.rule("make", None >> y(), rate)
    d.start(x(), 16)
    d.start(y(), 0)
    network = loaded(d)
    assert laws(network) == {"make": "rate"}
    by_id = {a.id: text(a.expression) for a in network.assignments}
    assert by_id["share"] == "X_total^n/(X_total^n + K^n)"
    assert ode(network, "Y", 2.0) == pytest.approx(2 * (4 * 8 / 9 + 0.5), rel=1e-7)
    assert ode(network, "Y", 2.0, changes=sn.Set("K", 16)) == pytest.approx(5.0, rel=1e-7)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (lambda x, t: x + 1, 7.0),
        (lambda x, t: 3 - x, -3.0),
        (lambda x, t: -x, -6.0),
        (lambda x, t: x**2 / (2 * x - 1) - 1 / x, 36 / 11 - 1 / 6),
        (lambda x, t: sqrt(x) * exp(-x / 10) + log(x), 6**0.5 * math.exp(-0.6) + math.log(6)),
        (lambda x, t: Max(x, 7) + floor(x / 4), 8.0),
        (lambda x, t: Piecewise((x, x > 10), (2 * x, x > 5), (0, True)), 12.0),
        (lambda x, t: x * pi / 4, 6 * math.pi / 4),
        (lambda x, t: x * exp(-t) + t**2, 6.0),
        (lambda x, t: x * exp(1), 6 * math.e),
        (lambda x, t: x ** (-1.5), 6**-1.5),
    ],
)
def test_expressions_mean_what_sympy_says(draft: Any, formula: Any, expected: float) -> None:
    """At t = 0, with 6 of X. No units are stated, so none stand in the way."""
    d = draft("formula")
    x = d.monomer("X")
    total = d.observable("X_total", x())
    d.expression("value", formula(total, pysb_time))
    d.rule("lose", x() >> None, 0.1)
    d.start(x(), 6)
    found = sn.simulate(loaded(d), t_end=1, points=2, workers=0, readouts="value")
    assert found.readout("value")[0, 0] == pytest.approx(expected, rel=1e-12)


def test_time_in_an_expression(draft: Any) -> None:
    d = draft("timed")
    x = d.monomer("X")
    d.rule("make", None >> x(), d.expression("rate", 3 * exp(-pysb_time / 2)))
    d.start(x(), 0)
    assert ode(loaded(d), "X", 4.0) == pytest.approx(6 * (1 - math.exp(-2)), rel=1e-6)


def test_statistical_factors_are_exact_fractions(draft: Any) -> None:
    """BioNetGen prints 1/6 as 0.166667, 1/24 as 0.0416667: the fraction behind it is meant."""
    d = draft("factors")
    x, y = d.monomer("X"), d.monomer("Y")
    for n in (2, 3, 4, 5):
        left = x()
        for _ in range(n - 1):
            left = left + x()
        d.rule(f"r{n}", left >> y(), 1.0)
    d.start(x(), 9)
    network = loaded(d)
    assert laws(network, "continuous") == {
        "r2": "k_r2/2*X^2",
        "r3": "k_r3/6*X^3",
        "r4": "k_r4/24*X^4",
        "r5": "k_r5/120*X^5",
    }
    assert laws(network)["r4"] == "k_r4/24*X*(X - 1)*(X - 2)*(X - 3)"


def test_factors_of_symmetric_molecules(draft: Any) -> None:
    """Two equal sites bind twice as fast and a dimer of equal halves opens once, by hand:
    A(s,s) + B(s): 2*k; the second site: k; A(a).A(a) -> A + A: k, not 2*k."""
    d = draft("symmetric")
    a, b = d.monomer("A", "s", "s"), d.monomer("B", "t")
    d.rule("bind", a(s=None) + b(t=None) >> a(s=1) % b(t=1), 1.0)
    c = d.monomer("C", "c")
    d.rule("open", c(c=1) % c(c=1) >> c(c=None) + c(c=None), 1.0)
    d.start(a(s=MultiState(None, None)), 5)
    d.start(b(t=None), 5)
    d.start(c(c=1) % c(c=1), 5)
    found = laws(loaded(d))
    assert found["bind"] == "2*k_bind*A*B"
    assert found["bind_2"] == "k_bind*B*A__B"
    assert found["open"] == "k_open*C_x2"


def test_local_functions(draft: Any) -> None:
    """The rate of each species is the function of that species: 0 without a phosphate."""
    d = draft("local")
    s = d.monomer("S", x=["u", "p"], y=["u", "p"])
    here = d.tag("here")
    sites = d.observable("sites", s(x="p"))
    f = d.expression("f", d.parameter("k", 0.5) * sites(here) + 0.25)
    d.rule("lose", s() @ here >> None, f)
    for x in "up":
        d.start(s(x=x, y="u"), 8)
    network = loaded(d)
    left = sn.simulate(network, t_end=2, points=2, workers=0, readouts=["S_x_u_y_u", "S_x_p_y_u"])
    expected = [8 * math.exp(-0.5), 8 * math.exp(-1.5)]
    np.testing.assert_allclose(left.values[0, 0, -1], expected, rtol=1e-6)
    assert "f" not in {a.id for a in network.assignments}


def test_energy_rules_obey_detailed_balance(draft: Any) -> None:
    d = draft("energy")
    a, b = d.monomer("A", "b", s=["u", "p"]), d.monomer("B", "a")
    d.energy("bound", a(b=1) % b(a=1), -1.0)
    d.energy("p", a(s="p"), 0.7)
    d.energy("both", a(b=1, s="p") % b(a=1), 0.4)
    phi = d.parameter("phi", 0.5)
    pair = a(b=None) + b(a=None) | a(b=1) % b(a=1)
    d.rule("bind", pair, phi, d.expression("E_bind", -log(0.01)), energy=True)
    d.rule("flip", a(s="u") | a(s="p"), phi, d.expression("E_flip", -log(0.5)), energy=True)
    d.observable("free_p", a(b=None, s="p"))
    d.start(a(b=None, s="u"), 20)
    d.start(b(a=None), 10)
    network = loaded(d)
    assert len(network.reactions) == 8
    names = ["A_s_u", "A_s_p", "B", "A_s_u__B", "A_s_p__B"]
    found = sn.simulate(network, t_end=1e4, points=2, workers=0, readouts=names, rtol=1e-10)
    u, p, free, ub, pb = found.values[0, 0, -1]
    assert p / u == pytest.approx(math.exp(-0.7), rel=1e-5)
    assert ub / (u * free) == pytest.approx(math.exp(1.0), rel=1e-5)
    assert pb / (p * free) == pytest.approx(math.exp(1.0 - 0.4), rel=1e-5)
    assert pb / ub == pytest.approx(math.exp(-1.1), rel=1e-5)


@pytest.fixture
def compartments(draft: Any) -> Any:
    """A medium (3D), a membrane (2D) and a cytosol (3D)."""
    d = draft("places")
    outside = d.compartment("EC", size=d.parameter("vE", 10))
    membrane = d.compartment("M", parent=outside, dimension=2, size=d.parameter("vM", 3))
    inside = d.compartment("CY", parent=membrane, size=d.parameter("vC", 0.7))
    ligand, receptor = d.monomer("L", "r"), d.monomer("R", "l", "r")
    a = d.monomer("A")
    bound = ligand(r=1) ** outside % receptor(l=1) ** membrane
    free = ligand(r=None) ** outside + receptor(l=None) ** membrane
    d.rule("bind", free | bound, 0.5, 0.1)
    two = receptor(l=None, r=None) ** membrane + receptor(l=None, r=None) ** membrane
    d.rule("pair", two >> receptor(l=None, r=1) ** membrane % receptor(l=None, r=1) ** membrane, 1)
    d.rule("move", a() ** outside | a() ** inside, 1.0, 0.5)
    d.rule("make", None >> a() ** inside, 2.0)
    d.rule("meet", a() ** inside + a() ** inside >> None, 0.3)
    d.observable("bound", receptor(l=ANY))
    d.start(ligand(r=None) ** outside, 50)
    d.start(receptor(l=None, r=None) ** membrane, 20)
    d.start(a() ** outside, 10)
    return d


def test_compartments(compartments: Any) -> None:
    network = loaded(compartments)
    sizes = [(c.id, c.size, c.dimensions, c.unit) for c in network.compartments]
    assert sizes == [("EC", 10, 3, "L"), ("M", 3, 2, None), ("CY", 0.7, 3, "L")]
    found = laws(network)
    assert found["bind"] == "k_bind/EC*L_in_EC*R_in_M"  # across: the volume's, not the area's
    assert found["bind_reverse"] == "k_bind_reverse*L__R_in_EC_M"
    assert found["pair"] == "k_pair/(M*2)*R_in_M*(R_in_M - 1)"
    assert found["move"] == "k_move*A_in_EC"
    assert found["move_reverse"] == "k_move_reverse*A_in_CY"
    assert found["make"] == "k_make*CY"  # synthesis is per volume
    assert found["meet"] == "k_meet/(CY*2)*A_in_CY*(A_in_CY - 1)"
    assert {s.id: s.compartment for s in network.species}["R_in_M"] == "M"


def test_volumes_are_live(compartments: Any) -> None:
    """By the compartment's id at any time, by the parameter behind it at the start."""
    network = loaded(compartments)
    values = [
        ode(network, "A_in_CY", 0.01, changes=change)
        for change in (sn.Set("CY", 7.0), sn.Set("vC", 7.0))
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-9)
    assert values[0] - ode(network, "A_in_CY", 0.01) == pytest.approx(0.01 * 2 * 6.3, rel=0.05)
    assert ode(network, "A_in_CY", 0.02, schedule=sn.At(0.01, sn.Set("CY", 7.0))) > 0.3
    with pytest.raises(sn.InputError, match=r"vC at t=0\.01: .* initial value of CY"):
        ode(network, "A_in_CY", 0.02, schedule=sn.At(0.01, sn.Set("vC", 7.0)))


def test_fixed_species(draft: Any) -> None:
    """It takes part and is not used up, under both methods and in both engines."""
    d = draft("fixed")
    x, y = d.monomer("X"), d.monomer("Y")
    d.rule("convert", x() >> y(), 0.5)
    d.start(x(), 8, fixed=True)
    d.start(y(), 0)
    network = loaded(d)
    assert [s.fixed for s in network.species] == [True, False]
    assert ode(network, "Y", 3.0) == pytest.approx(12.0, rel=1e-7)
    for engine in ("roadrunner", "reference"):
        found = sn.simulate(
            *(network,),
            t_end=3,
            points=2,
            method="ssa",
            replicates=400,
            seed=1,
            workers=0,
            engine=engine,
            changes=sn.Set("X", 20),
        )
        assert (found.readout("X") == 20).all()
        # Poisson with mean 30: 3.9 standard errors of 400 runs
        assert abs(found.readout("Y")[:, -1].mean() - 30) < 3.9 * math.sqrt(30 / 400)


def test_synthesis_and_degradation(draft: Any) -> None:
    d = draft("turnover")
    x, y = d.monomer("X", "y"), d.monomer("Y", "x")
    d.rule("make", None >> x(y=None), 2.0)
    d.rule("join", x(y=None) + y(x=None) >> x(y=1) % y(x=1), 0.1)
    d.rule("lose", x() >> None, 0.5, delete_molecules=True)
    d.start(x(y=None), 0)
    d.start(y(x=None), 4)
    network = loaded(d)
    found = {r.id: (dict(r.reactants), dict(r.products)) for r in network.reactions}
    assert found["make"] == ({}, {"X": 1})
    assert found["lose"] == ({"X": 1}, {})
    assert found["lose_2"] == ({"X__Y": 1}, {"Y": 1})  # only the molecule X is lost


def test_initial_amounts_by_expression(draft: Any) -> None:
    """0.29*100 is 28.999999999999996: roadrunner's SSA would stay frozen there (#1317)."""
    d = draft("initials")
    x, y = d.monomer("X"), d.monomer("Y")
    share, total = d.parameter("share", 0.29), d.parameter("total", 100)
    assert 0.29 * 100 != 29
    d.start(x(), d.expression("X_0", share * total))
    d.start(y(), d.expression("Y_0", total - share * total))
    d.rule("go", x() >> y(), 1.0)
    network = loaded(d)
    assert [s.initial for s in network.species] == [29, 71]
    assert 'initialAmount="29"' in to_sbml(network, "discrete")
    found = sn.simulate(
        network, t_end=1, points=2, method="ssa", seed=1, workers=0, readouts=["X", "Y"]
    )
    assert found.values[0, 0, 0].tolist() == [29, 71]
    assert found.values[0, 0, 1, 0] < 29
    changed = sn.simulate(
        network,
        t_end=1,
        points=2,
        method="ssa",
        seed=1,
        workers=0,
        readouts=["X", "Y"],
        changes=sn.Set("total", 200),
    )
    assert changed.values[0, 0, 0].tolist() == [58, 142]


def test_what_only_sets_initial_amounts_cannot_act_later(draft: Any) -> None:
    """Also where it does so through an expression."""
    d = draft("late")
    x = d.monomer("X")
    d.start(x(), d.expression("X_0", d.parameter("total", 100) * 0.5))
    d.rule("go", x() >> None, 1.0)
    with pytest.raises(sn.InputError, match=r"total at t=1: it only sets the initial amount of X"):
        ode(sn.load(d.model), "X", 2.0, schedule=sn.At(1.0, sn.Set("total", 10)))


def test_a_fraction_of_a_molecule_is_refused_under_ssa(draft: Any) -> None:
    d = draft("fraction")
    x = d.monomer("X")
    d.start(x(), 29.3)
    d.rule("go", x() >> None, 1.0)
    network = sn.load(d.model)
    assert ode(network, "X", 1.0) == pytest.approx(29.3 * math.exp(-1), rel=1e-7)
    with pytest.raises(sn.UnsupportedError, match=r"X.*29\.3.*whole"):
        sn.simulate(network, t_end=1, points=2, method="ssa", workers=0)
    with pytest.raises(sn.UnsupportedError):
        to_sbml(network, "discrete")


def test_total_rate_is_refused(draft: Any) -> None:
    d = draft("total")
    x = d.monomer("X")
    d.start(x(), 4)
    d.rule("go", x() >> None, 1.0, total_rate=True)
    with pytest.raises(sn.ModelError, match="rule go: total_rate"):
        sn.load(d.model)


@pytest.mark.filterwarnings("ignore:Model does not contain any:UserWarning")  # PySB's
@pytest.mark.parametrize("missing", ["rules", "initials"])
def test_a_model_that_is_not_finished(draft: Any, missing: str) -> None:
    d = draft("unfinished")
    x = d.monomer("X")
    if missing == "rules":
        d.start(x(), 4)
    else:
        d.rule("go", x() >> None, 1.0)
    with pytest.raises(sn.ModelError, match="unfinished: has no"):
        sn.load(d.model)


def test_an_observable_of_nothing_is_zero(draft: Any) -> None:
    d = draft("nothing")
    x = d.monomer("X", s=["u", "p"])
    d.observable("never", x(s="p"))
    d.start(x(s="u"), 4)
    d.rule("go", x(s="u") >> None, 1.0)
    assert ode(loaded(d), "never", 1.0) == 0


def test_observables_count_matches_or_species(draft: Any) -> None:
    d = draft("counted")
    x = d.monomer("X", "x")
    d.rule("pair", x(x=None) + x(x=None) | x(x=1) % x(x=1), 1.0, 1.0)
    d.observable("molecules", x())
    d.observable("species", x(), match="species")
    d.start(x(x=None), 6)
    d.start(x(x=1) % x(x=1), 2)
    found = sn.simulate(loaded(d), t_end=1, points=2, workers=0)
    assert found.readout("molecules")[0] == pytest.approx([10, 10])
    assert found.readout("species")[0, 0] == pytest.approx(8)


def test_ids_are_readable_and_collide_with_nothing(draft: Any) -> None:
    """A species, a parameter, an observable and a rule that would all like the same name."""
    d = draft("X")
    x = d.monomer("P", "a", s=["u", "p"])
    d.parameter("P_s_u", 3.0)
    d.observable("P_s_p", x(s="p"))
    d.rule("time_", x(s="u") >> x(s="p"), 1.0)
    d.start(x(a=None, s="u"), 5)
    network = loaded(d)
    assert [s.id for s in network.species] == ["P_s_u_2", "P_s_p_2"]
    assert [s.name for s in network.species] == ["P(a=None, s='u')", "P(a=None, s='p')"]
    assert network.readouts[0].name == "P_s_p"
    assert [r.id for r in network.reactions] == ["time_2"]
