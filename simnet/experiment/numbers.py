"""Numbers that a user gives, checked: whole ones, and those within bounds."""

import math
import operator

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.seeds import is_root


def whole_number(number: int, what: str, least: int) -> int:
    """A whole number, NumPy's as well; `what` is the argument's name.

    Raises:
        InputError: it is none, or below `least`.
    """
    try:
        whole = operator.index(number)
    except TypeError:
        whole = least - 1
    if isinstance(number, bool) or whole < least:
        why = f"not a whole number of at least {least}"
        raise InputError(Problem(what=f"{what}={number!r}", why=why))
    return whole


def root_seed(seed: int) -> int:
    """A root seed: a whole number, NumPy's as well.

    Raises:
        InputError: it cannot be one.
    """
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if isinstance(seed, bool) or not is_root(number):
        why = "not a whole number from 0 to 2**64 - 1"
        raise InputError(Problem(what=f"seed={seed!r}", why=why, way_out="for example 0 or 1"))
    return number


def finite_number(number: float, what: str) -> float:
    """A finite number, NumPy's as well; `what` is the argument's name.

    Raises:
        InputError: it is none.
    """
    if not is_between(number, -math.inf, math.inf):
        raise InputError(Problem(what=f"{what}={number!r:.60}", why="not a finite number"))
    return float(number)


def number_array(values: object, what: str) -> FloatArray:
    """Numbers as an array of the same shape, NaN among them; `what` is the argument's name.

    Raises:
        InputError: what is none, or rows of different lengths.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(Problem(what=f"{what}={values!r:.60}", why="not numbers")) from None


def is_between(number: object, low: float, high: float) -> bool:
    """Whether something is a number between two others, NaN and texts being none."""
    if isinstance(number, bool | str):
        return False
    try:
        value = float(number)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return math.isfinite(value) and low < value < high
