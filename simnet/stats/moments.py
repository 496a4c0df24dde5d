"""Sums of powers about the mean, which merge: what means, variances, CVs and Fano factors need.

Blocks are merged with the update formulas of Chan, Golub & LeVeque 1983
(doi:10.1080/00031305.1983.10483115) and, for the third and fourth power, of Pébay 2008 (Sandia
report SAND2008-6212), which lose no digits however large the mean is.
"""

import math
from dataclasses import dataclass

import numpy as np

from simnet.arrays import BoolArray, FloatArray
from simnet.stats.estimate import Estimate, student_quantile


@dataclass(frozen=True, kw_only=True, eq=False)
class Powers:
    """Sums over replicates; each array is (T, R), in powers of the readout's unit.

    Attributes:
        n: replicates with a value.
        mean: their mean; 0 where n is 0.
        second: sum of squares about the mean.
        third: sum of cubes about the mean.
        fourth: sum of fourth powers about the mean.
    """

    n: FloatArray
    mean: FloatArray
    second: FloatArray
    third: FloatArray
    fourth: FloatArray


def powers_of(values: FloatArray) -> Powers:
    """The sums of one block, in two passes.

    Args:
        values: (n, T, R); NaN where a replicate has no value.
    """
    missing = np.isnan(values)
    incomplete = bool(missing.any())
    n = len(values) - missing.sum(axis=0, dtype=np.float64)
    # Relative to one of the values: equal ones have spread 0, not that of a rounded mean.
    origin = first_values(values, missing) if incomplete else values[0]
    off = values - origin
    if incomplete:
        off[missing] = 0.0
    shift = off.sum(axis=0) / np.maximum(n, 1)
    off -= shift
    if incomplete:
        off[missing] = 0.0
    square = off * off
    off *= square
    second, third = square.sum(axis=0), off.sum(axis=0)
    square *= square
    return Powers(n=n, mean=origin + shift, second=second, third=third, fourth=square.sum(axis=0))


def first_values(values: FloatArray, missing: BoolArray) -> FloatArray:
    """(T, R): the first value that is there, 0 where there is none."""
    first = np.take_along_axis(values, missing.argmin(axis=0)[np.newaxis], axis=0)[0]
    return np.asarray(np.nan_to_num(first))


def merge_powers(a: Powers, b: Powers) -> Powers:
    """The sums over both."""
    na, nb = a.n, b.n
    n = na + nb
    some = np.maximum(n, 1)
    d = b.mean - a.mean
    d2 = d * d
    both = na * nb / some
    return Powers(
        n=n,
        mean=a.mean + d * (nb / some),
        second=a.second + b.second + d2 * both,
        third=a.third
        + b.third
        + d * d2 * both * (na - nb) / some
        + 3 * d * (na * b.second - nb * a.second) / some,
        fourth=a.fourth
        + b.fourth
        + d2 * d2 * both * (na * na - na * nb + nb * nb) / (some * some)
        + 6 * d2 * (na * na * b.second + nb * nb * a.second) / (some * some)
        + 4 * d * (na * b.third - nb * a.third) / some,
    )


def mean_estimate(sums: Powers, *, confidence: float = 0.95) -> Estimate:
    """Means with Student's interval, mean -+ t(n - 1) sd / sqrt(n), in the readout's unit.

    Where all values are equal the interval has no length: it says nothing then.

    Raises:
        InputError: a confidence that is none.
    """
    mean = np.where(sums.n > 0, sums.mean, np.nan)
    reach = student_quantile(confidence, sums.n - 1) * np.sqrt(_variance(sums) / _some(sums))
    return Estimate(value=mean, low=mean - reach, high=mean + reach, confidence=confidence)


def variance_estimate(sums: Powers, *, confidence: float = 0.95) -> Estimate:
    """Variances (divisor n - 1), in the squared unit of the readout.

    The interval is on the scale of the logarithm, with var(log s2) = (kurtosis - (n - 3) / n) /
    (n - 1) after Bonett 2006 (doi:10.1016/j.csda.2004.10.003), so it holds for distributions that
    are not normal; the kurtosis is that of the sample. It is too short where the tail is so long
    that the sample has not seen it. NaN where all values are equal.

    Raises:
        InputError: a confidence that is none.
    """
    variance = _variance(sums)
    return _logarithmic(sums, variance, _error_of_log_variance(sums), confidence)


def sd_estimate(sums: Powers, *, confidence: float = 0.95) -> Estimate:
    """Standard deviations, in the readout's unit; the roots of the variance and of its interval.

    Raises:
        InputError: a confidence that is none.
    """
    found = variance_estimate(sums, confidence=confidence)
    low, high = np.sqrt(found.low), np.sqrt(found.high)
    return Estimate(value=np.sqrt(found.value), low=low, high=high, confidence=confidence)


