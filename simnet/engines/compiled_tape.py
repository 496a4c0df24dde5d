"""Expressions as a tape: a list of operations on rows, which a kernel runs for all lanes at once.

What depends on settings alone is a constant, evaluated once whenever settings change; only what is
left of an expression becomes operations. Equal subexpressions of an item are computed once.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from functools import reduce
from itertools import pairwise

from simnet.network.expression import (
    Call,
    Expression,
    Number,
    Symbol,
    Time,
    function,
    reads_time,
    symbols,
)
from simnet.network.network import Network

Operation = tuple[int, int, int, int, int]
"""Code, target row, and three rows to read."""

TEMPORARY = 1 << 24
"""Rows from here on are the tape's own; negative ones are constants. `placed` moves both."""


class Code(IntEnum):
    """Operations, in the order of the enumeration in `_kernel/tape.h`."""

    ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATE, POWER, EVEN_POWER = range(7)
    EXP, LN, LOG10, SQRT, ABS, FLOOR, CEIL, MIN, MAX = range(7, 16)
    SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, TANH = range(16, 25)
    LT, LE, EQ, NE, AND, OR, XOR, NOT, CHOOSE, COPY = range(25, 35)


_FOLDED = {
    "plus": Code.ADD,
    "times": Code.MULTIPLY,
    "min": Code.MIN,
    "max": Code.MAX,
    "and": Code.AND,
    "or": Code.OR,
    "xor": Code.XOR,
}
_UNARY = {
    name: Code[name.upper()]
    for name in "exp ln log10 sqrt abs floor ceil sin cos tan asin acos atan sinh cosh tanh not".split()
}
_COMPARED = {
    "lt": (Code.LT, False),
    "le": (Code.LE, False),
    "gt": (Code.LT, True),  # a > b is b < a
    "ge": (Code.LE, True),
    "eq": (Code.EQ, False),
    "ne": (Code.NE, False),
}
UNSUPPORTED = frozenset({"factorial"})
"""Operators that only constants may use."""


class Varying:
    """What of a network changes while it runs: species, and assignments that read them or time."""

    def __init__(self, network: Network) -> None:
        self.species = network.species_index
        self.assignments: dict[str, Expression] = {}
        self.timed: set[str] = set()
        self.constant: list[tuple[str, Expression]] = []
        for a in network.assignments:
            if self.varies(a.expression):
                self.assignments[a.id] = a.expression
            else:
                self.constant.append((a.id, a.expression))
            if self.reads_time(a.expression):
                self.timed.add(a.id)

    def varies(self, expression: Expression) -> bool:
        """Whether the value can change within a segment."""
        match expression:
            case Number():
                return False
            case Symbol(id=name):
                return name in self.species or name in self.assignments
            case Time():
                return True
        return any(self.varies(arg) for arg in expression.args)

    def reads_time(self, expression: Expression) -> bool:
        """Whether it depends on time, itself or through assignments."""
        return reads_time(expression) or not self.timed.isdisjoint(symbols(expression))

    def chain(self, name: str, known: Collection[str]) -> list[str]:
        """Assignments that this one reads, and itself, each after those that it reads; not those
        that are known. One after the other, for a long chain would exhaust Python's stack."""
        found, pending = set(), {name} - set(known)
        while pending:
            found |= pending
            read = set().union(*(symbols(self.assignments[rule]) for rule in pending))
            pending = (read & self.assignments.keys()) - found - set(known)
        return [rule for rule in self.assignments if rule in found] if len(found) > 1 else [*found]

    def reads(self, expression: Expression) -> set[str]:
        """The species it depends on, through assignments."""
        found: set[str] = set()
        seen: set[str] = set()
        pending = list(symbols(expression))
        while pending:
            name = pending.pop()
            if name in self.species:
                found.add(name)
            elif name in self.assignments and name not in seen:
                seen.add(name)
                pending += symbols(self.assignments[name])
        return found


