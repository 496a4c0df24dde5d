"""Values of a network's quantities: initial amounts, assignments, rate laws. Slow and clear."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from simnet.errors import InputError, ModelError, Problem, nearest
from simnet.network.expression import Call, Expression, Kinetics, Number, Symbol, function, symbols
from simnet.network.network import Assignment, Compartment, Network, Parameter, Species, cached

Values = MutableMapping[str, float]


def initial_values(
    network: Network,
    changed: Mapping[str, float] | None = None,
    time: float = 0.0,
) -> dict[str, float]:
    """Every quantity at the start, by id: compartments, parameters, species amounts, assignments.

    Args:
        network: the network.
        changed: values that replace the declared ones; initial expressions that depend on them
            follow.
        time: the time at which expressions are evaluated.
    """
    declared, steps = cached(network, _start)
    replaced = changed or {}
    values = {**declared, **replaced}
    for name, evaluate in steps:
        if name not in replaced:
            values[name] = evaluate(values, time)
    return values


_Step = tuple[str, Callable[[Mapping[str, float], float], float]]


def _start(network: Network) -> tuple[dict[str, float], list[_Step]]:
    """Declared values, and the expressions to evaluate then, in order."""
    pending = {a.id: a.expression for a in network.assignments}
    for item in network.quantities:
        if item.initial_expression is not None:
            pending[item.id] = item.initial_expression
    declared = {q.id: _declared(q) for q in network.quantities if q.id not in pending}
    return declared, [(name, function(pending[name])) for name in dependency_order(pending)]


def _declared(item: Compartment | Parameter | Species) -> float:
    match item:
        case Compartment(size=value) | Parameter(value=value) | Species(initial=value):
            return value


def dependency_order(expressions: Mapping[str, Expression]) -> list[str]:
    """Ids in an order in which each is evaluated after those it reads; stable.

    Raises:
        ModelError: an expression depends on itself.
    """
    graph = {name: sorted(symbols(e) & expressions.keys()) for name, e in expressions.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        ring = " -> ".join(error.args[1])
        raise ModelError(Problem(what=f"expressions {ring}", why="are circular")) from error


def ordered(assignments: Iterable[Assignment]) -> tuple[Assignment, ...]:
    """Assignments, each after those it reads."""
    by_id = {a.id: a for a in assignments}
    return tuple(
        by_id[name] for name in dependency_order({k: a.expression for k, a in by_id.items()})
    )


def assigner(network: Network) -> Callable[[Values, float], None]:
    """A function that brings every assignment up to date in a mapping of values."""
    steps = [(a.id, function(a.expression)) for a in network.assignments]

    def assign(values: Values, time: float) -> None:
        for name, evaluate in steps:
            values[name] = evaluate(values, time)

    return assign


def rate_functions(
    network: Network, kinetics: Kinetics
) -> list[Callable[[Mapping[str, float], float], float]]:
    """One function a reaction: its rate law in the given kinetics."""
    return [function(r.law.expression(kinetics)) for r in network.reactions]


def whole(expression: Expression, value: float, unit: str | None) -> tuple[Expression, float]:
    """An initial amount that misses a whole number by rounding only (0.29*100 is not 29 in binary),
    made whole: SSA starts from whole molecules, and would stay frozen off them."""
    nearest_whole = float(round(value)) if math.isfinite(value) else value
    off = abs(value - nearest_whole)
    if unit not in ("item", None) or nearest_whole < 1 or not 0 < off <= 1e-9 * nearest_whole:
        return expression, value
    rounded = Call("floor", (Call("plus", (expression, Number(0.5, unit))),))
    distance = Call("abs", (Call("minus", (expression, rounded)),))
    by_rounding_only = Call("le", (distance, Call("times", (Number(1e-9), expression))))
    return Call("piecewise", (rounded, by_rounding_only, expression)), nearest_whole


def with_initial_values(network: Network) -> Network:
    """Starts and computed parameters evaluated; amounts are made whole where only rounding is in
    the way.

    Raises as `initial_values`.
    """
    values = initial_values(network)
    species = []
    for s in network.species:
        expression, value = s.initial_expression, values[s.id]
        if expression is not None:
            expression, value = whole(expression, value, network.substance_unit)
        species.append(replace(s, initial=value, initial_expression=expression))
    return replace(
        network,
        species=tuple(species),
        parameters=tuple(replace(p, value=values[p.id]) for p in network.parameters),
        compartments=tuple(replace(c, size=values[c.id]) for c in network.compartments),
    )


# What a network must satisfy, always; and which values a run needs.


def not_a_network(given: object) -> Problem | None:
    """The problem of what is not a Network, such as the name of one; None for a Network."""
    if isinstance(given, Network):
        return None
    what = f"network={given!r:.80}"
    return Problem(what=what, why="not a Network", way_out="use load(...) first")


def require_network(given: object) -> None:
    """Raise InputError for what is not a Network."""
    if (problem := not_a_network(given)) is not None:
        raise InputError(problem)


def checked(network: Network) -> Network:
    """Return the network, or raise ModelError with everything that is inconsistent in it."""
    problems = list(_structure(network))
    if problems:
        raise ModelError(problems)
    return network


def _structure(network: Network) -> Iterator[Problem]:
    named = [*network.ids(), *(r.id for r in network.reactions)]
    named += [event.id for event in network.all_events]
    for name, count in Counter(named).items():
        if count > 1:
            yield Problem(what=f"id {name!r}", why=f"is used {count} times")
    for where, name, known in _references(network):
        if name not in known:
            what, way_out = f"{where} {name!r}", nearest(name, known)
            yield Problem(what=what, why="is not defined", way_out=way_out)


def _references(network: Network) -> Iterator[tuple[str, str, Collection[str]]]:
    """(where and what it is, id, those that there are) of all that is named by its id."""
    known = set(network.ids())
    for where, expression in _expressions(network):
        for name in sorted(symbols(expression)):
            yield f"{where}: symbol", name, known
    for species in network.species:
        what = f"species {species.id}: compartment"
        yield what, species.compartment, network.compartment_by_id
    for reaction in network.reactions:
        for name, _ in (*reaction.reactants, *reaction.products):
            yield f"reaction {reaction.id}: species", name, network.species_index
    for readout in network.readouts:
        yield f"readout {readout.name}: symbol", readout.symbol, known
    parameters = network.parameter_by_id
    for gene in network.genes:
        for name in gene.parameters:
            yield f"gene {gene.name}: parameter", name, parameters
    for item in network.inputs:
        yield f"input {item.name}: parameter", item.parameter, parameters
    for drug in network.drugs:
        yield f"drug {drug.name}: parameter", drug.parameter, parameters


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
    read = cached(network, _read)
    problems = []
    for changed in stages:
        values = initial_values(network, changed)
        for item in network.quantities:
            if item.id in read and math.isnan(values[item.id]):
                way_out = f"give it one: Set({item.id!r}, ...)"
                problems.append(Problem(what=item.id, why="has no value", way_out=way_out))
            if isinstance(item, Compartment) and item.id in read and values[item.id] <= 0:
                what = f"compartment {item.id}: size {values[item.id]:g}"
                problems.append(Problem(what=what, why="must be positive"))
    return tuple(dict.fromkeys(problems))


def _read(network: Network) -> set[str]:
    """What a run reads the values of."""
    read = {s.id for s in network.species}
    for expression in [
        *(r.law.rate for r in network.reactions),
        *(a.expression for a in network.assignments),
        *(e.trigger for e in network.state_events),
        *(e.time for e in network.events),
        *(value for e in network.all_events for _, value in e.assignments),
    ]:
        read |= symbols(expression)
    return read
