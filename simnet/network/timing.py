"""What of a network depends on time, and the switches in time that runs are not cut at."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from simnet.network.expression import (
    COMPARISONS,
    LOGICAL,
    Call,
    Expression,
    Number,
    Symbol,
    Time,
    fraction,
    reads_time,
    rewritten,
    substitute,
    symbols,
    text,
    times,
    walk,
)
from simnet.network.network import Event, Network, Parameter, Reaction, cached


def cautions(network: Network) -> Iterator[str]:
    """What to warn of under ODE: switches in time and state, whose times are not known before
    the run. Those in time alone are located."""
    if network.document is not None:
        yield from network.document.cautions
    for reaction in cached(network, _switching):
        switch = time_switch(network, reaction.law.rate)
        yield (
            f"reaction {reaction.id}: {text(switch or reaction.law.rate)}: the ODE integrator can "
            "step over the moments at which it changes; take it out of the model and give it as a "
            "schedule, Repeat(Set(...), ...), which is exact"
        )


def _switching(network: Network) -> list[Reaction]:
    state = {*network.species_index, *network.set_by_state_events}
    found = ((r, time_switch(network, r.law.rate)) for r in network.reactions)
    return [r for r, switch in found if switch is not None and network.depends_on(switch) & state]


def time_switch(network: Network, expression: Expression) -> Expression | None:
    """The comparison or step that reads time, if the expression depends on one."""
    if not depends_on_time(network, expression):
        return None
    for inner in (expression, *assignments_of(network, expression)):
        for part in walk(inner):
            steps = isinstance(part, Call) and part.op in COMPARISONS | {"floor", "ceil"}
            if steps and depends_on_time(network, part):
                return part
    return None


def timed_reactions(network: Network) -> tuple[str, ...]:
    """Reactions whose laws depend on time, by id."""
    return cached(network, _timed)


def _timed(network: Network) -> tuple[str, ...]:
    return tuple(r.id for r in network.reactions if depends_on_time(network, r.law.rate))


def depends_on_time(network: Network, expression: Expression) -> bool:
    """Whether an expression reads time, itself or through assignments."""
    return any(reads_time(e) for e in (expression, *assignments_of(network, expression)))


def assignments_of(network: Network, expression: Expression) -> list[Expression]:
    """What stands behind the assignments that an expression reads, each once, by id."""
    by_id = network.assignment_by_id
    return [by_id[name].expression for name in sorted(network.reads(expression) & by_id.keys())]


# Where rate laws jump: parts of them that an ODE integrator has to hold until they change.


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


# The functions of time alone that laws are made of, to see where an integrator has to look.


Named = tuple[str, Expression]
"""What an expression is in, for people; the expression."""
_BENT = frozenset("power exp ln log10 sqrt sin cos tan sinh cosh tanh".split())


@dataclass(frozen=True, kw_only=True)
class TimeFunctions:
    """Functions of time in formulas.

    Attributes:
        alone: of time and constants.
        mixed: of time and state in one, not as a sum, product or quotient of the two.
    """

    alone: tuple[Named, ...] = ()
    mixed: tuple[Named, ...] = ()


def parts_of(network: Network) -> TimeFunctions:
    """Those of a network's laws, with assignments written out."""
    return cached(network, _parts_of)


def _parts_of(network: Network) -> TimeFunctions:
    laws = [(f"reaction {r.id}", r.law.expression("continuous")) for r in network.reactions]
    constants = {*network.parameter_by_id, *network.compartment_by_id}
    return time_parts(laws, {a.id: a.expression for a in network.assignments}, constants)


def time_parts(
    formulas: Iterable[Named],
    definitions: Mapping[str, Expression],
    constants: Collection[str],
) -> TimeFunctions:
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
    return TimeFunctions(
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


# Switches at fixed times inside rate laws, made into events, so that runs are cut there.
#
# Between two firings a propensity that jumps is wrong for an engine that evaluates it after each firing
# only. In `piecewise(2, time < 3, 0)` the comparison becomes `simnet_after_1 != 1`, a parameter that is
# 0 before t = 3 and that an event sets to 1 then: within a segment nothing is switched, which is exact.
# At the moment itself a readout is what it is after it.


_BEGINS = {"ge": True, "gt": True, "le": False, "lt": False}
"""Whether `time OP moment` is true after the moment, or before it."""
_TURNED = {"ge": "le", "gt": "lt", "le": "ge", "lt": "gt"}


def without_switches(network: Network) -> Network:
    """The network with comparisons of time with constants taken out of laws and assignments.

    What else depends on time stays as it is. A network without any is returned as it is.
    """
    return cached(network, _switched)


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
