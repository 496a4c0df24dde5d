"""Trap (a): a reversible rule, or any pair of inverse rules, as one reaction with a net rate."""

import math
from typing import Any

import pytest
from pysb import ANY
from sympy import log

import simnet as sn

REPLICATES = 2000

# Copying a SymPy float; SymPy 1.11, the newest that PySB accepts, calls what mpmath 1.4 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:to_pickable helper:DeprecationWarning")


@pytest.fixture(scope="module")
def binding(draft: Any) -> Any:
    """A + B <-> C from 20 and 20 molecules."""
    d = draft("binding")
    a, b = d.monomer("A", "b"), d.monomer("B", "a")
    d.rule("bind", a(b=None) + b(a=None) | a(b=1) % b(a=1), 0.005, 0.1)
    d.observable("C", a(b=1) % b(a=1))
    d.start(a(b=None), 20)
    d.start(b(a=None), 20)
    return d.model


@pytest.fixture(scope="module")
def bound(master_equation: Any) -> Any:
    """The exact distribution of C at t = 50: mean 7.717, variance 3.467."""
    jumps = [
        (lambda s: 0.005 * s[0] * s[1], (-1, -1, 1)),
        (lambda s: 0.1 * s[2], (1, 1, -1)),
    ]
    return master_equation((20, 20, 0), jumps, 50.0, lambda s: s[2])


def test_pysb_loses_the_noise_of_reversible_binding(
    binding: Any, bound: Any, pysb_export: Any, bare_ssa: Any, disagrees: Any
) -> None:
    assert bound.moment(1) == pytest.approx(7.717, abs=2e-3)
    assert bound.moment(2) == pytest.approx(3.467, abs=2e-3)
    sample = bare_ssa(pysb_export(binding), "__obs0", 50.0, REPLICATES)
    disagrees(sample, bound, "variance")
    assert sample.var() < 0.1 * bound.moment(2)


def test_ours_has_the_noise_of_reversible_binding(
    binding: Any, bound: Any, ours: Any, agrees: Any
) -> None:
    network = sn.load(binding)
    assert len(network.reactions) == 2
    agrees(ours(network, "C", 50.0, REPLICATES), bound)


@pytest.fixture(scope="module")
def birth_death(draft: Any) -> Any:
    """Two separate rules, None >> X and X >> None."""
    d = draft("birth_death")
    x = d.monomer("X")
    d.rule("birth", None >> x(), 10)
    d.rule("death", x() >> None, 0.1)
    d.observable("X_total", x())
    d.start(x(), 100)
    return d.model


@pytest.fixture(scope="module")
def birth_death_exact(master_equation: Any) -> Any:
    """The exact distribution of X at t = 30."""
    jumps = [(lambda s: 10.0, (1,)), (lambda s: 0.1 * s[0], (-1,))]
    return master_equation((100,), jumps, 30.0, lambda s: s[0], keep=lambda s: s[0] <= 200)


def test_pysb_merges_separate_inverse_rules(
    birth_death: Any, birth_death_exact: Any, pysb_export: Any, bare_ssa: Any, disagrees: Any
) -> None:
    """The Fano factor of a birth-death process is 1; in PySB's export the process stands still."""
    text = pysb_export(birth_death)
    assert text.count("<reaction ") == 1
    sample = bare_ssa(text, "__obs0", 30.0, 500)
    disagrees(sample, birth_death_exact, "variance")
    assert sample.var() / sample.mean() < 0.01


def test_ours_keeps_separate_rules_separate(
    birth_death: Any, birth_death_exact: Any, ours: Any, agrees: Any
) -> None:
    network = sn.load(birth_death)
    assert len(network.reactions) == 2
    agrees(ours(network, "X_total", 30.0, REPLICATES), birth_death_exact)


@pytest.fixture(scope="module")
def energy(draft: Any) -> Any:
    """Binding of L and R, and R's states u and p, by rules with free energies."""
    d = draft("energy")
    ligand, receptor = d.monomer("L", "r"), d.monomer("R", "l", s=["u", "p"])
    phi = d.parameter("phi", 0.5)
    d.energy("bind", ligand(r=1) % receptor(l=1), 1.5)
    d.energy("p", receptor(s="p"), 1.0)
    d.energy("both", ligand(r=1) % receptor(l=1, s="p"), -1.5)
    bind, change = d.expression("Ea_bind", -log(0.05)), d.expression("Ea_p", -log(0.2))
    pair = ligand(r=None) + receptor(l=None) | ligand(r=1) % receptor(l=1)
    d.rule("bind_rule", pair, phi, bind, energy=True)
    d.rule("p_rule", receptor(s="u") | receptor(s="p"), phi, change, energy=True)
    d.observable("bound", receptor(l=ANY))
    d.start(ligand(r=None), 20)
    d.start(receptor(l=None, s="u"), 15)
    return d.model


@pytest.fixture(scope="module")
def energy_exact(master_equation: Any) -> Any:
    """By hand: exp(-Ea - phi*dG) forward and exp(-Ea + (1 - phi)*dG) in reverse, phi = 1/2."""

    def pair(barrier: float, difference: float) -> tuple[float, float]:
        return barrier * math.exp(-difference / 2), barrier * math.exp(difference / 2)

    (f0, r0), (f1, r1) = pair(0.05, 1.5), pair(0.05, 0.0)  # of R in state u, in state p
    (fp, rp), (fq, rq) = pair(0.2, 1.0), pair(0.2, -0.5)  # u to p, free and bound
    jumps = [  # state: L, R(u), R(p), LR(u), LR(p)
        (lambda s: f0 * s[0] * s[1], (-1, -1, 0, 1, 0)),
        (lambda s: r0 * s[3], (1, 1, 0, -1, 0)),
        (lambda s: f1 * s[0] * s[2], (-1, 0, -1, 0, 1)),
        (lambda s: r1 * s[4], (1, 0, 1, 0, -1)),
        (lambda s: fp * s[1], (0, -1, 1, 0, 0)),
        (lambda s: rp * s[2], (0, 1, -1, 0, 0)),
        (lambda s: fq * s[3], (0, 0, 0, -1, 1)),
        (lambda s: rq * s[4], (0, 0, 0, 1, -1)),
    ]
    return master_equation((20, 15, 0, 0, 0), jumps, 10.0, lambda s: s[3] + s[4])


def test_pysb_loses_the_noise_of_energy_rules(
    energy: Any, energy_exact: Any, pysb_export: Any, bare_ssa: Any, disagrees: Any
) -> None:
    sample = bare_ssa(pysb_export(energy), "__obs0", 10.0, REPLICATES)
    disagrees(sample, energy_exact, "variance")


def test_ours_is_exact_for_energy_rules(
    energy: Any, energy_exact: Any, ours: Any, agrees: Any
) -> None:
    network = sn.load(energy)
    assert len(network.reactions) == 8
    agrees(ours(network, "bound", 10.0, REPLICATES), energy_exact)
