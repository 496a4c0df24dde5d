import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnet.network.bounds import bounds
from simnet.network.expression import Call, Expression, Number, Symbol, Time, function

X, Y = Symbol("X"), Symbol("Y")

_LEAVES = st.sampled_from([X, Y, Time(), Number(0), Number(1), Number(2.5), Number(-3)])
_UNARY = st.sampled_from(["exp", "abs", "sin", "cos", "tanh", "floor", "sqrt", "ln", "minus"])
_BINARY = st.sampled_from(["plus", "minus", "times", "divide", "power", "min", "max", "lt"])


def _calls(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(lambda op, a: Call(op, (a,)), _UNARY, inner),
        st.builds(lambda op, a, b: Call(op, (a, b)), _BINARY, inner, inner),
        st.builds(
            lambda a, b, c: Call("piecewise", (a, Call("lt", (b, Number(1))), c)),
            inner,
            inner,
            inner,
        ),
    )


@given(
    st.recursive(_LEAVES, _calls, max_leaves=8),
    st.floats(0, 50),
    st.floats(-2, 3),
    st.floats(0, 100),
)
def test_values_lie_within_their_bounds(e: Expression, x: float, y: float, t: float) -> None:
    low, high = bounds(e, {"X": (0.0, math.inf), "Y": (-2.0, 3.0)})
    value = function(e)({"X": x, "Y": y}, t)
    if math.isnan(value) or math.isnan(low) or math.isnan(high):
        return  # outside the function's domain
    slack = 1e-9 * (1 + abs(value)) if math.isfinite(value) else 0.0
    assert low - slack <= value <= high + slack


@pytest.mark.parametrize(
    ("expression", "nonnegative"),
    [
        (Call("divide", (X, Call("plus", (Number(3), X)))), True),
        (Call("plus", (Number(1), Call("sin", (Time(),)))), True),
        (Call("minus", (Number(1), Call("divide", (X, Number(9))))), False),
        (Call("minus", (Call("times", (Number(2), X)), Y)), False),
        (Call("power", (X, Number(2))), True),
    ],
)
def test_signs(expression: Expression, nonnegative: bool) -> None:
    low, _ = bounds(expression, {"X": (0.0, math.inf), "Y": (0.0, 5.0)})
    assert (low >= 0) is nonnegative
