"""Trap (b): k/2*A^2 as a propensity, where k/2*A*(A-1) is meant: wrong at small copy numbers."""

import math
from typing import Any

import pytest

import simnet as sn

COPIES = (2, 5, 20)


@pytest.fixture(scope="module")
def homodimer(draft: Any) -> Any:
    """A + A >> D, one way, so that nothing but the statistics of equal molecules is at stake."""

    def make(copies: int) -> Any:
        d = draft("homodimer")
        a = d.monomer("A", "a")
        d.rule("pair", a(a=None) + a(a=None) >> a(a=1) % a(a=1), 0.02)
        d.observable("D", a(a=1) % a(a=1), match="species")
        d.start(a(a=None), copies)
        return d.model

    return make


@pytest.fixture(scope="module")
def dimers(master_equation: Any) -> Any:
    """Exact distribution of D at t. A pair reacts with k: there are A*(A-1)/2 pairs."""

    def solve(copies: int, t: float) -> Any:
        jumps = [(lambda s: 0.02 * math.comb(s[0], 2), (-2, 1))]
        return master_equation((copies, 0), jumps, t, lambda s: s[1])

    return solve


# Where half of the molecules are paired: there the two laws are furthest apart.
TIMES = {2: 35.0, 5: 15.0, 20: 2.0}
REPLICATES = {2: 2000, 5: 5000, 20: 20000}


@pytest.mark.parametrize("copies", COPIES)
def test_pysb_pairs_a_molecule_with_itself(
    copies: int, homodimer: Any, dimers: Any, pysb_export: Any, bare_ssa: Any, disagrees: Any
) -> None:
    t, n = TIMES[copies], REPLICATES[copies]
    sample = bare_ssa(pysb_export(homodimer(copies)), "__s1", t, n)
    disagrees(sample, dimers(copies, t), "mean")


@pytest.mark.parametrize("copies", COPIES)
def test_ours_pairs_distinct_molecules(
    copies: int, homodimer: Any, dimers: Any, ours: Any, agrees: Any
) -> None:
    t, n = TIMES[copies], REPLICATES[copies]
    agrees(ours(sn.load(homodimer(copies)), "D", t, n), dimers(copies, t), len(COPIES))


def test_pysb_makes_more_dimers_than_there_are_pairs(
    homodimer: Any, pysb_export: Any, bare_ssa: Any
) -> None:
    """Five molecules make two pairs; PySB's fifth molecule pairs with itself and leaves A = -1.

    From there A^2 grows without end, so the time is short: at t = 1000 the run would not end.
    """
    text = pysb_export(homodimer(5))
    assert bare_ssa(text, "__s1", 15.0, 200).max() > 2
    assert bare_ssa(text, "__s0", 15.0, 200).min() < 0


def test_ours_never_does(homodimer: Any, ours: Any) -> None:
    dimers = ours(sn.load(homodimer(5)), "D", 10000.0, 200)
    assert (dimers == 2).all()


@pytest.fixture(scope="module")
def reversible(draft: Any) -> Any:
    """A + A <-> D from 5 molecules, as CORRECTNESS.md has it."""
    d = draft("reversible")
    a = d.monomer("A", "a")
    d.rule("pair", a(a=None) + a(a=None) | a(a=1) % a(a=1), 0.02, 0.1)
    d.observable("D", a(a=1) % a(a=1), match="species")
    d.start(a(a=None), 5)
    return d.model


@pytest.fixture(scope="module")
def reversible_exact(master_equation: Any) -> Any:
    """BioNetGen counts the rule's reverse once: D breaks with kr."""
    jumps = [
        (lambda s: 0.02 * math.comb(s[0], 2), (-2, 1)),
        (lambda s: 0.1 * s[1], (2, -1)),
    ]
    return master_equation((5, 0), jumps, 20.0, lambda s: s[1])


def test_reversible_dimer(
    reversible: Any,
    reversible_exact: Any,
    pysb_export: Any,
    bare_ssa: Any,
    ours: Any,
    agrees: Any,
    disagrees: Any,
) -> None:
    assert reversible_exact.moment(1) == pytest.approx(0.8750, abs=1e-4)
    assert reversible_exact.moment(2) == pytest.approx(0.4292, abs=1e-4)
    disagrees(bare_ssa(pysb_export(reversible), "__s1", 20.0, 2000), reversible_exact, "variance")
    agrees(ours(sn.load(reversible), "D", 20.0, 2000), reversible_exact)


@pytest.fixture(scope="module")
def trimer(draft: Any) -> Any:
    """X + X + X >> Y + X + X: a termolecular rule with equal reactants; one of them changes.

    With all three used up, PySB's X^3 goes on below zero, ever faster, and the run does not end.
    """
    d = draft("trimer")
    x, y = d.monomer("X"), d.monomer("Y")
    d.rule("three", x() + x() + x() >> y() + x() + x(), 0.03)
    d.observable("Ys", y())
    d.start(x(), 8)
    return d.model


@pytest.fixture(scope="module")
def trimer_exact(master_equation: Any) -> Any:
    """BioNetGen counts which X changes and which two stand by: X * (X-1)*(X-2)/2 ways."""
    jumps = [(lambda s: 0.03 * s[0] * math.comb(s[0] - 1, 2) if s[0] else 0.0, (-1, 1))]
    return master_equation((8, 0), jumps, 1.0, lambda s: s[1])


def test_pysb_trimer(
    trimer: Any, trimer_exact: Any, pysb_export: Any, bare_ssa: Any, disagrees: Any
) -> None:
    disagrees(bare_ssa(pysb_export(trimer), "__s1", 1.0, 2000), trimer_exact, "mean")


def test_our_trimer(trimer: Any, trimer_exact: Any, ours: Any, agrees: Any) -> None:
    agrees(ours(sn.load(trimer), "Ys", 1.0, 5000), trimer_exact)
