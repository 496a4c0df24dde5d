"""The master equation against closed forms, and what it does not solve."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaln, hyp1f1
from scipy.stats import poisson

from simnet.network.expression import OPERATORS, Call, Number, RateLaw, Symbol, Time, function
from simnet.network.network import Event, Network
from simnet.network.values import rate_functions
from simnet.verify.master_equation import Distribution, NoSolution, StateFunctions, evaluated, solve

Make = Callable[..., Network]
EXACT = 1e-10


def marginal(found: Distribution, symbol: str) -> dict[float, float]:
    """Probability of each value of a readout."""
    sums: dict[float, float] = {}
    for value, weight in zip(found.values[symbol], found.weights, strict=True):
        sums[value] = sums.get(value, 0.0) + weight
    return sums


@pytest.mark.parametrize("t", [0.5, 10.0, 200.0])
def test_birth_and_death_is_poisson(birth_death: Network, t: float) -> None:
    (found,) = solve(birth_death, np.array([t]), ("X",))
    mean = 10 * (1 - math.exp(-0.1 * t))
    seen = marginal(found, "X")
    every = {x: float(poisson.pmf(x, mean)) for x in range(60)}
    assert max(abs(seen.get(x, 0.0) - p) for x, p in every.items()) < EXACT
    assert found.lost < 1e-11


def test_several_times_are_those_of_one_each(birth_death: Network) -> None:
    times = np.array([1.0, 2.5, 30.0])
    for time, found in zip(times, solve(birth_death, times, ("X",)), strict=True):
        (alone,) = solve(birth_death, np.array([time]), ("X",))
        assert found.time == time
        one, other = marginal(found, "X"), marginal(alone, "X")
        assert max(abs(p - other.get(x, 0.0)) for x, p in one.items()) < EXACT


def test_reversible_binding_comes_to_rest(binding: Network) -> None:
    """P(c) goes as (kf/kr)^c / ((20 - c)! (20 - c)! c!): van Kampen, chapter VII."""
    (found,) = solve(binding, np.array([400.0]), ("C",))
    c = np.arange(21)
    logs = c * np.log(0.005 / 0.1) - 2 * gammaln(21 - c) - gammaln(c + 1)
    exact = np.exp(logs - logs.max())
    exact /= exact.sum()
    seen = marginal(found, "C")
    assert max(abs(seen.get(float(x), 0.0) - p) for x, p in enumerate(exact)) < EXACT
    assert found.lost < 1e-11


def test_a_dimer_has_as_many_states_as_pairs(dimer: Network) -> None:
    """5 molecules: with k A (A-1) the rates up are 0.2 and 0.06, those down 0.1 and 0.2 a second."""
    (found,) = solve(dimer, np.array([1e3]), ("A", "D"))
    assert sorted(marginal(found, "A")) == [1, 3, 5]
    weights = np.array([1, 0.2 / 0.1, 0.2 / 0.1 * 0.06 / 0.2])
    seen = marginal(found, "D")
    assert [seen[float(n)] for n in range(3)] == pytest.approx(weights / weights.sum(), abs=EXACT)


def test_the_telegraph_promoter(make_network: Make) -> None:
    """Peccoud & Ycart 1995 (doi:10.1006/tpbi.1995.1027): with rates in units of the decay,
    P(m) = s^m/m! * (a)_m/(a+b)_m * 1F1(a+m; a+b+m; -s)."""
    a, b, s = 0.4, 0.7, 12.0
    network = make_network(
        "telegraph",
        {"off": 1, "on": 0, "m": 0},
        {"a": a, "b": b, "s": s, "d": 1.0},
        [("off", "on", "a"), ("on", "off", "b"), ("on", "on + m", "s"), ("m", "", "d")],
    )
    (found,) = solve(network, np.array([60.0]), ("m",))
    m = np.arange(40)
    logs = m * np.log(s) - gammaln(m + 1) + gammaln(a + m) - gammaln(a)
    logs += gammaln(a + b) - gammaln(a + b + m)
    exact = np.exp(logs) * hyp1f1(a + m, a + b + m, -s)
    seen = marginal(found, "m")
    assert max(abs(seen[float(x)] - p) for x, p in enumerate(exact)) < EXACT


def test_the_space_follows_the_probability(make_network: Make) -> None:
    """Messenger and protein: a few thousand states matter, where a full box has 100 times as many."""
    network = make_network(
        "expression",
        {"m": 0, "P": 0},
        {"s": 1.0, "d": 0.5, "t": 2.0, "e": 0.2},
        [("", "m", "s"), ("m", "", "d"), ("m", "m + P", "t"), ("P", "", "e")],
    )
    (found,) = solve(network, np.array([50.0]), ("m", "P"))
    mean = {name: float(found.weights @ found.values[name]) for name in ("m", "P")}
    spread = float(found.weights @ (found.values["P"] - mean["P"]) ** 2)
    assert mean["m"] == pytest.approx(2.0, rel=1e-9)
    assert mean["P"] == pytest.approx(20.0, rel=1e-3)  # 4.5e-5 of it is still missing
    fano = 1 + 2.0 / (0.5 + 0.2)  # Thattai & van Oudenaarden 2001, doi:10.1073/pnas.151588598
    assert spread / mean["P"] == pytest.approx(fano, rel=1e-3)
    assert found.lost < 1e-10


def test_what_is_not_solved_is_told(birth_death: Network, make_network: Make) -> None:
    def why(network: Network, t: float = 10.0, **options: Any) -> str:
        with pytest.raises(NoSolution) as told:
            solve(network, np.array([t]), ("X",), **options)
        return str(told.value)

    first, second = birth_death.reactions
    timed = replace(first, law=RateLaw(rate=Call("plus", (Symbol("k"), Time()))))
    assert "time" in why(replace(birth_death, reactions=(timed, second)))
    event = Event(id="e", time=Number(1.0), assignments=(("X", Number(5.0)),))
    assert "events" in why(replace(birth_death, events=(event,)))
    assert "more than 30 states" in why(birth_death, limit=30)
    quick = make_network("quick", {"X": 1, "Y": 0}, {"k": 1e9}, [("X", "Y", "k"), ("Y", "X", "k")])
    assert "too long" in why(quick)


def test_an_exhausted_reactant_stops_a_reaction_whose_law_does_not(make_network: Make) -> None:
    network = make_network("zeroth", {"X": 3}, {"k": 1.0}, [("X", "", "k")])
    law = RateLaw(rate=Symbol("k"))
    network = replace(network, reactions=(replace(network.reactions[0], law=law),))
    (found,) = solve(network, np.array([50.0]), ("X",))
    assert marginal(found, "X")[0.0] == pytest.approx(1.0, abs=EXACT)


ARGUMENTS = {
    **dict.fromkeys(("plus", "times", "min", "max", "and", "or", "xor"), 3),
    **dict.fromkeys(("divide", "power", "minus"), 2),
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne"), 3),
    **dict.fromkeys(("true", "false"), 0),
    "piecewise": 5,
}


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_every_operator_is_that_of_the_engines(operator: str) -> None:
    """Two tables of operators, written apart, on whole numbers and on fractions."""
    names = "abcde"[: ARGUMENTS.get(operator, 1)]
    expression = Call(operator, tuple(Symbol(name) for name in names))
    stream = np.random.default_rng(len(operator))
    for whole in (True, False):
        columns = {n: stream.integers(0, 4, 50) / (1 if whole else 3.9) for n in "abcde"}
        found = np.broadcast_to(evaluated(expression, columns, 0.0), (50,))
        scalar = function(expression)
        wanted = [scalar({n: float(columns[n][i]) for n in "abcde"}, 0.0) for i in range(50)]
        np.testing.assert_allclose(found, wanted, rtol=1e-13)


def test_propensities_are_those_of_the_engines(dimer: Network) -> None:
    states = np.array([[5, 0], [1, 2], [0, 7], [2, 2]])
    found = StateFunctions(dimer).propensities(states)
    for row, (a, d) in enumerate(states):
        values = {"A": float(a), "D": float(d), "k": 0.01, "kr": 0.1, "cell": 1.0}
        assert found[row] == pytest.approx(
            [f(values, 0.0) for f in rate_functions(dimer, "discrete")]
        )
