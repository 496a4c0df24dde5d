"""Interval arithmetic on expressions: between which values can a rate law lie?

Sound, not tight: the true range is inside the interval. Where nothing is known it is all reals.
"""

import math
from collections.abc import Mapping
from typing import TypeAlias

from simnet.network.expression import OPERATORS, Expression, Number, Symbol, Time, total

Interval: TypeAlias = tuple[float, float]

EVERYTHING: Interval = (-math.inf, math.inf)
NONNEGATIVE: Interval = (0.0, math.inf)
_RISING = frozenset({"exp", "ln", "log10", "sqrt", "floor", "ceil", "atan", "sinh", "tanh"})
_TRUTH = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "xor", "not", "true", "false"})


def bounds(expression: Expression, known: Mapping[str, Interval]) -> Interval:
    """An interval that holds every value of the expression when its symbols and time (>= 0) lie in
    theirs."""
    match expression:
        case Number(value=value):
            return value, value
        case Symbol(id=name):
            return known.get(name, EVERYTHING)
        case Time():
            return NONNEGATIVE
    args = [bounds(arg, known) for arg in expression.args]
    match expression.op:
        case "plus":
            return total(a for a, _ in args), total(b for _, b in args)
        case "minus" if len(args) == 1:
            return -args[0][1], -args[0][0]
        case "minus":
            return args[0][0] - args[1][1], args[0][1] - args[1][0]
        case "times":
            product = args[0]
            for arg in args[1:]:
                product = _multiplied(product, arg)
            return product
        case "divide":
            return _divided(args[0], args[1])
        case "power":
            return _powered(args[0], args[1])
        case "abs":
            low, high = args[0]
            return (0.0 if low <= 0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))
        case "min":
            return min(a for a, _ in args), min(b for _, b in args)
        case "max":
            return max(a for a, _ in args), max(b for _, b in args)
        case "sin" | "cos":
            return -1.0, 1.0
        case "cosh" | "factorial":
            return NONNEGATIVE
        case "piecewise":
            values = _possible(args)
            return min(a for a, _ in values), max(b for _, b in values)
        case "gt" | "lt" if len(args) == 2:
            above, below = args if expression.op == "gt" else args[::-1]
            return float(above[0] > below[1]), float(above[1] > below[0])
        case "ge" | "le" if len(args) == 2:
            above, below = args if expression.op == "ge" else args[::-1]
            return float(above[0] >= below[1]), float(above[1] >= below[0])
        case op if op in _TRUTH:
            return 0.0, 1.0
        case op if op in _RISING:
            return _rising(op, args[0])
    return EVERYTHING


def _possible(args: list[Interval]) -> list[Interval]:
    """The values of a piecewise that its conditions do not rule out."""
    found = []
    for value, condition in zip(args[0::2], args[1::2], strict=False):
        if condition != (0.0, 0.0):
            found.append(value)
        if condition == (1.0, 1.0):
            return found
    return found + args[-1:] if len(args) % 2 else found or [EVERYTHING]


def _product(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b


def _multiplied(a: Interval, b: Interval) -> Interval:
    corners = [_product(x, y) for x in a for y in b]
    return min(corners), max(corners)


def _divided(a: Interval, b: Interval) -> Interval:
    if b[0] > 0 or b[1] < 0:
        return _multiplied(a, (1 / b[1], 1 / b[0]))
    if b[0] == 0 < b[1]:  # the divisor may vanish, its sign is known
        return _multiplied(a, (1 / b[1], math.inf))
    return EVERYTHING


def _powered(base: Interval, exponent: Interval) -> Interval:
    if base[0] >= 0:
        try:
            corners = [x**y for x in base for y in exponent]
        except (ZeroDivisionError, OverflowError):
            return NONNEGATIVE
        return min(corners), max(corners)
    low, high = exponent
    if low == high and low == int(low) and low % 2 == 0:
        return NONNEGATIVE
    return EVERYTHING


def _rising(op: str, arg: Interval) -> Interval:
    low, high = (OPERATORS[op](x) for x in arg)
    return (-math.inf if math.isnan(low) else low), (math.inf if math.isnan(high) else high)
