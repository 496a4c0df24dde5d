"""Where rate laws jump: parts of them that an ODE integrator has to hold until they change."""

from collections.abc import Iterable

from simnet.network.expression import LOGICAL, Call, Expression, reads_time, symbols, walk
from simnet.network.network import Network
from simnet.network.timing import assignments_of

CONDITIONS = frozenset({"lt", "le", "gt", "ge"})
_JUMPING = CONDITIONS | {"floor", "ceil"}


def jumps(network: Network) -> tuple[Expression, ...]:
    """The parts of the network's rate laws that jump; see `jumps_of`."""
    laws = [r.law.expression("continuous") for r in network.reactions]
    return jumps_of(e for law in laws for e in (law, *assignments_of(network, law)))


def passing(network: Network) -> tuple[Expression, ...]:
    """The conditions in triggers of several of them; see `passing_of`."""
    triggers = [e.trigger for e in network.state_events]
    return passing_of(e for t in triggers for e in (t, *assignments_of(network, t)))


def passing_of(triggers: Iterable[Expression]) -> tuple[Expression, ...]:
    """The conditions in triggers, or in rules that they read, of several conditions: the time at which
    all are met may pass between two steps of an integrator, so it has to stop at each."""
    several = (t for t in triggers if isinstance(t, Call) and t.op in LOGICAL)
    return tuple(c for c in jumps_of(several) if isinstance(c, Call) and c.op in CONDITIONS)


def jumps_of(expressions: Iterable[Expression]) -> tuple[Expression, ...]:
    """Comparisons, floors and ceilings of what changes, each once, also those within others: a floor
    may take a comparison there and back within a step. Kinks (abs, min, max) are none: there an
    integrator's own control of errors is enough."""
    parts = (part for e in expressions for part in walk(e))
    found = (p for p in parts if isinstance(p, Call) and p.op in _JUMPING)
    return tuple(dict.fromkeys(p for p in found if symbols(p) or reads_time(p)))