class Tape:
    """Operations under construction."""

    def __init__(self, varying: Varying, *, one: int, time: int) -> None:
        self.varying, self.one, self.time = varying, one, time
        self.operations: list[Operation] = []
        self.constants: list[Callable[[Mapping[str, float]], float]] = []
        self.named: dict[str, int] = {}  # assignments with a row that is kept up to date
        self._numbers: dict[float | str, int] = {}
        self._settings: dict[Expression, int] = {}
        self._known: dict[tuple[int, ...], int] = {}
        self._rules: dict[str, int] = {}
        self._temporaries = 0

    @contextmanager
    def item(self) -> Iterator[None]:
        """Operations that run together: rows that others write are not taken for granted."""
        kept, self._known, self._rules = (self._known, self._rules), {}, {}
        yield
        self._known, self._rules = kept

    def row(self, expression: Expression) -> int:
        """The row that holds the value of an expression once the tape has run."""
        if not self.varying.varies(expression):
            return self._constant(expression)
        match expression:
            case Symbol(id=name):
                if name in self.varying.species:
                    return self.varying.species[name]
                if name in self.named:
                    return self.named[name]
                if name not in self._rules:
                    known = self._rules.keys() | self.named.keys()
                    for rule in self.varying.chain(name, known):
                        self._rules[rule] = self.row(self.varying.assignments[rule])
                return self._rules[name]
            case Time():
                return self.time
            case Call(op=op, args=args):
                return self._call(op, args)
        raise TypeError(f"{expression!r} is no expression")

    def number(self, value: float) -> int:
        """The row of a number."""
        key = "nan" if math.isnan(value) else value
        if key not in self._numbers:
            self.constants.append(lambda values: value)
            self._numbers[key] = -len(self.constants)
        return self._numbers[key]

    def operate(self, code: Code, *operands: int) -> int:
        """The row of an operation's result; an operation that was there before is not repeated."""
        key = (code, *operands)
        if key not in self._known:
            target = TEMPORARY + self._temporaries
            self._temporaries += 1
            a, b, c = (*operands, *[self.one] * (3 - len(operands)))
            self.operations.append((int(code), target, a, b, c))
            self._known[key] = target
        return self._known[key]

    def when(self, needs: Collection[tuple[str, int]], row: int) -> int:
        """The row where there are enough of all species, else zero."""
        for species, count in needs:
            have = self.varying.species[species]
            enough = have if count == 1 else self.operate(Code.LE, self.number(count), have)
            row = self.operate(Code.CHOOSE, enough, row, self.number(0.0))
        return row

    def placed(self, base: int) -> Callable[[int], int]:
        """Where rows come to lie: constants from `base`, then the tape's own."""
        after = base + len(self.constants)

        def place(row: int) -> int:
            if row < 0:
                return base - row - 1
            return after + row - TEMPORARY if row >= TEMPORARY else row

        return place

    @property
    def temporaries(self) -> int:
        """How many rows of its own the tape has."""
        return self._temporaries

    def _constant(self, expression: Expression) -> int:
        if isinstance(expression, Number):
            return self.number(expression.value)
        if expression not in self._settings:
            evaluate = function(expression)
            self.constants.append(lambda values: evaluate(values, 0.0))
            self._settings[expression] = -len(self.constants)
        return self._settings[expression]

    def _call(self, op: str, args: tuple[Expression, ...]) -> int:
        if op == "piecewise":
            return self._piecewise([self.row(arg) for arg in args])
        rows = [self.row(arg) for arg in args]
        if op in _COMPARED:
            code, swapped = _COMPARED[op]
            truths = [
                self.operate(code, *((b, a) if swapped else (a, b))) for a, b in pairwise(rows)
            ]
            return self._folded(Code.AND, truths) if truths else self.number(1.0)
        if op in ("and", "or", "xor") and len(rows) == 1:
            return self.operate(Code.NE, rows[0], self.number(0.0))
        if op in _FOLDED:
            return self._folded(_FOLDED[op], rows)
        if op in _UNARY:
            return self.operate(_UNARY[op], *rows)
        match op, rows:
            case "minus", [a]:
                return self.operate(Code.NEGATE, a)
            case "minus", [a, b]:
                return self.operate(Code.SUBTRACT, a, b)
            case "divide", [a, b]:
                return self.operate(Code.DIVIDE, a, b)
            case "power", [a, b]:
                even = not self.varying.varies(args[1])  # the same in all lanes
                return self.operate(Code.EVEN_POWER if even else Code.POWER, a, b)
        raise NotImplementedError(op)  # `unsupported` has looked before

    def _folded(self, code: Code, rows: list[int]) -> int:
        return reduce(lambda a, b: self.operate(code, a, b), rows)

    def _piecewise(self, rows: list[int]) -> int:
        result = rows[-1] if len(rows) % 2 else self.number(math.nan)
        pairs = list(zip(rows[0::2], rows[1::2], strict=False))
        for value, condition in reversed(pairs):
            result = self.operate(Code.CHOOSE, condition, value, result)
        return result


def unsupported(varying: Varying, expression: Expression) -> str | None:
    """The first operator that the tape lacks, in what varies of an expression."""
    pending, seen = [expression], set()
    while pending:
        part = pending.pop()
        if isinstance(part, Symbol) and part.id not in seen:
            seen.add(part.id)
            pending += [varying.assignments[part.id]] if part.id in varying.assignments else []
        elif isinstance(part, Call) and varying.varies(part):
            if part.op in UNSUPPORTED:
                return part.op
            pending += reversed(part.args)
    return None
