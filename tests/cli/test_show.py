"""`simnet list`, `show`, `export` and `compile`."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import simnet as sn
from simnet.rules.packaged import packaged_names

needs_perl = pytest.mark.skipif(shutil.which("perl") is None, reason="BioNetGen needs perl")


def test_list(cli: Callable[..., Any]) -> None:
    assert all(name in cli("list").out for name in packaged_names())
    rows = json.loads(cli("list", "--json").out)
    assert [row["name"] for row in rows] == list(packaged_names())
    assert all(row["species"] and row["reactions"] and row["readouts"] for row in rows)


def test_the_overview(cli: Callable[..., Any]) -> None:
    shown = cli("show", "hypoxia").out
    net = sn.load("hypoxia")
    assert net.title in shown
    assert f"{len(net.reactions)} reactions" in shown
    names = [*net.inputs, *net.readouts, *net.genes, *net.molecules]
    assert all(item.name in shown for item in names)
    assert "SSA: possible" in shown


def test_sections(cli: Callable[..., Any], model: Path) -> None:
    shown = cli("show", model, "--parameters", "--rules", "--species", "--reactions").out
    for text in ("a book", "item/s", "0 >> X()", "X → 0", "lost*X", "10"):
        assert text in shown
    assert "Readouts" not in shown


def test_show_json(cli: Callable[..., Any], model: Path) -> None:
    data = json.loads(cli("show", model, "--json").out)
    assert data["methods"]["ssa"]["possible"] is True
    assert data["parameters"][0]["source"] == "a book"
    assert data["reactions"][1]["discrete"] == "lost*X"


def test_what_ssa_cannot_do_is_said(cli: Callable[..., Any], squared: Path) -> None:
    shown = cli("show", squared).out
    assert "SSA: not possible" in shown
    assert "pair" in shown
    problems = json.loads(cli("show", squared, "--json").out)["methods"]["ssa"]["problems"]
    assert len(problems) == 1


def test_cost_follows_changes(cli: Callable[..., Any], model: Path) -> None:
    ran = cli("show", model, "--cost", "--t-end", "60", "--at", "30: supply=6", "--json")
    cost = json.loads(ran.out)["cost"]["firings"]
    by_reaction = {row["reaction"]: row["firings"] for row in cost}
    assert by_reaction["birth"] == pytest.approx(30 * 2 + 30 * 6, rel=1e-5)
    table = cli("show", model, "--cost", "--t-end", "1 min").out
    assert "Expected firings in 1 min" in table
    assert "120" in table


def test_export(cli: Callable[..., Any], model: Path, tmp_path: Path) -> None:
    ran = cli("export", model, "--to", "out.xml", "--kinetics", "discrete")
    assert ran.code == 0, ran.err
    assert "2 reactions" in ran.out
    assert sn.load(tmp_path / "out.xml").digest == sn.load(model).digest


@needs_perl
def test_compile(cli: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "decay.py").write_text(
        "from pysb import *\n"
        "def model():\n"
        "    m = Model('decay', _export=False)\n"
        "    a, k = Monomer('A', _export=False), Parameter('k', 0.5, _export=False)\n"
        "    n = Parameter('A_0', 10, _export=False)\n"
        "    for c in (a, k, n, Rule('lose', a() >> None, k, _export=False)):\n"
        "        m.add_component(c)\n"
        "    m.add_initial(Initial(a(), n, _export=False))\n"
        "    return m\n"
    )
    ran = cli("compile", "decay:model")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("decay.xml: decay, continuous laws, 1 species, 1 reaction,")
    run = sn.simulate(sn.load(tmp_path / "decay.xml"), t_end=2, points=2, workers=0)
    assert run.values[0, 0, -1, 0] == pytest.approx(10 * math.exp(-1), rel=1e-5)


NET_LAW = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1">
<model id="net" substanceUnits="mole" timeUnits="second" extentUnits="mole" volumeUnits="litre">
<listOfCompartments><compartment id="c" spatialDimensions="3" size="1" constant="true"/>
</listOfCompartments><listOfSpecies>
<species id="A" compartment="c" initialConcentration="2.5e-9" hasOnlySubstanceUnits="false"
 boundaryCondition="false" constant="false"/>
<species id="B" compartment="c" initialConcentration="0" hasOnlySubstanceUnits="false"
 boundaryCondition="false" constant="false"/></listOfSpecies>
<listOfParameters><parameter id="k" value="0.3" constant="true"/>
<parameter id="kr" value="0.1" constant="true"/></listOfParameters>
<listOfReactions><reaction id="swap" reversible="true" fast="false">
<listOfReactants><speciesReference species="A" stoichiometry="1" constant="true"/></listOfReactants>
<listOfProducts><speciesReference species="B" stoichiometry="1" constant="true"/></listOfProducts>
<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>c</ci><apply><minus/>
<apply><times/><ci>k</ci><ci>A</ci></apply><apply><times/><ci>kr</ci><ci>B</ci></apply></apply></apply>
</math></kineticLaw></reaction></listOfReactions></model></sbml>"""


