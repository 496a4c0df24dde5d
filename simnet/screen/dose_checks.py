"""What must hold of doses and replicates before a dose-response curve means anything.

Each check returns the reason why not, in words, or "".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simnet.arrays import FloatArray

ALPHA = 0.01
"""A flat readout is taken for a response with this probability, at most; the same for a monotone one
that is said to turn back."""

FLAT = 1e-3
"""Without noise: a span below this share of the largest mean is the solver's, or nothing."""

TURN = 0.1
"""A reversal below this share of the span is not one."""

ENOUGH_FOR_WEIGHTS = 30
"""Replicates from which a dose's own variance is trusted as a weight."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DoseMeans:
    """Doses rising, each with its replicates; arrays are (D,).

    `variances` of the means come from each dose, or from all of them together where replicates are
    few; `weights` are their inverse. `exact`: no dose has any spread, as under ODE.
    """

    doses: FloatArray
    groups: tuple[FloatArray, ...]
    n: FloatArray
    means: FloatArray
    sems: FloatArray
    weights: FloatArray
    exact: bool

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the noise."""
        return float((self.n - 1).sum())


def dose_means(doses: FloatArray, values: Sequence[FloatArray]) -> DoseMeans:
    """Sort, drop NaN and doses without a value, and weigh."""
    kept, groups = [], []
    for index in np.argsort(doses):
        group = values[index][~np.isnan(values[index])]
        if len(group):
            kept.append(doses[index])
            groups.append(group)
    n = np.array([len(group) for group in groups], dtype=np.float64)
    means = np.array([group.mean() for group in groups])
    squares = np.array([group.var() * len(group) for group in groups])
    own = np.divide(squares, n - 1, out=np.full(len(n), np.nan), where=n > 1)
    exact = not any(np.ptp(group) > 0 for group in groups)
    weights = n / n.mean() if len(n) else n
    if not exact:
        pooled = squares.sum() / (n - 1).sum()
        variances = np.full(len(n), pooled)
        if n.min() >= ENOUGH_FOR_WEIGHTS:
            variances = np.maximum(
                own, FLAT * pooled
            )  # no dose is free of noise, or is all that counts
        weights = n / variances
    return DoseMeans(
        doses=np.array(kept),
        groups=tuple(groups),
        n=n,
        means=means,
        sems=np.sqrt(own / n) if len(n) else n,
        weights=weights,
        exact=exact,
    )


def flat(data: DoseMeans) -> str:
    """Whether the readout does not depend on the dose.

    Two tests, each at half of `ALPHA`: Kruskal-Wallis for any difference between doses, Spearman
    for a trend, which finds a gentle slope with fewer replicates.
    """
    span, largest = float(np.ptp(data.means)), float(np.abs(data.means).max())
    if span <= FLAT * largest:
        return f"the means span {span:.3g}, less than {FLAT:.1%} of the readout"
    if data.exact:
        return ""
    from scipy.stats import kruskal, spearmanr

    where = np.repeat(data.doses, data.n.astype(int))
    between = float(kruskal(*data.groups).pvalue)
    trend = float(spearmanr(where, np.concatenate(data.groups)).pvalue)
    if min(between, trend) < ALPHA / 2:
        return ""
    return (
        "no effect beyond the noise: "
        f"p = {between:.2g} between doses (Kruskal-Wallis), {trend:.2g} for a trend (Spearman), "
        f"{int(data.n.sum())} values"
    )


def turns_back(data: DoseMeans) -> str:
    """Whether the readout rises and falls with the dose, by more than noise and `TURN`."""
    means = data.means
    heading = np.sign(np.cov(np.arange(len(means)), means)[0, 1]) or 1.0
    path = heading * means
    drop = path[:, None] - path[None, :]
    drop[np.tril_indices(len(path))] = 0.0  # only from a dose to a higher one
    if drop.max() <= TURN * np.ptp(means):
        return ""
    first, last = np.unravel_index(int(drop.argmax()), drop.shape)
    if not data.exact:
        from scipy.stats import t

        noise = np.sqrt(1 / data.weights[:, None] + 1 / data.weights[None, :])
        pairs = len(path) * (len(path) - 1) / 2
        beyond = float(t.isf(ALPHA / pairs, data.freedom))
        sure = np.where(drop > TURN * np.ptp(means), drop / noise, 0.0)
        if sure.max() <= beyond:
            return ""
        first, last = np.unravel_index(int(sure.argmax()), sure.shape)
    way = "rises" if heading > 0 else "falls"
    share = drop[first, last] / np.ptp(means)
    return (
        f"the readout {way} with the dose on the whole, but between {data.doses[first]:g} and "
        f"{data.doses[last]:g} it goes back by {share:.0%} of its span"
    )


def lack_of_fit(data: DoseMeans, rss: float, parameters: int = 4) -> tuple[float, float, str]:
    """R^2 of the weighted means, p of the F test for lack of fit, and the reason against the curve.

    Without replicates the reason rests on R^2 alone. NaN where no mean is to spare.
    """
    spare = len(data.means) - parameters
    if spare < 1:
        return float("nan"), float("nan"), ""
    shares = data.weights / data.weights.sum()
    total = float(data.weights @ (data.means - shares @ data.means) ** 2)
    r_squared = 1 - rss / total
    text = f"a Hill curve leaves {rss / total:.0%} of the variance of the means unexplained"
    if data.exact:
        return r_squared, float("nan"), text
    from scipy.stats import f

    p = float(f.sf(rss / spare, spare, data.freedom))
    return r_squared, p, f"{text} (lack of fit, p = {p:.2g})" if p < ALPHA else ""
