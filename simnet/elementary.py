"""exp and log with the same bits on every processor.

Those of numpy differ in the last bit between vector widths, and those of the C library between
processors and systems. That is nothing to a mean, but a stochastic path in which one constant has
another last bit is another path. Here only + - * / and exact scaling are used, which IEEE 754 rounds
alike everywhere. Formulas and coefficients are those of fdlibm's e_exp.c and e_log.c (Sun
Microsystems 1993, "permission to use, copy, modify, and distribute this software is freely
granted"), right to less than one unit in the last place.
"""

import math
from typing import Any, overload

import numpy as np

from simnet.arrays import FloatArray

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_EXP = (1.66666666666666019037e-01, -2.77777777770155933842e-03, 6.61375632143793436117e-05,
        -1.65339022054652515390e-06, 4.13813679705723846039e-08)  # fmt: skip
_LOG = (6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
        2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01,
        1.479819860511658591e-01)  # fmt: skip


@overload
def exp(x: float) -> float: ...
@overload
def exp(x: FloatArray) -> FloatArray: ...
def exp(x: Any) -> Any:
    """e to the power of x, or of each x, up to 709."""
    one = isinstance(x, float)
    k = (round if one else np.rint)(x * 1.44269504088896338700)
    high, low = x - k * _LN2_HIGH, k * _LN2_LOW
    r = high - low
    c = r - r * r * _polynomial(r * r, _EXP)
    y = 1.0 - ((low - r * c / (2.0 - c)) - high)
    return math.ldexp(y, k) if one else np.ldexp(y, k.astype(np.int64))


@overload
def log(x: float) -> float: ...
@overload
def log(x: FloatArray) -> FloatArray: ...
def log(x: Any) -> Any:
    """The natural logarithm of x, or of each x, above 0."""
    m, k = math.frexp(x) if isinstance(x, float) else np.frexp(x)
    small = m < 0.70710678118654752440
    f, k = m + m * small - 1.0, k - small
    s, half = f / (2.0 + f), 0.5 * f * f
    rest = half + s * s * _polynomial(s * s, _LOG)
    return k * _LN2_HIGH - ((half - (s * rest + k * _LN2_LOW)) - f)


def log1p(x: float) -> float:
    """log(1 + x) of x >= 0, also where x is small: Kahan's way."""
    u = 1.0 + x
    return x if u == 1.0 else log(u) * (x / (u - 1.0))


def _polynomial(x: Any, coefficients: tuple[float, ...]) -> Any:
    value: Any = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        value = coefficient + x * value
    return value
