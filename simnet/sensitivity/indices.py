"""`Indices`, the result of an analysis, and how an estimator of weighted base blocks gives them: estimate,
interval, dummy, convergence.

Why the blocks alone are drawn, and no noise is added to them: the output of a row holds its own
noise, rows are independent, and v is an estimate that belongs to the row. A drawn block so brings
its noise and the error of its v along; drawing noise once more would count it twice (Davison &
Hinkley 1997, section 3.8, doi:10.1017/CBO9780511802843: of the two-stage bootstraps the one that
draws the upper level only reproduces the variance).

Blocks of a Sobol sequence or a Latin hypercube are more even than independent ones. Drawing them as
if independent gives intervals that are rather too wide than too narrow.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from simnet.arrays import FloatArray, IntArray
from simnet.errors import InputError, Problems
from simnet.experiment.times import is_between
from simnet.seeds import study_generator
from simnet.sensitivity.analysis import Design, Outputs, block_weights, check_outputs

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class IndexPrecision:
    """How sure an analysis has to be.

    Attributes:
        confidence: of each interval on its own. A factor without effect is called influential with
            probability (1 - confidence) / 2 at most, about: of 100 such factors 2 or 3 at 0.95.
        resamples: of the bootstrap.
        tolerance: half-width of an interval that counts as converged: absolute for indices that are
            fractions, relative to the largest one of their kind for those with a unit.
        most_lost: share of base blocks that may be lost to failures.
    """

    confidence: float = 0.95
    resamples: int = 400
    tolerance: float = 0.05
    most_lost: float = 0.05

    def __post_init__(self) -> None:
        problems = Problems()
        for name in ("confidence", "tolerance", "most_lost"):
            if not is_between(getattr(self, name), 0, 1):
                problems.add(f"{name}={getattr(self, name)!r}", "not between 0 and 1")
        if not is_between(self.resamples, 99, math.inf) or self.resamples != int(self.resamples):
            what = f"resamples={self.resamples!r}"
            problems.add(what, "not enough", "an interval needs 100 or more")
        if problems:
            raise InputError(problems)
        for name in ("confidence", "tolerance", "most_lost"):  # plain ones, which can be saved
            object.__setattr__(self, name, float(getattr(self, name)))
        object.__setattr__(self, "resamples", int(self.resamples))


@dataclass(frozen=True, kw_only=True)
class IndexRow:
    """One index of one factor for one readout.

    Attributes:
        readout: name of the readout.
        analysis: name of the analysis.
        index: name of the index.
        factor: the factor or group ("a × b" for a pair).
        estimate: the index; NaN where it is not determined. May be negative under noise.
        low: lower end of its interval; that of µ* and PAWN's indices is 0 or more.
        high: upper end; PRCC lies between -1 and 1 with its interval, PAWN's indices below 1.
        dummy: the dummy's index.
        above_low: lower end of the interval of index - dummy's (of magnitudes where it has a sign).
        above_high: upper end.
        influential: whether `above_low` is above zero; None where that is not known.
        converged: whether the rule of `IndexPrecision.tolerance` holds.
        n: base blocks that it rests on.
        tolerated: half-width that counts as converged, in the index's unit.
    """

    readout: str
    analysis: str
    index: str
    factor: str
    estimate: float
    low: float
    high: float
    dummy: float
    above_low: float
    above_high: float
    influential: bool | None
    converged: bool
    n: int
    tolerated: float


@dataclass(frozen=True, kw_only=True)
class ConvergenceStep:
    """An index at a smaller sample: the first `n` base blocks that did not fail."""

    readout: str
    index: str
    factor: str
    n: int
    estimate: float
    low: float
    high: float


def half_width(found: IndexRow | ConvergenceStep) -> float:
    """Of an interval, as it was before an end of the index's range cut one side; NaN where the index
    is not determined."""
    return max(found.high - found.estimate, found.estimate - found.low)


@dataclass(frozen=True, kw_only=True)
class Indices:
    """The indices of one readout.

    Attributes:
        rows: the indices, the dummy's among them.
        steps: the same indices against sample size, smallest first.
        statements: what cannot be concluded and what to mind, in sentences.
        lost: base blocks that failed.
        blocks: base blocks of the design.
        stuck: whether more samples would not help: too many failures, a readout that is constant,
            a local analysis without noise.
    """

    rows: tuple[IndexRow, ...]
    steps: tuple[ConvergenceStep, ...] = ()
    statements: tuple[str, ...] = ()
    lost: int = 0
    blocks: int = 0
    stuck: bool = False

    def frame(self) -> "pd.DataFrame":
        """Tidy: a row for each index and factor, columns as the attributes of `IndexRow`."""
        return frame_of(IndexRow, self.rows).astype({"influential": "boolean"})


def frame_of(kind: type, items: Iterable[Any]) -> "pd.DataFrame":
    """A row for each item, a column for each field of `kind`, also where there are no items."""
    import pandas as pd

    return pd.DataFrame([asdict(item) for item in items], columns=[f.name for f in fields(kind)])


# Failed rows: which base blocks they take with them, and what then cannot be concluded.


_ALARM = 0.01  # chance that failures which have nothing to do with the factors name one
_NAMED = 3


def kept_blocks(design: Design, outputs: Outputs) -> IntArray:
    """Base blocks in which every row has an estimate, rising."""
    return np.flatnonzero(np.isfinite(design.by_block(outputs.estimate)).all(axis=1))


def loss_statements(
    design: Design, outputs: Outputs, kept: IntArray, most_lost: float
) -> list[str]:
    """Statements on the blocks that were lost; none where none were."""
    lost = design.samples - len(kept)
    if not lost:
        return []
    failed = int((~outputs.ok).sum())
    share = lost / design.samples
    text = (
        f"{outputs.readout}: {failed} of {design.rows} rows failed, which drops {lost} of "
        f"{design.samples} base blocks ({100 * share:.1f} %)"
    )
    if share <= most_lost:
        return [text + "."]
    return [
        f"{text}, more than {100 * most_lost:g} %. The indices describe only the part of the "
        "ranges where runs succeed: no factor can be called without influence, no index has "
        f"converged, and indices over the whole ranges are not known.{_where(design, outputs)}"
    ]


def _where(design: Design, outputs: Outputs) -> str:
    """Where failures lie: factors whose positions differ between failed rows and the others.

    Mann-Whitney tests with Bonferroni's factor; rows of a block are not independent, so the
    p-value is only a guide. Shown are the clearest few.
    """
    from scipy.stats import mannwhitneyu

    ok = outputs.ok
    if ok.all() or not ok.any():
        return " All rows failed." if not ok.any() else ""
    found = []
    for i, factor in enumerate(design.space.factors[:-1]):
        bad, good = design.positions[~ok, i], design.positions[ok, i]
        p = float(mannwhitneyu(bad, good, method="asymptotic").pvalue)
        if p * (len(design.space.factors) - 1) < _ALARM:
            side = "high" if np.median(bad) > np.median(good) else "low"
            found.append((p, f"{side} {factor.name}"))
    if not found:
        return ""
    return " Failures lie at " + ", ".join(text for _, text in sorted(found)[:_NAMED]) + "."


FEWEST_BLOCKS = 4
"""With fewer blocks left there is no interval, and no index."""

_PREFIXES = 5  # sample sizes in the convergence table, each half of the next


@dataclass(frozen=True, kw_only=True, eq=False)
class Statistic:
    """An index under each row of weights.

    Attributes:
        values: (R, K).
        labels: (K,) factors, groups or pairs; None for the space's labels.
        dummy: (K,) the column that is compared with each; None for the last.
    """

    values: FloatArray
    labels: tuple[str, ...] | None = None
    dummy: IntArray | None = None


Estimator: TypeAlias = Callable[
    [Design, FloatArray, FloatArray, FloatArray], Mapping[str, Statistic]
]
"""(design, y (rows,), v (rows,), weights (R, blocks)) -> index name -> Statistic."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Interval:
    estimate: FloatArray  # all (K,)
    low: FloatArray
    high: FloatArray
    dummy: FloatArray
    above_low: FloatArray
    above_high: FloatArray


