"""The functions of time alone that laws are made of, to see where an integrator has to look."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from simnet.network.expression import (
    Call,
    Expression,
    reads_time,
    rewritten,
    substitute,
    symbols,
    times,
    walk,
)
from simnet.network.kept import kept
from simnet.network.network import Network
from simnet.network.rates import fraction

Named = tuple[str, Expression]
"""What an expression is in, for people; the expression."""
_BENT = frozenset("power exp ln log10 sqrt sin cos tan sinh cosh tanh".split())


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Functions of time in formulas.

    Attributes:
        alone: of time and constants.
        mixed: of time and state in one, not as a sum, product or quotient of the two.
    """

    alone: tuple[Named, ...] = ()
    mixed: tuple[Named, ...] = ()


def parts_of(network: Network) -> Parts:
    """Those of a network's laws, with assignments written out."""
    return kept(network, _parts_of)


def _parts_of(network: Network) -> Parts:
    laws = [(f"reaction {r.id}", r.law.expression("continuous")) for r in network.reactions]
    constants = {*network.parameter_by_id, *network.compartment_by_id}
    return time_parts(laws, {a.id: a.expression for a in network.assignments}, constants)


def time_parts(
    formulas: Iterable[Named],
    definitions: Mapping[str, Expression],
    constants: Collection[str],
) -> Parts:
    """Functions of time and constants in named formulas, each once: terms of sums, and what of a
    product or quotient reads time and no state.

    Args:
        formulas: (name, formula).
        definitions: of symbols, each after those it reads.
        constants: symbols that do not change while the formulas are integrated.
    """
    timed: dict[str, Expression] = {}
    for name, expression in definitions.items():
        written_out = substitute(expression, timed)
        if reads_time(written_out):
            timed[name] = written_out
    alone: dict[Expression, str] = {}
    mixed: dict[Expression, str] = {}
    fixed = {*constants}
    for name, formula in formulas:
        written_out = _without_moments(substitute(formula, timed))
        for part in _parts(written_out, fixed):
            alone.setdefault(part, name)
        for part in walk(written_out):
            bent = isinstance(part, Call) and part.op in _BENT and reads_time(part)
            if bent and not symbols(part) <= fixed:
                mixed.setdefault(part, name)
    return Parts(
        alone=tuple((name, part) for part, name in alone.items()),
        mixed=tuple((name, part) for part, name in mixed.items()),
    )


def _without_moments(expression: Expression) -> Expression:
    """The expression at almost all times: what is so at one moment only has no width to look for,
    and an event at `time == c` stops the run."""

    def never(part: Expression) -> Expression | None:
        moment = isinstance(part, Call) and part.op in ("eq", "ne") and reads_time(part)
        return Call("false" if part.op == "eq" else "true", ()) if moment else None  # type: ignore[union-attr]

    return rewritten(expression, never)


def _parts(expression: Expression, constants: set[str]) -> Iterator[Expression]:
    if not isinstance(expression, Call) or not reads_time(expression):
        return
    alone = symbols(expression) <= constants
    if expression.op in ("plus", "minus") or not (alone or expression.op in ("times", "divide")):
        for arg in expression.args:
            yield from _parts(arg, constants)
    elif alone:
        yield expression
    else:
        above, below = fraction(expression)
        own = [[f for f in side if symbols(f) <= constants] for side in (above, below)]
        numerator, denominator = (times(*[f for f in side if reads_time(f)]) for side in own)
        if reads_time(denominator):
            numerator = Call("divide", (numerator, denominator))
        yield from _parts(numerator, constants)
        for factor in (*above, *below):
            if not symbols(factor) <= constants:
                yield from _parts(factor, constants)
