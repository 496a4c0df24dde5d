"""`simnet show`: what is in a network, what can be done with it, and what a run costs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simnet.cli import annotations as annotation
from simnet.cli import origin, sections
from simnet.cli.conversion import CopiesOption, VolumeOption, loaded_in_molecules
from simnet.cli.description import description
from simnet.cli.diagram import DiagramOption, write_diagram
from simnet.cli.experiment import (
    EndOption,
    EquilibrateOption,
    KineticsOption,
    Source,
    end_of_run,
    shown_time,
)
from simnet.cli.ordered import (
    Adds,
    Ats,
    Changes,
    Clamps,
    Doses,
    Knockdowns,
    Knockouts,
    Overexpressions,
    Scales,
    Sets,
    Washouts,
    changes_of,
)
from simnet.cli.tables import console, count, number, print_json
from simnet.errors import InputError, Problem
from simnet.network.checks import stochastic_problems
from simnet.network.network import Network

if TYPE_CHECKING:
    import pandas as pd

_PROBLEMS_SHOWN = 5
_SECTION = "Sections (the overview if none is chosen)"


def _section(what: str) -> Any:
    return typer.Option(f"--{what}", help=f"Show the {what}.", rich_help_panel=_SECTION)


def show_command(
    context: typer.Context,
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
            help="Expected firings of each reaction in a run: the integral of its rate along the "
            "ODE solution. Takes --t-end, --equilibrate and changes as `simnet run` does.",
            rich_help_panel=_SECTION,
        ),
    ] = False,
    diagram: DiagramOption = None,
    t_end: EndOption = None,
    equilibrate: EquilibrateOption = None,
    kinetics: KineticsOption = None,
    volume: VolumeOption = None,
    copies: CopiesOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    set_: Sets = [],  # noqa: B006 - typer makes a new list
    scale: Scales = [],  # noqa: B006
    add: Adds = [],  # noqa: B006
    knockdown: Knockdowns = [],  # noqa: B006
    knockout: Knockouts = [],  # noqa: B006
    overexpress: Overexpressions = [],  # noqa: B006
    dose: Doses = [],  # noqa: B006
    washout: Washouts = [],  # noqa: B006
    clamp: Clamps = [],  # noqa: B006
    at: Ats = [],  # noqa: B006
) -> None:
    """Show a network or a model file: what it is, what each method can do with it, its molecules,
    inputs, readouts, genes, drugs, rules and parameters.

    \b
    simnet show hypoxia
    simnet show hypoxia --parameters
    simnet show hypoxia --diagram hypoxia.svg
    simnet show model.xml --volume "1 pL"
    simnet show hypoxia --cost --equilibrate "72 h" --set O2_percent=1
    """
    changes = changes_of(context)
    if not cost and (t_end or equilibrate or changes != Changes()):
        why = "a run is described, and none is asked for"
        raise InputError(Problem(what="simnet show", why=why, way_out="add --cost"))
    network = loaded_in_molecules(source, kinetics, volume, copies)
    if diagram is not None:
        write_diagram(network, diagram)
    priced: pd.DataFrame | None = None
    end = end_of_run(network, t_end) if cost else ""
    if cost:
        from simnet.cli.progress import progress
        from simnet.execute.cost import expected_firings

        with progress("integrating the rates"):
            priced = expected_firings(
                network,
                t_end=end,
                equilibrate=equilibrate,
                changes=changes.start,
                schedule=changes.schedule,
            )
    if as_json:
        data = description(network, origin.origin(source))
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
        (annotations, annotation.annotations),
    ]
    out = console()
    if not cost and diagram is None and not any(wanted for wanted, _ in chosen):
        _overview(network, source)
    for wanted, section in chosen:
        if wanted:
            out.print(section(network))
    if priced is not None:
        out.print(sections.cost(priced, f"Expected firings in {shown_time(end, network)}"))
        total = f"{number(float(priced.firings.sum()))} firings in all"
        out.print(f"{total}, in {count(len(priced), 'reaction')}", highlight=False)


def _overview(network: Network, source: str) -> None:
    out = console()
    title = f" · {network.title}" if network.title and network.title != network.id else ""
    out.print(f"{network.id}{title}", style="bold", markup=False, highlight=False)
    if network.summary:
        out.print(network.summary, markup=False, highlight=False)
    sizes = {
        "molecule": network.molecules,
        "rule": sections.own_rules(network),
        "species": network.species,
        "reaction": network.reactions,
        "parameter": network.parameters,
    }
    sized = ", ".join(count(len(items), noun) for noun, items in sizes.items() if items)
    out.print(f"\n{origin.origin(source)}: {sized}\n", markup=False, highlight=False)
    for section in (
        sections.inputs,
        sections.readouts,
        sections.genes,
        sections.drugs,
        sections.molecules,
        sections.rounded,
    ):
        shown = section(network)
        if shown.row_count:
            out.print(shown)
    for line in (*_imported(network), *_methods(network, source)):
        out.print(line, markup=False, highlight=False)
    hint = (
        f"More: simnet show {source} --parameters, --rules, --species, --reactions, --cost, --json"
    )
    out.print(f"\n{hint}", style="dim", markup=False, highlight=False)


def _imported(network: Network) -> Iterator[str]:
    """What loading did to the model."""
    found = origin.splits(network)
    if found:
        yield f"net laws of {count(len(found), 'reversible reaction')} split into two directions:"
        yield from (f"     {line}" for line in found[:_PROBLEMS_SHOWN])
        if len(found) > _PROBLEMS_SHOWN:
            yield f"     and {len(found) - _PROBLEMS_SHOWN} more (--rules lists all)"
    if converted := origin.conversion(network):
        yield f"amounts in molecules: {converted}"


def _methods(network: Network, source: str) -> Iterator[str]:
    """What can be done with it."""
    yield "ode  yes" + (", the file as it is" if network.document is not None else "")
    cautions = network.document.cautions if network.document is not None else ()
    yield from (f"     mind: {caution}" for caution in cautions)
    problems = list(stochastic_problems(network))
    if not problems:
        yield "ssa  yes"
    else:
        yield f"ssa  no, for {count(len(problems), 'reason')}:"
        yield from (f"     {problem}" for problem in problems[:_PROBLEMS_SHOWN])
        if len(problems) > _PROBLEMS_SHOWN:
            yield f"     and {len(problems) - _PROBLEMS_SHOWN} more (--json lists all)"
        yield from origin.as_molecules(network, source)
    if network.suggested_equilibration:
        yield f'at rest after --equilibrate "{network.suggested_equilibration}"'
