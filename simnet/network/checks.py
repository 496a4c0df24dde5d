"""What a network must satisfy: always, and before it is simulated stochastically."""

import math
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from simnet.errors import ModelError, Problem, SimnetWarning, UnsupportedError, nearest
from simnet.network.bounds import EVERYTHING, NONNEGATIVE, Interval, bounds
from simnet.network.ceilings import Ceilings
from simnet.network.evaluate import initial_values, rate_functions
from simnet.network.expression import (
    COMPARISONS,
    Call,
    Expression,
    Symbol,
    reads_time,
    symbols,
    text,
    walk,
)
from simnet.network.kept import kept
from simnet.network.network import Compartment, Network, Reaction
from simnet.network.rates import factored
from simnet.network.switches import without_switches
from simnet.network.units import parse_unit

_MOST_COUNTED = 2.0**53  # from here on, a double that is one molecule larger is the same double


def checked(network: Network) -> Network:
    """Return the network, or raise ModelError with everything that is inconsistent in it."""
    problems = list(_structure(network))
    if problems:
        raise ModelError(problems)
    return network


def _structure(network: Network) -> Iterator[Problem]:
    ids = list(network.ids())
    known = set(ids)
    named = [*ids, *(r.id for r in network.reactions)]
    named += [event.id for event in network.all_events]
    for name, count in Counter(named).items():
        if count > 1:
            yield Problem(what=f"id {name!r}", why=f"is used {count} times")
    for where, expression in _expressions(network):
        for name in sorted(symbols(expression) - known):
            yield Problem(
                what=f"{where}: symbol {name!r}", why="is not defined", way_out=nearest(name, known)
            )
    compartments = {c.id for c in network.compartments}
    for species in network.species:
        if species.compartment not in compartments:
            yield Problem(
                what=f"species {species.id}",
                why=f"compartment {species.compartment!r} is not defined",
            )
    species_ids = {s.id for s in network.species}
    for reaction in network.reactions:
        for name, _ in (*reaction.reactants, *reaction.products):
            if name not in species_ids:
                yield Problem(
                    what=f"reaction {reaction.id}", why=f"species {name!r} is not defined"
                )
    for readout in network.readouts:
        if readout.symbol not in known:
            yield Problem(
                what=f"readout {readout.name}",
                why=f"symbol {readout.symbol!r} is not defined",
                way_out=nearest(readout.symbol, known),
            )
    parameters = {p.id for p in network.parameters}
    used = [(f"gene {g.name}", p) for g in network.genes for p in g.parameters]
    used += [(f"input {i.name}", i.parameter) for i in network.inputs]
    used += [(f"drug {d.name}", d.parameter) for d in network.drugs]
    for where, name in used:
        if name not in parameters:
            yield Problem(
                what=where,
                why=f"parameter {name!r} is not defined",
                way_out=nearest(name, parameters),
            )


def _expressions(network: Network) -> Iterator[tuple[str, Expression]]:
    for a in network.assignments:
        yield f"expression {a.id}", a.expression
    for r in network.reactions:
        yield f"rate law of {r.id}", r.law.expression("continuous")
    for timed in network.events:
        yield f"time of event {timed.id}", timed.time
    for on_state in network.state_events:
        yield f"trigger of event {on_state.id}", on_state.trigger
    for event in network.all_events:
        for target, expression in event.assignments:
            yield f"event {event.id}", Symbol(target)
            yield f"event {event.id}, {target}", expression
    for item in network.quantities:
        if item.initial_expression is not None:
            yield f"initial value of {item.id}", item.initial_expression


def require_values(network: Network, stages: Iterable[Mapping[str, float]]) -> None:
    """Raise ModelError where a run, by any method, would use a number that is missing.

    `stages` are sets of values that replace the declared ones, one after the other.
    """
    problems = list(missing_values(network, stages))
    if problems:
        raise ModelError(problems)


def missing_values(
    network: Network, stages: Iterable[Mapping[str, float]] = ({},)
) -> tuple[Problem, ...]:
    """The numbers that a run would use and that are missing; see `require_values`."""
    read: set[str] = {s.id for s in network.species}
    for expression in [
        *(r.law.rate for r in network.reactions),
        *(a.expression for a in network.assignments),
        *(e.trigger for e in network.state_events),
        *(value for e in network.state_events for _, value in e.assignments),
    ]:
        read |= symbols(expression)
    problems = []
    for changed in stages:
        values = initial_values(network, changed)
        for item in network.quantities:
            if item.id in read and math.isnan(values[item.id]):
                way_out = f"give it one: Set({item.id!r}, ...)"
                problems.append(Problem(what=item.id, why="has no value", way_out=way_out))
            if isinstance(item, Compartment) and item.id in read and values[item.id] <= 0:
                what = f"compartment {item.id}: size {values[item.id]:g}"
                problems.append(Problem(what=what, why="is not above zero"))
    return tuple(dict.fromkeys(problems))


