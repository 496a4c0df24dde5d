"""Mathematical expressions as data: what a rate law, an observable or an initial amount is made of.

An expression is a tree of `Number`, `Symbol`, `Time` and `Call`. Every operator is one row of
`OPERATORS`; SBML's and PySB's forms are translated to and from these rows, never evaluated as text.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

DIGITS = 15
"""Significant digits of every number in a network: those that libsbml writes to a file, so that
what is simulated is what is in the file."""


def canonical(value: float) -> float:
    """`value` with `DIGITS` significant digits, and one zero."""
    return float(f"{value:.{DIGITS}g}") + 0.0


@dataclass(frozen=True, slots=True)
class Number:
    """A literal. `unit` is None where it is not stated (and then dimensionless)."""

    value: float
    unit: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", canonical(self.value))


@dataclass(frozen=True, slots=True)
class Symbol:
    """The current value of a species (its amount), parameter, compartment or assignment."""

    id: str


@dataclass(frozen=True, slots=True)
class Time:
    """The time since t = 0, in the network's time unit."""


@dataclass(frozen=True, slots=True)
class Call:
    """An operator of `OPERATORS` applied to its arguments. Sums of sums, products of products and
    so on are made flat, so that equal mathematics read from a file is equal data."""

    op: str
    args: tuple["Expression", ...]

    def __post_init__(self) -> None:
        if self.op not in OPERATORS:
            raise ValueError(f"operator {self.op!r} is not in OPERATORS")
        args = self.args
        if self.op == "piecewise" and len(args) % 2:  # its otherwise may be another one
            last = args[-1]
            if isinstance(last, Call) and last.op == "piecewise":
                object.__setattr__(self, "args", (*args[:-1], *last.args))
        elif self.op in ASSOCIATIVE and any(isinstance(a, Call) and a.op == self.op for a in args):
            nested = (a.args if isinstance(a, Call) and a.op == self.op else (a,) for a in args)
            object.__setattr__(self, "args", tuple(arg for group in nested for arg in group))


Expression: TypeAlias = Number | Symbol | Time | Call
Function: TypeAlias = Callable[[Mapping[str, float], float], float]


def _power(base: float, exponent: float) -> float:
    try:
        return float(base**exponent)
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
    except ZeroDivisionError:
        return math.inf
    except TypeError:  # a complex result
        return math.nan


def _divide(a: float, b: float) -> float:
    if b != 0:
        return a / b
    return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a)


def _guarded(function: Callable[..., float]) -> Callable[..., float]:
    """IEEE results where Python's math module raises."""

    def guarded(*args: float) -> float:
        try:
            return float(function(*args))
        except OverflowError:
            return math.inf
        except (ValueError, ZeroDivisionError):
            return math.nan

    return guarded


def _piecewise(*args: float) -> float:
    for value, condition in zip(args[::2], args[1::2], strict=False):
        if condition:
            return value
    return args[-1] if len(args) % 2 else math.nan


def _chain(compare: Callable[[float, float], bool]) -> Callable[..., float]:
    return lambda *args: float(all(map(compare, args, args[1:])))


def _log(x: float) -> float:
    return -math.inf if x == 0 else math.log(x)


def total(terms: Iterable[float]) -> float:
    """The sum, rounded once; infinite or no number where terms are."""
    listed = list(terms)
    try:
        return math.fsum(listed)
    except (OverflowError, ValueError):
        return sum(listed)