def analyse_blocks(
    design: Design,
    outputs: Outputs,
    precision: IndexPrecision,
    estimator: Estimator,
    *,
    signed: Collection[str] = (),
    relative: Collection[str] = (),
    within: Mapping[str, tuple[float, float]] | None = None,
    needs_variance: bool = True,
    floors: Mapping[str, float] | None = None,
    undetermined: str = "",
) -> Indices:
    """Indices with their intervals.

    An interval is estimate ± t sd: sd over the drawn weights times sqrt(n / (n - 1)), t of Student
    with n - 1 degrees of freedom for n blocks. The interval of index - dummy's comes from the same
    draws, so what both share (a block's noise, the variance that both are divided by) cancels.

    An index that never leaves a range, neither the true one nor its estimate, has an interval that
    ends with the range (`within`): this takes nothing from its coverage. Percentiles of the draws
    would stay within by themselves, but cover too little where blocks are few: of means of 8
    half-normal numbers 88 % of intervals of 95 %, and these 94 %.

    An index is converged when, over all blocks, the half-width of its interval is at most the
    tolerance and the first half of the blocks gave an estimate within the tolerance of this one, and
    not more than `precision.most_lost` of the blocks were lost (the rule of Sarrazin, Pianosi &
    Wagener 2016, doi:10.1016/j.envsoft.2016.02.005, with the second condition added).

    Args:
        design: the rows.
        outputs: one readout at each of them.
        precision: what the indices need.
        estimator: see `Estimator`.
        signed: indices that have a sign: their magnitude is compared with the dummy's.
        relative: indices with a unit: tolerance is relative to the largest of their kind.
        within: (low, high) of indices that never leave a range, under noise neither.
        needs_variance: whether the variance of each row must be known.
        floors: the size of an index that errors of the integrator alone can give; smaller ones are
            not influential.
        undetermined: why an index has no value (a denominator that is not positive), for statements.

    Raises:
        InputError: outputs of another design, or variances unknown.
    """
    check_outputs(design, outputs, needs_variance=needs_variance)
    kept = kept_blocks(design, outputs)
    lost = design.samples - len(kept)
    too_many = lost > precision.most_lost * design.samples
    statements = loss_statements(design, outputs, kept, precision.most_lost)
    if len(kept) < FEWEST_BLOCKS:
        what = f"{outputs.readout}: {len(kept)} base blocks without failures"
        statements.append(f"{what} are too few; no index could be estimated.")
        return Indices(
            rows=(), statements=tuple(statements), lost=lost, blocks=design.samples, stuck=too_many
        )
    y = design.by_block(outputs.estimate)[kept]
    v = np.nan_to_num(design.by_block(outputs.variance)[kept])
    sizes = _sizes(len(kept))
    found = {}
    for n in sizes:
        rng = study_generator(design.seed, "bootstrap", design.analysis, outputs.readout, str(n))
        weights = block_weights(rng, n, precision.resamples)
        part = design.only(kept[:n])
        for name, statistic in estimator(part, y[:n].ravel(), v[:n].ravel(), weights).items():
            labels = statistic.labels or design.space.labels
            bounds = _interval(statistic, n, name in signed, precision.confidence)
            found[n, name] = labels, bounds
    rows: list[IndexRow] = []
    steps: list[ConvergenceStep] = []
    for (n, name), (labels, bounds) in found.items():
        low, high = _within(bounds, *(within or {}).get(name, (-np.inf, np.inf)))
        of_index = [
            ConvergenceStep(
                readout=outputs.readout,
                index=name,
                factor=label,
                n=n,
                estimate=float(bounds.estimate[k]),
                low=float(low[k]),
                high=float(high[k]),
            )
            for k, label in enumerate(labels)
        ]
        steps += of_index
        if n < len(kept):
            continue
        known_sizes = np.abs(bounds.estimate[np.isfinite(bounds.estimate)])
        largest = float(known_sizes.max(initial=0.0)) if name in relative else 1.0
        tolerated = precision.tolerance * largest
        settled = (bounds.high - bounds.low) / 2 <= tolerated
        if len(sizes) > 1:
            moved = np.abs(bounds.estimate - found[sizes[-2], name][1].estimate)
            settled &= moved <= tolerated
        above = bounds.above_low > (floors or {}).get(name, 0.0)
        known = np.isfinite(bounds.above_high)
        if too_many:  # an effect that was found is one; that there is none cannot be said
            known &= above
        rows += [
            IndexRow(
                **vars(step),
                analysis=design.analysis,
                dummy=float(bounds.dummy[k]),
                above_low=float(bounds.above_low[k]),
                above_high=float(bounds.above_high[k]),
                influential=bool(above[k]) if known[k] else None,
                converged=bool(settled[k]) and len(sizes) > 1 and not too_many,
                tolerated=tolerated,
            )
            for k, step in enumerate(of_index)
        ]
        if undetermined and not np.isfinite(bounds.high).all():
            statements.append(f"{outputs.readout}: {name} is not determined: {undetermined}.")
    return Indices(
        rows=tuple(rows),
        steps=tuple(steps),
        statements=tuple(statements),
        lost=lost,
        blocks=design.samples,
        stuck=too_many or bool(np.ptp(y) <= 2 * outputs.error),
    )


