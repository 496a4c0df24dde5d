"""Where rate laws jump: conditions that an ODE integrator has to locate, and not step over."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from simnet.network.expression import Call, Expression, Number, Symbol, Time, walk
from simnet.network.network import Network
from simnet.network.timing import assignments_of

_ORDERED = frozenset({"lt", "le", "gt", "ge"})


def jumps(network: Network) -> tuple[Expression, ...]:
    """The conditions at which a rate law of the network may jump; see `jumps_of`."""
    laws = [r.law.expression("continuous") for r in network.reactions]
    return jumps_of(e for law in laws for e in (law, *assignments_of(network, law)))


def jumps_of(expressions: Iterable[Expression]) -> tuple[Expression, ...]:
    """Conditions that turn true or false wherever one of the expressions may jump, each once.

    Comparisons of anything that changes; floor and ceil, whose values are even or odd in turn. Kinks
    (abs, min, max) are no jumps: there an integrator's own control of errors is enough.
    """
    found = dict.fromkeys(c for e in expressions for c in _conditions(e))
    return tuple(c for c in found if any(isinstance(part, (Symbol, Time)) for part in walk(c)))


def _conditions(expression: Expression) -> Iterator[Expression]:
    for part in walk(expression):
        if isinstance(part, Call) and part.op in _ORDERED:
            yield from (Call(part.op, pair) for pair in pairwise(part.args))
        elif isinstance(part, Call) and part.op in ("floor", "ceil"):
            half = Call("floor", (Call("divide", (part, Number(2))),))
            yield Call("eq", (Call("times", (Number(2), half)), part))
