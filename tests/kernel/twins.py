"""Twin of `tape.h`, and what both kernels' twins share: rows, laws, readouts."""

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from simnet.engines.compiled_laws import Opcode
from simnet.engines.compiled_tables import Constants
from simnet.network.expression import OPERATORS

# Twin of `real.h` and `stream.h`: the kernels' logarithm, uniforms and xoshiro256++.


_WORD = (1 << 64) - 1
_LOW = 0x3FE6A09E00000000  # sqrt(1/2), rounded down
_ONE = 0x3FF0000000000000


def _bits(x: float) -> int:
    found: int = struct.unpack("<Q", struct.pack("<d", x))[0]
    return found


def _double(bits: int) -> float:
    found: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return found


def uniform(bits: int) -> float:
    """((bits >> 12) + 0.5) * 2^-52, in (0, 1)."""
    return ((bits >> 12) + 0.5) * 2.0**-52


def log(x: float) -> float:
    """The natural logarithm of a normal positive number; see `real_log`."""
    shifted = _bits(x) + (_ONE - _LOW)
    k = float((shifted >> 52) - 1023)
    f = _double((shifted & 0x000FFFFFFFFFFFFF) + _LOW) - 1.0
    half = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = z * (
        6.666666666666735130e-01
        + w
        * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860510658591e-01))
    )
    even = w * (
        3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01)
    )
    r = even + odd
    return (
        s * (half + r) + k * 1.90821492927058770002e-10 - half + f + k * 6.93147180369123816490e-01
    )


class Stream:
    """xoshiro256++ (doi:10.1145/3460772) from a state of 32 bytes."""

    def __init__(self, state: bytes) -> None:
        self.state: list[int] = list(struct.unpack("<4Q", state))

    def bits(self) -> int:
        """The next 64 bits."""
        s = self.state
        result = (_rotated((s[0] + s[3]) & _WORD, 23) + s[0]) & _WORD
        shifted = (s[1] << 17) & _WORD
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = _rotated(s[3], 45)
        return result

    def uniform(self) -> float:
        """The next number in (0, 1)."""
        return uniform(self.bits())


def _rotated(x: int, by: int) -> int:
    return (x << by | x >> (64 - by)) & _WORD


@dataclass(kw_only=True)
class TwinReplicate:
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


_EVALUATED: dict[Opcode, Callable[[float, float, float], float]] = {
    Opcode.ADD: lambda a, b, c: a + b,
    Opcode.SUBTRACT: lambda a, b, c: a - b,
    Opcode.MULTIPLY: lambda a, b, c: a * b,
    Opcode.DIVIDE: lambda a, b, c: OPERATORS["divide"](a, b),
    Opcode.NEGATE: lambda a, b, c: -a,
    Opcode.POWER: lambda a, b, c: power(a, b),
    Opcode.EVEN_POWER: lambda a, b, c: power(a, b),
    Opcode.MIN: lambda a, b, c: b if b < a else a,
    Opcode.MAX: lambda a, b, c: b if b > a else a,
    Opcode.LT: lambda a, b, c: float(a < b),
    Opcode.LE: lambda a, b, c: float(a <= b),
    Opcode.EQ: lambda a, b, c: float(a == b),
    Opcode.NE: lambda a, b, c: float(a != b),
    Opcode.AND: lambda a, b, c: float(a != 0 and b != 0),
    Opcode.OR: lambda a, b, c: float(a != 0 or b != 0),
    Opcode.XOR: lambda a, b, c: float((a != 0) != (b != 0)),
    Opcode.NOT: lambda a, b, c: float(a == 0),
    Opcode.CHOOSE: lambda a, b, c: b if a != 0 else c,
    Opcode.COPY: lambda a, b, c: a,
}


def evaluated(code: int, a: float, b: float, c: float) -> float:
    """The result of one operation."""
    known = _EVALUATED.get(Opcode(code))
    return known(a, b, c) if known else OPERATORS[Opcode(code).name.lower()](a)


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


# Twin of `rejection.c`: rejection-based SSA, with a tree that is added up anew each time.


_FANOUT = 16
_HALF_WIDTH = 0.1
_JUST_BELOW_ONE = 1.0 - 2.0**-53


