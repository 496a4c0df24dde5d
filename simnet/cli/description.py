"""A network as JSON data, for `simnet show --json`."""

from dataclasses import asdict
from typing import Any

from simnet.cli import origin
from simnet.engines.table import problems_under
from simnet.experiment.run import METHODS
from simnet.network.expression import text
from simnet.network.network import Event, Network, Reaction, StateEvent

_GROUPS = "compartments species parameters molecules rules readouts inputs genes drugs".split()
_TREES = ("initial_expression", "expression", "law")


def description(network: Network, source: str = "") -> dict[str, Any]:
    """All of a network; expressions and laws are text. `source` says what it was loaded from."""
    problems = {m: list(map(str, problems_under(m, network))) for m in METHODS}
    return {
        "id": network.id,
        "title": network.title,
        "summary": network.summary,
        "digest": network.digest,
        "substance_unit": network.substance_unit,
        "time_unit": network.time_unit,
        "suggested_equilibration": network.suggested_equilibration,
        "kinetics": network.kinetics,
        "source": source,
        "split": origin.splits(network),
        "in_molecules": origin.conversion(network),
        "rounded": dict(origin.rounded(network)),
        "methods": {
            name: {"possible": not found, "problems": found} for name, found in problems.items()
        },
        **{name: [_plain(item) for item in getattr(network, name)] for name in _GROUPS},
        "expressions": [
            {**_plain(a), "expression": text(a.expression)} for a in network.assignments
        ],
        "reactions": [_reaction(reaction) for reaction in network.reactions],
        "events": [_event(event) for event in network.all_events],
    }


def _plain(item: Any) -> dict[str, Any]:
    plain = {name: value for name, value in asdict(item).items() if name not in _TREES}
    if (computed := getattr(item, "initial_expression", None)) is not None:
        plain["initial_expression"] = text(computed)
    return plain


def _event(event: Event | StateEvent) -> dict[str, Any]:
    if isinstance(event, Event):
        when = f"time {'>' if event.strict else '>='} {text(event.time)}"
        starts = event.at_start
    else:
        when, starts = text(event.trigger), not event.initial
    sets = {name: text(value) for name, value in event.assignments}
    return {"id": event.id, "when": when, "at_start": starts, "sets": sets}


def _reaction(reaction: Reaction) -> dict[str, Any]:
    law = reaction.law
    return {
        "id": reaction.id,
        "rules": list(reaction.rules),
        "reactants": dict(reaction.reactants),
        "products": dict(reaction.products),
        "continuous": text(law.expression("continuous")),
        "discrete": None if law.ambiguous else text(law.expression("discrete")),
    }