OPERATORS: dict[str, Callable[..., float]] = {
    "plus": lambda *args: total(args) if len(args) > 2 else sum(args, 0.0),
    "minus": lambda *args: -args[0] if len(args) == 1 else args[0] - args[1],
    "times": lambda *args: math.prod(args, start=1.0),
    "divide": _divide,
    "power": _power,
    "exp": _guarded(math.exp),
    "ln": _guarded(_log),
    "log10": _guarded(lambda x: -math.inf if x == 0 else math.log10(x)),
    "sqrt": _guarded(math.sqrt),
    "abs": abs,
    "floor": lambda x: float(math.floor(x)) if math.isfinite(x) else x,
    "ceil": lambda x: float(math.ceil(x)) if math.isfinite(x) else x,
    "factorial": _guarded(lambda n: math.gamma(n + 1)),
    "min": lambda *args: min(args),  # of one argument as well
    "max": lambda *args: max(args),
    "sin": _guarded(math.sin),
    "cos": _guarded(math.cos),
    "tan": _guarded(math.tan),
    "asin": _guarded(math.asin),
    "acos": _guarded(math.acos),
    "atan": _guarded(math.atan),
    "sinh": _guarded(math.sinh),
    "cosh": _guarded(math.cosh),
    "tanh": _guarded(math.tanh),
    "piecewise": _piecewise,  # value, condition, value, condition, ..., otherwise
    "lt": _chain(lambda a, b: a < b),
    "le": _chain(lambda a, b: a <= b),
    "gt": _chain(lambda a, b: a > b),
    "ge": _chain(lambda a, b: a >= b),
    "eq": _chain(lambda a, b: a == b),
    "ne": _chain(lambda a, b: a != b),
    "and": lambda *args: float(all(args)),
    "or": lambda *args: float(any(args)),
    "xor": lambda *args: float(sum(bool(a) for a in args) % 2),
    "not": lambda x: float(not x),
    "true": lambda: 1.0,
    "false": lambda: 0.0,
}

ASSOCIATIVE = frozenset({"plus", "times", "min", "max", "and", "or", "xor"})
"""Operators of any number of arguments, whose value does not depend on how these are grouped."""
COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
LOGICAL = frozenset({"and", "or", "xor", "not", "true", "false"})


def times(*factors: Expression) -> Expression:
    """The product; ones without a unit are dropped."""
    kept = [f for f in factors if not (isinstance(f, Number) and f.value == 1 and not f.unit)]
    if not kept:
        return Number(1)
    return kept[0] if len(kept) == 1 else Call("times", tuple(kept))


def plus(*terms: Expression) -> Expression:
    """The sum."""
    if not terms:
        return Number(0)
    return terms[0] if len(terms) == 1 else Call("plus", tuple(terms))


def summed(expression: Expression) -> Expression:
    """((a - b) + c) - d as the one sum a + -b + c + -d, in which no term lies deep."""
    terms: list[Expression] = []
    while isinstance(expression, Call) and expression.op in ("plus", "minus"):
        first, *rest = expression.args
        if expression.op == "minus" and not rest:
            break
        if expression.op == "minus":
            rest = [Call("minus", (term,)) for term in rest]
        terms += reversed(rest)
        expression = first
    return plus(expression, *reversed(terms))


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all that it is made of, parents first."""
    pending = [expression]
    while pending:
        part = pending.pop()
        yield part
        if isinstance(part, Call):
            pending += reversed(part.args)


def height(expression: Expression) -> int:
    """Levels of operators and operands inside each other."""
    levels, reached = [expression], 0
    while levels:
        reached += 1
        levels = [arg for part in levels if isinstance(part, Call) for arg in part.args]
    return reached


def symbols(expression: Expression) -> set[str]:
    """Ids that the expression reads directly."""
    return {part.id for part in walk(expression) if isinstance(part, Symbol)}


def reads_time(expression: Expression) -> bool:
    """Whether the expression names time directly."""
    return any(isinstance(part, Time) for part in walk(expression))


def rewritten(
    expression: Expression, change: Callable[[Expression], Expression | None]
) -> Expression:
    """The expression with what `change` gives in the place of a part; where it gives None, the
    part's arguments are rewritten."""
    if (found := change(expression)) is not None:
        return found
    if isinstance(expression, Call):
        return Call(expression.op, tuple(rewritten(arg, change) for arg in expression.args))
    return expression


