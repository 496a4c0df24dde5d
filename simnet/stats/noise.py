"""Noise taken apart: what comes from within a cell, and what from differences between cells.

The dual design runs two replicates for each draw of the cell's parameters and amounts. What the two
share is extrinsic, what they do not is intrinsic, as in the two-colour experiment.
"""

from dataclasses import dataclass

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.experiment.times import number_array
from simnet.stats.estimate import Estimate, check_confidence, student_quantile


@dataclass(frozen=True, kw_only=True, eq=False)
class NoiseParts:
    """Variances of a readout within and between cells; arrays have the shape of one replicate.

    Attributes:
        intrinsic: mean over cells of the variance within, in the squared unit of the readout.
        extrinsic: variance over cells of the mean within, in the squared unit of the readout; as
            the difference of noisy numbers it may come out below 0.
        total: their sum.
        extrinsic_fraction: extrinsic over total, without unit; NaN where nothing varies.
        mean: over all replicates, in the readout's unit; variance / mean ** 2 is Elowitz' eta2.
        pairs: with both values.
    """

    intrinsic: Estimate
    extrinsic: Estimate
    total: Estimate
    extrinsic_fraction: Estimate
    mean: FloatArray
    pairs: FloatArray


def noise_parts(first: FloatArray, second: FloatArray, *, confidence: float = 0.95) -> NoiseParts:
    """Intrinsic and extrinsic variance from two replicates of each cell.

    intrinsic = mean of (x1 - x2)2 / 2, extrinsic = covariance of x1 and x2 (divisor n - 1); both
    without bias. Intervals are Student's, from the spread of each cell's contribution.

    Args:
        first: (n, ...) one replicate of each of n cells; NaN where it has no value.
        second: (n, ...) the other, of the same cells in the same order.
        confidence: of the intervals.

    Raises:
        InputError: shapes that differ, fewer than two cells, or a confidence that is none.

    Source: Elowitz, Levine, Siggia & Swain 2002 (doi:10.1126/science.1070919); for what the parts
    mean over time Hilfinger & Paulsson 2011 (doi:10.1073/pnas.1018832108); for the estimators Fu &
    Pachter 2016 (doi:10.1515/sagmb-2016-0002).
    """
    check_confidence(confidence)
    x1, x2 = number_array(first, "first"), number_array(second, "second")
    if x1.shape != x2.shape or not x1.ndim or len(x1) < 2:
        why = "must have equal shapes with at least two cells"
        raise InputError(Problem(what=f"replicates of shapes {x1.shape} and {x2.shape}", why=why))
    both = ~(np.isnan(x1) | np.isnan(x2))
    n = both.sum(axis=0).astype(np.float64)
    some = np.where(n > 1, n, np.nan)
    x1, x2 = np.where(both, x1, 0.0), np.where(both, x2, 0.0)
    mean1, mean2 = x1.sum(axis=0) / some, x2.sum(axis=0) / some
    within = np.where(both, 0.5 * (x1 - x2) ** 2, 0.0)
    between = np.where(both, (x1 - mean1) * (x2 - mean2), 0.0) * (some / (some - 1))
    intrinsic, extrinsic = within.sum(axis=0) / some, between.sum(axis=0) / some
    total = intrinsic + extrinsic
    share = extrinsic / np.where(total > 0, total, np.nan)
    reach = student_quantile(confidence, n - 1)

    def estimate(value: FloatArray, parts: FloatArray) -> Estimate:
        off = np.where(both, parts - parts.sum(axis=0) / some, 0.0)
        half = reach * np.sqrt((off * off).sum(axis=0) / (some - 1) / some)
        return Estimate(value=value, low=value - half, high=value + half, confidence=confidence)

    # To first order the error of a ratio is that of extrinsic - share * total, over the total.
    ratio = (between - share * (within + between)) / np.where(total > 0, total, np.nan)
    return NoiseParts(
        intrinsic=estimate(intrinsic, within),
        extrinsic=estimate(extrinsic, between),
        total=estimate(total, within + between),
        extrinsic_fraction=estimate(share, np.where(both, ratio, 0.0)),
        mean=0.5 * (mean1 + mean2),
        pairs=n,
    )
