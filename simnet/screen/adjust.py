"""p-values corrected for how many were looked at: one function and one table entry a method.

NaN is a comparison that has no p-value (a single replicate, say): it stays NaN and is not counted.
"""

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem, nearest


def benjamini_hochberg(pvalues: FloatArray) -> FloatArray:
    """The least false discovery rate at which each of (P,) p-values would be reported.

    Of what is reported with an adjusted p below q, a share q at most is false on average, for tests
    that are independent or that depend positively on each other (as those against one control do).

    Source: Benjamini & Hochberg 1995 (doi:10.1111/j.2517-6161.1995.tb02031.x); Benjamini &
    Yekutieli 2001 (doi:10.1214/aos/1013699998) for the dependence.
    """
    from scipy.stats import false_discovery_control

    adjusted: FloatArray = false_discovery_control(pvalues, method="bh")
    return adjusted


def holm(pvalues: FloatArray) -> FloatArray:
    """(P,) p-values for which even one false alarm in the whole screen has probability alpha.

    It holds however the tests depend on each other. Source: Holm 1979, Scand. J. Statist. 6, 65-70.
    """
    rising = np.argsort(pvalues, kind="stable")
    left = np.arange(len(pvalues), 0, -1)
    found = np.empty(len(pvalues))
    found[rising] = np.minimum(1.0, np.maximum.accumulate(pvalues[rising] * left))
    return found


ADJUSTMENTS = MappingProxyType({"benjamini-hochberg": benjamini_hochberg, "holm": holm})
"""Method by name."""


def adjusted_pvalues(pvalues: Sequence[float], method: str = "benjamini-hochberg") -> FloatArray:
    """(P,) p-values corrected over all of them that are not NaN.

    Raises:
        InputError: an unknown method, or a p-value outside 0 to 1.
    """
    given = np.asarray(pvalues, dtype=np.float64).reshape(-1)
    problems = [
        Problem(what=f"p-value {p!r}", why="not within 0 to 1")
        for p in given[~np.isnan(given)].tolist()
        if not 0 <= p <= 1
    ]
    if method not in ADJUSTMENTS:
        unknown = f"adjustment {method!r}"
        problems.append(
            Problem(what=unknown, why="no such method", way_out=nearest(method, ADJUSTMENTS))
        )
    if problems:
        raise InputError(problems)
    found = np.full(given.shape, np.nan)
    present = ~np.isnan(given)
    found[present] = ADJUSTMENTS[method](given[present])
    return found
