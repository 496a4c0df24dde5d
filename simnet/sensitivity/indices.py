"""`Indices`: what an analysis found, a row for each index and factor."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from simnet.errors import InputError, Problem
from simnet.experiment.times import is_between

if TYPE_CHECKING:
    import pandas as pd


_WORDS = {
    "mu_star": "µ*",
    "mu": "µ",
    "sigma2": "σ²",
    "prcc": "PRCC",
    "pawn": "PAWN",
    "first": "first order",
    "scaled": "d ln y / d ln p",
    "absolute": "dy / d ln p",
}


def words(index: str) -> str:
    """The name of an index for people."""
    return _WORDS.get(index, index.replace("_", " "))


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
        problems = []
        for name in ("confidence", "tolerance", "most_lost"):
            if not is_between(getattr(self, name), 0, 1):
                what = f"{name}={getattr(self, name)!r}"
                problems.append(Problem(what=what, why="not between 0 and 1"))
        if not is_between(self.resamples, 99, math.inf) or self.resamples != int(self.resamples):
            way_out = "an interval needs 100 or more"
            problems.append(
                Problem(what=f"resamples={self.resamples!r}", why="not enough", way_out=way_out)
            )
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
        influential: whether `above_low` is above zero; None where that cannot be said.
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
    """What an analysis of one readout found.

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
