"""What a network must satisfy, always; and which values a run needs."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from simnet.errors import InputError, ModelError, Problem, nearest
from simnet.network.evaluate import initial_values
from simnet.network.expression import Expression, Symbol, symbols
from simnet.network.kept import kept
from simnet.network.network import Compartment, Network


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
    read = kept(network, _read)
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
