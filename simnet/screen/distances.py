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


def ks_distance(control: FloatArray, treated: FloatArray) -> float:
    """Kolmogorov-Smirnov: the greatest gap between the two empirical distributions, 0 to 1.

    It never is 0 for two finite samples of one continuous law: about 0.87 sqrt(1/n0 + 1/n1) is
    expected there (the mean of the Kolmogorov distribution).
    """
    from scipy.stats import ks_2samp

    if not len(control) or not len(treated):
        return float("nan")
    with np.errstate(divide="ignore"):  # in its p, of which nothing is read
        return float(ks_2samp(control, treated, method="asymp").statistic)


def mann_whitney(control: FloatArray, treated: FloatArray) -> tuple[float, float]:
    """Cliff's delta, and the two-sided p of the Mann-Whitney test, which rests on the same ranks.

    Cliff's delta is P(treated > control) - P(treated < control), -1 to 1; ties count for neither.
    p is exact for up to 8 values on a side without ties, else normal with corrections; NaN with
    fewer than two values on a side, or where no value differs from another in its group.

    Source: Cliff 1993 (doi:10.1037/0033-2909.114.3.494); Mann & Whitney 1947
    (doi:10.1214/aoms/1177730491).
    """
    from scipy.stats import mannwhitneyu

    sizes = len(control), len(treated)
    if not min(sizes):
        return float("nan"), float("nan")
    found = mannwhitneyu(control, treated)
    delta = 1 - 2 * float(found.statistic) / (sizes[0] * sizes[1])
    noisy = min(sizes) > 1 and any(x.max() > x.min() for x in (control, treated))
    return delta, float(found.pvalue) if noisy else float("nan")
