"""SymPy expressions of any width and depth: the value, or a refusal."""

import pytest
import sympy

import simnet as sn
from simnet.network.expression import function, height
from simnet.rules.compile import from_sympy

A = sympy.Symbol("a")
VALUES = {"a": 2.0} | {f"p{i}": i / 8 for i in range(900)}
MANY = sympy.symbols("p0:900")


def value(expression: sympy.Expr) -> float:
    return function(from_sympy(expression, "x"))(VALUES, 0.0)


def test_wide_ones() -> None:
    all_of_them = sum(VALUES[f"p{i}"] for i in range(900))
    assert value(sympy.Add(*MANY)) == pytest.approx(all_of_them, rel=1e-12)
    assert value(A - sympy.Add(*MANY)) == pytest.approx(2 - all_of_them, rel=1e-12)
    assert value(sympy.Add(*(-p for p in MANY))) == pytest.approx(-all_of_them, rel=1e-12)
    assert height(from_sympy(A - sympy.Add(*MANY), "x")) < 9


def test_few_terms_are_subtracted_in_turn() -> None:
    found = from_sympy(A - MANY[1] - MANY[2], "x")
    assert function(found)(VALUES, 0.0) == 2 - 1 / 8 - 2 / 8
    assert height(found) == 3


def test_deep_ones_are_refused() -> None:
    deep = A
    for _ in range(250):
        deep = sympy.sin(deep, evaluate=False)
    with pytest.raises(sn.ModelError, match="nested more than 200 deep"):
        from_sympy(deep, "x")
