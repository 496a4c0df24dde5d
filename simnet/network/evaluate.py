"""Values of a network's quantities: initial amounts, assignments, rate laws. Slow and clear."""

import math
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from simnet.errors import ModelError, Problem
from simnet.network.expression import Call, Expression, Number, function, symbols
from simnet.network.kept import kept
from simnet.network.network import Assignment, Compartment, Network, Parameter, Species
from simnet.network.rates import Kinetics

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
    declared, steps = kept(network, _start)
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
        raise ModelError(
            Problem(what=f"expressions {ring}", why="depend on each other in a ring")
        ) from error


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