def test_a_foreign_file(cli: Callable[..., Any], tmp_path: Path) -> None:
    """What it is, what was split, why not SSA, and the offer to turn amounts into molecules."""
    (tmp_path / "net.xml").write_text(NET_LAW)
    shown = " ".join(cli("show", "net.xml").out.split())
    assert "SBML Level 3 Version 1: 2 species, 2 reactions, 2 parameters" in shown
    assert (
        "net laws of 1 reversible reaction split into forward and backward reactions: swap:"
        in shown
    )
    assert "less swap_reverse, c*kr*(B/c)" in shown
    assert "SSA: not possible, for 1 reason:" in shown
    assert "initial amounts: 2.5e-09 (A) to 2.5e-09 (A), in mol" in shown
    assert (
        'SSA: possible once amounts are in molecules: add --volume "1 pL", or --copies N' in shown
    )


def test_the_conversion_is_shown(cli: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "net.xml").write_text(NET_LAW)
    shown = " ".join(cli("show", "net.xml", "--volume", "1 pL").out.split())
    assert "1 mol in 1 L is 6.02214e+11 molecules in 1 pL" in shown
    assert "Rounded starts" in shown
    assert "A 1505.54 to 1506 molecules" in shown
    assert "SSA: possible" in shown
    data = json.loads(cli("show", "net.xml", "--copies", "1e12", "--json").out)
    assert data["methods"]["ssa"]["possible"] is True
    assert data["species"][0]["initial"] == 2500
    assert data["source"] == "SBML Level 3 Version 1"
    assert data["split"][0].startswith("swap: ")
    assert data["rounded"] == {}
    wrong = cli("show", "net.xml", "--volume", "1 pL", "--copies", "3")
    assert wrong.code == 2
    assert "exclude each other" in wrong.err


@needs_perl
def test_a_bngl_file_says_what_it_is(cli: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "decay.bngl").write_text(
        "begin model\nbegin parameters\n k 1\nend parameters\nbegin seed species\n A() 3\n"
        "end seed species\nbegin reaction rules\n lose: A() -> 0 k\nend reaction rules\nend model\n"
    )
    shown = cli("show", "decay.bngl", "--json")
    assert json.loads(shown.out)["source"] == "BNGL file"
    assert "BNGL file: 1 rule, 1 species, 1 reaction, 1 parameter" in cli("show", "decay.bngl").out


MOLAR = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"><model id="molar">
{units}<listOfCompartments><compartment id="c" size="1"/></listOfCompartments>
<listOfSpecies><species id="S" compartment="c" initialAmount="0.3"/></listOfSpecies>
<listOfParameters><parameter id="k"{k}/></listOfParameters>
<listOfReactions><reaction id="J" reversible="false"><listOfReactants>
<speciesReference species="S"/></listOfReactants><kineticLaw>
<math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>k</ci><ci>S</ci></apply></math>
</kineticLaw></reaction></listOfReactions></model></sbml>"""


def test_amounts_in_moles_have_one_reason_and_two_ways_out(
    cli: Callable[..., Any], tmp_path: Path
) -> None:
    """Not one reason more for each fraction of a mole; in a pipe each reason is one line."""
    path = tmp_path / ("long_name_" * 12 + ".xml")
    path.write_text(MOLAR.format(units="", k=' value="1"'))
    lines = cli("show", path).out.splitlines()
    (reason,) = [line for line in lines if "SSA counts molecules" in line]
    assert "--volume" in reason
    assert "--copies" in reason
    assert "SSA: not possible, for 1 reason:" in lines
    assert any(line.startswith(f"More: simnet show {path} ") for line in lines)
    none = (
        '<listOfUnitDefinitions><unitDefinition id="substance"><listOfUnits>'
        '<unit kind="dimensionless"/></listOfUnits></unitDefinition></listOfUnitDefinitions>'
    )
    path.write_text(MOLAR.format(units=none, k=' value="1"'))
    (reason,) = [li for li in cli("show", path).out.splitlines() if "SSA counts molecules" in li]
    assert "--copies" in reason
    assert "--volume" not in reason


def test_a_missing_value_keeps_it_from_running(cli: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text(MOLAR.format(units="", k=""))
    shown = cli("show", path).out
    assert "ODE: not possible, for 1 reason:" in shown
    assert "k: has no value" in shown
    methods = json.loads(cli("show", path, "--json").out)["methods"]
    assert not methods["ode"]["possible"]
    assert not methods["ssa"]["possible"]
    assert cli("run", path, "--t-end", "1").code != 0