def cv_estimate(sums: Powers, *, confidence: float = 0.95) -> Estimate:
    """Coefficients of variation, sd / mean, without unit; NaN where the mean is not above 0.

    The interval is on the scale of the logarithm, with the error of log s - log mean to first
    order (the delta method): var = var(log s2) / 4 + cv2 / n - cv skewness / n.

    Raises:
        InputError: a confidence that is none.
    """
    cv, skewness = _relative(sums)
    spread = _error_of_log_variance(sums) ** 2
    square = spread / 4 + (cv * cv - cv * skewness) / _some(sums)
    return _logarithmic(sums, cv, np.sqrt(np.maximum(square, 0.0)), confidence)


def fano_estimate(sums: Powers, *, confidence: float = 0.95) -> Estimate:
    """Fano factors, variance / mean, in the readout's unit; NaN where the mean is not above 0.

    The interval is on the scale of the logarithm, with the error of log s2 - log mean to first
    order (the delta method): var = var(log s2) + cv2 / n - 2 cv skewness / n.

    Raises:
        InputError: a confidence that is none.
    """
    cv, skewness = _relative(sums)
    spread = _error_of_log_variance(sums) ** 2
    square = spread + (cv * cv - 2 * cv * skewness) / _some(sums)
    fano = _variance(sums) / _above_zero(sums)
    return _logarithmic(sums, fano, np.sqrt(np.maximum(square, 0.0)), confidence)


def _some(sums: Powers) -> FloatArray:
    return np.where(sums.n > 0, sums.n, np.nan)


def _above_zero(sums: Powers) -> FloatArray:
    """The means, NaN where they are not above zero."""
    return np.where((sums.n > 0) & (sums.mean > 0), sums.mean, np.nan)


def _variance(sums: Powers) -> FloatArray:
    return sums.second / np.where(sums.n > 1, sums.n - 1, np.nan)


def _relative(sums: Powers) -> tuple[FloatArray, FloatArray]:
    """CV and skewness; the skewness is 0 where nothing varies."""
    cv = np.sqrt(_variance(sums)) / _above_zero(sums)
    square = np.where(sums.second > 0, sums.second, 1.0)
    return cv, sums.third * np.sqrt(_some(sums)) / square**1.5


def _error_of_log_variance(sums: Powers) -> FloatArray:
    n = _some(sums)
    kurtosis = n * sums.fourth / np.where(sums.second > 0, sums.second, np.nan) ** 2
    square = (kurtosis - (n - 3) / n) / np.where(n > 1, n - 1, np.nan)
    return np.asarray(np.sqrt(np.maximum(square, 0.0)))


def _logarithmic(sums: Powers, value: FloatArray, error: FloatArray, confidence: float) -> Estimate:
    """Interval value * exp(-+ t * error), where `error` is the standard error of log value; NaN where
    the value is not above zero."""
    reach = student_quantile(confidence, sums.n - 1)
    factor = np.exp(np.minimum(reach * error, math.log(1e300)))
    sound = np.where(value > 0, value, np.nan)
    return Estimate(value=value, low=sound / factor, high=sound * factor, confidence=confidence)


# Covariances between readouts at each time, as sums that merge.
#
# Their interval comes from batches of 16 replicates, each with a covariance of its own: no fourth
# joint moments are kept, and it holds for any distribution once there are some batches.


