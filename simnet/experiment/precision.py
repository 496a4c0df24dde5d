"""`Precision`: how well an ensemble has to be known, and how many replicates that takes.

The number of replicates grows 128, 256, 512, ... and is judged at those sizes only, over the
replicates in the order of their indices: so it never depends on which worker is quick.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from simnet.errors import InputError, Problem

FIRST_CUT = 128
"""Replicates at which precision is first judged."""


@dataclass(frozen=True, kw_only=True)
class Precision:
    """Simulate until the interval of every judged readout is short enough.

    Judged is the mean of each readout at the last output time (or `fraction`, for readouts that are
    0 or 1). Each has an interval of its own, so with many readouts one or the other will miss.

    Attributes:
        relative: half-width of the interval over the absolute value of the mean: 0.05 for 5 %.
        absolute: half-width in the readout's unit; one of the two has to be given.
        confidence: of the interval.
        readouts: names of the readouts to judge; all of the run's where left out. One that never
            varies, such as a clamped input, is never precise and takes the run to `maximum`.
        statistic: "mean", or "fraction" for readouts that are 0 or 1.
        maximum: of replicates, where the precision is not reached before.
    """

    relative: float | None = None
    absolute: float | None = None
    confidence: float = 0.95
    readouts: tuple[str, ...] | None = None
    statistic: Literal["mean", "fraction"] = "mean"
    maximum: int = 65_536

    def __post_init__(self) -> None:
        if isinstance(self.readouts, str):
            object.__setattr__(self, "readouts", (self.readouts,))  # type: ignore[unreachable]
        elif isinstance(self.readouts, Iterable):
            object.__setattr__(self, "readouts", tuple(self.readouts))
        problems = list(_problems(self))
        if problems:
            raise InputError(problems)
        object.__setattr__(self, "maximum", int(self.maximum))  # 1e5 is a whole number as well

    def sizes(self) -> tuple[int, ...]:
        """Numbers of replicates at which the run is judged; the last is `maximum`."""
        doublings = math.ceil(math.log2(self.maximum / FIRST_CUT))
        return (*(FIRST_CUT << k for k in range(doublings)), self.maximum)

    def record(self) -> dict[str, Any]:
        """The precision as plain data."""
        return {
            "relative": self.relative,
            "absolute": self.absolute,
            "confidence": self.confidence,
            "readouts": self.readouts and list(self.readouts),
            "statistic": self.statistic,
            "maximum": self.maximum,
        }


def _problems(precision: Precision) -> list[Problem]:
    problems = []
    given = [x for x in (precision.relative, precision.absolute) if x is not None]
    way_out = "write relative=0.05 for 5 % of the mean, or absolute= in the readout's unit"
    if len(given) != 1:
        why = "needs one of relative and absolute"
        problems.append(Problem(what="Precision", why=why, way_out=way_out))
    for name in ("relative", "absolute"):
        value = getattr(precision, name)
        if value is not None and not (_is_number(value) and 0 < value < math.inf):
            what = f"Precision({name}={value!r})"
            problems.append(Problem(what=what, why="not a number above 0", way_out=way_out))
    if not (_is_number(precision.confidence) and 0 < precision.confidence < 1):
        what = f"Precision(confidence={precision.confidence!r})"
        problems.append(Problem(what=what, why="not between 0 and 1", way_out="write 0.95"))
    if precision.statistic not in ("mean", "fraction"):
        what = f"Precision(statistic={precision.statistic!r})"
        problems.append(Problem(what=what, why='neither "mean" nor "fraction"'))
    named: object = precision.readouts
    names = isinstance(named, tuple) and all(isinstance(name, str) for name in named)
    if named is not None and not names:
        what, way_out = f"Precision(readouts={named!r})", 'write readouts=["GLUT1"]'
        problems.append(Problem(what=what, why="not a list of names", way_out=way_out))
    if named == ():
        why, way_out = "none given", "leave it out for all"
        problems.append(Problem(what="Precision(readouts=())", why=why, way_out=way_out))
    most = precision.maximum
    if not _is_number(most) or not FIRST_CUT <= most < math.inf or most != int(most):
        what = f"Precision(maximum={most!r})"
        why = f"not a whole number of at least {FIRST_CUT}, where precision is first judged"
        problems.append(Problem(what=what, why=why))
    return problems


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
