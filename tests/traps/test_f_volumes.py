"""Trap (f): volumes. PySB's export holds their values as numbers inside the laws."""

from typing import Any

import libsbml
import numpy as np
import pytest

import simnet as sn
from simnet.engines.table import ENGINES
from simnet.sbml.write import to_sbml

SSA_ENGINES = [name for name, engine in ENGINES.items() if "ssa" in engine.methods]

REPLICATES = 2000


@pytest.fixture(scope="module")
def in_volume(draft: Any) -> Any:
    """A + B <-> C in a compartment of size 2."""
    d = draft("in_volume")
    size = d.parameter("size", 2.0)
    cell = d.compartment("V", size=size)
    a, b = d.monomer("A", "b"), d.monomer("B", "a")
    pair = a(b=None) ** cell + b(a=None) ** cell | a(b=1) ** cell % b(a=1) ** cell
    d.rule("bind", pair, 0.01, 0.1)
    d.observable("C", a(b=1) % b(a=1))
    d.start(a(b=None) ** cell, 20)
    d.start(b(a=None) ** cell, 20)
    return d.model


@pytest.fixture(scope="module")
def bound(master_equation: Any) -> Any:
    """Exact C at t = 30 in a volume: a bimolecular law is divided by it, once."""

    def solve(volume: float) -> Any:
        jumps = [
            (lambda s: 0.01 / volume * s[0] * s[1], (-1, -1, 1)),
            (lambda s: 0.1 * s[2], (1, 1, -1)),
        ]
        return master_equation((20, 20, 0), jumps, 30.0, lambda s: s[2])

    return solve


def with_volume(text: str, volume: float) -> str:
    """The file with another size of its compartment, as a user would edit it."""
    document = libsbml.readSBMLFromString(text)
    model = document.getModel()
    model.removeInitialAssignment("V")
    assert model.getCompartment("V").setSize(volume) == libsbml.LIBSBML_OPERATION_SUCCESS
    return str(libsbml.writeSBMLToString(document))


def final(runner: Any, selection: str) -> float:
    runner.timeCourseSelections = ["time", selection]
    return float(runner.simulate(times=[0, 30])[-1, 1])


def test_pysbs_laws_ignore_the_compartment(
    in_volume: Any, pysb_export: Any, bare_runner: Any
) -> None:
    text = pysb_export(in_volume)
    small = final(bare_runner(with_volume(text, 2.0), "ode"), "__obs0")
    large = final(bare_runner(with_volume(text, 200.0), "ode"), "__obs0")
    assert large == pytest.approx(small, rel=1e-6)


def test_ours_follow_the_compartment_in_the_file(in_volume: Any, bare_runner: Any) -> None:
    text = to_sbml(sn.load(in_volume), "continuous")
    small = final(bare_runner(with_volume(text, 2.0), "ode"), "C")
    large = final(bare_runner(with_volume(text, 200.0), "ode"), "C")
    assert large < 0.1 * small


@pytest.mark.parametrize("volume", [2.0, 8.0])
def test_ours_is_exact_at_any_volume(
    volume: float, in_volume: Any, bound: Any, bare_ssa: Any, agrees: Any
) -> None:
    text = with_volume(to_sbml(sn.load(in_volume), "discrete"), volume)
    agrees(bare_ssa(text, "C", 30.0, REPLICATES), bound(volume), 2)


@pytest.mark.parametrize("name", ["V", "size"])
@pytest.mark.parametrize("engine", SSA_ENGINES)
def test_setting_the_volume(
    name: str, engine: str, in_volume: Any, bound: Any, ours: Any, agrees: Any
) -> None:
    """By the compartment's id, or by the parameter that is its size."""
    changes = sn.Set(name, 8.0)
    network = sn.load(in_volume)
    agrees(ours(network, "C", 30.0, REPLICATES, changes=changes, engine=engine), bound(8.0), 4)


def test_amounts_are_no_concentrations(in_volume: Any) -> None:
    """BioNetGen's export starts from 40 molecules here, for it takes 20 as a concentration."""
    network = sn.load(in_volume)
    assert [s.initial for s in network.species] == [20, 20, 0]
    for method in ("ode", "ssa"):
        found = sn.simulate(
            network, t_end=1, points=2, method=method, seed=1, workers=0, readouts=["A_in_V"]
        )
        assert found.values[0, 0, 0, 0] == 20
    np.testing.assert_allclose(network.compartments[0].size, 2.0)
