import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnet.network.expression import (
    Call,
    Kinetics,
    Number,
    RateLaw,
    Symbol,
    factored,
    function,
    text,
    times,
    written_law,
)

A, B, K = Symbol("A"), Symbol("B"), Symbol("k")


@given(
    st.dictionaries(st.sampled_from("ABC"), st.integers(1, 4), min_size=1),
    st.integers(0, 30),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_both_kinetics_against_combinatorics(
    orders: dict[str, int], a: int, b: int, c: int
) -> None:
    """Discrete: permutations of n things taken m at a time; continuous: powers."""
    law = RateLaw(rate=K, orders=tuple(orders.items()))
    counts = {"A": a, "B": b, "C": c}
    values = {"k": 0.5, **counts}
    discrete = function(law.expression("discrete"))(values, 0.0)
    continuous = function(law.expression("continuous"))(values, 0.0)
    assert discrete == 0.5 * math.prod(_permutations(counts[s], m) for s, m in orders.items())
    assert continuous == pytest.approx(0.5 * math.prod(counts[s] ** m for s, m in orders.items()))


def _permutations(n: int, m: int) -> int:
    """n (n-1) ... (n-m+1), which is zero as soon as a factor is."""
    return math.prod(n - i for i in range(m))


@pytest.mark.parametrize("kinetics", ["continuous", "discrete"])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_a_written_law_is_taken_apart_again(kinetics: Kinetics, order: int) -> None:
    rate = Call("divide", (times(Number(3), K), Call("times", (Number(2), Symbol("V")))))
    law = RateLaw(rate=rate, orders=(("A", order), ("B", 1)))
    found = factored(law.expression(kinetics), {"A": order, "B": 1}, kinetics)
    assert found is not None
    assert RateLaw(rate=found[0], orders=found[1]) == law


def test_k_a_a_is_recognised_however_it_is_written() -> None:
    for law in (
        Call("times", (K, A, A)),
        Call("times", (Call("power", (A, Number(2))), K)),
        Call("divide", (Call("times", (K, A, A)), Number(1))),
    ):
        found = written_law(law, {"A": 2}, "continuous")
        assert found.orders == (("A", 2),)
        assert text(found.expression("discrete")).endswith("A*(A - 1)")


def test_undeclared_homodimers_are_ambiguous_unless_literally_discrete() -> None:
    literal = Call("times", (K, A, Call("minus", (A, Number(1)))))
    assert written_law(Call("times", (K, A, A)), {"A": 2}, "undeclared").ambiguous
    found = written_law(literal, {"A": 2}, "undeclared")
    assert not found.ambiguous
    for kinetics, a in product(("continuous", "discrete"), (0.0, 1.0, 2.5)):
        written = function(found.expression(kinetics))({"k": 2.0, "A": a}, 0.0)  # type: ignore[arg-type]
        assert written == 2.0 * a * (a - 1)


def test_without_doubles_the_kinetics_are_one() -> None:
    law = written_law(Call("times", (K, A, B)), {"A": 1, "B": 1}, "undeclared")
    assert not law.ambiguous
    assert law.expression("discrete") == law.expression("continuous")


def test_a_declared_square_of_a_single_reactant_is_ambiguous() -> None:
    assert written_law(Call("times", (K, A, A)), {"A": 1}, "continuous").ambiguous
    assert not written_law(Call("times", (K, A, A)), {"A": 1}, "discrete").ambiguous


def test_a_saturating_law_of_a_square_is_not_ambiguous() -> None:
    """A/(K^2 + A^2) of A^2: a Hill law counts no pairs."""
    law = Call("divide", (Call("times", (K, A, A)), Call("plus", (B, Call("times", (A, A))))))
    assert not written_law(law, {"A": 1}, "continuous").ambiguous
