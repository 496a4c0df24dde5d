"""What readouts are evaluated on, and what comes out."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simnet.arrays import BoolArray, FloatArray, Times
from simnet.errors import InputError, Problem


@dataclass(frozen=True, kw_only=True, eq=False)
class Courses:
    """Time courses of the replicates of one condition.

    Attributes:
        times: (T,) rising, in `time_unit`.
        values: (N, T, R); a replicate of which all values are NaN is left out.
        names: (R,) of the readouts, as expressions call them.
        time_unit: of the network; None where it states none.

    Raises:
        InputError: the shapes do not fit, or the times do not rise.
    """

    times: Times
    values: FloatArray
    names: tuple[str, ...]
    time_unit: str | None = "s"

    def __post_init__(self) -> None:
        for name in ("times", "values"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        object.__setattr__(self, "names", tuple(self.names))
        if problems := list(self._problems()):
            raise InputError(problems)

    @cached_property
    def finished(self) -> BoolArray:
        """(N,): whether the replicate has values."""
        return np.asarray(~np.isnan(self.values).all(axis=(1, 2)))

    def _problems(self) -> Iterable[Problem]:
        wanted = (len(self.times), len(self.names))
        if self.values.ndim != 3 or self.values.shape[1:] != wanted or 0 in self.values.shape:
            why = (
                f"shape {self.values.shape}, not (replicates, {wanted[0]} times, {wanted[1]} names)"
            )
            yield Problem(what="values", why=why)
        if not (np.isfinite(self.times).all() and (np.diff(self.times) > 0).all()):
            yield Problem(what="times", why="not a rising row of finite numbers")
        if len(set(self.names)) < len(self.names):
            yield Problem(what="names", why="a name occurs twice")


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """A readout's value.

    Attributes:
        values: (N,) of each replicate, NaN for those left out; None where it is one for all of
            them: a statistic, or one of two conditions.
        estimate: the statistic, or the mean of `values`.
        variance: the sampling variance of `estimate`: 0 for what is deterministic, NaN where there
            are too few replicates to tell.
        n: finished replicates; of the condition that has fewest.
    """

    values: FloatArray | None
    estimate: float
    variance: float
    n: int


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredCourse:
    """A readout's value at every output time: as `Measured`, with an axis more.

    Attributes:
        times: (T,) in the network's unit.
        values: (N, T), or None.
        estimate: (T,).
        variance: (T,).
        n: as in `Measured`.
    """

    times: Times
    values: FloatArray | None
    estimate: FloatArray
    variance: FloatArray
    n: int
