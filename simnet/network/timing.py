"""What of a network depends on time, and the switches in time that runs are not cut at."""

from collections.abc import Iterator

from simnet.network.expression import COMPARISONS, Call, Expression, reads_time, text, walk
from simnet.network.kept import kept
from simnet.network.network import Network, Reaction


def cautions(network: Network) -> Iterator[str]:
    """What to warn of under ODE: switches in time and state, of which nobody knows before when they
    are. Those in time alone are looked for and located."""
    if network.document is not None:
        yield from network.document.cautions
    for reaction in kept(network, _switching):
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
    return kept(network, _timed)


def _timed(network: Network) -> tuple[str, ...]:
    return tuple(r.id for r in network.reactions if depends_on_time(network, r.law.rate))


def depends_on_time(network: Network, expression: Expression) -> bool:
    """Whether an expression reads time, itself or through assignments."""
    return any(reads_time(e) for e in (expression, *assignments_of(network, expression)))


def assignments_of(network: Network, expression: Expression) -> list[Expression]:
    """What stands behind the assignments that an expression reads, each once, by id."""
    by_id = network.assignment_by_id
    return [by_id[name].expression for name in sorted(network.reads(expression) & by_id.keys())]
