"""`simnet show`: what is in a network, what can be done with it, and what a run costs."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simnet.cli.experiment import (
    EndOption,
    EquilibrateOption,
    KineticsOption,
    Source,
    end_of_run,
    loaded,
    shown_time,
)
from simnet.cli.ordered import (
    Adds,
    Ats,
    Changes,
    Clamps,
    Knockdowns,
    Knockouts,
    Scales,
    Sets,
    changes_of,
)
from simnet.cli.tables import console, count, number, print_json, table, unit_text
from simnet.errors import InputError, Problem
from simnet.network.checks import stochastic_problems
from simnet.network.expression import text
from simnet.network.network import Network, Parameter

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

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
    cost: Annotated[
        bool,
        typer.Option(
            "--cost",
            help="Expected firings of each reaction in a run: the integral of its rate along the "
            "ODE solution. Takes --t-end, --equilibrate and changes as `simnet run` does.",
            rich_help_panel=_SECTION,
        ),
    ] = False,
    t_end: EndOption = None,
    equilibrate: EquilibrateOption = None,
    kinetics: KineticsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    set_: Sets = [],  # noqa: B006 - typer makes a new list
    scale: Scales = [],  # noqa: B006
    add: Adds = [],  # noqa: B006
    knockdown: Knockdowns = [],  # noqa: B006
    knockout: Knockouts = [],  # noqa: B006
    clamp: Clamps = [],  # noqa: B006
    at: Ats = [],  # noqa: B006
) -> None:
    """Show a network: its molecules, inputs, readouts, genes, rules and parameters.

    \b
    simnet show hypoxia
    simnet show hypoxia --parameters
    simnet show hypoxia --cost --equilibrate "72 h" --set O2_percent=1
    """
    changes = changes_of(context)
    if not cost and (t_end or equilibrate or changes != Changes()):
        why = "a run is described, and none is asked for"
        raise InputError(Problem(what="simnet show", why=why, way_out="add --cost"))
    network = loaded(source, kinetics)
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
        data = _data(network)
        if priced is not None:
            data["cost"] = {"t_end": end, "firings": priced.to_dict(orient="records")}
        print_json(data)
        return
    chosen = [
        (molecules, _molecules),
        (species, _species),
        (rules, _rules),
        (reactions, _reactions),
        (parameters, _parameters),
    ]
    out = console()
    if not cost and not any(wanted for wanted, _ in chosen):
        _overview(network)
    for wanted, section in chosen:
        if wanted:
            out.print(section(network))
    if priced is not None:
        out.print(_cost(priced, f"Expected firings in {shown_time(end, network)}"))
        total = f"{number(float(priced.firings.sum()))} firings in all"
        out.print(f"{total}, in {count(len(priced), 'reaction')}", highlight=False)


def _overview(network: Network) -> None:
    out = console()
    title = f" · {network.title}" if network.title and network.title != network.id else ""
    out.print(f"{network.id}{title}", style="bold", markup=False, highlight=False)
    if network.summary:
        out.print(network.summary, markup=False, highlight=False)
    sizes = {
        "molecule": network.molecules,
        "rule": network.rules,
        "species": network.species,
        "reaction": network.reactions,
        "parameter": network.parameters,
    }
    sized = ", ".join(count(len(items), noun) for noun, items in sizes.items() if items)
    out.print(f"\n{sized}\n", highlight=False)
    for section in (_inputs, _readouts, _genes, _molecules):
        shown = section(network)
        if shown.row_count:
            out.print(shown)
    for line in _methods(network):
        out.print(line, markup=False, highlight=False)
    hint = (
        f"More: simnet show {network.id} --parameters, --rules, --species, --reactions, --cost, "
        "--json"
    )
    out.print(f"\n{hint}", style="dim", markup=False, highlight=False)


def _methods(network: Network) -> Iterator[str]:
    """What can be done with it."""
    yield "ode  yes" + (", the file as it is" if network.document is not None else "")
    problems = list(stochastic_problems(network))
    if not problems:
        yield "ssa  yes"
    else:
        yield f"ssa  no, for {count(len(problems), 'reason')}:"
        yield from (f"     {problem}" for problem in problems[:_PROBLEMS_SHOWN])
        if len(problems) > _PROBLEMS_SHOWN:
            yield f"     and {len(problems) - _PROBLEMS_SHOWN} more (--json lists all)"
    if network.suggested_equilibration:
        yield f'at rest after --equilibrate "{network.suggested_equilibration}"'


def _inputs(network: Network) -> "Table":
    rows = [(i.name, number(i.baseline), i.unit or "", i.meaning) for i in network.inputs]
    return _named("Inputs", ["name", "baseline", "unit", "meaning"], rows, numbers={"baseline"})


def _readouts(network: Network) -> "Table":
    rows = [(r.name, unit_text(r.unit), r.meaning) for r in network.readouts]
    return _named("Readouts", ["name", "unit", "meaning"], rows)


def _genes(network: Network) -> "Table":
    rows = [(g.name, g.symbol, ", ".join(g.parameters), g.meaning) for g in network.genes]
    return _named("Genes", ["name", "symbol", "a knock-down scales", "meaning"], rows)


def _molecules(network: Network) -> "Table":
    rows = [(m.name, m.sites, m.meaning) for m in network.molecules]
    return _named("Molecules", ["name", "sites", "meaning"], rows)


def _species(network: Network) -> "Table":
    rows = [(s.id, number(s.initial), s.name, "fixed" * s.fixed) for s in network.species]
    unit = unit_text(network.substance_unit)
    columns = ["id", f"initial ({unit})" if unit else "initial", "pattern", ""]
    return _named("Species", columns, rows, numbers={columns[1]})


def _rules(network: Network) -> "Table":
    return _named("Rules", ["name", "rule"], [(r.name, r.text) for r in network.rules])


def _reactions(network: Network) -> "Table":
    def side(items: tuple[tuple[str, int], ...]) -> str:
        return " + ".join(f"{n} {name}" if n > 1 else name for name, n in items) or "0"

    rows = [
        (
            r.id,
            f"{side(r.reactants)} → {side(r.products)}",
            text(r.law.expression("continuous")),
        )
        for r in network.reactions
    ]
    return _named("Reactions", ["id", "reaction", "rate law (continuous)"], rows)


def _parameters(network: Network) -> "Table":
    columns = ["name", "value", "range", "unit", "meaning", "source", "confidence"]
    rows = [
        (p.id, number(p.value), _range(p), p.unit or "", p.meaning, p.source, p.confidence)
        for p in network.parameters
    ]
    return _named("Parameters", columns, rows, numbers={"value", "range"})


def _range(parameter: Parameter) -> str:
    if parameter.lower is None or parameter.upper is None:
        return ""
    return f"{number(parameter.lower)} to {number(parameter.upper)}"


def _cost(priced: "pd.DataFrame", title: str) -> "Table":
    rows = [
        (str(row.reaction), str(row.rules), number(float(row.firings)), f"{100 * row.share:.2f} %")  # type: ignore[arg-type, operator]
        for row in priced.itertuples()
    ]
    return _named(title, ["reaction", "rules", "firings", "share"], rows, {"firings", "share"})


def _named(
    title: str,
    columns: list[str],
    rows: list[tuple[str, ...]],
    numbers: set[str] | None = None,
) -> "Table":
    """A table without the columns that are empty throughout."""
    kept = [i for i in range(len(columns)) if not rows or any(row[i] for row in rows)]
    made = table(
        [columns[i] for i in kept],
        [[row[i] for i in kept] for row in rows],
        title=title,
        text=len(kept),
    )
    for column, i in zip(made.columns, kept, strict=True):
        if columns[i] in (numbers or ()):
            column.justify = "right"
    return made


def _data(network: Network) -> dict[str, Any]:
    """All of a network as JSON data."""
    from dataclasses import asdict

    def every(items: tuple[Any, ...]) -> list[dict[str, Any]]:
        hidden = ("initial_expression", "expression", "law")
        return [{k: v for k, v in asdict(i).items() if k not in hidden} for i in items]

    law: Callable[[Any, Any], str] = lambda r, kinetics: text(r.law.expression(kinetics))  # noqa: E731
    groups = "compartments species parameters molecules rules readouts inputs genes".split()
    problems = [str(problem) for problem in stochastic_problems(network)]
    return {
        "id": network.id,
        "title": network.title,
        "summary": network.summary,
        "digest": network.digest,
        "substance_unit": network.substance_unit,
        "time_unit": network.time_unit,
        "suggested_equilibration": network.suggested_equilibration,
        "kinetics": network.kinetics,
        "methods": {
            "ode": {"possible": True, "problems": []},
            "ssa": {"possible": not problems, "problems": problems},
        },
        **{name: every(getattr(network, name)) for name in groups},
        "expressions": [
            {**item, "expression": text(a.expression)}
            for a, item in zip(network.assignments, every(network.assignments), strict=True)
        ],
        "reactions": [
            {
                "id": r.id,
                "rules": list(r.rules),
                "reactants": dict(r.reactants),
                "products": dict(r.products),
                "continuous": law(r, "continuous"),
                "discrete": None if r.law.ambiguous else law(r, "discrete"),
            }
            for r in network.reactions
        ],
    }
