"""`simnet show`: what is in a network, what can be done with it, and what a run costs."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simnet.cli import sections
from simnet.cli.options import (
    CopiesOption,
    EndOption,
    EquilibrateOption,
    KineticsOption,
    Source,
    VolumeOption,
    end_of_run,
    loaded,
    shown_time,
)
from simnet.cli.output import complain, console, count, number, print_json, say, table, writing
from simnet.cli.run_options import AtOption, BackgroundOption, ChangeOption, given
from simnet.cli.sections import as_molecules, conversion, origin_of, rounded_starts, splits
from simnet.engines.table import problems_under
from simnet.errors import InputError, Problem
from simnet.experiment.notation import Treatment
from simnet.experiment.run import METHODS
from simnet.network.expression import text
from simnet.network.network import Event, Network, Reaction, StateEvent
from simnet.network.timing import cautions

if TYPE_CHECKING:
    import pandas as pd


# `simnet show NETWORK --diagram FILE.svg`.


def write_diagram(network: Network, path: Path) -> None:
    """Draw a network into an SVG file.

    Raises:
        InputError: a file of another format, or a network without reactions.
    """
    if path.suffix.lower() != ".svg":
        raise InputError(
            Problem(
                what=f"--diagram {path}",
                why="diagrams are SVG files",
                way_out="end the name in .svg",
            )
        )
    if not network.reactions:
        why = "has no reactions to draw"
        if network.document is not None:
            why = f"is simulated as its file is, since it has {network.document.obstacles[0].what}"
        raise InputError(Problem(what=f"--diagram: {network.id}", why=why))
    from simnet.plot.diagram import draw_diagram

    with writing(path):
        path.write_text(draw_diagram(network), encoding="utf-8")
    complain(f"wrote {path}")


# `simnet list`: the packaged networks.


_TITLE = 40  # characters: the table is to fit a terminal


def list_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the packaged networks.

    Examples:
        simnet list
        simnet list --json
    """
    from textwrap import fill

    from simnet.rules.load import load
    from simnet.rules.packaged import packaged_names

    rows = [
        {
            "name": name,
            "title": network.title,
            "species": len(network.species),
            "reactions": len(network.reactions),
            "parameters": len(network.parameters),
            "readouts": len(network.readouts),
        }
        for name in packaged_names()
        for network in [load(name)]
    ]
    if as_json:
        print_json(rows)
        return
    columns = ["name", "title", "species", "reactions", "parameters", "readouts"]
    cells = [
        [
            fill(str(row[column]), _TITLE) if column == "title" else str(row[column])
            for column in columns
        ]
        for row in rows
    ]
    console().print(table(columns, cells, text=2))


# A network as JSON data, for `simnet show --json`.


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
        "split": splits(network),
        "in_molecules": conversion(network),
        "rounded": dict(rounded_starts(network)),
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


_SHOWN = 5
_SECTION = "Sections"


def _section(what: str) -> Any:
    return typer.Option(f"--{what}", help=f"Show the {what}.", rich_help_panel=_SECTION)


