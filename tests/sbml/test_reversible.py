"""Net laws: which are split, into what, and that two directions make the noise of the master
equation."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.network.expression import Expression, RateLaw, function
from simnet.sbml.mathml import from_ast
from simnet.sbml.reactions import is_net, split
from simnet.sbml.read import from_sbml

VALUES = {"A": 3.0, "B": 5.0, "C": 7.0, "D": 2.0, "E": 4.0, "V": 2.5, "k": 0.3, "kr": 0.2, "K": 9.0}


def parsed(formula: str) -> Expression:
    import libsbml

    return from_ast(libsbml.parseL3Formula(formula), {})


def side(text: str) -> tuple[tuple[str, int], ...]:
    return tuple((name, text.split().count(name)) for name in dict.fromkeys(text.split()))


SPLIT = [
    ("A B", "C", "k*A*B - kr*C", "k*A*B", "kr*C"),
    ("A", "B", "V*(k*(A/V) - kr*(B/V))", "k*A", "kr*B"),
    ("A", "B", "k*(A - B/K)", "k*A", "k*B/K"),
    ("A", "B", "-kr*B + k*A", "k*A", "kr*B"),
    ("A", "B", "(k*A - kr*B)/V", "k*A/V", "kr*B/V"),
    ("A", "B", "E*(k*A - kr*B)", "E*k*A", "E*kr*B"),
    ("A", "", "k*A - kr", "k*A", "kr"),
    ("A E", "B E", "k*A*E - kr*B*E", "k*A*E", "kr*B*E"),
    ("A A", "D", "k*A^2 - kr*D", "k*A^2", "kr*D"),
    ("A A", "D", "k*A*(A - 1)/2 - kr*D", "k*A*(A - 1)/2", "kr*D"),
    ("A A", "D", "V*(k*(A/V)^2 - kr*D/V)", "k*A^2/V", "kr*D"),
]
NOT = {
    "saturated": ("A", "B", "(k*A - kr*B)/(K + A + B)"),
    "two saturations": ("A", "B", "k*A/(K + A) - kr*B/(K + B)"),
    "logistic growth": ("", "A", "k*A*(1 - A/K)"),
    "logistic decay": ("A", "", "k*A - kr*A*A"),
    "wrong product": ("A", "B", "k*A - kr*C"),
    "three terms": ("A", "B", "k*A - kr*B - 2*C"),
    "without its reactant": ("A", "B", "k - kr*B"),
    "two differences": ("A", "B", "(A - B)*(k - kr)"),
    "inside a function": ("A", "B", "max(k*A - kr*B, 0)"),
}


@pytest.mark.parametrize(("left", "right", "law", "forward", "reverse"), SPLIT)
def test_a_difference_of_two_mass_action_laws(
    left: str, right: str, law: str, forward: str, reverse: str
) -> None:
    found = split(parsed(law), side(left), side(right))
    assert found is not None
    assert is_net(parsed(law))
    for part, wanted in zip(found, (forward, reverse), strict=True):
        expected = function(parsed(wanted))(VALUES, 0.0)
        assert function(part)(VALUES, 0.0) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("name", NOT)
def test_nothing_else_is_split(name: str) -> None:
    left, right, law = NOT[name]
    assert split(parsed(law), side(left), side(right)) is None


@pytest.mark.parametrize("law", ["k*A", "k*A*(A - 1)/2", "k*A + kr*B", "k*A/(K + A)"])
def test_what_subtracts_nothing_is_one_way(law: str) -> None:
    assert not is_net(parsed(law))


MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1">
<model id="binding" substanceUnits="item" timeUnits="second" extentUnits="item">
<listOfCompartments><compartment id="c" size="2" constant="true"/></listOfCompartments>
<listOfSpecies>{species}</listOfSpecies><listOfParameters>
<parameter id="k" value="0.01" constant="true"/><parameter id="kr" value="{kr}" constant="true"/>
</listOfParameters><listOfReactions><reaction id="bind" reversible="true" fast="false">
<listOfReactants>{used}</listOfReactants><listOfProducts>{made}</listOfProducts>
<kineticLaw>{law}</kineticLaw></reaction></listOfReactions></model></sbml>"""
SPECIES = (
    '<species id="{}" compartment="c" initialAmount="{}" hasOnlySubstanceUnits="false" '
    'boundaryCondition="false" constant="false"/>'
)
REFERENCE = '<speciesReference species="{}" stoichiometry="1" constant="true"/>'


