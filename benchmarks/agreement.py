"""Whether two engines do the same work: means and variances of final amounts, by species."""

from dataclasses import dataclass
from typing import Any

import numpy as np

COUNTED = 5.0
"""Mean amount from which a species is compared: below it few trajectories are far from normal."""
LEAST = 5
"""Trajectories needed."""
MANY = 50
"""Trajectories on both sides from which means are near normal, and variances are compared."""
PERMUTATIONS = 20_000
ALARM = 1e-4
"""Corrected p-value below which engines are said to disagree."""


@dataclass(frozen=True)
class Agreement:
    """The largest |z| over `compared` species, and its p-value corrected for their number."""

    mean: float
    mean_p: float
    variance: float
    variance_p: float
    compared: int

    @property
    def alarm(self) -> bool:
        """Whether something is wrong."""
        return min(self.mean_p, self.variance_p) < ALARM


def agreement(first: Any, second: Any) -> Agreement | None:
    """Compare samples (n, S) and (m, S); None where there are too few.

    Means by Welch's t, and variances by their standard errors from fourth moments, after Bonferroni's
    correction, with `MANY` trajectories or more on both sides. With fewer, means only, by a
    permutation test of the largest |z| (exact for any distribution): a handful of bursty cells is
    far from normal.
    """
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if min(len(a), len(b)) < LEAST:
        return None
    both = np.concatenate([a, b])
    chosen = (both.var(axis=0) > 0) & (both.mean(axis=0) >= COUNTED)
    if min(len(a), len(b)) >= MANY:
        chosen &= (a.var(axis=0) > 0) & (b.var(axis=0) > 0)
    if not chosen.any():
        return None
    a, b = a[:, chosen], b[:, chosen]
    return _of_many(a, b) if min(len(a), len(b)) >= MANY else _of_few(a, b)


def _of_many(a: Any, b: Any) -> Agreement:
    from scipy.stats import norm, t

    (n, compared), m = a.shape, len(b)
    va, vb = a.var(axis=0, ddof=1) / n, b.var(axis=0, ddof=1) / m
    z = np.abs(a.mean(axis=0) - b.mean(axis=0)) / np.sqrt(va + vb)
    freedom = (va + vb) ** 2 / (va**2 / (n - 1) + vb**2 / (m - 1))
    p = float(np.min(2 * t.sf(z, freedom)) * compared)
    error = np.sqrt(_variance_error(a) ** 2 + _variance_error(b) ** 2)
    y = float((np.abs(a.var(axis=0, ddof=1) - b.var(axis=0, ddof=1)) / error).max())
    p_variances = float(2 * norm.sf(y) * compared)
    return Agreement(float(z.max()), min(p, 1.0), y, min(p_variances, 1.0), compared)


def _of_few(a: Any, b: Any) -> Agreement:
    few, both = min(a, b, key=len), np.concatenate([a, b])
    n, total = len(few), len(both)
    error = both.std(axis=0, ddof=1) * np.sqrt(1 / n + 1 / (total - n))
    centred = (both - both.mean(axis=0)) * total / (total - n) / error

    def largest(rows: Any) -> Any:
        """|z|, of difference of the means of these rows and of the others."""
        return np.abs(centred[rows].mean(axis=-2)).max(axis=-1)

    place = slice(0, n) if few is a else slice(total - n, total)
    found = largest(np.arange(total)[place])
    generator = np.random.default_rng(0)
    drawn = [
        largest(generator.permuted(np.tile(np.arange(total), (100, 1)), axis=1)[:, :n])
        for _ in range(PERMUTATIONS // 100)
    ]
    beyond = int((np.concatenate(drawn) >= found * (1 - 1e-9)).sum())
    p = (beyond + 1) / (PERMUTATIONS + 1)
    return Agreement(float(found), p, float("nan"), 1.0, a.shape[1])


def _variance_error(a: Any) -> Any:
    n = len(a)
    centred = a - a.mean(axis=0)
    fourth = (centred**4).mean(axis=0)
    return np.sqrt(np.maximum(fourth - centred.var(axis=0) ** 2, 0.0) / n)
