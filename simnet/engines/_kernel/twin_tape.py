"""Twin of `tape.h`, and what both kernels' twins share: rows, laws, readouts."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from simnet.engines._kernel.twin_numbers import Stream
from simnet.engines.compiled_tables import Constants
from simnet.engines.compiled_tape import Code
from simnet.network.expression import OPERATORS


@dataclass(kw_only=True)
class Replicate:
    """One replicate; `events` are (time, reaction), `rows` the readouts at output times."""

    counts: list[float]
    stream: Stream
    events: list[tuple[float, int]] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)


def power(a: float, b: float) -> float:
    """a ^ b; whole powers up to 64 by squaring."""
    if not (0 <= b <= 64 and b == math.floor(b)):
        return OPERATORS["power"](a, b)
    result, square, n = 1.0, a, int(b)
    while n > 0:
        if n & 1:
            result *= square
        square *= square
        n >>= 1
    return result


_EVALUATED: dict[Code, Callable[[float, float, float], float]] = {
    Code.ADD: lambda a, b, c: a + b,
    Code.SUBTRACT: lambda a, b, c: a - b,
    Code.MULTIPLY: lambda a, b, c: a * b,
    Code.DIVIDE: lambda a, b, c: OPERATORS["divide"](a, b),
    Code.NEGATE: lambda a, b, c: -a,
    Code.POWER: lambda a, b, c: power(a, b),
    Code.EVEN_POWER: lambda a, b, c: power(a, b),
    Code.MIN: lambda a, b, c: b if b < a else a,
    Code.MAX: lambda a, b, c: b if b > a else a,
    Code.LT: lambda a, b, c: float(a < b),
    Code.LE: lambda a, b, c: float(a <= b),
    Code.EQ: lambda a, b, c: float(a == b),
    Code.NE: lambda a, b, c: float(a != b),
    Code.AND: lambda a, b, c: float(a != 0 and b != 0),
    Code.OR: lambda a, b, c: float(a != 0 or b != 0),
    Code.XOR: lambda a, b, c: float((a != 0) != (b != 0)),
    Code.NOT: lambda a, b, c: float(a == 0),
    Code.CHOOSE: lambda a, b, c: b if a != 0 else c,
    Code.COPY: lambda a, b, c: a,
}


def evaluated(code: int, a: float, b: float, c: float) -> float:
    """The result of one operation."""
    known = _EVALUATED.get(Code(code))
    return known(a, b, c) if known else OPERATORS[Code(code).name.lower()](a)


class Rows:
    """All rows of one replicate."""

    def __init__(self, constants: Constants, counts: Sequence[float]) -> None:
        tables = constants.tables
        self.tables = tables
        self.rates: list[float] = constants.rate.tolist()
        self.lines: list[tuple[int, int, float]] = list(
            zip(tables.first.tolist(), tables.second.tolist(), tables.less.tolist(), strict=True)
        )
        self.tape = tables.tape.tolist()
        self.laws_end = int(tables.item_from[-1])
        self.at = [0.0] * tables.rows
        self.at[: len(counts)] = counts
        self.at[tables.one] = 1.0
        last = tables.constant_row + len(constants.constant)
        self.at[tables.constant_row : last] = constants.constant.tolist()

    def run_items(self) -> None:
        """The tape of the laws: all of it, where the kernels run what has changed."""
        self._run(0, self.laws_end)

    def law(self, j: int, rows: Sequence[float]) -> float:
        """The line of law j, on these rows."""
        first, second, less = self.lines[j]
        return self.rates[j] * rows[first] * (rows[second] - less)

    def fire(self, j: int) -> list[int]:
        """Change the counts; the species that have changed."""
        tables, changed = self.tables, []
        for s, by in zip(tables.changed[j].tolist(), tables.by[j].tolist(), strict=True):
            if s != tables.sink:
                self.at[s] += by
                changed.append(s)
        return changed

    def readouts(self, time: float) -> list[float]:
        """All readouts at a time."""
        self.at[self.tables.time] = time
        self._run(self.laws_end, len(self.tape))
        return [self.at[row] for row in self.tables.readout]

    def _run(self, first: int, last: int) -> None:
        for code, target, a, b, c in self.tape[first:last]:
            self.at[target] = evaluated(code, self.at[a], self.at[b], self.at[c])
