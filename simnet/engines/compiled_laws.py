"""Rate laws as lines of one table: rate * row[first] * (row[second] - less).

Mass action up to two molecules is such a line, with a constant rate. Of any other law the factors
that are species are kept as they are, and the rest of it is a row that the tape computes.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
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
    times,
)
from simnet.network.network import Network, Reaction

# Expressions as a tape: a list of operations on rows, which a kernel runs for all lanes at once.
#
# What depends on settings alone is a constant, evaluated once whenever settings change; only what is
# left of an expression becomes operations. Equal subexpressions of an item are computed once.


Operation = tuple[int, int, int, int, int]
"""Code, target row, and three rows to read."""

TEMPORARY = 1 << 24
"""Rows from here on are the tape's own; negative ones are constants. `placed` moves both."""


class Opcode(IntEnum):
    """Operations, in the order of the enumeration in `_kernel/tape.h`."""

    ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATE, POWER, EVEN_POWER = range(7)
    EXP, LN, LOG10, SQRT, ABS, FLOOR, CEIL, MIN, MAX = range(7, 16)
    SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, TANH = range(16, 25)
    LT, LE, EQ, NE, AND, OR, XOR, NOT, CHOOSE, COPY = range(25, 35)


_FOLDED = {
    "plus": Opcode.ADD,
    "times": Opcode.MULTIPLY,
    "min": Opcode.MIN,
    "max": Opcode.MAX,
    "and": Opcode.AND,
    "or": Opcode.OR,
    "xor": Opcode.XOR,
}
_UNARY = {
    name: Opcode[name.upper()]
    for name in "exp ln log10 sqrt abs floor ceil sin cos tan asin acos atan sinh cosh tanh not".split()
}
_COMPARED = {
    "lt": (Opcode.LT, False),
    "le": (Opcode.LE, False),
    "gt": (Opcode.LT, True),  # a > b is b < a
    "ge": (Opcode.LE, True),
    "eq": (Opcode.EQ, False),
    "ne": (Opcode.NE, False),
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
        raise TypeError(f"{expression!r} is not an expression")

    def number(self, value: float) -> int:
        """The row of a number."""
        key = "nan" if math.isnan(value) else value
        if key not in self._numbers:
            self.constants.append(lambda values: value)
            self._numbers[key] = -len(self.constants)
        return self._numbers[key]

    def operate(self, code: Opcode, *operands: int) -> int:
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
            enough = have if count == 1 else self.operate(Opcode.LE, self.number(count), have)
            row = self.operate(Opcode.CHOOSE, enough, row, self.number(0.0))
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
            return self._folded(Opcode.AND, truths) if truths else self.number(1.0)
        if op in ("and", "or", "xor") and len(rows) == 1:
            return self.operate(Opcode.NE, rows[0], self.number(0.0))
        if op in _FOLDED:
            return self._folded(_FOLDED[op], rows)
        if op in _UNARY:
            return self.operate(_UNARY[op], *rows)
        match op, rows:
            case "minus", [a]:
                return self.operate(Opcode.NEGATE, a)
            case "minus", [a, b]:
                return self.operate(Opcode.SUBTRACT, a, b)
            case "divide", [a, b]:
                return self.operate(Opcode.DIVIDE, a, b)
            case "power", [a, b]:
                even = not self.varying.varies(args[1])  # the same in all lanes
                return self.operate(Opcode.EVEN_POWER if even else Opcode.POWER, a, b)
        raise NotImplementedError(op)  # `unsupported` has looked before

    def _folded(self, code: Opcode, rows: list[int]) -> int:
        return reduce(lambda a, b: self.operate(code, a, b), rows)

    def _piecewise(self, rows: list[int]) -> int:
        result = rows[-1] if len(rows) % 2 else self.number(math.nan)
        pairs = list(zip(rows[0::2], rows[1::2], strict=False))
        for value, condition in reversed(pairs):
            result = self.operate(Opcode.CHOOSE, condition, value, result)
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


_NEVER_INFINITE = frozenset({"plus", "minus", "times", "min", "max", "floor", "ceil", "abs"})
_ONE = Number(1)


@dataclass(frozen=True, slots=True)
class Multiplicand:
    """`species - less`."""

    species: str
    less: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Law:
    """A law taken apart.

    Attributes:
        rate: what is constant while settings are.
        rest: what the tape has to compute, or None.
        needs: (species, count) without which `rest` is taken as zero.
        factors: one or two, of which the second may be reduced by one; with `rest` at most one.
    """

    rate: Expression
    rest: Expression | None = None
    needs: tuple[tuple[str, int], ...] = ()
    factors: tuple[Multiplicand, ...] = ()


def decomposed(reaction: Reaction, varying: Varying, fixed: set[str], *, whole: bool) -> Law:
    """The law of a reaction, discrete; `whole` leaves all of it to the tape, which checks its
    sign."""
    needs = tuple((s, n) for s, n in reaction.reactants if s not in fixed)
    law = reaction.law
    if whole:
        return Law(rate=_ONE, rest=law.expression("discrete"), needs=needs)
    if not varying.varies(law.rate):  # mass action, from rules or recognised when it was read
        rate, rest = law.rate, None
        factors = [Multiplicand(s, i) for s, n in law.orders for i in range(n)]
    else:
        rate, rest, factors = _sorted(law.expression("discrete"), varying)
    covered = _covered(factors, needs)
    if rest is None and not covered:
        rest = _ONE  # and zero where it is needed
    rest, factors = _at_most_two(rest, factors)
    if rest is None or (covered and _finite(rest, varying)):
        needs = ()
    return Law(rate=rate, rest=rest, needs=needs, factors=tuple(factors))


def _sorted(
    expression: Expression, varying: Varying
) -> tuple[Expression, Expression | None, list[Multiplicand]]:
    """Constant factors, varying ones that are no species, and species."""
    above: list[Expression] = []
    below: list[Expression] = []
    _split(expression, above, below)
    factors: list[Multiplicand] = []
    rest: list[Expression] = []
    constant: list[Expression] = []
    for factor in above:
        match factor:
            case Symbol(id=name) if name in varying.species:
                factors.append(Multiplicand(name, 0))
            case Call(op="minus", args=(Symbol(id=name), Number(value=1))) if (
                name in varying.species
            ):
                factors.append(Multiplicand(name, 1))
            case Call(op="power", args=(Symbol(id=name), Number(value=2))) if (
                name in varying.species
            ):
                factors += [Multiplicand(name, 0), Multiplicand(name, 0)]
            case _:
                (rest if varying.varies(factor) else constant).append(factor)
    alone = [f for f in factors if f.less and Multiplicand(f.species, 0) not in factors]
    rest += [_written(f) for f in alone]  # A - 1 without A may be negative: the tape looks
    factors = [f for f in factors if f not in alone]
    under = [f for f in below if varying.varies(f)]
    rate = _quotient(constant, [f for f in below if not varying.varies(f)])
    return rate, (_quotient(rest, under) if rest or under else None), factors


def _split(expression: Expression, above: list[Expression], below: list[Expression]) -> None:
    match expression:
        case Call(op="times", args=args):
            for arg in args:
                _split(arg, above, below)
        case Call(op="divide", args=(upper, lower)):
            _split(upper, above, below)
            _split(lower, below, above)
        case _:
            above.append(expression)


def _quotient(above: Iterable[Expression], below: list[Expression]) -> Expression:
    numerator = times(*above)
    return Call("divide", (numerator, times(*below))) if below else numerator


def _covered(factors: list[Multiplicand], needs: Iterable[tuple[str, int]]) -> bool:
    """Whether the product of the factors vanishes where a reactant has run out."""
    found = set(factors)
    return all(
        all(Multiplicand(species, i) in found for i in range(count)) and count <= 2
        for species, count in needs
    )


def _at_most_two(
    rest: Expression | None, factors: list[Multiplicand]
) -> tuple[Expression | None, list[Multiplicand]]:
    """Move species to the rest until the line of the table has room for what is left.

    All factors of a species go together: A - 1 alone is negative where A has run out.
    """
    kept = sorted(factors, key=lambda factor: factor.less)
    moved: list[Multiplicand] = []
    while len(kept) + (rest is not None or bool(moved)) > 2 or sum(f.less for f in kept) > 1:
        gone = kept[-1].species
        moved += [f for f in kept if f.species == gone]
        kept = [f for f in kept if f.species != gone]
    if not moved:
        return rest, kept
    written = [_written(factor) for factor in moved]
    return times(*([rest] if rest is not None else []), *written), kept


def _written(factor: Multiplicand) -> Expression:
    x = Symbol(factor.species)
    return Call("minus", (x, Number(factor.less))) if factor.less else x


def _finite(expression: Expression, varying: Varying) -> bool:
    """Whether the value is finite by its form alone."""
    match expression:
        case Call(op=op, args=args):
            return op in _NEVER_INFINITE and all(_finite(arg, varying) for arg in args)
        case Symbol(id=name):
            return name not in varying.assignments
    return True
