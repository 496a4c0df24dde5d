"""How fast a function of time changes, and where: which steps an integrator may take.

An integrator that looks at a narrow pulse from before and from behind steps over it. Intervals of
time are bisected until the function is monotone in them, by bounds of its derivative, or its bounds
leave nothing of weight to hide between the values at their ends: no step over a monotone stretch
goes unnoticed. Around each turning point
steps are limited to a quarter of its width at half its height. What is periodic is followed for two
periods.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from heapq import heapify, heappop, heappush
from itertools import pairwise

from simnet.network.bounds import enclosure
from simnet.network.expression import (
    Call,
    Expression,
    Number,
    Time,
    function,
    plus,
    reads_time,
    rewritten,
    symbols,
    times,
    total,
    walk,
)

# The derivative of an expression with respect to time.


_ZERO, _ONE, _TWO = Number(0), Number(1), Number(2)


def _times(*args: Expression) -> Expression:
    return _ZERO if _ZERO in args else times(*args)


def _over(a: Expression, b: Expression) -> Expression:
    return a if a == _ZERO else Call("divide", (a, b))


def _minus(a: Expression, b: Expression) -> Expression:
    if b == _ZERO:
        return a
    return Call("minus", (b,) if a == _ZERO else (a, b))


def _plus(*args: Expression) -> Expression:
    return plus(*(arg for arg in args if arg != _ZERO))


def _square(a: Expression) -> Expression:
    return Call("power", (a, _TWO))


_CHAINS: dict[str, Callable[[Expression], Expression]] = {
    "exp": lambda x: Call("exp", (x,)),
    "ln": lambda x: Call("divide", (_ONE, x)),
    "log10": lambda x: Call("divide", (_ONE, _times(Call("ln", (Number(10),)), x))),
    "sqrt": lambda x: Call("divide", (_ONE, _times(_TWO, Call("sqrt", (x,))))),
    "sin": lambda x: Call("cos", (x,)),
    "cos": lambda x: Call("minus", (Call("sin", (x,)),)),
    "tan": lambda x: Call("divide", (_ONE, _square(Call("cos", (x,))))),
    "atan": lambda x: Call("divide", (_ONE, _plus(_ONE, _square(x)))),
    "sinh": lambda x: Call("cosh", (x,)),
    "cosh": lambda x: Call("sinh", (x,)),
    "tanh": lambda x: Call("divide", (_ONE, _square(Call("cosh", (x,))))),
}


def derivative(expression: Expression) -> Expression | None:
    """The derivative with respect to time, of which symbols do not depend; None where an operator
    in it has none (steps, a power of what varies that varies itself). At a corner, as of max(), it
    is one of those on either side."""
    if isinstance(expression, Time):
        return _ONE
    if not isinstance(expression, Call) or not reads_time(expression):
        return _ZERO
    args = expression.args
    if expression.op == "piecewise":
        return _by_pieces(args)
    inner = [derivative(arg) for arg in args]
    known = [arg for arg in inner if arg is not None]
    if len(known) < len(args):
        return None
    match expression.op:
        case "plus":
            return _plus(*known)
        case "minus":
            return _minus(_ZERO, known[0]) if len(args) == 1 else _minus(*known)
        case "times":
            terms = (_times(*args[:i], d, *args[i + 1 :]) for i, d in enumerate(known))
            return _plus(*terms)
        case "divide":
            (u, v), (du, dv) = args, known
            return _minus(_over(du, v), _over(_times(u, dv), _square(v)))
        case "power":
            (u, v), (du, dv) = args, known
            if dv == _ZERO:
                return _times(v, Call("power", (u, _minus(v, _ONE))), du)
            return _times(expression, Call("ln", (u,)), dv) if du == _ZERO else None
        case "abs":
            rising = Call("gt", (args[0], _ZERO))
            return Call("piecewise", (known[0], rising, _minus(_ZERO, known[0])))
        case "max" | "min" as op:
            first, slope = args[0], known[0]
            for second, other in zip(args[1:], known[1:], strict=True):
                ahead = Call("gt" if op == "max" else "lt", (first, second))
                slope = Call("piecewise", (slope, ahead, other))
                first = Call(op, (first, second))
            return slope
        case op if op in _CHAINS:
            return _times(_CHAINS[op](args[0]), known[0])
    return None


def _by_pieces(args: tuple[Expression, ...]) -> Expression | None:
    """Where conditions do not jump with time."""
    values = [*args[0:-1:2], *args[len(args) - len(args) % 2 :]]
    slopes = [derivative(value) for value in values]
    known = [slope for slope in slopes if slope is not None]
    if len(known) < len(values) or any(reads_time(condition) for condition in args[1::2]):
        return None
    rest = list(args)
    for i, slope in enumerate(known):
        rest[2 * i] = slope
    return Call("piecewise", tuple(rest))


_CELLS = 3000
"""Intervals to look at, at most."""
_FIRST = 32
_HIDDEN = 1e-4
"""What may hide, as a part of the area that the function is seen to sweep."""
_SWING = 1e-3
"""Turns by less of the range do not count."""
_TAIL = 1e-6
"""A bump begins where it has so much of its height."""
_STEPS_OF_A_BUMP = 4
_MOST_STEPS = 1e6


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """From `start` to `end` steps may be `step` long at most."""

    start: float
    end: float
    step: float


@dataclass(frozen=True, kw_only=True)
class Features:
    """What limits steps, and whether there may be more."""

    stretches: tuple[Stretch, ...] = ()
    missed: bool = False


def features(
    expression: Expression, values: Mapping[str, float], start: float, end: float
) -> Features:
    """Those of an expression that reads time, and constants with `values`, from start to end."""
    known = tuple(sorted((name, values[name]) for name in symbols(expression)))
    return _features(expression, known, start, end)


@lru_cache(maxsize=256)
def _features(
    expression: Expression, known: tuple[tuple[str, float], ...], start: float, end: float
) -> Features:
    values = dict(known)
    waves = list(_waves(expression, values))
    period = _period(expression, waves)
    if period is not None and end - start > 3 * period:
        found = _searched(expression, values, start, start + 2 * period)
        if not found.stretches:
            return found
        step = min(s.step for s in found.stretches)
        return _affordable(Stretch(start=start, end=end, step=step), missed=found.missed)
    fastest = min((2 * math.pi / rate for _, rate in waves), default=math.inf)
    if (end - start) / fastest < _CELLS / 10:
        found = _searched(expression, values, start, end)
        if not found.missed or not waves:
            return found
    # Waves within something else, too many to be bounded one by one: each of them, and the rest.
    rest = _searched(_stilled(expression, {wave for wave, _ in waves}), values, start, end)
    slowest = max((2 * math.pi / rate for _, rate in waves), default=0.0)
    sample = _searched(expression, values, start, min(end, start + 2 * slowest)).stretches
    shortest = min([fastest / (2 * _STEPS_OF_A_BUMP), *(s.step for s in sample)])
    all_along = Stretch(start=start, end=end, step=shortest)
    limited = _affordable(all_along, missed=rest.missed)
    return Features(stretches=(*rest.stretches, *limited.stretches), missed=limited.missed)


def _affordable(stretch: Stretch, *, missed: bool) -> Features:
    if (stretch.end - stretch.start) / stretch.step > _MOST_STEPS:
        return Features(missed=True)
    return Features(stretches=(stretch,), missed=missed)


def _waves(
    expression: Expression, values: Mapping[str, float]
) -> Iterator[tuple[Expression, float]]:
    """Sines, cosines and tangents of a straight function of time, with its slope."""
    for part in walk(expression):
        if isinstance(part, Call) and part.op in ("sin", "cos", "tan") and reads_time(part):
            arg = function(part.args[0])
            at = [arg(values, t) for t in (0.0, 1.0, 2.0, 1000.0)]
            slope = at[1] - at[0]
            straight = all(
                math.isclose(at[0] + slope * t, x, rel_tol=1e-6, abs_tol=1e-6 * abs(slope))
                for t, x in zip((2.0, 1000.0), at[2:], strict=True)
            )
            if straight and slope:
                yield part, abs(slope)


def _period(expression: Expression, waves: list[tuple[Expression, float]]) -> float | None:
    """After which the expression repeats itself; None where something else in it reads time."""
    if not waves or reads_time(_stilled(expression, {wave for wave, _ in waves})):
        return None
    slowest = min(rate for _, rate in waves)
    times = [rate / slowest for _, rate in waves]
    commensurate = all(math.isclose(n, round(n), rel_tol=1e-9) for n in times)
    return 2 * math.pi / slowest if commensurate else None


def _stilled(expression: Expression, waves: set[Expression]) -> Expression:
    """With ones in the place of waves."""
    return rewritten(expression, lambda part: Number(1) if part in waves else None)


def _searched(
    expression: Expression, values: Mapping[str, float], start: float, end: float
) -> Features:
    if not reads_time(expression) or isinstance(expression, Time) or not start < end:
        return Features()
    plain = function(expression)

    def at(time: float) -> float:
        value = plain(values, time)
        return value if math.isfinite(value) else 0.0

    points, missed = _picture(expression, at, values, start, end)
    turns = _turns(points)
    found = [_bump(at, *around) for around in zip(turns, turns[1:], turns[2:], strict=False)]
    return Features(stretches=tuple(found), missed=missed)


_Point = tuple[float, float]


def _picture(
    expression: Expression,
    at: Callable[[float], float],
    values: Mapping[str, float],
    start: float,
    end: float,
) -> tuple[list[_Point], bool]:
    """Points (time, value) with nothing of weight between them, and whether there may be all the
    same."""
    once = _read_once(expression)
    within = enclosure(once, ())
    slope = derivative(once)
    slopes = enclosure(slope, ()) if slope is not None else None

    def cell(a: _Point, b: _Point) -> tuple[float, _Point, _Point]:
        low, high = within(values, (a[0], b[0]))
        if slopes is not None:
            least, most = slopes(values, (a[0], b[0]))
            if least >= 0 or most <= 0:
                return 0.0, a, b
            steepest = max(-least, most)
            if math.isfinite(steepest):  # the mean value theorem: how far it can get from the ends
                reach = steepest * (b[0] - a[0]) / 2
                low = max(low, (a[1] + b[1]) / 2 - reach)
                high = min(high, (a[1] + b[1]) / 2 + reach)
        hidden = max(high - max(a[1], b[1]), min(a[1], b[1]) - low, 0.0)
        return -min(hidden * (b[0] - a[0]), 1e300), a, b

    ticks = [start + (end - start) * i / _FIRST for i in range(_FIRST)] + [end]
    points = [(t, at(t)) for t in ticks]
    cells = [cell(a, b) for a, b in pairwise(points)]
    heapify(cells)
    for count in range(_CELLS):
        if count % _FIRST == 0 and _is_seen(cells):
            break
        _, a, b = heappop(cells)
        middle = a[0] + (b[0] - a[0]) / 2
        if not a[0] < middle < b[0]:
            heappush(cells, (0.0, a, b))
            continue
        m = middle, at(middle)
        heappush(cells, cell(a, m))
        heappush(cells, cell(m, b))
    ends = sorted([a for _, a, _ in cells] + [(end, points[-1][1])])
    return ends, not _is_seen(cells)


def _read_once(expression: Expression) -> Expression:
    """With k*u/(c + u) as k/(1 + c/u), which has tight bounds: u occurs once."""
    if not isinstance(expression, Call) or not reads_time(expression):
        return expression
    match expression:
        case Call(op="divide", args=(above, Call(op="plus", args=terms))):
            factors = above.args if isinstance(above, Call) and above.op == "times" else (above,)
            for i, u in enumerate(factors):
                others = [term for term in terms if term != u]
                if (
                    reads_time(u)
                    and len(others) + 1 == len(terms)
                    and not any(map(reads_time, others))
                ):
                    below = plus(Number(1), Call("divide", (plus(*others), u)))
                    return Call("divide", (times(*factors[:i], *factors[i + 1 :]), below))
    return Call(expression.op, tuple(_read_once(arg) for arg in expression.args))


def _is_seen(cells: list[tuple[float, _Point, _Point]]) -> bool:
    lowest = min(min(a[1], b[1]) for _, a, b in cells)
    highest = max(max(a[1], b[1]) for _, a, b in cells)
    length = total(b[0] - a[0] for _, a, b in cells)
    above = total((b[0] - a[0]) * ((a[1] + b[1]) / 2 - lowest) for _, a, b in cells)
    swept = min(above, length * (highest - lowest) - above)
    rounding = 1e-12 * length * max(abs(lowest), abs(highest))
    least = _SWING * (highest - lowest)
    hidden = total(-area for area, a, b in cells if -area > least * (b[0] - a[0]))
    return hidden <= _HIDDEN * swept + rounding


def _turns(points: list[_Point]) -> list[_Point]:
    """The start, each turning point of weight, and the end."""
    least = _SWING * (max(v for _, v in points) - min(v for _, v in points))
    kept = [points[0]]
    best, rising = points[0], 0
    for point in points[1:]:
        if (rising >= 0 and point[1] > best[1]) or (rising <= 0 and point[1] < best[1]):
            if rising or abs(point[1] - kept[0][1]) > least:
                rising = rising or (1 if point[1] > best[1] else -1)
                best = point
        elif rising and abs(point[1] - best[1]) > least:
            kept.append(best)
            best, rising = point, -rising
    if abs(points[-1][1] - best[1]) > least:
        kept.append(best)
    return [*kept, points[-1]]


def _bump(at: Callable[[float], float], before: _Point, top: _Point, after: _Point) -> Stretch:
    """Where a bump is, and steps that see it."""
    height = min(abs(top[1] - before[1]), abs(top[1] - after[1]))
    width = 0.0
    edges = []
    for side in (before, after):
        sign = math.copysign(1.0, side[1] - top[1])
        width += abs(_crossing(at, top[0], side[0], top[1] + sign * height / 2) - top[0])
        edges.append(_crossing(at, top[0], side[0], side[1] - sign * _TAIL * height))
    tiny = 1e-12 * (after[0] - before[0])
    return Stretch(start=edges[0], end=edges[1], step=max(width, tiny) / _STEPS_OF_A_BUMP)


def _crossing(at: Callable[[float], float], near: float, far: float, level: float) -> float:
    """Between a turning point and the next one: where the level is passed, to 2 %, or a little
    beyond."""
    top = near
    over = at(near) > level
    for _ in range(200):
        if abs(far - near) <= 0.02 * abs(far - top):
            break
        middle = near + (far - near) / 2
        if (at(middle) > level) == over:
            near = middle
        else:
            far = middle
    return far


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Those that overlap as one, with the shortest of their steps."""
    found: list[Stretch] = []
    for s in sorted(stretches, key=lambda s: s.start):
        last = found[-1] if found else None
        if last is not None and s.start <= last.end + 4 * max(s.step, last.step):
            found[-1] = Stretch(
                start=last.start, end=max(last.end, s.end), step=min(last.step, s.step)
            )
        else:
            found.append(s)
    return found
