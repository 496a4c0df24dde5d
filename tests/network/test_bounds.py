import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnet.network.bounds import Interval, applied, bounds, enclosure
from simnet.network.expression import (
    COMPARISONS,
    LOGICAL,
    OPERATORS,
    Call,
    Expression,
    Number,
    Symbol,
    Time,
    function,
    walk,
)

X, Y = Symbol("X"), Symbol("Y")

_LEAVES = st.sampled_from([X, Y, Time(), Number(0), Number(1), Number(2.5), Number(-3)])
_UNARY = st.sampled_from(
    "exp abs sin cos tan tanh sinh cosh asin acos atan floor ceil factorial sqrt ln log10 minus not".split()
)
_BINARY = st.sampled_from(
    "plus minus times divide power min max lt le gt ge eq ne and or xor".split()
)


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


_EXPRESSIONS = st.recursive(_LEAVES, _calls, max_leaves=8)


@given(_EXPRESSIONS, st.floats(0, 50), st.floats(-2, 3), st.floats(0, 100))
def test_values_lie_within_their_bounds(e: Expression, x: float, y: float, t: float) -> None:
    """To the last bit: no slack."""
    low, high = bounds(e, {"X": (0.0, math.inf), "Y": (-2.0, 3.0)})
    values = [function(part)({"X": x, "Y": y}, t) for part in walk(e)]
    assert any(map(math.isnan, values)) or low <= values[0] <= high


@given(_EXPRESSIONS, st.floats(0, 50), st.floats(0, 3), st.floats(0, 100), st.floats(0, 1))
def test_values_in_a_window_of_time_lie_within_their_bounds(
    e: Expression, x: float, width: float, start: float, part: float
) -> None:
    window = start, start + width
    compiled = enclosure(e, {"Y"})({"X": x, "Y": (-2.0, 3.0)}, window)
    plain = bounds(e, {"X": (x, x), "Y": (-2.0, 3.0)}, window)
    t = min(start + part * width, start + width)
    values = [function(p)({"X": x, "Y": -2 + 5 * part}, t) for p in walk(e)]
    if not any(map(math.isnan, values)):
        assert compiled == plain
        assert plain[0] <= values[0] <= plain[1]


_TWO = {"plus", "minus", "times", "divide", "power", "min", "max"}
_STEPS = COMPARISONS | LOGICAL
_SMOOTH = sorted(set(OPERATORS) - _STEPS - {"piecewise", "floor", "ceil"})


@pytest.mark.parametrize("op", sorted(set(OPERATORS) - {"piecewise", "true", "false"}))
def test_every_operator_holds_what_dense_samples_find(op: str) -> None:
    draw = random.Random(op)
    several = op in _TWO | (_STEPS - {"not"})
    for _ in range(60):
        args: list[Interval] = []
        for place in range(2 if several else 1):
            scale = draw.choice([0.1, 1.0, 10.0, 100.0])
            low = draw.uniform(-scale, scale)
            if op == "power" and place == 1:
                low = float(draw.randint(-4, 5))
            width = draw.choice([0.0, 1e-6, 0.3, 5.0]) * draw.random()
            args.append((low, low if op == "power" and place else low + width))
        low, high = applied(op, args)
        assert low <= high
        for i in range(101):
            at = [min(a + (b - a) * (i / 100 if draw.random() < 0.5 else draw.random()), b)
                  for a, b in args]  # fmt: skip
            value = OPERATORS[op](*at)
            assert math.isnan(value) or low <= value <= high, (op, args, at)


@pytest.mark.parametrize("op", _SMOOTH)
def test_a_narrow_interval_gives_a_narrow_one(op: str) -> None:
    """Of width 1e-6 away from poles: no wider than what the values at 101 points span, and a little."""
    draw = random.Random(op)
    for _ in range(50):
        args = [(a, a + 1e-6) for a in (draw.uniform(0.05, 0.9), draw.uniform(0.05, 0.9))]
        args = args if op in _TWO else args[:1]
        low, high = applied(op, args)
        values = [
            OPERATORS[op](*(a + (b - a) * k / 10 for (a, b), k in zip(args, (i, j), strict=False)))
            for i in range(11)
            for j in range(11)
        ]
        assert high - low <= 1.0001 * (max(values) - min(values)) + 1e-14


@pytest.mark.parametrize("op", ["exp", "ln", "sin", "tan", "tanh", "sinh", "cosh", "atan", "asin"])
def test_errors_of_the_mathematical_library_stay_inside(op: str) -> None:
    """It may be a few units in the last place off, and need not be monotone to the last one."""
    low, high = applied(op, [(0.3, 0.4)])
    ends = sorted(OPERATORS[op](x) for x in (0.3, 0.4))
    assert low <= ends[0] - 4 * math.ulp(ends[0])
    assert high >= ends[1] + 4 * math.ulp(ends[1])


@pytest.mark.parametrize(
    ("op", "arg", "expected"),
    [
        ("sin", (0.0, 1.0), (0.0, math.sin(1))),
        ("sin", (1.0, 2.0), (math.sin(1), 1.0)),
        ("cos", (3.0, 4.0), (-1.0, math.cos(4))),
        ("cos", (-0.5, 0.25), (math.cos(0.5), 1.0)),
        ("sin", (1e6, 1e6 + 0.1), (math.sin(1e6), math.sin(1e6 + 0.1))),
        ("sin", (0.0, 7.0), (-1.0, 1.0)),
        ("tan", (1.0, 2.0), (-math.inf, math.inf)),
        ("cosh", (-1.0, 2.0), (1.0, math.cosh(2))),
    ],
)
def test_waves(op: str, arg: Interval, expected: Interval) -> None:
    if arg[0] == 1e6:
        expected = min(expected), max(expected)
    assert applied(op, [arg]) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    ("base", "exponent", "expected"),
    [
        ((-3.0, 2.0), 2.0, (0.0, 9.0)),
        ((-3.0, -2.0), 2.0, (4.0, 9.0)),
        ((-3.0, 2.0), 3.0, (-27.0, 8.0)),
        ((-4.0, -2.0), -1.0, (-0.5, -0.25)),
        ((-1.0, 2.0), -1.0, (-math.inf, math.inf)),
        ((-1.0, 2.0), -2.0, (0.0, math.inf)),
        ((0.0, 4.0), 0.5, (0.0, 2.0)),
        ((-1e200, 1e200), 3.0, (-math.inf, math.inf)),
    ],
)
def test_powers(base: Interval, exponent: float, expected: Interval) -> None:
    assert applied("power", [base, (exponent, exponent)]) == pytest.approx(expected, rel=1e-12)


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


def test_a_late_pulse_is_known_by_its_window() -> None:
    square = Call("power", (Call("minus", (Time(), Number(50))), Number(2)))
    pulse = Call("times", (Number(10), Call("exp", (Call("minus", (square,)),))))

    def at(start: float, end: float) -> Interval:
        return bounds(pulse, {}, (start, end))

    assert at(0, 40)[1] < 1e-40
    assert at(0, 100)[1] == pytest.approx(10, rel=1e-12)
    assert at(49, 49.5) == pytest.approx((10 / math.e, 10 * math.exp(-0.25)), rel=1e-12)
