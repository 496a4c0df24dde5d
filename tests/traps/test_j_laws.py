"""Trap (j): laws that are not mass action. Their SSA is that of the law as a propensity, which
needs no correction; its mean is not the ODE's. PySB's export is right where nothing is merged
(Michaelis-Menten, one way) and wrong where its pairs are (Hill with decay)."""

from typing import Any

import pytest

import simnet as sn

pytestmark = pytest.mark.filterwarnings("ignore:to_pickable helper:DeprecationWarning")

REPLICATES = 3000
VMAX, KM = 2.0, 5.0
BASE, MAKE, K, DECAY, T = 2.0, 20.0, 10.0, 1.0, 15.0


@pytest.fixture(scope="module")
def michaelis(draft: Any) -> Any:
    d = draft("michaelis")
    s, p = d.monomer("S"), d.monomer("P")
    free = d.observable("S_total", s())
    vmax, km = d.parameter("Vmax", VMAX), d.parameter("Km", KM)
    d.rule("turn", s() >> p(), d.expression("per_molecule", vmax / (km + free)))
    d.observable("P_total", p())
    d.start(s(), 20)
    return d.model


@pytest.fixture(scope="module")
def michaelis_exact(master_equation: Any) -> Any:
    jumps = [(lambda s: VMAX * s[0] / (KM + s[0]), (-1, 1))]
    return master_equation((20, 0), jumps, 8.0, lambda s: s[1])


def test_michaelis_menten(
    michaelis: Any, michaelis_exact: Any, pysb_export: Any, bare_ssa: Any, ours: Any, agrees: Any
) -> None:
    agrees(ours(sn.load(michaelis), "P_total", 8.0, REPLICATES), michaelis_exact, 2)
    agrees(bare_ssa(pysb_export(michaelis), "__s1", 8.0, REPLICATES), michaelis_exact, 2)


def test_michaelis_menten_gives_no_warning_of_a_guard(michaelis: Any) -> None:
    """The law vanishes with S, and is seen to: warnings are errors here."""
    sn.simulate(sn.load(michaelis), t_end=1, points=2, method="ssa", seed=1, workers=0)


@pytest.fixture(scope="module")
def hill(draft: Any) -> Any:
    """Self-activation with a Hill coefficient of 4: two states, and noise that moves the mean."""
    d = draft("hill")
    x = d.monomer("X")
    total = d.observable("X_total", x())
    make, k, base = d.parameter("make", MAKE), d.parameter("K", K), d.parameter("base", BASE)
    d.rule("birth", None >> x(), d.expression("rate", base + make * total**4 / (k**4 + total**4)))
    d.rule("death", x() >> None, DECAY)
    d.start(x(), 8)
    return d.model


@pytest.fixture(scope="module")
def hill_exact(master_equation: Any) -> Any:
    jumps = [
        (lambda s: BASE + MAKE * s[0] ** 4 / (K**4 + s[0] ** 4), (1,)),
        (lambda s: DECAY * s[0], (-1,)),
    ]
    return master_equation((8,), jumps, T, lambda s: s[0], keep=lambda s: s[0] <= 70)


def test_pysb_hill(
    hill: Any, hill_exact: Any, pysb_export: Any, bare_ssa: Any, disagrees: Any
) -> None:
    disagrees(bare_ssa(pysb_export(hill), "__s0", T, REPLICATES), hill_exact, "variance")


def test_our_hill_and_its_distance_from_the_ode(
    hill: Any, hill_exact: Any, ours: Any, agrees: Any
) -> None:
    network = sn.load(hill)
    agrees(ours(network, "X_total", T, REPLICATES), hill_exact)
    ode = sn.simulate(network, t_end=T, points=2, workers=0).readout("X_total")[0, -1]
    assert abs(ode - hill_exact.moment(1)) > 1  # the ODE stays in one of the two states
