"""Trap (a): a reversible rule, or any pair of inverse rules, as one reaction with a net rate."""

from collections.abc import Callable
from typing import Any

import pytest
from pysb import ANY, EnergyPattern, Expression, Initial, Monomer, Observable, Parameter, Rule
from sympy import exp, log

REPLICATES = 2000


@pytest.fixture
def binding(build: Callable[..., Any]) -> Any:
    """A + B <-> C from 20 and 20 molecules: mean 7.717, variance 3.467 at t = 50."""
    a, b = Monomer("A", ["b"], _export=False), Monomer("B", ["a"], _export=False)
    forward, reverse = (
        Parameter("kf", 0.005, _export=False),
        Parameter("kr", 0.1, _export=False),
    )
    n = Parameter("n", 20, _export=False)
    return build(
        *(a, b, forward, reverse, n),
        Rule("bind", a(b=None) + b(a=None) | a(b=1) % b(a=1), forward, reverse, _export=False),
        Observable("C", a(b=1) % b(a=1), _export=False),
        initials=[
            Initial(a(b=None), n, _export=False),
            Initial(b(a=None), n, _export=False),
        ],
    )


@pytest.fixture
def bound(master_equation: Callable[..., Any]) -> Any:
    """The exact distribution of C."""
    return master_equation(
        (20, 20, 0),
        [
            (lambda s: 0.005 * s[0] * s[1], (-1, -1, 1)),
            (lambda s: 0.1 * s[2], (1, 1, -1)),
        ],
        50.0,
        lambda s: s[2],
    )


def test_pysb_loses_the_noise_of_reversible_binding(
    binding: Any, bound: Any, pysb_export: Any, bare_ssa: Any, disagrees: Any
) -> None:
    assert bound.moment(1) == pytest.approx(7.717, abs=2e-3)
    assert bound.moment(2) == pytest.approx(3.467, abs=2e-3)
    sample = bare_ssa(pysb_export(binding), "__obs0", 50.0, REPLICATES)
    disagrees(sample, bound, "variance")
    assert sample.var() < 0.1 * bound.moment(2)


def test_ours_has_the_noise_of_reversible_binding(
    binding: Any, bound: Any, load: Any, ours: Any, agrees: Any
) -> None:
    network = load(binding)
    assert len(network.reactions) == 2
    agrees(ours(network, "C", 50.0, REPLICATES), bound)


@pytest.fixture
def birth_death(build: Callable[..., Any]) -> Any:
    """Two separate rules, None >> X and X >> None: Poisson, mean and variance 100."""
    x = Monomer("X", [], _export=False)
    k, g = Parameter("k", 10.0, _export=False), Parameter("g", 0.1, _export=False)
    n = Parameter("n", 100, _export=False)
    return build(
        *(x, k, g, n),
        Rule("birth", None >> x(), k, _export=False),
        Rule("death", x() >> None, g, _export=False),
        Observable("X_total", x(), _export=False),
        initials=[Initial(x(), n, _export=False)],
    )


@pytest.fixture
def poisson(master_equation: Callable[..., Any]) -> Any:
    """The exact distribution of X at t = 30, of 100 at the start."""
    return master_equation(
        (100,),
        [(lambda s: 10.0, (1,)), (lambda s: 0.1 * s[0], (-1,))],
        30.0,
        lambda s: s[0],
        keep=lambda s: s[0] <= 200,
    )


def test_pysb_merges_separate_inverse_rules(
    birth_death: Any, poisson: Any, pysb_export: Any, bare_ssa: Any, disagrees: Any
) -> None:
    """The Fano factor of a birth-death process is 1; in PySB's export the process stands still."""
    text = pysb_export(birth_death)
    assert text.count("<reaction ") == 1
    sample = bare_ssa(text, "__obs0", 30.0, 200)
    disagrees(sample, poisson, "variance")
    assert sample.var() / sample.mean() < 0.01


def test_ours_keeps_separate_rules_separate(
    birth_death: Any, poisson: Any, load: Any, ours: Any, agrees: Any
) -> None:
    agrees(ours(load(birth_death), "X_total", 30.0, REPLICATES), poisson)


@pytest.fixture
def energy(build: Callable[..., Any]) -> Any:
    """Binding with energy patterns: the rates follow from free energies (phi = 0.5).

    ln(K) of L + R is 3.0 without and 3.0 - 1.5 with the state p of R.
    """
    ligand = Monomer("L", ["r"], _export=False)
    receptor = Monomer("R", ["l", "s"], {"s": ["u", "p"]}, _export=False)
    phi = Parameter("phi", 0.5, _export=False)
    rt = Parameter("RT", 1.0, _export=False)
    g_bind = Parameter("Gf", 3.0, _export=False)
    g_p = Parameter("Gp", 1.5, _export=False)
    g_both = Parameter("Gc", -1.5, _export=False)
    ea0 = Expression("Ea0_lr", -(rt * (log(0.05))), _export=False)
    ea1 = Expression("Ea0_p", -(rt * log(0.2)), _export=False)
    n, m = Parameter("nL", 20, _export=False), Parameter("nR", 15, _export=False)
    return build(
        *(ligand, receptor, phi, rt, g_bind, g_p, g_both, ea0, ea1, n, m),
        EnergyPattern("e_bind", ligand(r=1) % receptor(l=1), g_bind, _export=False),
        EnergyPattern("e_p", receptor(s="p"), g_p, _export=False),
        EnergyPattern("e_c", ligand(r=1) % receptor(l=1, s="p"), g_both, _export=False),
        Rule(
            "bind",
            ligand(r=None) + receptor(l=None) | ligand(r=1) % receptor(l=1),
            *(phi, ea0),
            energy=True,
            _export=False,
        ),
        Rule("phos", receptor(s="u") | receptor(s="p"), phi, ea1, energy=True, _export=False),
        Observable("bound", receptor(l=ANY), _export=False),
        initials=[
            Initial(ligand(r=None), n, _export=False),
            Initial(receptor(l=None, s="u"), m, _export=False),
        ],
    )


@pytest.fixture
def energy_exact(master_equation: Callable[..., Any]) -> Any:
    """By hand: k = exp(-(Ea0 + phi*dG)/RT) forward, exp(-(Ea0 - (1 - phi)*dG)/RT) in reverse."""
    from math import exp as e
    from math import log as ln

    def pair(ea0: float, delta: float) -> tuple[float, float]:
        return e(-(ea0 + 0.5 * delta)), e(-(ea0 - 0.5 * delta))

    bind, p = -ln(0.05), -ln(0.2)
    (f0, r0), (f1, r1) = pair(bind, 3.0), pair(bind, 3.0 - 1.5)
    (fp, rp), (fq, rq) = pair(p, 1.5), pair(p, 1.5 - 1.5)
    # state: L, R(u), R(p), LR(u), LR(p)
    jumps = [
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
    energy: Any, energy_exact: Any, load: Any, ours: Any, agrees: Any
) -> None:
    network = load(energy)
    assert len(network.reactions) == 8
    agrees(ours(network, "bound", 10.0, REPLICATES), energy_exact)
    assert exp(0) == 1
