"""The Hill curve of four parameters, its inverse, and its least-squares fit to many samples at once.

    f(d) = start + (end - start) d^h / (EC50^h + d^h),   h > 0

`start` is the readout without the drug, `end` at saturation; a curve falls where end < start.
Two of the four are linear: for given EC50 and h the best start and end are solved for (variable
projection, Golub & Pereyra 1973, doi:10.1137/0710036), so only two are searched: on a grid that
covers every curve the doses could show, then by damped Gauss-Newton steps. No first guess is needed,
the same numbers always give the same fit, and a bootstrap is one call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from simnet.arrays import FloatArray

STEEPEST, SHALLOWEST = 12.0, 0.2
"""Hill coefficients searched."""

BEYOND = 2.0  # decades beyond the doses in which the EC50 is searched
_PLACES, _SLOPES = 33, 8  # of the grid: EC50, Hill coefficient
_STEPS = 40
_NUDGE = 1e-6
_DONE = 1e-10  # a step that gains less, of the sum of squares, is the last

Residuals: TypeAlias = Callable[[FloatArray, FloatArray], FloatArray]
"""Weighted residuals (K, D) of curves (K, 2), the logarithms of EC50 and coefficient, from means."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HillCurves:
    """K curves; each array is (K,). `rss` is the weighted sum of squared residuals."""

    log_ec50: FloatArray
    hill: FloatArray
    start: FloatArray
    end: FloatArray
    rss: FloatArray

    def at(self, doses: FloatArray) -> FloatArray:
        """(K, D): the curves at doses (D,)."""
        share = _share(doses, self.log_ec50, np.log(self.hill))
        found: FloatArray = self.start[:, None] + (self.end - self.start)[:, None] * share
        return found

    def dose_for(self, readout: FloatArray) -> FloatArray:
        """(K, ...): the doses at which the K curves pass through `readout` (K, ...).

        0 on the near side of `start`, infinite on the far side of `end`: no dose gives these.
        """
        shape = (-1, *[1] * (readout.ndim - 1))
        start, end = self.start.reshape(shape), self.end.reshape(shape)
        span = end - start
        done = np.divide(readout - start, span, out=np.zeros(readout.shape), where=span != 0)
        inside = np.clip(done, 0.0, 1.0)
        with np.errstate(divide="ignore", over="ignore"):
            odds = np.log(inside) - np.log1p(-inside)
            dose: FloatArray = np.exp(
                self.log_ec50.reshape(shape) + odds / self.hill.reshape(shape)
            )
        return dose


def fit_hill(
    doses: FloatArray, means: FloatArray, weights: FloatArray, *, positive: bool
) -> HillCurves:
    """Weighted least squares.

    Args:
        doses: (D,) at least two of them positive; 0 is the readout without the drug.
        means: (K, D) in the readout's unit, one curve a row.
        weights: (D,) positive.
        positive: whether start and end must not be negative, as for amounts.
    """
    root = np.sqrt(weights / weights.mean())

    def residuals(curves: FloatArray, rows: FloatArray) -> FloatArray:
        return _project(curves, doses, rows, root, positive)[2]

    logs = np.log(doses[doses > 0])
    beyond = BEYOND * np.log(10)
    low = np.array([logs.min() - beyond, np.log(SHALLOWEST)])
    high = np.array([logs.max() + beyond, np.log(STEEPEST)])
    best = np.zeros((len(means), 2))
    least = np.full(len(means), np.inf)
    for place in np.linspace(low[0], high[0], _PLACES):
        for slope in np.linspace(low[1], high[1], _SLOPES):
            node = np.array([[place, slope]])  # one curve for all rows
            rss = (residuals(node, means) ** 2).sum(axis=1)
            better = rss < least
            best[better], least[better] = (place, slope), rss[better]
    best = _descend(residuals, best, means, low, high)
    start, end, off = _project(best, doses, means, root, positive)
    return HillCurves(
        log_ec50=best[:, 0],
        hill=np.exp(best[:, 1]),
        start=start,
        end=end,
        rss=(off**2).sum(axis=1) * weights.mean(),
    )


def _share(doses: FloatArray, log_ec50: FloatArray, log_hill: FloatArray) -> FloatArray:
    """(K, D): the part of the way from start to end."""
    from scipy.special import expit

    with np.errstate(divide="ignore"):
        logs = np.log(doses)  # of 0 it is -inf, whose share is 0
    found: FloatArray = expit(np.exp(log_hill)[:, None] * (logs - log_ec50[:, None]))
    return found


def _project(
    curve: FloatArray, doses: FloatArray, means: FloatArray, root: FloatArray, positive: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Best start and end (K,) for given curves (K, 2), and the weighted residuals (K, D)."""
    share = _share(doses, curve[:, 0], curve[:, 1])
    w = root**2 / (root**2).sum()
    middle, mean = share @ w, means @ w
    off = share - middle[:, None]
    spread = (off**2) @ w
    slope = ((off * means) @ w) / np.maximum(spread, 1e-300)
    slope = np.where(spread > 1e-18, slope, 0.0)
    start = mean - slope * middle
    end = start + slope
    if positive:
        rest = 1 - share
        lone_start = ((rest * means) @ w) / np.maximum((rest**2) @ w, 1e-300)
        lone_end = ((share * means) @ w) / np.maximum((share**2) @ w, 1e-300)
        below_start, below_end = start < 0, end < 0
        start, end = np.where(below_end, lone_start, start), np.where(below_end, 0.0, end)
        start, end = np.where(below_start, 0.0, start), np.where(below_start, lone_end, end)
    fitted = start[:, None] + (end - start)[:, None] * share
    return start, end, (means - fitted) * root


def _descend(
    residuals: Residuals, curve: FloatArray, means: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Levenberg-Marquardt steps within bounds, all curves side by side until each is done."""
    rss = (residuals(curve, means) ** 2).sum(axis=1)
    damping = np.full(len(means), 1e-3)
    left = np.arange(len(means))
    curve = curve.copy()
    for _ in range(_STEPS):
        trial = np.clip(_step(residuals, curve[left], means[left], damping[left]), low, high)
        trial_rss = (residuals(trial, means[left]) ** 2).sum(axis=1)
        gain = rss[left] - trial_rss
        better = gain > 0
        small = gain <= _DONE * rss[left]
        curve[left[better]], rss[left[better]] = trial[better], trial_rss[better]
        damping[left] *= np.where(better, 0.1, 10.0)
        left = left[~((better & small) | (damping[left] > 1e6))]
        if not len(left):
            break
    return curve


def _step(
    residuals: Residuals, curve: FloatArray, means: FloatArray, damping: FloatArray
) -> FloatArray:
    """One damped Gauss-Newton step of K curves (K, 2), at most 1 in each logarithm."""
    off = residuals(curve, means)
    jacobian = np.empty((*off.shape, 2))
    for axis, nudge in enumerate(_NUDGE * np.eye(2)):
        ahead, behind = residuals(curve + nudge, means), residuals(curve - nudge, means)
        jacobian[:, :, axis] = (ahead - behind) / (2 * _NUDGE)
    slope = (jacobian * off[:, :, None]).sum(axis=1)
    scale = (jacobian**2).sum(axis=1) * (1 + damping[:, None]) + 1e-300
    mixed = (jacobian[:, :, 0] * jacobian[:, :, 1]).sum(axis=1)
    determinant = np.maximum(scale[:, 0] * scale[:, 1] - mixed**2, 1e-300)
    move = scale[:, ::-1] * slope - mixed[:, None] * slope[:, ::-1]
    found: FloatArray = curve - np.clip(move / determinant[:, None], -1, 1)
    return found
