"""Trap (k): defects of PySB's exporter that make invalid files, or none."""

from typing import Any

import libsbml
import pytest
from pysb.core import time as pysb_time
from sympy import exp

import simnet as sn
from simnet.sbml.write import to_sbml

pytestmark = pytest.mark.filterwarnings("ignore:to_pickable helper:DeprecationWarning")


def errors(text: str) -> list[int]:
    """Ids of libsbml's errors, warnings left out."""
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    found = (document.getError(i) for i in range(document.getNumErrors()))
    return [e.getErrorId() for e in found if e.getSeverity() >= libsbml.LIBSBML_SEV_ERROR]


@pytest.fixture
def make(draft: Any) -> Any:
    """X made at the rate of a parameter named `parameter`, times exp(-time) if `timed`."""

    def build(name: str | None = "m", parameter: str = "k", *, timed: bool = False) -> Any:
        d = draft(name)
        x = d.monomer("X")
        rate = d.parameter(parameter, 3.0)
        if timed:
            rate = d.expression("rate", rate * exp(-pysb_time))
        d.rule("make", None >> x(), rate)
        d.observable("X_total", x())
        d.start(x(), 0)
        return d.model

    return build


@pytest.mark.parametrize("kinetics", ["continuous", "discrete"])
def test_a_parameter_named_default(make: Any, pysb_export: Any, kinetics: Any) -> None:
    model = make(parameter="default")
    assert 10301 in errors(pysb_export(model))  # duplicate id
    assert errors(to_sbml(sn.load(model), kinetics)) == []


@pytest.mark.parametrize("kinetics", ["continuous", "discrete"])
def test_time_is_no_modifier(make: Any, pysb_export: Any, kinetics: Any) -> None:
    model = make(timed=True)
    text = pysb_export(model)
    assert 'modifierSpeciesReference species="time"' in text.replace(' id=""', "")
    assert 21111 in errors(text)
    ours = to_sbml(sn.load(model), kinetics)
    assert errors(ours) == []
    assert "modifierSpeciesReference" not in ours


def test_time_means_time(make: Any) -> None:
    found = sn.simulate(sn.load(make(timed=True)), t_end=2, points=3, workers=0)
    expected = [3 * (1 - 2.718281828459045**-t) for t in (0, 1, 2)]
    assert found.readout("X_total")[0] == pytest.approx(expected, abs=1e-6)


def test_a_model_without_a_name(make: Any, pysb_export: Any) -> None:
    with pytest.raises(TypeError):
        pysb_export(make(None))
    network = sn.load(make(None))
    assert network.id == "network"
    assert errors(to_sbml(network)) == []
    found = sn.simulate(network, t_end=2, points=3, workers=0)
    assert found.readout("X_total")[0] == pytest.approx([0, 3, 6])


@pytest.mark.parametrize("name", ["cell", "item", "second", "m", "avogadro", "default", "S1"])
def test_names_that_collide(make: Any, name: str) -> None:
    """With our compartment, a unit, the model, or a word of SBML; PySB keeps its own apart."""
    network = sn.load(make(parameter=name))
    for kinetics in ("continuous", "discrete"):
        assert errors(to_sbml(network, kinetics)) == []
    found = sn.simulate(network, t_end=2, points=3, workers=0)
    assert found.readout("X_total")[0] == pytest.approx([0, 3, 6])
    changed = sn.simulate(network, t_end=2, points=3, workers=0, changes=sn.Set(name, 1.0))
    assert changed.readout("X_total")[0] == pytest.approx([0, 1, 2])
