"""Covariances between readouts at each time, as sums that merge.

Their interval comes from batches of 16 replicates, each with a covariance of its own: no fourth
joint moments are kept, and it holds for any distribution once there are some batches.
"""

import math
from dataclasses import dataclass

import numpy as np

from simnet.arrays import FloatArray
from simnet.stats.estimate import Estimate, student_quantile

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
