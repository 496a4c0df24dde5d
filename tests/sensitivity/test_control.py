"""Control coefficients and elasticities against roadrunner's own, formulas and the theorems."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import simnet as sn
from simnet.network.network import Network
from simnet.sbml.write import to_sbml
from simnet.sensitivity.control import Control, steady_control


@pytest.fixture(scope="module")
def pathway(make_network: Callable[..., Network]) -> Network:
    """A is made, an enzyme turns it into B, both decay; the enzyme is conserved."""
    return make_network(
        "pathway",
        {"A": 5, "B": 0, "E": 3, "EA": 0, "unused": 2},
        {"k": 1.0, "g": 0.1, "h": 0.3, "kf": 0.02, "kr": 0.1, "kc": 0.2, "none": 0.0},
        [
            ("", "A", "k"), ("A + E", "EA", "kf"), ("EA", "A + E", "kr"), ("EA", "E + B", "kc"),
            ("B", "", "h"), ("A", "", "g"), ("unused", "", "none"),
        ],
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(pathway: Network) -> Control:
    return steady_control(pathway, symbols=("B", "E"))


def test_theorems(found: Control) -> None:
    np.testing.assert_allclose(found.concentrations.sum(axis=1), 0, atol=1e-9)  # summation
    np.testing.assert_allclose(found.fluxes.sum(axis=1), 1, atol=1e-9)
    place = [found.species.index(s) for s in ("A", "B")]  # connectivity, where nothing is conserved
    product = found.concentrations @ found.elasticities
    np.testing.assert_allclose(product[np.ix_(place, place)], -np.eye(2), atol=1e-6)
    np.testing.assert_allclose((found.fluxes @ found.elasticities)[:, place], 0, atol=1e-6)
    np.testing.assert_allclose(
        found.readouts["B"], found.concentrations[found.species.index("B")], atol=1e-8
    )


def test_it_is_what_roadrunner_says(found: Control, make_network: Callable[..., Network]) -> None:
    import roadrunner

    same = make_network(
        "pathway",
        {"A": 5, "B": 0, "E": 3, "EA": 0},
        {"k": 1.0, "g": 0.1, "h": 0.3, "kf": 0.02, "kr": 0.1, "kc": 0.2},
        [
            ("", "A", "k"), ("A + E", "EA", "kf"), ("EA", "A + E", "kr"), ("EA", "E + B", "kc"),
            ("B", "", "h"), ("A", "", "g"),
        ],
    )  # fmt: skip
    runner = roadrunner.RoadRunner(to_sbml(same, "continuous"))
    runner.conservedMoietyAnalysis = True
    runner.simulate(0, 1e4, 2)
    runner.steadyState()
    for theirs, ours, rows, columns in (
        ("ConcentrationControlCoefficient", found.concentrations, found.species, found.reactions),
        ("FluxControlCoefficient", found.fluxes, found.reactions, found.reactions),
        ("Elasticity", found.elasticities, found.reactions, found.species),
    ):
        matrix = getattr(runner, f"getScaled{theirs}Matrix")()
        place = np.ix_(
            [rows.index(name) for name in matrix.rownames],
            [columns.index(name) for name in matrix.colnames],
        )
        np.testing.assert_allclose(ours[place], np.asarray(matrix), atol=1e-7)


def test_a_cascade_has_the_formula(birth_death: Network) -> None:
    """X at rest is k / g: the maker has control 1, the loss -1; the loss has elasticity 1."""
    found = steady_control(birth_death, changes=(sn.Scale("k", 3.0),), symbols=("X",))
    assert found.amounts["X"] == pytest.approx(30)
    np.testing.assert_allclose(found.readouts["X"], [1, -1], atol=1e-8)
    np.testing.assert_allclose(found.elasticities, [[0], [1]], atol=1e-8)
    tables = found.frame().groupby("table").size()
    assert tables["elasticity"] == 1  # zeros are left out


def test_where_there_is_none(make_network: Callable[..., Network]) -> None:
    grows = make_network("grows", {"X": 1}, {"k": 0.001}, [("X", "X + X", "k")])
    for network, words in (
        (grows, "no steady state"),
        (make_network("empty", {"X": 0}, {"g": 0.1}, [("X", "", "g")]), "all fluxes are zero"),
    ):
        with pytest.raises(sn.SimulationError, match=words):
            steady_control(network, settle=1e3)


@pytest.mark.parametrize(("b", "stable"), [(1.9, True), (2.004, False)])
def test_the_middle_of_an_oscillation_is_no_steady_state(
    tmp_path: Path, b: float, stable: bool
) -> None:
    """The Brusselator (Prigogine & Lefever 1968, doi:10.1063/1.1668896) with a = 1 has a Hopf
    bifurcation at b = 2; close above it the cycle is small."""
    (tmp_path / "brusselator.ant").write_text(
        f"""model brusselator
        compartment c = 1; species X in c, Y in c; X = 1.1; Y = 2
        make: -> X; 1
        turn: 2 X + Y -> 3 X; X * X * Y
        back: X -> Y; {b} * X
        lose: X -> ; X
        end"""
    )
    network = sn.load(tmp_path / "brusselator.ant")
    if stable:
        assert steady_control(network, settle=300).amounts["X"] == pytest.approx(1)
    else:
        with pytest.raises(sn.SimulationError, match="not stable"):
            steady_control(network, settle=300)


def test_a_symbol_that_means_nothing_is_named(pathway: Network) -> None:
    with pytest.raises(sn.InputError, match="readout 'C': is not in pathway"):
        steady_control(pathway, symbols=("C",))
