"""Net rate laws taken apart: k*A*B - kr*C as a forward and a reverse reaction.

SSA takes a law for a propensity, and a net rate is none: two reactions in balance would look as if
nothing happened. A law is split where it is a difference of two products, each of them mass action:
the copies of what it uses up, times factors that read none of the reaction's own species. Whether
those factors are negative is checked with every other propensity. Anything else, such as a
reversible Michaelis-Menten law, has no one way to be split, and is left to the modeler.
"""

from collections.abc import Collection
from typing import TypeAlias

from simnet.network.expression import (
    Call,
    Expression,
    Kinetics,
    Number,
    Symbol,
    factored,
    plus,
    symbols,
    text,
    times,
)
from simnet.network.network import Rule

Side: TypeAlias = tuple[tuple[str, int], ...]
_Term: TypeAlias = tuple[int, Expression]

RECORD = "net law split: "
"""How the record of a split begins; see `record`."""


def split(law: Expression, reactants: Side, products: Side) -> tuple[Expression, Expression] | None:
    """The forward and the reverse law of a net law, or None where it is no such difference.

    Args:
        law: firings per time, forward less reverse.
        reactants: what the forward reaction uses up, and the reverse one makes.
        products: what the reverse reaction uses up.
    """
    own = {name for name, _ in (*reactants, *products)}
    for counted in ((), own):
        gains, losses = _sides(law, counted)
        if not gains or not losses:
            continue
        forward, reverse = plus(*gains), plus(*losses)
        if _mass_action(forward, reactants, own) and _mass_action(reverse, products, own):
            return forward, reverse
    return None


def is_net(law: Expression) -> bool:
    """Whether something is subtracted at the top of a law."""
    return bool(_sides(law, symbols(law))[1])


def record(
    name: str, law: Expression, parts: tuple[Expression, Expression], ids: tuple[str, str]
) -> Rule:
    """What was done to reaction `name`, for people, as an entry of the network's rules."""
    (forward, reverse), (one, other) = parts, ids
    return Rule(
        name=name,
        text=f"{RECORD}{text(law)} is {one}, {text(forward)}, less {other}, {text(reverse)}",
    )


def _sides(law: Expression, counted: Collection[str]) -> tuple[list[Expression], list[Expression]]:
    terms = _terms(law, counted)
    return [e for sign, e in terms if sign > 0], [e for sign, e in terms if sign < 0]


def _mass_action(law: Expression, used: Side, own: set[str]) -> bool:
    kinetics: tuple[Kinetics, ...] = ("continuous", "discrete")
    for form in kinetics:
        found = factored(law, dict(used), form)
        if found is not None and not symbols(found[0]) & own:
            return True
    return False


def _terms(law: Expression, counted: Collection[str]) -> list[_Term]:
    """A law as a sum of terms with their signs. Products are multiplied out only over a factor in
    which something is subtracted, and not over A - 1 of a `counted` species, which counts pairs."""
    match law:
        case Call(op="minus", args=(only,)):
            return [(-sign, term) for sign, term in _terms(only, counted)]
        case Call(op="minus", args=(first, second)) if not _shift(first, second, counted):
            return _terms(first, counted) + [(-s, e) for s, e in _terms(second, counted)]
        case Call(op="plus", args=args):
            found = [term for arg in args for term in _terms(arg, counted)]
            return found if any(sign < 0 for sign, _ in found) else [(1, law)]
        case Call(op="times", args=args):
            return _product(args, counted)
        case Call(op="divide", args=(above, below)):
            return [(sign, Call("divide", (e, below))) for sign, e in _terms(above, counted)]
        case Number(value=value) if value < 0:
            return [(-1, Number(-value, law.unit))]
    return [(1, law)]


def _shift(first: Expression, second: Expression, counted: Collection[str]) -> bool:
    read = symbols(first) & set(counted)
    while isinstance(first, Call) and first.op == "divide":
        first = first.args[0]
    while isinstance(second, Call) and second.op == "divide":
        second = second.args[0]
    return bool(read) and isinstance(first, Symbol) and isinstance(second, Number)


def _product(args: tuple[Expression, ...], counted: Collection[str]) -> list[_Term]:
    parts = [_terms(arg, counted) for arg in args]
    sums = [i for i, part in enumerate(parts) if len(part) > 1]
    if len(sums) > 1:
        return [(1, Call("times", args))]
    sign = 1
    for part in parts:
        if len(part) == 1:
            sign *= part[0][0]
    singles = [part[0][1] for part in parts if len(part) == 1]
    if not sums:
        return [(sign, times(*singles))]
    (place,) = sums
    before = [part[0][1] for part in parts[:place]]
    after = [part[0][1] for part in parts[place + 1 :]]
    return [(sign * s, times(*before, e, *after)) for s, e in parts[place]]
