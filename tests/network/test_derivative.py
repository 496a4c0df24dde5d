import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnet.network.expression import Call, Expression, Number, Symbol, Time, function
from simnet.network.features import derivative

T = Time()
_LEAVES = st.sampled_from([T, Number(2), Number(0.7), Symbol("k")])
_UNARY = st.sampled_from("exp ln log10 sqrt sin cos tan atan sinh cosh tanh abs minus".split())
_BINARY = st.sampled_from("plus minus times divide max min".split())
_EXPRESSIONS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda op, a: Call(op, (a,)), _UNARY, inner),
        st.builds(lambda op, a, b: Call(op, (a, b)), _BINARY, inner, inner),
        st.builds(lambda a, n: Call("power", (a, Number(n))), inner, st.sampled_from([2, 3, 0.5])),
        st.builds(lambda a: Call("power", (Number(0.5), a)), inner),
        st.builds(
            lambda a, b: Call("piecewise", (a, Call("lt", (Symbol("k"), Number(1))), b)),
            inner,
            inner,
        ),
    ),
    max_leaves=6,
)


@given(_EXPRESSIONS, st.floats(0.2, 2))
def test_it_is_the_limit_of_differences(e: Expression, t: float) -> None:
    """By differences of fourth order, where two widths of them agree and there is no corner."""
    slope = derivative(e)
    assert slope is not None
    at = function(e)

    def difference(h: float) -> float:
        left, right = (at({"k": 1.3}, t - h * i) - at({"k": 1.3}, t + h * i) for i in (1, 2))
        return (right - 8 * left) / (12 * h)

    coarse, fine = difference(2e-3), difference(1e-3)
    if not (math.isfinite(coarse) and abs(fine) < 1e6 and abs(coarse - fine) < 1e-6):
        return
    left, here, right = (at({"k": 1.3}, t + h) for h in (-1e-3, 0.0, 1e-3))
    found = function(slope)({"k": 1.3}, t)
    if abs(left - 2 * here + right) > 1e-5 or not math.isfinite(found):  # a corner or a pole
        return
    assert found == pytest.approx(fine, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("op", ["floor", "ceil", "factorial"])
def test_steps_have_none(op: str) -> None:
    assert derivative(Call("plus", (T, Call(op, (T,))))) is None
    assert derivative(Call(op, (Symbol("k"),))) == Number(0)
    assert derivative(Call("piecewise", (T, Call("lt", (T, Number(1))), Number(0)))) is None
