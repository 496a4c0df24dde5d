"""Trap (l): the file as a document: consistency, units, ids, and amounts that are always written."""

import re
from collections import Counter
from typing import Any

import libsbml
import pytest

import simnet as sn
from simnet.catalogue.tables import Catalogue, ParameterRow
from simnet.rules.compile import compile_model
from simnet.rules.packaged import packaged_names
from simnet.sbml.write import to_sbml

pytestmark = pytest.mark.filterwarnings("ignore:to_pickable helper:DeprecationWarning")

KINETICS = ("continuous", "discrete")
UNDECLARED = {20702, 80701, 99505, 99508}
"""libsbml's warnings that a parameter has no unit: all that is left to say of a model without."""


def messages(text: str) -> Counter[tuple[bool, int]]:
    """(is an error, id) of everything that libsbml says with every check on."""
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    found = (document.getError(i) for i in range(document.getNumErrors()))
    return Counter((e.getSeverity() >= libsbml.LIBSBML_SEV_ERROR, e.getErrorId()) for e in found)


@pytest.fixture(scope="module")
def dimer(draft: Any) -> Any:
    """A + B <-> C, C + C <-> D, B made and lost."""
    d = draft("dimer")
    a, b = d.monomer("A", "b", s=["u", "p"]), d.monomer("B", "a", "b")
    pair = a(b=1, s="u") % b(a=1)
    d.rule("bind", a(b=None, s="u") + b(a=None) | pair, 0.01, 0.1)
    d.rule(
        "pair",
        b(a=1, b=None) % a(b=1) + b(a=1, b=None) % a(b=1)
        >> b(a=1, b=3) % a(b=1) % b(a=2, b=3) % a(b=2),
        0.02,
    )
    d.rule("make", None >> b(a=None, b=None), 2.0)
    d.rule("lose", b(a=None, b=None) >> None, 0.1)
    d.observable("bound", pair)
    d.start(a(b=None, s="u"), 20)
    d.start(b(a=None, b=None), d.expression("half", d.parameter("whole", 58) * 0.5))
    return d.model


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Units of the model's parameters, as parameters.csv gives them for a packaged network."""

    def row(unit: str) -> ParameterRow:
        return ParameterRow(
            unit=unit,
            meaning="m",
            source="s",
            confidence="assumed",
            lower=None,
            upper=None,
            scale="",
        )

    first, second = "1/s", "1/(item s)"
    units = {"k_bind": second, "k_bind_reverse": first, "k_pair": second, "k_make": "item/s"}
    units |= {"k_lose": first, "n_0": "item", "whole": "item"}
    return Catalogue(parameters={name: row(unit) for name, unit in units.items()})


def test_pysbs_file_has_many_warnings(dimer: Any, pysb_export: Any) -> None:
    found = messages(pysb_export(dimer))
    assert found.total() > 40
    assert {99506, 99507, 20616} <= {number for _, number in found}  # time, extent, substance


@pytest.mark.parametrize("kinetics", KINETICS)
def test_ours_with_units_has_none(dimer: Any, catalogue: Catalogue, kinetics: Any) -> None:
    assert messages(to_sbml(compile_model(dimer, catalogue), kinetics)) == {}


@pytest.mark.parametrize("kinetics", KINETICS)
@pytest.mark.parametrize("name", packaged_names())
def test_packaged_networks_have_none(name: str, kinetics: Any) -> None:
    assert messages(to_sbml(sn.load(name), kinetics)) == {}


@pytest.mark.parametrize("kinetics", KINETICS)
def test_ours_without_units_only_says_so(dimer: Any, kinetics: Any) -> None:
    """10541 and 10503 are libsbml's: it takes k/2 with no unit of k for a number without unit."""
    found = messages(to_sbml(sn.load(dimer), kinetics))
    assert not any(error for error, _ in found)
    assert {number for _, number in found} <= UNDECLARED | {10541, 10503}


_DOCUMENTS: list[Any] = []  # libsbml frees a model with its document


def held(text: str) -> Any:
    """The libsbml.Model of a text."""
    _DOCUMENTS.append(libsbml.readSBMLFromString(text))
    return _DOCUMENTS[-1].getModel()


def species_ids(text: str) -> list[str]:
    return [s.getId() for s in held(text).getListOfSpecies()]


def test_ids(dimer: Any, pysb_export: Any) -> None:
    assert all(re.fullmatch(r"__s\d+", name) for name in species_ids(pysb_export(dimer)))
    ours = species_ids(to_sbml(sn.load(dimer)))
    assert ours[:4] == ["A_s_u", "B", "A_s_u__B", "A_s_u_x2__B_x2"]
    assert set(ours[4:]) == {"A_s_u__B_x2", "B_x2"}  # an A falls off the dimer, and the other
    model = held(to_sbml(sn.load(dimer)))
    assert model.getId() == "dimer"
    assert [r.getId() for r in model.getListOfReactions()][:2] == ["bind", "make"]
    assert all(libsbml.SyntaxChecker.isValidSBMLSId(r.getId()) for r in model.getListOfReactions())
    assert model.getParameter("bound") is not None


def test_patterns_stand_in_names(dimer: Any) -> None:
    model = held(to_sbml(sn.load(dimer)))
    assert model.getSpecies("A_s_u").getName() == "A(b=None, s='u')"
    assert "A(b=None, s=" in model.getSpecies("A_s_u").getNotesString()


def test_initial_amounts_are_always_written(dimer: Any, pysb_export: Any) -> None:
    """B starts from an expression: PySB writes the initial assignment only."""

    def unset(text: str) -> list[bool]:
        model = held(text)
        return [not s.isSetInitialAmount() for s in model.getListOfSpecies()]

    assert any(unset(pysb_export(dimer)))
    for kinetics in KINETICS:
        assert not any(unset(to_sbml(sn.load(dimer), kinetics)))
    model = held(to_sbml(sn.load(dimer)))
    assert model.getSpecies("B").getInitialAmount() == 29
    assert model.getInitialAssignmentBySymbol("B") is not None


def test_units_are_named(dimer: Any) -> None:
    model = held(to_sbml(sn.load(dimer)))
    assert (model.getSubstanceUnits(), model.getExtentUnits()) == ("item", "item")
    assert (model.getTimeUnits(), model.getVolumeUnits()) == ("second", "litre")
    for species in model.getListOfSpecies():
        assert species.getHasOnlySubstanceUnits()
        assert species.getSubstanceUnits() == "item"
    assert not any(r.getReversible() for r in model.getListOfReactions())
