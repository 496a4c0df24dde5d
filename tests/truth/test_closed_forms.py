"""All engines against distributions that are known exactly, as whole distributions: chi-square.

Seeds are fixed. LEVEL is the chance that a correct engine fails a test once, when its stream of
random numbers changes; a bin holds at least five expected counts.
"""

import math
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import binom, kstwobign, poisson

import simnet as sn
from simnet.engines.table import ENGINES as TABLE

LEVEL = 1e-4
ENGINES = tuple(name for name, engine in TABLE.items() if "ssa" in engine.methods)
"""A new row of the engine table joins all that is here."""


@pytest.mark.parametrize("engine", ENGINES)
def test_birth_and_death_is_poisson(
    engine: str, network: Any, final: Any, assert_distributed: Any
) -> None:
    """From nothing, X is Poisson with mean k/g*(1 - exp(-g*t)) at every t."""
    net = network({"X": 0}, {"k": 4.0, "g": 0.5}, ("-> X", "k"), ("X ->", "g*X"))
    for t in (1.0, 6.0):
        mean = 8 * (1 - math.exp(-0.5 * t))
        assert_distributed(final(net, "X", t, 4000, engine), lambda x, m=mean: poisson.pmf(x, m))


@pytest.mark.parametrize("engine", ENGINES)
def test_decay_is_binomial(engine: str, network: Any, final: Any, assert_distributed: Any) -> None:
    net = network({"X": 30}, {"g": 0.5}, ("X ->", "g*X"))
    p = math.exp(-0.5 * 2)
    assert_distributed(final(net, "X", 2.0, 4000, engine), lambda x: binom.pmf(x, 30, p))


@pytest.mark.parametrize("engine", ENGINES)
def test_birth_alone_is_geometric(
    engine: str, network: Any, final: Any, assert_distributed: Any
) -> None:
    """Yule's process X -> X + X from one: geometric with p = exp(-k*t); X is on both sides."""
    net = network({"X": 1}, {"k": 0.5}, ("X -> X + X", "k*X"))
    p = math.exp(-0.5 * 4)

    def geometric(x: Any) -> Any:
        return np.where(x > 0, p * (1 - p) ** (x - 1.0), 0.0)

    assert_distributed(final(net, "X", 4.0, 4000, engine), geometric)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("copies", [2, 5, 20])
def test_homodimers(
    engine: str, copies: int, network: Any, final: Any, assert_distributed: Any
) -> None:
    """2 A <-> D by the master equation, the matrix exponential of D's generator."""
    k, kr, t = 0.02, 0.1, 20.0
    net = network(
        {"A": copies, "D": 0}, {"k": k, "kr": kr}, ("A + A -> D", "k/2*A^2"), ("D -> A + A", "kr*D")
    )
    size = copies // 2 + 1
    generator = np.zeros((size, size))
    for d in range(size):
        up, down = k * math.comb(copies - 2 * d, 2), kr * d
        for target, rate in ((d + 1, up), (d - 1, down)):
            if rate:
                generator[target, d] += rate
                generator[d, d] -= rate
    weights = expm(generator * t)[:, 0]

    def known(x: Any) -> Any:
        return np.where(x < size, weights[np.minimum(x, size - 1)], 0.0)

    assert_distributed(final(net, "D", t, 4000, engine), known)


@pytest.mark.parametrize("engine", ENGINES)
def test_waiting_times_are_exponential(engine: str, network: Any, assert_distributed: Any) -> None:
    """The number of firings by t is Poisson in every interval, and intervals are independent."""
    net = network({"X": 0}, {"k": 1.5}, ("-> X", "k"))
    found = sn.simulate(
        net, t_end=8, points=5, method="ssa", replicates=1500, seed=2, workers=0, engine=engine
    )
    steps = np.diff(found.readout("X"), axis=1)
    assert_distributed(steps.ravel().astype(int), lambda x: poisson.pmf(x, 3.0))
    correlation = np.corrcoef(steps, rowvar=False)[np.triu_indices(4, 1)]
    assert np.abs(correlation).max() < 4.3 / math.sqrt(1500)  # six of them at LEVEL in all


SMALL = {
    "binding": (
        {"A": 20, "B": 15, "C": 0},
        {"kf": 0.01, "kr": 0.1},
        [("A + B -> C", "kf*A*B"), ("C -> A + B", "kr*C")],
        ("C", 10.0),
    ),
    "gene": (
        {"off": 1, "on": 0, "M": 0, "P": 0},
        {"a": 0.2, "b": 0.3, "k": 3.0, "g": 0.5, "p": 1.0, "d": 0.2},
        [
            ("off -> on", "a*off"),
            ("on -> off", "b*on"),
            ("on -> on + M", "k*on"),
            ("M ->", "g*M"),
            ("-> P", "p*M"),
            ("P ->", "d*P"),
        ],
        ("P", 15.0),
    ),
}


@pytest.mark.parametrize("pair", list(combinations(ENGINES, 2)), ids="-".join)
@pytest.mark.parametrize("name", SMALL)
def test_the_engines_agree_in_distribution(
    name: str, pair: tuple[str, str], network: Any, final: Any
) -> None:
    """Two-sample Kolmogorov-Smirnov; ties in whole numbers make it conservative."""
    amounts, parameters, reactions, (readout, t) = SMALL[name]
    net = network(amounts, parameters, *reactions)
    a, b = (np.sort(final(net, readout, t, 2000, engine)) for engine in pair)
    grid = np.union1d(a, b)
    distance = np.abs(np.searchsorted(a, grid, "right") - np.searchsorted(b, grid, "right")).max()
    assert distance / 2000 * math.sqrt(1000) < kstwobign.isf(LEVEL)
    assert len(grid) > 5


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_used_up_at_a_constant_rate_stays_at_zero(
    engine: str, network: Any, final: Any, assert_distributed: Any
) -> None:
    """X -> at rate k whatever X is: left to itself roadrunner reaches -20 here on average."""
    net = network({"X": 20}, {"k": 1.0}, ("X ->", "k"))
    with pytest.warns(sn.SimnetWarning, match="does not vanish when X has run out"):
        late = final(net, "X", 200.0, 200, engine)
    assert (late == 0).all()
    with pytest.warns(sn.SimnetWarning, match="does not vanish"):
        early = final(net, "X", 5.0, 4000, engine)
    assert_distributed(20 - early, lambda n: np.where(n < 20, poisson.pmf(n, 5.0), 0.0))


@pytest.mark.parametrize("engine", ENGINES)
def test_two_are_needed_where_two_are_used_up(engine: str, network: Any, final: Any) -> None:
    """A + A -> B never takes the last odd molecule."""
    net = network({"A": 7, "B": 0}, {"k": 1.0}, ("A + A -> B", "k*A^2"))
    assert (final(net, "A", 1e6, 100, engine) == 1).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_switch_in_time_is_a_boundary(
    engine: str, network: Any, final: Any, assert_distributed: Any
) -> None:
    """Birth from t = 2 to t = 5 only, with decay; nothing at all can fire before. Poisson."""
    k, d, t = 4.0, 0.3, 6.5
    net = network(
        {"X": 0},
        {"k": k, "d": d, "late": 5.0},
        ("-> X", "piecewise(k, time >= 2 && time/2 < late/2, 0)"),
        ("X ->", "d*X"),
    )
    mean = k / d * (math.exp(-d * (t - 5)) - math.exp(-d * (t - 2)))
    assert_distributed(final(net, "X", t, 4000, engine), lambda x: poisson.pmf(x, mean))
