"""What could be read in two ways, or was read too simply."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import simnet as sn
from simnet.sbml.read import from_sbml

Load = Callable[[str], sn.Network]

LEVEL_2 = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"><model id="m">
<listOfCompartments><compartment id="c" size="1"/></listOfCompartments><listOfSpecies>
<species id="S" compartment="c" initialAmount="10" hasOnlySubstanceUnits="true" {units}/>
<species id="P" compartment="c" initialAmount="0" hasOnlySubstanceUnits="true" {others}/>
</listOfSpecies><listOfParameters><parameter id="x" value="1" constant="false"/></listOfParameters>
{rules}<listOfReactions><reaction id="J" reversible="false">
<listOfReactants><speciesReference species="S"/></listOfReactants>
<listOfProducts><speciesReference species="P"/></listOfProducts>
<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>k</ci><ci>S</ci>
</apply></math><listOfParameters><parameter id="k" value="0.1"/></listOfParameters></kineticLaw>
</reaction></listOfReactions></model></sbml>"""
RATE_RULE = """<listOfRules><rateRule variable="x"><math xmlns="http://www.w3.org/1998/Math/MathML">
<cn>1</cn></math></rateRule></listOfRules>"""
ITEM = 'substanceUnits="item"'


def _level_2(units: str = ITEM, others: str = ITEM, rules: str = "") -> sn.Network:
    return from_sbml(LEVEL_2.format(units=units, others=others, rules=rules))


def _last(network: sn.Network, **changed: object) -> list[float]:
    run = sn.simulate(network, t_end=1, points=2, workers=0, **changed)  # type: ignore[arg-type]
    return [float(v) for v in run.values[0, 0, -1]]


@pytest.mark.parametrize("engine", ["compiled", "roadrunner", "reference"])
def test_a_law_that_is_negative_until_an_event_is_refused(antimony: Load, engine: str) -> None:
    network = antimony("species A = 0; V = -5; drive := V; J: => A; drive; at (time>=1): V = 5;")
    with pytest.raises(sn.UnsupportedError, match=r"reaction J.*can be negative"):
        sn.simulate(network, t_end=2, method="ssa", seed=1, workers=0, engine=engine)
    right = sn.Set("V", 1)
    sn.simulate(network, t_end=2, method="ssa", seed=1, workers=0, engine=engine, changes=right)


def test_free_sites_and_a_loss_are_not_told_apart(antimony: Load) -> None:
    """kon*(T - X) as one propensity, or X made at kon*T and lost at kon*X: variances 2.5 and 5."""
    lines = "species X = 0; T = 10; k = 1; bind: -> X; k*(T - X); leave: X => ; k*X;"
    network = antimony(lines)
    with pytest.raises(sn.UnsupportedError, match=r"bind.*reversible.*ambiguous.*irreversible"):
        sn.simulate(network, t_end=1, method="ssa", seed=1, workers=0)
    assert np.isclose(_last(network)[0], 5 * (1 - np.exp(-2)), rtol=1e-4)
    assert [r.id for r in antimony(lines.replace("->", "=>")).reactions] == ["bind", "leave"]
    two = lines.replace("k*(T - X)", "k*T - k*X")
    assert len(antimony(two).reactions) == 3


def test_a_start_that_is_whole_but_for_rounding_follows_what_it_is_made_of(antimony: Load) -> None:
    """0.29*100 is not 29 in binary; 0.295*100 is 29.5 and no whole number."""
    network = antimony("a = 0.29; b = 100; species S = a*b; decay: S => ; 0*S;")
    assert network.species[0].initial == 29
    assert _last(network) == [29]
    assert _last(network, changes=sn.Set("a", 0.295)) == [29.5]
    assert _last(network, changes=sn.Set("a", 0.57)) == [57]
    with pytest.raises(sn.UnsupportedError, match=r"initial amount 29\.5"):
        _last(network, changes=sn.Set("a", 0.295), method="ssa", seed=1)


def test_the_unit_of_amounts_is_that_of_the_species() -> None:
    assert _level_2().substance_unit == "item"
    assert _level_2(units="", others="").substance_unit == "mol"
    mixed = _level_2(others='substanceUnits="mole"')
    with pytest.raises(sn.UnsupportedError, match="amounts of species in item and mol"):
        _last(mixed, method="ssa", seed=1)
    assert _last(mixed)[0] < 10
    beside = _level_2(others='substanceUnits="dimensionless" boundaryCondition="true"')
    assert beside.substance_unit == "item"


def test_local_parameters_of_a_file_that_runs_as_it_is_can_be_set() -> None:
    network = _level_2(rules=RATE_RULE)
    assert network.document is not None
    assert np.isclose(_last(network)[0], 10 * np.exp(-0.1), rtol=1e-5)
    assert np.isclose(_last(network, changes=sn.Set("J_k", 1))[0], 10 * np.exp(-1), rtol=1e-5)


def test_what_rules_compute_can_be_read_out_of_a_file_that_runs_as_it_is(antimony: Load) -> None:
    lines = "x = 1; x' = 1; species S = 10; J: S => ; 0.1*S; Share := S/10;"
    assert np.allclose(
        _last(antimony(lines), readouts=["Share", "x"]), [np.exp(-0.1), 2], rtol=1e-5
    )
    assert _last(antimony("x = 1; x' = 1;")) == [2]


def test_a_readout_with_an_operator_that_the_compiled_engine_lacks(antimony: Load) -> None:
    network = antimony("species S = 5; decay: S => ; 0*S; F := factorial(S);")
    assert _last(network, method="ssa", seed=1, readouts="F") == [120]
    with pytest.raises(sn.UnsupportedError, match=r"F: factorial\(\)"):
        _last(network, method="ssa", seed=1, engine="compiled")


def test_a_named_expression_can_be_held_below_zero(antimony: Load) -> None:
    network = antimony("species A = 10; V := A - 60; J: A => ; 0.1*A*exp(V/65);")
    held = _last(network, changes=sn.Clamp("V", -65), readouts="A")
    assert np.isclose(held[0], 10 * np.exp(-0.1 / np.e), rtol=1e-5)
    with pytest.raises(sn.InputError, match="value is below 0"):
        _last(network, changes=sn.Clamp("A", -1))


def test_bionetgen_s_saturated_law_is_a_propensity(tmp_path: Path) -> None:
    path = tmp_path / "m.net"
    path.write_text(
        "begin parameters\n 1 kc 1\n 2 Km 10\nend parameters\n"
        "begin species\n 1 A() 29\n 2 E() 5\n 3 P() 0\nend species\n"
        "begin reactions\n 1 1,2 2,3 MM kc Km #r1\nend reactions\n",
        encoding="utf-8",
    )
    run = sn.simulate(
        sn.load(path), t_end=1, points=2, method="ssa", replicates=9, seed=1, workers=0
    )
    assert run.values.shape[1] == 9
