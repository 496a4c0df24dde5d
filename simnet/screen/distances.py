"""How far apart two samples are, without a unit: pure functions of (N0,) and (N1,) values.

The sign is that of treated minus control.
"""

import numpy as np

from simnet.arrays import FloatArray


def hedges_g(control: FloatArray, treated: FloatArray) -> float:
    """Difference of means in pooled standard deviations, freed of its bias at small n.

    NaN with fewer than two values on a side, or where there is no spread.

    Source: Hedges 1981 (doi:10.3102/10769986006002107), the exact factor with gamma functions.
    """
    from scipy.special import gammaln

    n0, n1 = len(control), len(treated)
    if min(n0, n1) < 2:
        return float("nan")
    freedom = n0 + n1 - 2
    pooled = ((n0 - 1) * control.var(ddof=1) + (n1 - 1) * treated.var(ddof=1)) / freedom
    if pooled == 0:
        return float("nan")
    bias = np.exp(gammaln(freedom / 2) - gammaln((freedom - 1) / 2)) / np.sqrt(freedom / 2)
    return float(bias * (treated.mean() - control.mean()) / np.sqrt(pooled))


def cliffs_delta(control: FloatArray, treated: FloatArray) -> float:
    """P(treated > control) - P(treated < control), -1 to 1; ties count for neither.

    Source: Cliff 1993 (doi:10.1037/0033-2909.114.3.494).
    """
    if not len(control) or not len(treated):
        return float("nan")
    ordered = np.sort(control)
    above = np.searchsorted(ordered, treated, side="left").sum()
    below = (len(control) - np.searchsorted(ordered, treated, side="right")).sum()
    return float((above - below) / (len(control) * len(treated)))


def ks_distance(control: FloatArray, treated: FloatArray) -> float:
    """Kolmogorov-Smirnov: the greatest gap between the two empirical distributions, 0 to 1.

    It never is 0 for two finite samples of one continuous law: about 0.87 sqrt(1/n0 + 1/n1) is
    expected there (the mean of the Kolmogorov distribution).
    """
    if not len(control) or not len(treated):
        return float("nan")
    points = np.concatenate([control, treated])
    share0 = np.searchsorted(np.sort(control), points, side="right") / len(control)
    share1 = np.searchsorted(np.sort(treated), points, side="right") / len(treated)
    return float(np.abs(share1 - share0).max())
