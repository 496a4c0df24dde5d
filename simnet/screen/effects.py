"""What a condition does to a readout: size and interval first, a p-value beside n.

The interval of the fold change is that of the logarithm of a ratio of means by the delta method,

    se^2 = s0^2 / (n0 m0^2) + s1^2 / (n1 m1^2),

with Student's t at Welch's degrees of freedom for these two terms. On the logarithm the ratio is
nearly symmetric, so one formula serves 5 replicates and 500; it needs no resampling. Of nominal
95 % it covers 93 to 96 % for counts near Poisson from 5 replicates on, and 90 to 95 % for bursts as
skewed as an exponential distribution at 5 to 10 replicates. (Fieller's interval was no better with
few replicates, and worse where the groups differ in size.)

The p-value is of another kind: Mann-Whitney, of the hypothesis that both samples have one
distribution. Its false alarms do not depend on that distribution; those of a t test do, the more so
the smaller the level that a correction over a whole screen asks for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.screen.adjust import adjusted_pvalues
from simnet.screen.bootstrap import welch_freedom
from simnet.screen.distances import hedges_g, ks_distance, mann_whitney
from simnet.stats.estimate import check_confidence

if TYPE_CHECKING:
    import pandas as pd

TEST = "Mann-Whitney"
"""The test behind every p."""

NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One condition against its control, in one readout.

    Attributes:
        n_control, n_treated: replicates with a value.
        control_mean, treated_mean: in the readout's unit.
        log2_fold_change, log2_low, log2_high: of treated over control, with its interval; NaN where
            a mean is not positive.
        difference, difference_low, difference_high: treated - control (Welch's interval), in the
            readout's unit.
        hedges_g, cliffs_delta, ks_distance: effect sizes without unit.
        p: Mann-Whitney, two-sided; NaN where there is nothing to test.
        confidence: of the intervals.
        reason: why a number is NaN; empty where none is.
    """

    n_control: int
    n_treated: int
    control_mean: float
    treated_mean: float
    log2_fold_change: float
    log2_low: float
    log2_high: float
    difference: float
    difference_low: float
    difference_high: float
    hedges_g: float
    cliffs_delta: float
    ks_distance: float
    p: float
    confidence: float
    reason: str


def compare(control: FloatArray, treated: FloatArray, *, confidence: float = 0.95) -> Effect:
    """The effect of a condition.

    Args:
        control: (N0,) one value a replicate, in the readout's unit; NaN is one that failed, and an
            infinite one a time that has not come by the end of the run, of either sign, as the
            readout has it.
        treated: (N1,) the same under the condition.
        confidence: of the intervals, 0.95 for 95 %.

    Returns:
        An `Effect`. With one replicate (or none that differs, as under ODE) it holds the ratio and
        the difference, no interval and no p, and says so in `reason`. Where times have not come,
        their order is known, for all runs end alike: they are later than all that have. So what
        rests on ranks (Mann-Whitney, Cliff's delta, the Kolmogorov-Smirnov distance) holds as it
        is, and what rests on means is NaN.

    Raises:
        InputError: a confidence outside 0 to 1.

    Source: delta method, e.g. Oehlert 1992 (doi:10.1080/00031305.1992.10475842); degrees of freedom,
    Welch 1947 (doi:10.1093/biomet/34.1-2.28).
    """
    check_confidence(confidence)
    x0, x1 = (np.asarray(v, dtype=np.float64).reshape(-1) for v in (control, treated))
    x0, x1 = x0[~np.isnan(x0)], x1[~np.isnan(x1)]
    come = bool(np.isfinite(x0).all() and np.isfinite(x1).all())
    m0, m1 = (float(x.mean()) if len(x) and come else NAN for x in (x0, x1))
    positive = m0 > 0 and m1 > 0
    noisy = come and min(len(x0), len(x1)) > 1 and bool(np.ptp(x0) or np.ptp(x1))
    log2 = float(np.log2(m1 / m0)) if positive else NAN
    log2_half = _half_width(x0, x1, m0, m1, confidence) / np.log(2) if positive and noisy else NAN
    half = _half_width(x0, x1, 1.0, 1.0, confidence) if noisy else NAN
    delta, p = mann_whitney(x0, x1)
    return Effect(
        n_control=len(x0),
        n_treated=len(x1),
        control_mean=m0,
        treated_mean=m1,
        log2_fold_change=log2,
        log2_low=log2 - log2_half,
        log2_high=log2 + log2_half,
        difference=m1 - m0,
        difference_low=m1 - m0 - half,
        difference_high=m1 - m0 + half,
        hedges_g=hedges_g(x0, x1) if come else NAN,
        cliffs_delta=delta,
        ks_distance=ks_distance(x0, x1),
        p=p,
        confidence=confidence,
        reason=_reason(x0, x1),
    )