class Tree:
    """Running sums of the children of each node, level by level from the leaves."""

    def __init__(self, leaves: Sequence[float]) -> None:
        self.levels: list[list[list[float]]] = []
        values = list(leaves) or [0.0]
        while True:
            padded = values + [0.0] * (-len(values) % _FANOUT)
            nodes = [
                list(accumulate(padded[i : i + _FANOUT])) for i in range(0, len(padded), _FANOUT)
            ]
            self.levels.append(nodes)
            if len(nodes) == 1:
                return
            values = [node[-1] for node in nodes]

    @property
    def total(self) -> float:
        """The sum of all leaves."""
        return self.levels[-1][0][-1]

    def find(self, aim: float) -> int:
        """The leaf in whose share of the total the aim lies."""
        child = 0
        for level in reversed(self.levels):
            node = level[child]
            aim = aim if aim < node[-1] else node[-1] * _JUST_BELOW_ONE
            count = sum(1 for running in node if running <= aim)
            aim -= node[count - 1] if count else 0.0
            child = child * _FANOUT + count
        return child


class _Bounds:
    """Intervals of counts, and bounds of laws over them."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.species = range(len(rows.tables.species))
        self.low, self.high = list(rows.at), list(rows.at)
        for s in self.species:
            self.enclose(s)
        self.exact = rows.tables.is_exact.tolist()
        self.lower, self.upper = [0.0] * len(rows.lines), [0.0] * len(rows.lines)
        self.renew()

    def enclose(self, s: int) -> None:
        n = self.rows.at[s]
        half = math.floor(_HALF_WIDTH * n + 0.5)
        self.low[s], self.high[s] = n - half, n + half

    def renew(self) -> None:
        """All bounds anew, where the kernel renews those that no longer hold: the same."""
        rows = self.rows
        rows.run_items()
        for j, exact in enumerate(self.exact):
            self.lower[j] = rows.law(j, rows.at if exact else self.low)
            self.upper[j] = rows.law(j, rows.at if exact else self.high)
        self.tree = Tree(self.upper)

    def fired(self, changed: Sequence[int]) -> None:
        for s in changed:
            if not self.low[s] <= self.rows.at[s] <= self.high[s]:
                self.enclose(s)
        self.renew()


def run_rejection(
    constants: Constants,
    replicate: TwinReplicate,
    *,
    start: float,
    end: float,
    outputs: Sequence[float],
) -> None:
    """Take a replicate from the start to the end of a segment, in place."""
    rows = Rows(constants, replicate.counts)
    bounds = _Bounds(rows)
    time, pending = start, list(outputs)
    while True:
        total = bounds.tree.total
        wait = -log(replicate.stream.uniform())
        aim = replicate.stream.uniform()
        pick = replicate.stream.uniform()
        after = time + wait / total if total > 0 else math.inf
        while pending and pending[0] < (after if after < end else math.inf):
            replicate.rows.append(rows.readouts(pending.pop(0)))
        if after >= end:
            replicate.counts = rows.at[: len(replicate.counts)]
            return
        time = after
        j = bounds.tree.find(aim * total)
        height = pick * bounds.upper[j]
        if height <= bounds.lower[j] or height <= rows.law(j, rows.at):
            replicate.events.append((time, j))
            bounds.fired(rows.fire(j))


# Twin of `lockstep.c`: the direct method, one replicate at a time.


def run_lockstep(
    constants: Constants,
    replicate: TwinReplicate,
    *,
    start: float,
    end: float,
    outputs: Sequence[float],
) -> None:
    """Take a replicate from the start to the end of a segment, in place."""
    rows = Rows(constants, replicate.counts)
    time, pending = start, list(outputs)
    while True:
        rows.run_items()
        sums = _running_sums(rows)
        total = sums[-1] if sums else 0.0
        wait = -log(replicate.stream.uniform())
        aim = replicate.stream.uniform() * total
        after = time + wait / total if total > 0 else math.inf
        while pending and pending[0] < (after if after < end else math.inf):
            replicate.rows.append(rows.readouts(pending.pop(0)))
        if after >= end:
            replicate.counts = rows.at[: len(replicate.counts)]
            return
        time = after
        chosen = sum(1 for below in sums if below <= aim)
        replicate.events.append((time, chosen))
        rows.fire(chosen)


def _running_sums(rows: Rows) -> list[float]:
    total, sums = 0.0, []
    for j in range(len(rows.lines)):
        total += rows.law(j, rows.at)
        sums.append(total)
    return sums