def substitute(expression: Expression, by: Mapping[str, Expression]) -> Expression:
    """Replace symbols by expressions."""
    return rewritten(expression, lambda part: by.get(part.id) if isinstance(part, Symbol) else None)


def function(expression: Expression) -> Function:
    """Compile into a plain function of (values by id, time): slow, clear, and without `eval`."""
    if isinstance(expression, Number):
        value = expression.value
        return lambda values, time: value
    if isinstance(expression, Symbol):
        name = expression.id
        return lambda values, time: values[name]
    if isinstance(expression, Time):
        return lambda values, time: time
    operator = OPERATORS[expression.op]
    args = [function(arg) for arg in expression.args]
    return lambda values, time: operator(*[arg(values, time) for arg in args])


_INFIX = {"plus": (" + ", 1), "times": ("*", 3), "divide": ("/", 3), "power": ("^", 5)}
_COMPARE = {"lt": " < ", "le": " <= ", "gt": " > ", "ge": " >= ", "eq": " == ", "ne": " != "}


def text(expression: Expression, level: int = 0) -> str:
    """Infix text for people."""
    if isinstance(expression, Number):
        return f"{expression.value:g}"
    if isinstance(expression, Symbol):
        return expression.id
    if isinstance(expression, Time):
        return "time"
    op, args = expression.op, expression.args
    if op == "minus":
        inner = "-" + text(args[0], 3) if len(args) == 1 else _join(args, " - ", 1)
        return f"({inner})" if level > 1 or (level == 1 and len(args) == 1) else inner
    if op in _INFIX and args:
        sign, own = _INFIX[op]
        inner = _join(args, sign, own)
        return f"({inner})" if level > own else inner
    if op in _COMPARE and len(args) > 1:
        return f"({_COMPARE[op].join(text(arg, 1) for arg in args)})"
    return f"{op}({', '.join(text(arg) for arg in args)})"


def _join(args: Sequence[Expression], sign: str, level: int) -> str:
    head = text(args[0], level)
    return sign.join([head, *(text(arg, level + 1) for arg in args[1:])])


# Rate laws as data, with two kinetics.
#
# A law is `rate` times one factor for each entry (species, n) of `orders`: x**n in continuous
# kinetics (an ODE), the falling factorial x*(x-1)*...*(x-n+1) in discrete kinetics (a propensity).
# Factors of symmetry (k/2, k/6) are in `rate`.
#
# A law that is taken as somebody wrote it has no `orders`. It is `ambiguous` when it uses up several
# copies of one species and the kinetics are not declared.


