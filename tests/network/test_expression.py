import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnet.network.expression import (
    OPERATORS,
    Call,
    Expression,
    Number,
    Symbol,
    Time,
    canonical,
    function,
    reads_time,
    substitute,
    symbols,
    text,
)

A, B = Symbol("A"), Symbol("B")


def value(expression: Expression, time: float = 0.0, **values: float) -> float:
    return function(expression)(values, time)


def test_values() -> None:
    hill = Call(
        "divide",
        (
            Call("power", (A, Number(2))),
            Call("plus", (Number(9), Call("power", (A, Number(2))))),
        ),
    )
    assert value(hill, A=3.0) == 0.5
    assert value(Call("minus", (Time(), B)), 5.0, B=2.0) == 3.0


def test_piecewise_takes_the_first_true_branch() -> None:
    step = Call(
        "piecewise",
        (Number(1), Call("lt", (A, Number(1))), Number(2), Call("lt", (A, Number(5))), Number(3)),
    )
    assert [value(step, A=a) for a in (0, 2, 9)] == [1, 2, 3]
    assert math.isnan(value(Call("piecewise", (Number(1), Call("lt", (A, Number(0))))), A=2))


@pytest.mark.parametrize(
    ("op", "args", "expected"),
    [
        ("divide", (1.0, 0.0), math.inf),
        ("divide", (0.0, 0.0), math.nan),
        ("ln", (0.0,), -math.inf),
        ("sqrt", (-1.0,), math.nan),
        ("exp", (1e6,), math.inf),
        ("power", (-8.0, 1 / 3), math.nan),
    ],
)
def test_singular_points_give_ieee_values(
    op: str, args: tuple[float, ...], expected: float
) -> None:
    found = value(Call(op, tuple(Number(a) for a in args)))
    assert found == expected or (math.isnan(found) and math.isnan(expected))


def test_sums_are_flat() -> None:
    assert Call("plus", (Call("plus", (A, B)), Number(1))) == Call("plus", (A, B, Number(1)))


def test_unknown_operators_are_refused() -> None:
    with pytest.raises(ValueError, match="OPERATORS"):
        Call("eval", (A,))


def test_symbols_time_substitute() -> None:
    e = Call("times", (A, Call("sin", (Time(),)), B))
    assert symbols(e) == {"A", "B"}
    assert reads_time(e)
    assert substitute(e, {"A": Number(2)}) == Call("times", (Number(2), Call("sin", (Time(),)), B))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (Call("times", (Call("plus", (A, B)), A)), "(A + B)*A"),
        (Call("minus", (A, Call("minus", (B, A)))), "A - (B - A)"),
        (Call("divide", (A, Call("times", (A, B)))), "A/(A*B)"),
        (Call("minus", (Call("times", (A, B)),)), "-A*B"),
        (Call("power", (Call("minus", (A,)), Number(2))), "(-A)^2"),
    ],
)
def test_text(expression: Expression, expected: str) -> None:
    assert text(expression) == expected


@given(st.floats(-1e308, 1e308))
def test_canonical_numbers_survive_fifteen_digits(x: float) -> None:
    assert float(f"{canonical(x):.15g}") == canonical(x)
    assert math.isclose(canonical(x), x, rel_tol=1e-14, abs_tol=5e-324)


def test_every_operator_takes_numbers() -> None:
    counts = {"piecewise": 3, "minus": 2, "true": 0, "false": 0}
    two = {"divide", "power", "min", "max", "plus", "times", "lt", "le", "gt", "ge", "eq", "ne"}
    two |= {"and", "or", "xor"}
    for op in OPERATORS:
        n = counts.get(op, 2 if op in two else 1)
        assert isinstance(value(Call(op, (Number(0.5),) * n)), float), op