def require_stochastic(
    network: Network,
    stages: Iterable[Mapping[str, float] | None] = (None,),
    disturbed: Collection[str] = (),
) -> None:
    """Raise UnsupportedError unless every law is a propensity of whole molecules.

    `stages` are sets of values that replace the declared ones, one after the other; amounts of
    `disturbed` species are changed by more than reactions.

    The errors name each element, the reason and the way out. A law that does not vanish when a
    reactant runs out is a warning: engines then take its propensity as zero.
    """
    found: list[Problem] = []
    ceilings: Ceilings | None = None
    disturbed = {*disturbed, *network.set_by_state_events}
    for changed in stages:
        if network.document is not None:
            found += network.document.obstacles
            break
        if ceilings is None:
            found += _infinite_at_start(network, initial_values(network, changed))
        ceilings = _ceilings(network, initial_values(network, changed), disturbed, ceilings)
        found += _stochastic_problems(network, ceilings)
    problems = list(dict.fromkeys(found))
    if problems:
        raise UnsupportedError(problems)
    for text_ in _needs_guard(network):
        warnings.warn(text_, SimnetWarning, stacklevel=3)


def stochastic_problems(
    network: Network, changed: Mapping[str, float] | None = None
) -> Iterator[Problem]:
    """Everything that has no exact stochastic meaning in runs that are cut at fixed times, with
    `changed` values."""
    if network.document is not None:
        yield from network.document.obstacles
        return
    network = without_switches(network)
    set_by_events = {name for event in network.all_events for name, _ in event.assignments}
    ceilings = _ceilings(network, initial_values(network, changed), set_by_events)
    yield from _stochastic_problems(network, ceilings)


def _ceilings(
    network: Network,
    values: dict[str, float],
    disturbed: Collection[str],
    before: Ceilings | None = None,
) -> Ceilings:
    ranges = _ranges(network, values, disturbed)
    return Ceilings(network, values, ranges, disturbed=disturbed, before=before)


def _stochastic_problems(network: Network, ceilings: Ceilings) -> Iterator[Problem]:
    counted = network.substance_unit in ("item", None)
    if not counted:
        yield Problem(
            what=f"network {network.id}: amounts in {network.substance_unit!r}",
            why="SSA counts molecules",
            way_out=_as_molecules(network.substance_unit),
        )
    for species in network.species if counted else ():  # 0.3 mol is no whole number either way
        amount = ceilings.values[species.id]
        if not 0 <= amount <= _MOST_COUNTED or amount != math.floor(amount):
            sample = round(min(max(amount, 0), _MOST_COUNTED)) if not math.isnan(amount) else 0
            too_many = " that can be counted (up to 2^53)" if amount > _MOST_COUNTED else ""
            yield Problem(
                what=f"species {species.id}: initial amount {amount:g}",
                why=f"not a whole number of molecules{too_many}",
                way_out=f"set it to a whole number, Set({species.id!r}, {sample}), or say what one "
                "unit of amount is: copies=1000 (--copies 1000)",
            )
    for reaction in network.reactions:
        yield from _law_problems(network, reaction, ceilings)


def _as_molecules(unit: str | None) -> str:
    """How amounts in another unit become molecules: by a volume if they are in moles."""
    options = "copies=1000, so many molecules for one unit (--copies 1000)"
    try:
        in_moles = dict(parse_unit(unit or "1").exponents).get("mole") == 1
    except ModelError:  # a unit of a file's own, which has no form in text
        in_moles = False
    if in_moles:
        options = f'volume="1 pL" (--volume "1 pL"), or {options}'
    return f"say what they are when the model is loaded: {options}"


def _infinite_at_start(network: Network, values: dict[str, float]) -> Iterator[Problem]:
    fixed = {s.id for s in network.species if s.fixed}
    for reaction, rate in zip(network.reactions, rate_functions(network, "discrete"), strict=True):
        can_fire = all(values[s] >= n for s, n in reaction.reactants if s not in fixed)
        if can_fire and not math.isfinite(value := rate(values, 0.0)):
            yield Problem(
                what=f"reaction {reaction.id}: "
                f"rate law {text(reaction.law.expression('discrete'))}",
                why=f"is {value:g} at the start",
                way_out="look at its parameters for zeros and for numbers that are too large",
            )


def _law_problems(network: Network, reaction: Reaction, ceilings: Ceilings) -> Iterator[Problem]:
    what = f"reaction {reaction.id}"
    if reaction.law.ambiguous:
        uses = " + ".join(f"{n} {s}" if n > 1 else s for s, n in reaction.reactants)
        yield Problem(
            what=f"{what} ({uses}): rate law {text(reaction.law.expression('continuous'))}",
            why="its discrete form is not known: k*A^2 and k*A*(A-1) differ at small numbers",
            way_out='declare it when the model is loaded: kinetics="continuous" (--kinetics '
            'continuous) if it was written for an ODE, "discrete" if it is a propensity as it stands'
            if network.kinetics == "as-written"
            else "it is not mass action in its reactants: write it as a propensity, and load it "
            'with kinetics="discrete"',
        )
        return
    rate = _without_powers(reaction)
    low, _ = bounds(rate, ceilings.ranges)
    if not low >= 0 and not ceilings.nonnegative(rate):
        yield Problem(
            what=f"{what}: rate law {text(reaction.law.expression('discrete'))}",
            why="can be negative, which a propensity cannot",
            way_out="split it into a forward and a reverse reaction",
        )
    switch = _time_switch(network, rate)
    if switch is not None:
        yield Problem(
            what=f"{what}: {text(switch)}",
            why="a switch in time inside a rate law is exact under SSA only where time is compared "
            "with a constant",
            way_out="take it out of the model and use a schedule: At(time, Set(...))",
        )


