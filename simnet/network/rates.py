"""Rate laws as data, with two kinetics.

A law is `rate` times one factor for each entry (species, n) of `orders`: x**n in continuous
kinetics (an ODE), the falling factorial x*(x-1)*...*(x-n+1) in discrete kinetics (a propensity).
Factors of symmetry (k/2, k/6) are in `rate`.

A law that is taken as somebody wrote it has no `orders`. It is `ambiguous` when it uses up several
copies of one species and nobody said which kinetics it is in.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

from simnet.network.expression import Call, Expression, Number, Symbol, symbols, times

Kinetics: TypeAlias = Literal["continuous", "discrete"]
Declared: TypeAlias = Literal["continuous", "discrete", "undeclared"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLaw:
    """A rate law; its value is an extent rate (firings per time)."""

    rate: Expression
    orders: tuple[tuple[str, int], ...] = ()
    ambiguous: bool = False

    def __post_init__(self) -> None:
        if (
            self.orders
        ):  # one normal form, so that a law read back from a file equals the law written
            object.__setattr__(self, "rate", _quotient(*fraction(self.rate)))

    def expression(self, kinetics: Kinetics, unit: str | None = None) -> Expression:
        """The law written out; `unit` is the unit of amounts, for the numbers in x*(x-1)."""
        factor = _power if kinetics == "continuous" else _falling
        factors = [f for species, order in self.orders for f in factor(species, order, unit)]
        return times(self.rate, *factors)


def _power(species: str, order: int, unit: str | None) -> list[Expression]:
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
