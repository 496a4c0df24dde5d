"""Arithmetic on arrays, and where it has no meaning."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simnet.arrays import BoolArray, FloatArray
from simnet.readouts.values import Operation

Where = Callable[..., BoolArray]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A function of arrays; `refused` says of which operand what is refused, and where."""

    function: Operation
    refused: tuple[tuple[int, str, Where], ...] = ()


def _truth(function: Callable[[FloatArray, FloatArray], object]) -> Operation:
    return lambda left, right: np.asarray(function(left, right), dtype=np.float64)


ARITHMETICS: dict[str, Arithmetic] = {
    "negative": Arithmetic(np.negative),
    "+": Arithmetic(np.add),
    "-": Arithmetic(np.subtract),
    "*": Arithmetic(np.multiply),
    "/": Arithmetic(
        np.divide,
        (
            (1, "division by zero", lambda above, below: below == 0),
            (1, "division by a time that has not come", lambda above, below: np.isinf(below)),
        ),
    ),
    "^": Arithmetic(
        np.power,
        (
            (0, "division by zero", lambda base, power: (base == 0) & (power < 0)),
            (0, "root of a negative", lambda base, power: (base < 0) & (power % 1 != 0)),
            (0, "power of a time that has not come", lambda base, power: np.isinf(base)),
            (1, "power by a time that has not come", lambda base, power: np.isinf(power)),
        ),
    ),
    "log2": Arithmetic(np.log2, ((0, "logarithm of what is not positive", lambda of: of <= 0),)),
    "log": Arithmetic(np.log, ((0, "logarithm of what is not positive", lambda of: of <= 0),)),
    "abs": Arithmetic(np.abs),
    "<": Arithmetic(_truth(np.less)),
    "<=": Arithmetic(_truth(np.less_equal)),
    ">": Arithmetic(_truth(np.greater)),
    ">=": Arithmetic(_truth(np.greater_equal)),
}
"""Every operation on single values, by its name in the language."""