def show_command(
    source: Source,
    molecules: Annotated[bool, _section("molecules")] = False,
    species: Annotated[bool, _section("species")] = False,
    rules: Annotated[bool, _section("rules")] = False,
    reactions: Annotated[bool, _section("reactions")] = False,
    parameters: Annotated[bool, _section("parameters")] = False,
    annotations: Annotated[bool, _section("annotations")] = False,
    cost: Annotated[
        bool,
        typer.Option(
            "--cost",
            help="Show how often each reaction is expected to fire in a run (the integral of its "
            "rate along the ODE solution).",
            rich_help_panel=_SECTION,
        ),
    ] = False,
    diagram: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.svg",
            help="Draw the network: which species act on which.",
            rich_help_panel=_SECTION,
        ),
    ] = None,
    t_end: EndOption = None,
    equilibrate: EquilibrateOption = None,
    kinetics: KineticsOption = None,
    volume: VolumeOption = None,
    copies: CopiesOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole network as JSON.")
    ] = False,
    change: ChangeOption = [],  # noqa: B006 - typer makes a new list
    at: AtOption = [],  # noqa: B006
    background: BackgroundOption = [],  # noqa: B006
) -> None:
    """Show the contents of a network and which methods can simulate it.

    The overview lists inputs, readouts, genes, drugs and molecules; the options below show other
    sections in its place. --t-end, --equilibrate and changes describe the run of --cost.

    Examples:
        simnet show hypoxia
        simnet show hypoxia --parameters
        simnet show hypoxia --diagram hypoxia.svg
        simnet show model.xml --volume "1 pL"
        simnet show hypoxia --cost --t-end "24 h" --change O2_percent=1
    """
    done = given(change, at, background)
    if not cost and (t_end or equilibrate or done != Treatment()):
        why = "--t-end, --equilibrate and changes only apply to --cost"
        raise InputError(
            Problem(what="simnet show", why=why, way_out="add --cost, or leave them out")
        )
    network = loaded(source, kinetics, volume=volume, copies=copies)
    if diagram is not None:
        write_diagram(network, diagram)
    priced: pd.DataFrame | None = None
    end = (t_end or end_of_run(network)) if cost else ""
    if cost:
        from simnet.cli.output import progress
        from simnet.execute.cost import expected_firings

        with progress("integrating the rates"):
            priced = expected_firings(
                network,
                t_end=end,
                equilibrate=equilibrate,
                background=done.background,
                changes=done.changes,
                schedule=done.schedule,
            )
    if as_json:
        data = description(network, origin_of(source))
        if priced is not None:
            data["cost"] = {"t_end": end, "firings": priced.to_dict(orient="records")}
        print_json(data)
        return
    chosen = [
        (molecules, sections.molecules),
        (species, sections.species),
        (rules, sections.rules),
        (reactions, sections.reactions),
        (parameters, sections.parameters),
        (annotations, sections.annotations),
    ]
    if not cost and diagram is None and not any(wanted for wanted, _ in chosen):
        _overview(network, source)
    for wanted, section in chosen:
        if wanted:
            console().print(section(network))
    if priced is not None:
        console().print(sections.cost(priced, f"Expected firings in {shown_time(end, network)}"))
        total = f"{number(float(priced.firings.sum()))} firings in total"
        say(f"{total}, in {count(len(priced), 'reaction')}")


def _overview(network: Network, source: str) -> None:
    title = f" · {network.title}" if network.title and network.title != network.id else ""
    say(f"{network.id}{title}", style="bold")
    if network.summary:
        say(network.summary)
    sizes = {
        "molecule": network.molecules,
        "rule": sections.own_rules(network),
        "species": network.species,
        "reaction": network.reactions,
        "parameter": network.parameters,
    }
    sized = ", ".join(count(len(items), noun) for noun, items in sizes.items() if items)
    say(f"\n{origin_of(source)}: {sized}\n")
    for section in (
        sections.inputs,
        sections.readouts,
        sections.genes,
        sections.drugs,
        sections.molecules,
        sections.rounded,
    ):
        shown = section(network)
        if shown.rows:
            console().print(shown)
    for line in (*_imported(network), *_events(network), *_methods(network, source)):
        say(line)
    hint = (
        f"More: simnet show {source} --parameters, --rules, --species, --reactions, --annotations, "
        "--cost, --json"
    )
    say(f"\n{hint}", style="dim")


def _imported(network: Network) -> Iterator[str]:
    """What loading did to the model."""
    found = splits(network)
    if found:
        yield f"net laws of {count(len(found), 'reversible reaction')} split into forward and backward reactions:"
        yield from _some(found, "--rules")
    if converted := conversion(network):
        yield f"amounts in molecules: {converted}"


def _events(network: Network) -> Iterator[str]:
    """What happens by itself."""
    for event in description(network)["events"]:
        sets = ", ".join(f"{name} = {value}" for name, value in event["sets"].items())
        yield f"event {event['id']}, when {event['when']}: {sets}"


def _methods(network: Network, source: str) -> Iterator[str]:
    """What can be done with it."""
    under_ode, under_ssa = (problems_under(method, network) for method in METHODS)
    if under_ode:
        yield f"ODE: not possible, for {count(len(under_ode), 'reason')}:"
        yield from _some(under_ode, "--json")
    else:
        yield "ODE: possible" + (", with the file as it is" if network.document is not None else "")
        yield from (f"     note: {caution}" for caution in cautions(network))
    if not under_ssa:
        yield "SSA: possible"
    elif under_ode:
        yield "SSA: not possible, for the same reasons and perhaps others"
    else:
        yield f"SSA: not possible, for {count(len(under_ssa), 'reason')}:"
        yield from _some(under_ssa, "--json")
        yield from as_molecules(network, source)
    if network.suggested_equilibration:
        yield f'equilibrium: reached with --equilibrate "{network.suggested_equilibration}"'


def _some(items: Sequence[object], where: str) -> Iterator[str]:
    """The first of them, indented, and how many more there are `where`."""
    yield from (f"     {item}" for item in items[:_SHOWN])
    if len(items) > _SHOWN:
        yield f"     and {len(items) - _SHOWN} more (listed with {where})"
