"""Whether two engines do the same work: means and variances of final amounts, by species."""

from dataclasses import dataclass
from typing import Any

import numpy as np

COUNTED = 5.0
"""Mean amount from which a species is compared: below it few trajectories are far from normal."""
LEAST = 5
"""Trajectories needed."""
LEAST_FOR_VARIANCES = 50
ALARM = 1e-4
"""Corrected p-value below which engines are said to disagree."""


@dataclass(frozen=True)
class Agreement:
    """The largest |z| over `compared` species, and its p-value after Bonferroni's correction."""

    mean: float
    mean_p: float
    variance: float
    variance_p: float
    compared: int

    @property
    def alarm(self) -> bool:
        """Whether something is wrong. Variances of few trajectories are not normal enough to say."""
        return min(self.mean_p, self.variance_p) < ALARM


def agreement(first: Any, second: Any) -> Agreement | None:
    """Compare samples (n, S) and (m, S); None where there are too few.

    Means by Welch's t; variances by their standard errors from fourth moments, with
    `LEAST_FOR_VARIANCES` trajectories or more on both sides.
    """
    from scipy.stats import norm, t

    n, m = len(first), len(second)
    if min(n, m) < LEAST:
        return None
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    moving = (a.var(axis=0) > 0) & (b.var(axis=0) > 0)
    chosen = moving & (np.concatenate([a, b]).mean(axis=0) >= COUNTED)
    if not chosen.any():
        return None
    a, b = a[:, chosen], b[:, chosen]
    va, vb = a.var(axis=0, ddof=1) / n, b.var(axis=0, ddof=1) / m
    z = np.abs(a.mean(axis=0) - b.mean(axis=0)) / np.sqrt(va + vb)
    freedom = (va + vb) ** 2 / (va**2 / (n - 1) + vb**2 / (m - 1))
    compared = int(chosen.sum())
    p = float(np.min(2 * t.sf(z, freedom)) * compared)
    largest, of_variances, p_variances = float(z.max()), float("nan"), 1.0
    if min(n, m) >= LEAST_FOR_VARIANCES:
        error = np.sqrt(_variance_error(a) ** 2 + _variance_error(b) ** 2)
        y = np.abs(a.var(axis=0, ddof=1) - b.var(axis=0, ddof=1)) / error
        of_variances = float(y.max())
        p_variances = float(2 * norm.sf(of_variances) * compared)
    return Agreement(largest, min(p, 1.0), of_variances, min(p_variances, 1.0), compared)


def _variance_error(a: Any) -> Any:
    n = len(a)
    centred = a - a.mean(axis=0)
    fourth = (centred**4).mean(axis=0)
    return np.sqrt(np.maximum(fourth - centred.var(axis=0) ** 2, 0.0) / n)
