"""Switches at fixed times inside rate laws, made into events, so that runs are cut there.

Between two firings a propensity that jumps is wrong for an engine that looks at it after each firing
only. In `piecewise(2, time < 3, 0)` the comparison becomes `simnet_after_1 != 1`, a parameter that is
0 before t = 3 and that an event sets to 1 then: within a segment nothing is switched, which is exact.
At the moment itself a readout is what it is after it.
"""

from dataclasses import replace
from itertools import pairwise

from simnet.network.expression import (
    Call,
    Expression,
    Number,
    Symbol,
    Time,
    reads_time,
    symbols,
    text,
)
from simnet.network.kept import kept
from simnet.network.network import Event, Network, Parameter

_BEGINS = {"ge": True, "gt": True, "le": False, "lt": False}
"""Whether `time OP moment` is true after the moment, or before it."""
_TURNED = {"ge": "le", "gt": "lt", "le": "ge", "lt": "gt"}


def without_switches(network: Network) -> Network:
    """The network with comparisons of time with constants taken out of laws and assignments.

    What else depends on time stays as it is. A network without any is returned as it is.
    """
    return kept(network, _switched)


def _switched(network: Network) -> Network:
    if network.document is not None:
        return network
    found = _Switches(network)
    assignments = tuple(
        replace(a, expression=found.taken_out(a.expression)) for a in network.assignments
    )
    reactions = tuple(
        replace(r, law=replace(r.law, rate=found.taken_out(r.law.rate))) for r in network.reactions
    )
    if not found.moments:
        return network
    names = found.moments.items()
    return replace(
        network,
        assignments=assignments,
        reactions=reactions,
        parameters=(*network.parameters, *(Parameter(id=name, value=0.0) for _, name in names)),
        events=(*network.events, *(_event(name, at) for at, name in names)),
    )


class _Switches:
    """Finds comparisons and names their moments."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.varying = {*network.species_index, *network.assignment_by_id}
        self.varying |= {name for event in network.all_events for name, _ in event.assignments}
        self.moments: dict[Expression, str] = {}
        prefix = "simnet_after_"
        while any(name.startswith(prefix) for name in network.ids()):
            prefix += "_"
        self.prefix = prefix

    def taken_out(self, expression: Expression) -> Expression:
        """The expression with parameters in place of the comparisons."""
        if not isinstance(expression, Call):
            return expression
        if expression.op in _BEGINS:
            parts = [self._compared(expression.op, a, b) for a, b in pairwise(expression.args)]
            if any(part is not None for part in parts):
                pairs = pairwise(expression.args)
                kept_ = [p or Call(expression.op, ab) for p, ab in zip(parts, pairs, strict=True)]
                return kept_[0] if len(kept_) == 1 else Call("and", tuple(kept_))
        return Call(expression.op, tuple(self.taken_out(arg) for arg in expression.args))

    def _compared(self, op: str, a: Expression, b: Expression) -> Expression | None:
        """What stands for `a OP b`, if one side is time and the other one constant."""
        moment = self._moment(a, b)
        if moment is None:
            moment, op = self._moment(b, a), _TURNED[op]
        if moment is None:
            return None
        name = self.moments.setdefault(moment, f"{self.prefix}{len(self.moments) + 1}")
        return Call("eq" if _BEGINS[op] else "ne", (Symbol(name), Number(1)))

    def _moment(self, clock: Expression, other: Expression) -> Expression | None:
        """When `clock`, which has to rise with time, is `other`, which has to be constant."""
        if symbols(other) & self.varying or reads_time(other):
            return None
        match clock:
            case Time():
                return other
            case Symbol(id=name) if name in self.network.assignment_by_id:
                return self._moment(self.network.assignment_by_id[name].expression, other)
            case Call(op="divide", args=(inner, Number(value=by) as scale)) if by > 0:
                return self._moment(inner, Call("times", (other, scale)))
            case Call(op="times", args=(Number(value=by) as scale, inner)) if by > 0:
                return self._moment(inner, Call("divide", (other, scale)))
            case Call(op="times", args=(inner, Number(value=by) as scale)) if by > 0:
                return self._moment(inner, Call("divide", (other, scale)))
            case Call(op="minus", args=(inner, shift)):
                return self._shifted(inner, shift, Call("plus", (other, shift)))
            case Call(op="plus", args=(inner, shift)):
                moment = self._shifted(inner, shift, Call("minus", (other, shift)))
                return moment or self._shifted(shift, inner, Call("minus", (other, inner)))
        return None

    def _shifted(self, clock: Expression, by: Expression, other: Expression) -> Expression | None:
        constant = not (symbols(by) & self.varying or reads_time(by))
        return self._moment(clock, other) if constant else None


def _event(name: str, moment: Expression) -> Event:
    assignments = ((name, Number(1)),)
    return Event(id=f"at time {text(moment)}", time=moment, assignments=assignments, at_start=True)