def _sizes(n: int) -> list[int]:
    """Sample sizes of the convergence table: n, and as often as it goes half of the next."""
    sizes = [n]
    while len(sizes) < _PREFIXES and sizes[0] // 2 >= FEWEST_BLOCKS:
        sizes.insert(0, sizes[0] // 2)
    return sizes


def _interval(statistic: Statistic, n: int, signed: bool, confidence: float) -> _Interval:
    from scipy.stats import t

    values = statistic.values
    last = np.full(values.shape[1], values.shape[1] - 1)
    dummy = values[:, last if statistic.dummy is None else statistic.dummy]
    excess = np.abs(values) - np.abs(dummy) if signed else values - dummy
    reach = float(t.ppf(0.5 + confidence / 2, n - 1)) * np.sqrt(n / (n - 1))
    allowed = (1 - confidence) / 2
    low, high = _ends(values, reach, allowed)
    above_low, above_high = _ends(excess, reach, allowed)
    return _Interval(
        estimate=values[0],
        low=low,
        high=high,
        dummy=dummy[0],
        above_low=above_low,
        above_high=above_high,
    )


def _ends(values: FloatArray, reach: float, allowed: float) -> tuple[FloatArray, FloatArray]:
    """Ends of the interval around values[0]; unbounded where too many draws have no value."""
    drawn = values[1:]
    finite = np.isfinite(drawn)
    n = np.maximum(finite.sum(axis=0), 2)
    filled = np.where(finite, drawn, 0.0)
    mean = filled.sum(axis=0) / n
    spread = np.sqrt((np.where(finite, drawn - mean, 0.0) ** 2).sum(axis=0) / (n - 1))
    sound = np.isfinite(values[0]) & ((~finite).mean(axis=0) <= allowed)
    half = np.where(sound, reach * spread, np.inf)
    centre = np.where(sound, values[0], 0.0)
    return centre - half, centre + half


def _within(bounds: _Interval, least: float, most: float) -> tuple[FloatArray, FloatArray]:
    """Intervals that end where the index does; one that is not determined stays unbounded."""
    known = np.isfinite(bounds.low) & np.isfinite(bounds.high)
    low = np.where(known, np.maximum(bounds.low, least), bounds.low)
    return low, np.where(known, np.minimum(bounds.high, most), bounds.high)