def effects_frame(
    rows: Iterable[tuple[Mapping[str, object], Effect]], *, adjust: str = "benjamini-hochberg"
) -> "pd.DataFrame":
    """Effects as a tidy frame, one row each, with p corrected over all of its rows.

    Args:
        rows: labels (condition, readout, time, ...) and the effect; the labels become the first
            columns.
        adjust: "benjamini-hochberg" (false discovery rate) or "holm" (any false alarm at all).

    Returns:
        The labels, the attributes of `Effect` in their order, with `test`, `p_adjusted`,
        `adjusted_by` and `comparisons` (how many p-values were corrected for) after `p`.

    Raises:
        InputError: an unknown correction, or a label that is also an attribute of `Effect`.
    """
    import pandas as pd

    listed = list(rows)
    names = [field.name for field in fields(Effect)]
    taken = {name for labels, _ in listed for name in labels} & set(names)
    if taken:
        raise InputError(
            Problem(what=f"label {name!r}", why="also a column of the effects", way_out="rename it")
            for name in sorted(taken)
        )
    corrected = adjusted_pvalues([effect.p for _, effect in listed], adjust)
    after = names.index("p") + 1
    labels = list(dict.fromkeys(name for given, _ in listed for name in given))
    added = ["test", "p_adjusted", "adjusted_by", "comparisons"]
    frame = pd.DataFrame(
        [{**given, **{name: getattr(effect, name) for name in names}} for given, effect in listed],
        columns=[*labels, *names],
    )
    frame["test"] = TEST
    frame["p_adjusted"] = corrected
    frame["adjusted_by"] = adjust
    frame["comparisons"] = int((~np.isnan(corrected)).sum())
    return frame[[*labels, *names[:after], *added, *names[after:]]]


def _half_width(
    x0: FloatArray, x1: FloatArray, scale0: float, scale1: float, confidence: float
) -> float:
    """Half the interval of x1's mean / scale1 - x0's mean / scale0."""
    from scipy.stats import t

    parts = np.array([x.var(ddof=1) / len(x) / s**2 for x, s in ((x0, scale0), (x1, scale1))])
    freedom = welch_freedom(np.sqrt(parts), np.array([len(x0) - 1.0, len(x1) - 1.0]))
    return float(t.ppf(0.5 + confidence / 2, freedom) * np.sqrt(parts.sum()))


def _reason(x0: FloatArray, x1: FloatArray) -> str:
    said = []
    named = {"control": x0, "condition": x1}
    missing = [name for name, x in named.items() if not len(x)]
    if missing:
        return "no replicate of the " + " and of the ".join(missing) + " has a value"
    late = [
        f"{np.isinf(x).sum()} of {len(x)} replicates of the {name}"
        for name, x in named.items()
        if np.isinf(x).any()
    ]
    if late:
        said.append(f"no means: not by the end in {' and '.join(late)}")
    elif not (x0.mean() > 0 and x1.mean() > 0):
        said.append("no fold change: it needs two positive means")
    if min(len(x0), len(x1)) < 2:
        said.append("no interval and no p: one replicate")
    elif x0.max() == x0.min() and x1.max() == x1.min():
        said.append("no interval and no p: the replicates do not differ")
    return "; ".join(said)