BATCH = 16
"""Replicates of one batch; a last one that is not full counts for the estimate only."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Comoments:
    """Sums over pairs of readouts; each array is (T, R, R), over the replicates with both values.

    Attributes:
        n: replicates with both.
        mean: mean of the first readout (axis 1) over them; 0 where n is 0.
        product: sum of products about the means, in the product of both units.
        batches: full batches with at least two replicates of both.
        batch_mean: mean of the batches' covariances.
        batch_second: their sum of squares about it.
    """

    n: FloatArray
    mean: FloatArray
    product: FloatArray
    batches: FloatArray
    batch_mean: FloatArray
    batch_second: FloatArray


def comoments_of(values: FloatArray, origin: FloatArray) -> Comoments:
    """The sums of one block.

    Args:
        values: (n, T, R); NaN where a replicate has no value.
        origin: (T, R) near the means, so that no digits are lost.
    """
    offset = values - origin
    missing = np.isnan(offset)
    incomplete = bool(missing.any())
    if incomplete:
        offset[missing] = 0.0
    rows = np.ascontiguousarray(np.moveaxis(offset, 0, 1))  # (T, n, R)
    if not incomplete:
        return _complete(rows, origin)
    there = np.ascontiguousarray(np.moveaxis(~missing, 0, 1), np.float64)
    return _incomplete(rows, there, origin)


def merge_comoments(a: Comoments, b: Comoments) -> Comoments:
    """The sums over both."""
    n = a.n + b.n
    some = np.maximum(n, 1)
    d = b.mean - a.mean
    batches = a.batches + b.batches
    part = b.batches / np.maximum(batches, 1)
    e = b.batch_mean - a.batch_mean
    return Comoments(
        n=n,
        mean=a.mean + d * (b.n / some),
        product=a.product + b.product + d * np.swapaxes(d, 1, 2) * (a.n * b.n / some),
        batches=batches,
        batch_mean=a.batch_mean + e * part,
        batch_second=a.batch_second + b.batch_second + e * e * a.batches * part,
    )


def covariance_estimate(sums: Comoments, *, confidence: float = 0.95) -> Estimate:
    """Covariances (T, R, R) between readouts at each time, divisor n - 1; NaN where n is below 2.

    Student's interval over the B full batches of 16: -+ t(B - 1) sd / sqrt(B), where sd is that of
    the batches' covariances (Law 2015, Simulation Modeling and Analysis, chapter 9: batch means).
    It is about 3 % too long, since a batch's covariance has the error of a mean of its own; NaN
    below two batches.

    Raises:
        InputError: a confidence that is none.
    """
    covariance = sums.product / np.where(sums.n > 1, sums.n - 1, np.nan)
    count = np.where(sums.batches > 1, sums.batches, np.nan)
    error = np.sqrt(sums.batch_second / (count - 1) / count)
    reach = student_quantile(confidence, sums.batches - 1) * error
    return Estimate(
        value=covariance, low=covariance - reach, high=covariance + reach, confidence=confidence
    )


def correlation(sums: Comoments) -> FloatArray:
    """Pearson's correlations (T, R, R); NaN where a readout does not vary, and where two do not
    have their values in the same replicates: spreads are kept of all replicates with a value."""
    spread = np.einsum("trr->tr", sums.product)
    n = np.einsum("trr->tr", sums.n)
    both = (sums.n == n[:, :, np.newaxis]) & (sums.n == n[:, np.newaxis, :])
    square = spread[:, :, np.newaxis] * spread[:, np.newaxis, :]
    return sums.product / np.sqrt(np.where(both & (square > 0), square, np.nan))


def _complete(rows: FloatArray, origin: FloatArray) -> Comoments:
    """Sums over rows (T, n, R) in which no value is missing."""
    T, size, R = rows.shape
    product, mean, second = np.zeros((3, T, R, R))
    starts = range(0, size, BATCH)
    centres, root = np.empty((T, len(starts), R)), np.empty((len(starts), 1))
    for k, start in enumerate(starts):
        batch = rows[:, start : start + BATCH]
        centres[:, k] = batch.mean(axis=1)
        root[k] = math.sqrt(batch.shape[1])
        off = batch - centres[:, k, np.newaxis]
        own = _products(off, off)
        product += own
        if batch.shape[1] == BATCH:
            own /= BATCH - 1
            own -= mean
            mean += own / (k + 1)
            second += own * own * (k / (k + 1))
    shift = rows.mean(axis=1)
    between = (centres - shift[:, np.newaxis]) * root
    product += np.matmul(np.swapaxes(between, 1, 2), between)
    return Comoments(
        n=np.full((T, R, R), float(size)),
        mean=np.repeat((origin + shift)[:, :, np.newaxis], R, axis=2),
        product=product,
        batches=np.full((T, R, R), float(size // BATCH)),
        batch_mean=mean,
        batch_second=second,
    )


def _incomplete(rows: FloatArray, there: FloatArray, origin: FloatArray) -> Comoments:
    """Sums over rows (T, n, R) that are 0 where a value is missing; `there` is 1 where none is."""
    T, size, R = rows.shape
    n, total, product, batches, mean, second = np.zeros((6, T, R, R))
    for start in range(0, size, BATCH):
        part, some = rows[:, start : start + BATCH], there[:, start : start + BATCH]
        count, sums, own = _products(some, some), _products(part, some), _products(part, part)
        n += count
        total += sums
        product += own
        if part.shape[1] < BATCH:
            continue
        own -= sums * np.swapaxes(sums, 1, 2) / np.maximum(count, 1)
        own /= np.maximum(count - 1, 1)
        batches += count > 1
        step = np.where(count > 1, own - mean, 0.0)
        mean += step / np.maximum(batches, 1)
        second += np.where(count > 1, step * (own - mean), 0.0)
    shift = total / np.maximum(n, 1)
    return Comoments(
        n=n,
        mean=np.where(n > 0, origin[:, :, np.newaxis] + shift, 0.0),
        product=product - total * np.swapaxes(shift, 1, 2),
        batches=batches,
        batch_mean=mean,
        batch_second=second,
    )


def _products(a: FloatArray, b: FloatArray) -> FloatArray:
    """Sums of products over a batch, (T, b, R) and (T, b, R) to (T, R, R). So few terms are added
    by one thread in one order, so the bits do not depend on how many there are."""
    return np.asarray(np.matmul(np.swapaxes(a, 1, 2), b))