def binding_text(kr: float = 0.1) -> str:
    """A + B <-> C in concentrations, 20 of A and B: 0.005 per pair and 0.1 per C."""
    import libsbml

    law = libsbml.writeMathMLToString(libsbml.parseL3Formula("c*(k*A*B - kr*C)"))
    return MODEL.format(
        kr=kr,
        species="".join(SPECIES.format(s, n) for s, n in (("A", 20), ("B", 20), ("C", 0))),
        used=REFERENCE.format("A") + REFERENCE.format("B"),
        made=REFERENCE.format("C"),
        law=law.partition("\n")[2],
    )


@pytest.fixture
def binding() -> sn.Network:
    return from_sbml(binding_text())


def test_a_file_is_split_and_says_so(binding: sn.Network, tmp_path: Path) -> None:
    network = binding
    assert [r.id for r in network.reactions] == ["bind_forward", "bind_reverse"]
    assert network.reactions[0].reactants == network.reactions[1].products
    assert all(isinstance(r.law, RateLaw) and r.law.orders for r in network.reactions)
    (rule,) = network.rules
    assert rule.name == "bind"
    assert "bind_forward" in rule.text
    again = sn.load(sn.write_sbml(network, tmp_path / "again.xml"))
    assert again.rules == network.rules
    assert again.reactions == network.reactions


def test_the_split_network_has_the_master_equations_noise(binding: sn.Network) -> None:
    """Mean 7.717 and variance 3.467 at t = 50 (see tests/traps/test_a_reversible.py); a net rate
    would leave a tenth of the variance. 4.06 standard errors: 1e-4 for two scores."""
    from scipy.linalg import expm

    n, size = 2000, 21
    generator = np.zeros((size, size))
    for c in range(size):
        for target, rate in ((c + 1, 0.005 * (20 - c) ** 2), (c - 1, 0.1 * c)):
            if rate:
                generator[target, c] += rate
                generator[c, c] -= rate
    weights, values = expm(generator * 50)[:, 0], np.arange(size)
    mean = weights @ values
    variance, fourth = (weights @ (values - mean) ** k for k in (2, 4))
    assert (mean, variance) == (pytest.approx(7.717, abs=2e-3), pytest.approx(3.467, abs=2e-3))
    run = sn.simulate(binding, t_end=50, points=2, method="ssa", replicates=n, seed=3, workers=0)
    sample = run.readout("C")[:, -1]
    assert abs(sample.mean() - mean) < 4.06 * math.sqrt(variance / n)
    assert abs(sample.var(ddof=1) - variance) < 4.06 * math.sqrt((fourth - variance**2) / n)


def test_the_ode_is_the_same_before_and_after(binding: sn.Network) -> None:
    import roadrunner

    runner: Any = roadrunner.RoadRunner(binding_text())
    runner.integrator.relative_tolerance = 1e-10
    runner.timeCourseSelections = ["C"]
    rival = np.array(runner.simulate(0, 50, 11))[:, 0]
    run = sn.simulate(binding, t_end=50, points=11, rtol=1e-10, workers=0)
    np.testing.assert_allclose(run.readout("C")[0], rival, rtol=1e-7, atol=1e-9)


def test_a_negative_constant_is_refused_under_ssa() -> None:
    network = from_sbml(binding_text(kr=-0.1))
    with pytest.raises(sn.UnsupportedError, match=r"bind_reverse.*can be negative"):
        sn.simulate(network, t_end=1, method="ssa", seed=1, workers=0)
