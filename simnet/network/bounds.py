"""Interval arithmetic on expressions: between which values can a rate law lie?

Sound, not tight: every value that the expression takes, as `function` computes it, is inside the
interval, unless it or a part of it is NaN. Where nothing is known the interval is all reals.
Rounding cannot put a value outside: basic operations, in the order of `function`, round
monotonically, so what is computed lies between what is computed at the ends; results of the
mathematical library, which is a few units in the last place off, are moved outwards by more than
that.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, TypeAlias, cast

from simnet.network.expression import (
    OPERATORS,
    Call,
    Expression,
    Number,
    Symbol,
    Time,
    fraction,
    function,
    reads_time,
    symbols,
)
from simnet.network.network import Network, Reaction

Interval: TypeAlias = tuple[float, float]
Enclosure: TypeAlias = Callable[[Mapping[str, Any], Interval], Interval]

EVERYTHING: Interval = (-math.inf, math.inf)
NONNEGATIVE: Interval = (0.0, math.inf)
_TRUE, _FALSE, _UNDECIDED = (1.0, 1.0), (0.0, 0.0), (0.0, 1.0)
_OFF = 16 * 2.0**-52
"""By how much of its value a result of the mathematical library is moved outwards."""
_DOMAINS = {"ln": NONNEGATIVE, "log10": NONNEGATIVE, "sqrt": NONNEGATIVE, "asin": (-1.0, 1.0)}
_RISING: dict[str, Interval] = {  # and between which values
    "exp": NONNEGATIVE,
    "ln": EVERYTHING,
    "log10": EVERYTHING,
    "sqrt": NONNEGATIVE,
    "asin": EVERYTHING,
    "atan": EVERYTHING,
    "sinh": EVERYTHING,
    "tanh": (-1.0, 1.0),
}
_LEAST_FACTORIAL = 0.8856  # at 0.4616


def bounds(
    expression: Expression, known: Mapping[str, Interval], time: Interval = NONNEGATIVE
) -> Interval:
    """An interval that holds every value of the expression when its symbols and time lie in
    theirs. A symbol that is not `known` may be anything."""
    match expression:
        case Number(value=value):
            return value, value
        case Symbol(id=name):
            return known.get(name, EVERYTHING)
        case Time():
            return time
    return applied(expression.op, [bounds(arg, known, time) for arg in expression.args])


def enclosure(expression: Expression, varying: Collection[str]) -> Enclosure:
    """`bounds` as a plain function of (intervals of `varying` symbols and values of the others, by
    id; interval of time), for many windows of time. What reads neither is a number."""
    match expression:
        case Symbol(id=name) if name in varying:
            return lambda values, time: cast(Interval, values[name])
        case Time():
            return lambda values, time: time
        case Call(op=op, args=args) if reads_time(expression) or symbols(expression) & {*varying}:
            parts = [enclosure(arg, varying) for arg in args]
            return lambda values, time: applied(op, [part(values, time) for part in parts])
    constant = function(expression)

    def point(values: Mapping[str, Any], time: Interval) -> Interval:
        return _point(constant(values, time[0]))

    return point


def applied(op: str, args: list[Interval]) -> Interval:
    """The operator applied to intervals."""
    if all(low == high for low, high in args):
        return _point(OPERATORS[op](*(low for low, _ in args)))
    low, high = _applied(op, args)
    return (-math.inf if math.isnan(low) else low), (math.inf if math.isnan(high) else high)


def _point(value: float) -> Interval:
    return EVERYTHING if math.isnan(value) else (value, value)


def _applied(op: str, args: list[Interval]) -> Interval:
    match op:
        case "plus" | "min" | "max" | "floor" | "ceil":
            return OPERATORS[op](*(a for a, _ in args)), OPERATORS[op](*(b for _, b in args))
        case "minus" if len(args) == 1:
            return -args[0][1], -args[0][0]
        case "minus":
            return args[0][0] - args[1][1], args[0][1] - args[1][0]
        case "times":
            product = args[0]
            for arg in args[1:]:
                product = _hull(_product(x, y) for x in product for y in arg)
            return product
        case "divide":
            return _divided(*args)
        case "power":
            return _powered(*args)
        case "abs" | "cosh":
            low, high = args[0]
            ends = [OPERATORS[op](x) for x in (low, high)]
            least = float(op == "cosh")
            if low <= 0 <= high:
                ends.append(least)
            return _outwards(_hull(ends), (least, math.inf)) if op == "cosh" else _hull(ends)
        case "factorial":
            return _factorial(*args[0])
        case "sin":
            return _wave(math.sin, args[0], 0.5)
        case "cos":
            return _wave(math.cos, args[0], 0.0)
        case "tan":
            return _tangent(args[0])
        case "acos":
            low, high = _applied("asin", args)
            return math.pi / 2 - high - _OFF, math.pi / 2 - low + _OFF
        case "piecewise":
            return _piecewise(args)
        case "and" | "or" | "xor" | "not":
            return _logical(op, [_truth(arg) for arg in args])
        case "lt" | "le" | "gt" | "ge" | "eq" | "ne" if len(args) == 2:
            return _compared(op, *args)
        case "lt" | "le" | "gt" | "ge" | "eq" | "ne":
            return _UNDECIDED
    return _monotone(op, args[0]) if op in _RISING else EVERYTHING


def _hull(values: Iterable[float]) -> Interval:
    found = list(values)
    if any(math.isnan(value) for value in found):
        return EVERYTHING
    return min(found), max(found)


def _outwards(found: Interval, within: Interval = EVERYTHING) -> Interval:
    """Moved by the error of the mathematical library, but not out of what is possible."""
    low, high = found
    tiny = 5e-324
    low, high = low - _OFF * abs(low) - tiny, high + _OFF * abs(high) + tiny
    return max(low, within[0]), min(high, within[1])


def _product(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b


def _divided(a: Interval, b: Interval) -> Interval:
    if b[0] > 0 or b[1] < 0:
        return _hull(_quotient(x, y) for x in a for y in b)
    if b[0] == 0 < b[1]:  # the divisor may vanish, its sign is known
        return (_quotient(a[0], b[1]) if a[0] >= 0 else -math.inf), (
            _quotient(a[1], b[1]) if a[1] <= 0 else math.inf
        )
    return EVERYTHING


def _quotient(a: float, b: float) -> float:
    return 0.0 if math.isinf(a) and math.isinf(b) else a / b  # other ends hold the rest


def _powered(base: Interval, exponent: Interval) -> Interval:
    power = OPERATORS["power"]
    if base[0] >= 0:  # monotone in either
        found = _hull(power(x, y) for x in base for y in exponent)
        return _outwards(found, NONNEGATIVE) if found != EVERYTHING else NONNEGATIVE
    n, high = exponent
    if n != high or n != math.floor(n) or math.isinf(n):
        return EVERYTHING
    even = n % 2 == 0
    if n < 0 and base[1] >= 0:  # through infinity
        return NONNEGATIVE if even else EVERYTHING
    ends = [power(x, n) for x in base]
    if even and base[1] >= 0:
        ends.append(0.0)
    return _outwards(_hull(ends), NONNEGATIVE if even else EVERYTHING)


def _factorial(low: float, high: float) -> Interval:
    if low <= -1:
        return EVERYTHING
    ends = _hull(OPERATORS["factorial"](x) for x in (low, high))
    least = _LEAST_FACTORIAL if low < 0.47 and high > 0.46 else ends[0]
    return _outwards(_outwards((least, ends[1])), NONNEGATIVE)


def _wave(wave: Callable[[float], float], arg: Interval, crest: float) -> Interval:
    """Sine or cosine, which has its crests at (crest + 2k) pi."""
    low, high = arg
    if not (math.isfinite(low) and math.isfinite(high) and high - low < 2 * math.pi):
        return -1.0, 1.0
    found = _hull((wave(low), wave(high)))
    if _passes(low, high, crest, 2.0):
        found = found[0], 1.0
    if _passes(low, high, crest + 1, 2.0):
        found = -1.0, found[1]
    return _outwards(found, (-1.0, 1.0))


def _passes(low: float, high: float, first: float, period: float) -> bool:
    """Whether one of (first + k*period) pi may lie between the two."""
    turns = [(x / math.pi - first) / period for x in (low, high)]
    slack = 1e-12 + 1e-15 * max(abs(turn) for turn in turns)
    return math.floor(turns[1] + slack) >= math.ceil(turns[0] - slack)


def _tangent(arg: Interval) -> Interval:
    low, high = arg
    near = not (math.isfinite(low) and math.isfinite(high)) or high - low >= math.pi
    if near or _passes(low, high, 0.5, 1.0):
        return EVERYTHING
    return _outwards((math.tan(low), math.tan(high)))


def _monotone(op: str, arg: Interval) -> Interval:
    low, high = arg
    least, most = _DOMAINS.get(op, EVERYTHING)
    if low < least or high > most:  # it may have no value there
        return EVERYTHING
    return _outwards((OPERATORS[op](low), _top(op, high)), _RISING[op])


def _top(op: str, high: float) -> float:
    return OPERATORS[op](high) if math.isfinite(high) or op in ("atan", "tanh") else math.inf


def _truth(arg: Interval) -> Interval:
    low, high = arg
    if low == 0 == high:
        return _FALSE
    return _UNDECIDED if low <= 0 <= high else _TRUE


def _logical(op: str, args: list[Interval]) -> Interval:
    if op == "not":
        return 1 - args[0][1], 1 - args[0][0]
    if op == "xor":
        return _UNDECIDED
    least = min if op == "and" else max
    return least(a for a, _ in args), least(b for _, b in args)


def _compared(op: str, a: Interval, b: Interval) -> Interval:
    match op:
        case "gt":
            return float(a[0] > b[1]), float(a[1] > b[0])
        case "ge":
            return float(a[0] >= b[1]), float(a[1] >= b[0])
        case "lt" | "le":
            return _compared("gt" if op == "lt" else "ge", b, a)
    apart = a[1] < b[0] or b[1] < a[0]
    if not apart:
        return _UNDECIDED
    return _FALSE if op == "eq" else _TRUE


def _piecewise(args: list[Interval]) -> Interval:
    """The hull of the values that its conditions do not rule out."""
    found = []
    for value, condition in zip(args[0::2], args[1::2], strict=False):
        truth = _truth(condition)
        if truth != _FALSE:
            found.append(value)
        if truth == _TRUE:
            break
    else:
        found += args[-1:] if len(args) % 2 else []
    if not found:
        return EVERYTHING
    return min(a for a, _ in found), max(b for _, b in found)


# Amounts that cannot be exceeded: why a law such as k*(100 - 2*X)*(99 - 2*X) is never negative.
#
# X cannot rise above b when it starts at b or below and the law of every reaction that makes d
# molecules of it is exactly zero at X = b-d+1, ..., b, whatever the other amounts are: amounts are
# whole numbers, so no jump leads from below across these values. Then only the whole numbers from
# 0 to b have to be checked, one by one, which decides also what interval arithmetic cannot.


_MOST_CHECKED = 10_000


class Ceilings:
    """The ceilings that hold during one stage of a run."""

    def __init__(
        self,
        network: Network,
        values: Mapping[str, float],
        ranges: Mapping[str, Interval],
        *,
        disturbed: Collection[str] = (),
        before: "Ceilings | None" = None,
    ) -> None:
        """
        Args:
            network: the network.
            values: amounts at the start, by id.
            ranges: intervals of everything by id, with species from zero to infinity.
            disturbed: species that are also changed from outside: they have no ceiling.
            before: those of the stage before; amounts then start from anywhere below.
        """
        self.network, self.values, self.ranges = network, values, ranges
        self.disturbed, self.before = disturbed, before
        self.free = {s.id for s in network.species if not s.fixed}
        self.found: dict[str, float] = {}

    def top(self, species: str) -> float:
        """The largest amount that the species can have; infinity where none is proven."""
        if species not in self.found:
            self.found[species] = self._top(species)
        return self.found[species]

    def nonnegative(self, law: Expression) -> bool:
        """Whether ceilings prove that a law is not negative in any state that can be reached."""
        names = sorted(self.network.reads(law) & self.free)
        tops = {name: self.top(name) for name in names}
        below = {name: (0.0, top) for name, top in tops.items()}
        if self._lowest(law, below) >= 0:
            return True
        return any(
            all(
                self._lowest(law, below | {name: (float(n), float(n))}) >= 0
                for n in range(int(top) + 1)
            )
            for name, top in tops.items()
            if top <= _MOST_CHECKED
        )

    def _top(self, species: str) -> float:
        if species in self.disturbed:
            return math.inf
        start = self.values[species] if self.before is None else self.before.top(species)
        if not math.isfinite(start) or start != int(start):
            return math.inf
        raising = [
            (reaction, gain)
            for reaction in self.network.reactions
            if (gain := reaction.changes().get(species, 0)) > 0
        ]
        if not raising:
            return start
        candidates = {b for r, _ in raising for b in self._zeros(r, species) if b >= start}
        for ceiling in sorted(candidates):
            if all(
                self._vanishes(reaction, species, ceiling - i)
                for reaction, gain in raising
                for i in range(min(gain, _MOST_CHECKED))
            ):
                return float(ceiling)
        return math.inf

    def _vanishes(self, reaction: Reaction, species: str, amount: int) -> bool:
        law = reaction.law.expression("discrete")
        at = self._at(law, {species: (float(amount), float(amount))})
        return not reaction.law.ambiguous and at == (0.0, 0.0)

    def _zeros(self, reaction: Reaction, species: str) -> Iterator[int]:
        """Whole amounts at which a factor of the law that is linear in the species is zero."""
        factors, _ = fraction(reaction.law.expression("discrete"))
        for factor in factors:
            (a, a_), (b, b_) = (self._at(factor, {species: (x, x)}) for x in (0.0, 1.0))
            if a == a_ and b == b_ and a != b and math.isfinite(root := a / (a - b)):
                yield round(root)

    def _lowest(self, law: Expression, known: Mapping[str, Interval]) -> float:
        low, _ = self._at(law, known)
        return -math.inf if math.isnan(low) else low

    def _at(self, expression: Expression, known: Mapping[str, Interval]) -> Interval:
        """Bounds of an expression with some species in narrower intervals."""
        ranges = {**self.ranges, **known}
        reads = self.network.reads(expression)
        for assignment in self.network.assignments:
            if assignment.id in reads:
                ranges[assignment.id] = bounds(assignment.expression, ranges)
        return bounds(expression, ranges)
