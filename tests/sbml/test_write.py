"""What our SBML says, as another tool would read it."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import libsbml
import pytest

import simnet as sn
from simnet.network.expression import Call, Kinetics, Number, Symbol
from simnet.network.network import Assignment, Network
from simnet.sbml.read import from_sbml
from simnet.sbml.write import to_sbml


def document_of(text: str) -> libsbml.SBMLDocument:
    """Keep it in a variable: libsbml frees a model with its document."""
    return libsbml.readSBMLFromString(text)


def law(text: str, reaction: str) -> str:
    document = document_of(text)
    math = document.getModel().getReaction(reaction).getKineticLaw().getMath()
    return str(libsbml.formulaToL3String(math))


def test_the_two_kinetics_of_a_homodimer(dimer: Network) -> None:
    assert law(to_sbml(dimer, "continuous"), "r0") == "k * A^2"
    unit = "item"
    assert law(to_sbml(dimer, "discrete"), "r0") == f"k * A * (A - 1 {unit})"


def test_stoichiometry_initial_amounts_and_units(dimer: Network) -> None:
    text = to_sbml(dimer)
    document = document_of(text)
    model = document.getModel()
    assert (model.getLevel(), model.getVersion()) == (3, 2)
    assert model.getReaction("r0").getReactant(0).getStoichiometry() == 2
    assert not model.getReaction("r0").getReversible()
    assert [s.getInitialAmount() for s in model.getListOfSpecies()] == [5, 0]
    assert all(s.getHasOnlySubstanceUnits() for s in model.getListOfSpecies())
    stated = (model.getSubstanceUnits(), model.getTimeUnits(), model.getVolumeUnits())
    assert stated == ("item", "second", "litre")
    assert model.getExtentUnits() == "item"
    assert not re.search(r"\d{4}-\d\d-\d\d|libSBML version", text)  # no dates, no tools


def test_names_with_markup_survive(dimer: Network) -> None:
    name = "A(b=1) % B(a=1, s='<&>\"')"
    network = replace(dimer, species=(replace(dimer.species[0], name=name), dimer.species[1]))
    back = from_sbml(to_sbml(network))
    assert back.species[0].name == name


def test_fixed_species_and_modifiers(dimer: Network) -> None:
    total = Assignment(
        id="total", expression=Call("plus", (Symbol("A"), Call("times", (Number(2), Symbol("D")))))
    )
    reaction = replace(dimer.reactions[1], law=replace(dimer.reactions[1].law, rate=Symbol("A")))
    network = replace(
        dimer,
        species=(replace(dimer.species[0], fixed=True), dimer.species[1]),
        assignments=(total,),
        reactions=(dimer.reactions[0], replace(reaction, products=(("D", 1),))),
    )
    document = document_of(to_sbml(network))
    model = document.getModel()
    assert model.getSpecies("A").getBoundaryCondition()
    assert not model.getSpecies("D").getBoundaryCondition()
    assert [m.getSpecies() for m in model.getReaction("r1").getListOfModifiers()] == ["A"]
    assert model.getRuleByVariable("total") is not None


@pytest.mark.parametrize("kinetics", ["continuous", "discrete"])
def test_write_read_write_is_the_identity(dimer: Network, kinetics: Kinetics) -> None:
    text = to_sbml(dimer, kinetics)
    back = from_sbml(text)
    assert back == dimer
    assert to_sbml(back, kinetics) == text
    other: Kinetics = "discrete" if kinetics == "continuous" else "continuous"
    assert to_sbml(back, other) == to_sbml(dimer, other)


def test_numbers_keep_what_sbml_can_hold(dimer: Network) -> None:
    network = replace(
        dimer, parameters=(replace(dimer.parameters[0], value=1 / 3), *dimer.parameters[1:])
    )
    assert from_sbml(to_sbml(network)).parameters[0].value == network.parameters[0].value
    assert network.parameters[0].value == pytest.approx(1 / 3, rel=1e-15)


def test_write_sbml_and_its_mistakes(dimer: Network, tmp_path: Path) -> None:
    path = sn.write_sbml(dimer, tmp_path / "x.xml", kinetics="discrete")
    assert path.read_text(encoding="utf-8") == to_sbml(dimer, "discrete")
    with pytest.raises(sn.InputError, match=r"kinetics='both'.*\"continuous\" or \"discrete\""):
        sn.write_sbml(dimer, path, kinetics="both")  # type: ignore[arg-type]
    with pytest.raises(sn.InputError, match="there is no folder"):
        sn.write_sbml(dimer, tmp_path / "no" / "x.xml")
    with pytest.raises(sn.InputError, match="path=None: is not a path"):
        sn.write_sbml(dimer, None)  # type: ignore[arg-type]
    with pytest.raises(sn.InputError, match="not a Network"):
        sn.write_sbml("dimer", tmp_path / "x.xml")  # type: ignore[arg-type]


def test_discrete_is_refused_where_a_law_can_be_negative(dimer: Network) -> None:
    reaction = replace(dimer.reactions[0], law=replace(dimer.reactions[0].law, rate=Number(-1)))
    network = replace(dimer, reactions=(reaction,))
    with pytest.raises(sn.UnsupportedError, match="can be negative"):
        to_sbml(network, "discrete")


def test_inconsistent_networks_are_refused_with_every_reason(dimer: Network) -> None:
    reaction = replace(dimer.reactions[0], law=replace(dimer.reactions[0].law, rate=Symbol("kk")))
    network = replace(
        dimer,
        species=(*dimer.species, dimer.species[0]),
        reactions=(reaction,),
    )
    with pytest.raises(sn.ModelError) as caught:
        to_sbml(network)
    text = str(caught.value)
    assert "id 'A': is used 2 times" in text
    assert "symbol 'kk': is not defined; did you mean k" in text


def test_libsbml_finds_no_error(dimer: Network) -> None:
    for kinetics in ("continuous", "discrete"):
        document = libsbml.readSBMLFromString(to_sbml(dimer, kinetics))  # type: ignore[arg-type]
        document.checkConsistency()
        found = [document.getError(i) for i in range(document.getNumErrors())]
        severities = Counter(e.getSeverityAsString() for e in found)
        assert severities["Error"] == 0
        # the parameters of this model have no units, so units cannot be checked fully
        assert {e.getErrorId() for e in found} <= {20702, 80701, 99505, 99508}
