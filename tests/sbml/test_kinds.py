"""One name, one kind: what species, stoichiometries and starts of a foreign file mean, and in which
files a Network can hold them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import simnet as sn
from simnet.engines.table import problems_under
from simnet.network.network import Network
from simnet.sbml.read import from_sbml
from simnet.sbml.write import to_sbml

Model = Callable[[str], Network]

COMPUTED = """
  compartment C = 0.5
  species A in C, Atot in C, B in C
  A = 40; off = 2; k = 0.1; B = 0
  Atot := A + off
  J: A => ; k*A*C
  K: => B; k*Atot*C
"""
"""Concentrations of 40 and 42 in a volume of a half: amounts of 20 and 21."""


def end(network: Network, name: str, t_end: float = 10.0, **run: object) -> float:
    found = sn.simulate(network, t_end=t_end, points=3, readouts=name, workers=0, **run)  # type: ignore[arg-type]
    return float(found.readout(name)[0, -1])


def test_a_species_that_a_rule_computes_is_an_amount(antimony: Model) -> None:
    network = antimony(COMPUTED)
    run = sn.simulate(network, t_end=10, points=3, workers=0)
    assert run.readout("Atot")[0, 0] == pytest.approx(21.0, rel=1e-12)
    a = 20 * np.exp(-0.1 * run.times)
    assert run.readout("Atot")[0] == pytest.approx(a + 1, rel=1e-7)
    b = 20 * (1 - np.exp(-0.1 * run.times)) + 0.1 * run.times  # the law reads a concentration
    assert run.readout("B")[0] == pytest.approx(b, rel=1e-7, abs=1e-9)
    assert [r.unit for r in run.readouts] == [network.substance_unit] * 3


def test_it_is_scaled_with_copies_as_others_are(antimony: Model, tmp_path: Path) -> None:
    antimony(COMPUTED)
    network = sn.load(tmp_path / "m.ant", kinetics="continuous", copies=100)
    run = sn.simulate(network, t_end=10, points=3, method="ssa", replicates=400, seed=1, workers=0)
    assert (run.readout("Atot")[:, 0] == 2100).all()
    assert run.readout("Atot") == pytest.approx(run.readout("A") + 100, rel=1e-12)
    mean, error = run.readout("B").mean(axis=0), run.readout("B").std(axis=0) / 20
    right = 2000 * (1 - np.exp(-0.1 * run.times)) + 10 * run.times
    assert (np.abs(mean - right) <= 4.5 * error).all()  # 2 values: a false alarm in 70,000 seeds


def test_it_stays_a_species_in_the_export(antimony: Model) -> None:
    network = antimony(COMPUTED)
    again = from_sbml(to_sbml(network))
    assert again == network
    assert '<species id="Atot"' in to_sbml(network)
    assert again.assignment_by_id["Atot"].compartment == "C"


def test_a_stoichiometry_of_constants_is_a_number(antimony: Model) -> None:
    """X makes h of itself: X(5) = 10 exp(0.1 (h - 1) 5), in both methods and in the export."""
    network = antimony("species X; X=10; k=0.1; h=3\n n := h\n J: X => n X; k*X")
    assert end(network, "X", 5) == pytest.approx(27.18281828, rel=1e-6)
    assert from_sbml(to_sbml(network)) == network
    run = sn.simulate(network, t_end=5, method="ssa", replicates=400, seed=2, points=2, workers=0)
    cells = run.readout("X")[:, -1]
    assert abs(cells.mean() - 27.18281828) <= 4.5 * cells.std() / 20
    for loaded in (network, from_sbml(to_sbml(network))):
        with pytest.raises(sn.InputError, match="'h' sets a stoichiometry"):
            sn.simulate(loaded, t_end=5, changes=sn.Set("h", 4))


def test_the_id_of_a_stoichiometry_is_its_number_in_formulas(antimony: Model) -> None:
    """A law, a rule, an event and a start read n = 2: S falls by n*n*0.01 a second, from 10."""
    network = antimony(
        "species S; S=10; q = 3*n; n = 2\n twice := 2*n\n p = 0\n at time >= 1: p = n\n J: n S => ; n*0.01"
    )
    assert network.document is None
    run = sn.simulate(network, t_end=5, points=3, readouts=["S", "q", "twice", "p"], workers=0)
    assert run.values[0, 0, -1].tolist() == pytest.approx([9.8, 6.0, 4.0, 2.0], rel=1e-8)


@pytest.mark.parametrize(
    ("lines", "name", "right"),
    [
        ("x = 1; x' = -x; a := 2*x; y = a; y' = -y", "y", 2 * np.exp(-10)),
        ("species S; S=10; z=0; z'=1; J: S => ; 0.1*S\n p = J + 1", "p", 2.0),
        ("species S; S=10; z=0; z'=1; J: n S => ; 0.1\n n = 2; p = n + 1", "p", 3.0),
        ("species S; S=10; z=0; z'=1; J: S => ; 0.1*S\n p = rateOf(S)", "p", -1.0),
    ],
    ids=["rule", "rate", "stoichiometry", "rateOf"],
)
def test_starts_that_read_what_the_file_computes(
    antimony: Model, lines: str, name: str, right: float
) -> None:
    network = antimony(lines)
    assert network.document is not None
    assert end(network, name) == pytest.approx(right, rel=1e-6)


def test_what_only_the_file_can_compute_is_not_scaled(antimony: Model) -> None:
    """Its value is not known before a run, and half of nothing known is no number to set."""
    network = antimony("species S; S=10; z=0; z'=1; J: S => ; 0.1*S\n p = rateOf(S)")
    with pytest.raises(sn.InputError, match=r"p.*start"):
        sn.simulate(network, t_end=1, changes=sn.Scale("p", 0.5))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("species S; S=10; J: S => ; delay(S, 1)", "delays are not supported"),
        ("species S; S=10; z=0; z' = delay(S, 1)\n J: S => ; 0.1*S", "delays are not supported"),
        ("species S; S=10; n := 1 + time\n J: S => n S; 0.1*S", "is listed more than once"),
    ],
    ids=["law", "rate rule", "stoichiometry"],
)
def test_what_no_method_runs_is_said_by_show_and_by_a_run(
    antimony: Model, lines: str, says: str
) -> None:
    network = antimony(lines)
    for method in ("ode", "ssa"):
        (problem, *_) = problems_under(method, network)  # type: ignore[arg-type]
        assert says in str(problem)
        with pytest.raises(sn.UnsupportedError, match=says):
            sn.simulate(network, t_end=1, method=method, workers=0)  # type: ignore[arg-type]
