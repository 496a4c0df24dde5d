"""Rate laws as lines of one table: rate * row[first] * (row[second] - less).

Mass action up to two molecules is such a line, with a constant rate. Of any other law the factors
that are species are kept as they are, and the rest of it is a row that the tape computes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from simnet.engines.compiled_tape import Varying
from simnet.network.expression import Call, Expression, Number, Symbol, times
from simnet.network.network import Reaction

_NEVER_INFINITE = frozenset({"plus", "minus", "times", "min", "max", "floor", "ceil", "abs"})
_ONE = Number(1)


@dataclass(frozen=True, slots=True)
class Factor:
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
    factors: tuple[Factor, ...] = ()


def taken_apart(reaction: Reaction, varying: Varying, fixed: set[str], *, whole: bool) -> Law:
    """The law of a reaction, discrete; `whole` leaves all of it to the tape, which looks at its
    sign."""
    needs = tuple((s, n) for s, n in reaction.reactants if s not in fixed)
    law = reaction.law
    if whole:
        return Law(rate=_ONE, rest=law.expression("discrete"), needs=needs)
    if not varying.varies(law.rate):  # mass action, from rules or recognised when it was read
        rate, rest = law.rate, None
        factors = [Factor(s, i) for s, n in law.orders for i in range(n)]
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
) -> tuple[Expression, Expression | None, list[Factor]]:
    """Constant factors, varying ones that are no species, and species."""
    above: list[Expression] = []
    below: list[Expression] = []
    _split(expression, above, below)
    factors: list[Factor] = []
    rest: list[Expression] = []
    constant: list[Expression] = []
    for factor in above:
        match factor:
            case Symbol(id=name) if name in varying.species:
                factors.append(Factor(name, 0))
            case Call(op="minus", args=(Symbol(id=name), Number(value=1))) if (
                name in varying.species
            ):
                factors.append(Factor(name, 1))
            case Call(op="power", args=(Symbol(id=name), Number(value=2))) if (
                name in varying.species
            ):
                factors += [Factor(name, 0), Factor(name, 0)]
            case _:
                (rest if varying.varies(factor) else constant).append(factor)
    alone = [f for f in factors if f.less and Factor(f.species, 0) not in factors]
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


def _covered(factors: list[Factor], needs: Iterable[tuple[str, int]]) -> bool:
    """Whether the product of the factors vanishes where a reactant has run out."""
    found = set(factors)
    return all(
        all(Factor(species, i) in found for i in range(count)) and count <= 2
        for species, count in needs
    )


def _at_most_two(
    rest: Expression | None, factors: list[Factor]
) -> tuple[Expression | None, list[Factor]]:
    """Move species to the rest until the line of the table has room for what is left.

    All factors of a species go together: A - 1 alone is negative where A has run out.
    """
    kept = sorted(factors, key=lambda factor: factor.less)
    moved: list[Factor] = []
    while len(kept) + (rest is not None or bool(moved)) > 2 or sum(f.less for f in kept) > 1:
        gone = kept[-1].species
        moved += [f for f in kept if f.species == gone]
        kept = [f for f in kept if f.species != gone]
    if not moved:
        return rest, kept
    written = [_written(factor) for factor in moved]
    return times(*([rest] if rest is not None else []), *written), kept


def _written(factor: Factor) -> Expression:
    x = Symbol(factor.species)
    return Call("minus", (x, Number(factor.less))) if factor.less else x


def _finite(expression: Expression, varying: Varying) -> bool:
    """Whether the form alone says that the value is finite."""
    match expression:
        case Call(op=op, args=args):
            return op in _NEVER_INFINITE and all(_finite(arg, varying) for arg in args)
        case Symbol(id=name):
            return name not in varying.assignments
    return True