def cautions(network: Network) -> Iterator[str]:
    """What to warn of under ODE: switches in time at which a run is not cut."""
    if network.document is not None:
        yield from network.document.cautions
    for reaction in kept(network, _switching):
        switch = _time_switch(network, reaction.law.rate)
        yield (
            f"reaction {reaction.id}: {text(switch or reaction.law.rate)}: the ODE integrator can "
            "step over the moments at which it changes; take it out of the model and give it as a "
            "schedule, Repeat(Set(...), ...), which is exact"
        )


def _switching(network: Network) -> list[Reaction]:
    return [r for r in network.reactions if _time_switch(network, r.law.rate) is not None]


def _without_powers(reaction: Reaction) -> Expression:
    """What is left of a law when reactant counts are taken out: its sign is the law's."""
    if reaction.law.orders:
        return reaction.law.rate
    needed = {s: n for s, n in reaction.reactants if n > 1}
    found = factored(reaction.law.rate, needed, "discrete") if needed else None
    return found[0] if found else reaction.law.rate


def _ranges(
    network: Network, values: dict[str, float], disturbed: Collection[str] = ()
) -> dict[str, Interval]:
    """Between which values each quantity stays; `values` has what is set and what is held."""
    ranges: dict[str, Interval] = {name: (v, v) for name, v in values.items()}
    loose = [s.id for s in network.species if not s.fixed or s.id in disturbed]
    ranges.update(dict.fromkeys(loose, NONNEGATIVE))
    assigned = [
        (name, expression)  # a negative amount is an error of the run, and is no range
        for event in network.all_events
        for name, expression in event.assignments
        if name not in network.species_index
    ]
    ranges.update({name: NONNEGATIVE for name, _ in assigned})  # until shown to be otherwise
    while True:
        for assignment in network.assignments:
            low, high = bounds(assignment.expression, ranges)
            value = values[assignment.id]  # within the bounds, unless it is held
            ranges[assignment.id] = min(low, value), max(high, value)
        below = [n for n, e in assigned if bounds(e, ranges)[0] < 0 and ranges[n] != EVERYTHING]
        if not below:
            return ranges
        ranges.update(dict.fromkeys(below, EVERYTHING))


def _time_switch(network: Network, expression: Expression) -> Expression | None:
    """The comparison or step that reads time, if the expression depends on one."""
    if not depends_on_time(network, expression):
        return None
    timed: set[str] = set()  # assignments that depend on time
    for assignment in network.assignments:
        if reads_time(assignment.expression) or symbols(assignment.expression) & timed:
            timed.add(assignment.id)
    for inner in (expression, *_assignments_of(network, expression)):
        for part in walk(inner):
            steps = isinstance(part, Call) and part.op in COMPARISONS | {"floor", "ceil"}
            if steps and (reads_time(part) or symbols(part) & timed):
                return part
    return None


def depends_on_time(network: Network, expression: Expression) -> bool:
    """Whether an expression reads time, itself or through assignments."""
    return any(reads_time(e) for e in (expression, *_assignments_of(network, expression)))


def _assignments_of(network: Network, expression: Expression) -> list[Expression]:
    """What stands behind the assignments that an expression reads, each once."""
    found: dict[str, Expression] = {}
    pending = list(symbols(expression))
    while pending:
        assignment = network.assignment_by_id.get(pending.pop())
        if assignment is not None and assignment.id not in found:
            found[assignment.id] = assignment.expression
            pending += symbols(assignment.expression)
    return list(found.values())


def _needs_guard(network: Network) -> Iterable[str]:
    """Reactions whose law does not vanish when a reactant has run out."""
    values = initial_values(network)
    fixed = {s.id for s in network.species if s.fixed}
    for reaction in network.reactions:
        vanishing = {s for s, _ in reaction.law.orders}
        for species, _ in reaction.reactants:
            if species in vanishing or species in fixed:
                continue
            ranges = _ranges(network, values) | {species: (0.0, 0.0)}
            for a in network.assignments:
                ranges[a.id] = bounds(a.expression, ranges)
            if bounds(reaction.law.rate, ranges) != (0.0, 0.0):
                yield (
                    f"reaction {reaction.id}: its rate law does not vanish when {species} has run "
                    "out; under SSA its propensity is then taken as zero"
                )