Kinetics: TypeAlias = Literal["continuous", "discrete"]
Declared: TypeAlias = Literal["continuous", "discrete", "undeclared"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLaw:
    """A rate law; its value is an extent rate (firings per time)."""

    rate: Expression
    orders: tuple[tuple[str, int], ...] = ()
    ambiguous: bool = False

    def __post_init__(self) -> None:
        if self.orders:  # in one normal form: a law read back from a file equals the law written
            object.__setattr__(self, "rate", _quotient(*fraction(self.rate)))

    def expression(self, kinetics: Kinetics, unit: str | None = None) -> Expression:
        """The law written out; `unit` is the unit of amounts, for the numbers in x*(x-1)."""
        factor = _raised if kinetics == "continuous" else _falling
        factors = [f for species, order in self.orders for f in factor(species, order, unit)]
        return times(self.rate, *factors)


def _raised(species: str, order: int, unit: str | None) -> list[Expression]:
    if order == 1:
        return [Symbol(species)]
    return [Call("power", (Symbol(species), Number(order)))]


def _falling(species: str, order: int, unit: str | None) -> list[Expression]:
    x = Symbol(species)
    return [x, *(Call("minus", (x, Number(i, unit))) for i in range(1, order))]


def written_law(law: Expression, reactants: dict[str, int], kinetics: Declared) -> RateLaw:
    """A law read from a file, in both kinetics where that is known.

    With no species used up twice the kinetics are one. Otherwise a declared law is taken apart; an
    undeclared one is taken literally only where it holds falling factorials, which no ODE modeler
    writes.
    """
    if all(n == 1 for n in reactants.values()):
        found = factored(law, reactants, "continuous")
        if found is not None:
            return RateLaw(rate=found[0], orders=found[1])
        return RateLaw(rate=law, ambiguous=kinetics == "continuous" and _squared(law, reactants))
    if kinetics == "undeclared":
        literal = factored(law, reactants, "discrete") is not None
        return RateLaw(rate=law, ambiguous=not literal)
    found = factored(law, reactants, kinetics)
    if found is not None:
        return RateLaw(rate=found[0], orders=found[1])
    return RateLaw(rate=law, ambiguous=kinetics == "continuous")


def _squared(law: Expression, reactants: dict[str, int]) -> bool:
    """Whether a power of a single reactant is a factor: its discrete form is anybody's guess, but
    for saturating laws such as k*A^2/(K^2 + A^2), which count no pairs."""
    found = ((s, factored(law, {s: 2}, "continuous")) for s in reactants)
    return any(parts is not None and s not in symbols(parts[0]) for s, parts in found)


def factored(
    expression: Expression, needed: dict[str, int], kinetics: Kinetics
) -> tuple[Expression, tuple[tuple[str, int], ...]] | None:
    """Take the factors of `needed` (species: order) out of a law written in `kinetics`.

    Returns:
        The remaining rate and the orders, or None where the law is not of that form.
    """
    numerator, denominator = fraction(expression, needed)
    orders = dict.fromkeys(needed, 0)
    shifted = {s: set(range(1, n)) for s, n in needed.items()} if kinetics == "discrete" else {}
    rest: list[Expression] = []
    for factor in numerator:
        match factor:
            case Symbol(id=name) if name in needed and (
                kinetics == "continuous" or not orders[name]
            ):
                orders[name] += 1
            case Call(op="power", args=(Symbol(id=name), Number(value=n))) if (
                name in needed and kinetics == "continuous" and n == int(n) > 0
            ):
                orders[name] += int(n)
            case Call(op="minus", args=(Symbol(id=name), Number(value=i))) if i in shifted.get(
                name, ()
            ):
                shifted[name].remove(int(i))
                orders[name] += 1
            case _:
                rest.append(factor)
    if orders != needed:
        return None
    return _quotient(rest, denominator), tuple(needed.items())


def _quotient(numerator: list[Expression], denominator: list[Expression]) -> Expression:
    if not denominator:
        return times(*numerator)
    return Call("divide", (times(*numerator), times(*denominator)))


def fraction(
    expression: Expression, within: Collection[str] = ()
) -> tuple[list[Expression], list[Expression]]:
    """Factors above and below the line; what reads one of `within` is taken apart where it is
    hidden in a power of a quotient or a difference of quotients."""
    if isinstance(expression, Call) and symbols(expression) & set(within):
        expression = _seen_through(expression)
    if isinstance(expression, Call):
        if expression.op == "times":
            parts = [fraction(arg, within) for arg in expression.args]
            return [f for up, _ in parts for f in up], [f for _, low in parts for f in low]
        if expression.op == "divide":
            (up, low), (up2, low2) = (fraction(arg, within) for arg in expression.args)
            return up + low2, low + up2
    return [expression], []


def _seen_through(call: Call) -> Call:
    """(A/V)^2 as a product, and A/V - 1/V, of equal divisors, as (A - 1)/V; others as they are."""
    match call:
        case Call(op="power", args=(Call(op="times" | "divide") as base, Number(value=n))) if n in (
            2,
            3,
            4,
        ):
            return Call("times", (base,) * int(n))
        case Call(op="minus", args=(first, second)):
            (up, low), (up2, low2) = fraction(first), fraction(second)
            if low and sorted(map(repr, low)) == sorted(map(repr, low2)):
                difference = Call("minus", (times(*up), times(*up2)))
                return Call("divide", (difference, times(*low)))
    return call
