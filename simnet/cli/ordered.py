"""Changes on the command line: options whose order counts.

Those before the first --at are made at the start; those after `--at T` are made at T.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

import typer
from typer.core import TyperCommand

from simnet.errors import InputError, Problem
from simnet.experiment.change import (
    Add,
    Change,
    Clamp,
    Dose,
    Knockdown,
    Knockout,
    Overexpress,
    Scale,
    Set,
    Washout,
)
from simnet.experiment.schedule import At

_MADE_BY: dict[str, Callable[[str, float], Change]] = {
    "set": Set,
    "scale": Scale,
    "add": Add,
    "knockdown": Knockdown,
    "overexpress": Overexpress,
    "clamp": Clamp,
}
_MADE_BY_NAME: dict[str, Callable[[str], Change]] = {"knockout": Knockout, "washout": Washout}
_OPTIONS = ("at", "dose", *_MADE_BY_NAME, *_MADE_BY)
_NANOMOLAR = {"pM": 1e-3, "nM": 1.0, "uM": 1e3, "µM": 1e3, "mM": 1e6}
_PARAMETER = {"set": "set_"}  # what a command's argument is called, where not as its option
_KEY = "simnet.changes"
_PANEL = "Changes (before the first --at: at the start; after --at TIME: at that time)"


def _option(name: str, metavar: str, text: str) -> Any:
    return typer.Option(f"--{name}", metavar=metavar, help=text, rich_help_panel=_PANEL)


# Typer reads options off a command's own signature and has no way to share a part of one: so each
# ChangesCommand lists these ten. Their order counts across options, and `changes_of` returns it.
Ats: TypeAlias = Annotated[
    list[str], _option("at", "TIME", 'From here on, changes are made at TIME: "24 h".')
]
Sets: TypeAlias = Annotated[
    list[str], _option("set", "NAME=VALUE", "Set an input, parameter, volume or amount.")
]
Scales: TypeAlias = Annotated[
    list[str], _option("scale", "NAME=FACTOR", "Multiply an input, parameter or amount.")
]
Adds: TypeAlias = Annotated[
    list[str], _option("add", "SPECIES=AMOUNT", "Add molecules at once (a bolus).")
]
Knockdowns: TypeAlias = Annotated[
    list[str], _option("knockdown", "GENE=FRACTION", "Lower a gene by a fraction: HIF1A=0.9.")
]
Knockouts: TypeAlias = Annotated[
    list[str], _option("knockout", "GENE", "Remove a gene's expression.")
]
Overexpressions: TypeAlias = Annotated[
    list[str], _option("overexpress", "GENE=FOLD", "Raise a gene's expression: MCT4=3.")
]
Doses: TypeAlias = Annotated[
    list[str], _option("dose", "DRUG=CONCENTRATION", "A drug in the medium: axitinib=100nM.")
]
Washouts: TypeAlias = Annotated[
    list[str], _option("washout", "DRUG", "Take a drug out of the medium.")
]
Clamps: TypeAlias = Annotated[
    list[str], _option("clamp", "NAME=VALUE", "Hold a species or expression at a value.")
]


class ChangesCommand(TyperCommand):
    """A command that remembers in which order the options for changes were given."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as usual; the changes, as (option, text) in order, are kept with the context."""
        if not ctx.resilient_parsing:
            values, _, order = self.make_parser(ctx).parse_args(args=list(args))
            given = {_PARAMETER.get(n, n): n for n in _OPTIONS}
            texts = {name: iter(values.get(name) or ()) for name in given}
            names = [str(parameter.name) for parameter in order]
            ctx.meta[_KEY] = [(given[n], str(next(texts[n]))) for n in names if n in given]
        return super().parse_args(ctx, args)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Changes at the start, and those at later times."""

    start: tuple[Change, ...] = ()
    schedule: tuple[At, ...] = ()


@dataclass
class _Group:
    time: str | None = None
    changes: list[Change] = field(default_factory=list)
    options: int = 0


def changes_of(context: typer.Context) -> Changes:
    """The changes of a `ChangesCommand`.

    Raises:
        InputError: texts that are no changes, or an --at that none follows.
    """
    return grouped(context.meta.get(_KEY, ()))


def grouped(given: Iterable[tuple[str, str]]) -> Changes:
    """Changes from (option, text) in the order of the command line; see `changes_of`."""
    groups = [_Group()]
    problems: list[Problem] = []
    for option, text in given:
        if option == "at":
            groups.append(_Group(time=text))
            continue
        groups[-1].options += 1
        if option in _MADE_BY_NAME:
            groups[-1].changes.append(_MADE_BY_NAME[option](text))
        elif option == "dose":
            groups[-1].changes.extend(_dose(text, problems))
        else:
            groups[-1].changes.extend(_change(option, text, problems))
    for group in groups[1:]:
        if not group.options:
            way_out = f'for example --at "{group.time}" --set NAME=VALUE'
            why = "no change follows it"
            problems.append(Problem(what=f"--at {group.time!r}", why=why, way_out=way_out))
    if problems:
        raise InputError(problems)
    return Changes(
        start=tuple(groups[0].changes),
        schedule=tuple(At(str(g.time), *g.changes) for g in groups[1:]),
    )


def _dose(text: str, problems: list[Problem]) -> Sequence[Change]:
    name, _, amount = text.partition("=")
    match = re.fullmatch(r"([-+.\deE]+?)\s*(pM|nM|uM|µM|mM)", amount.strip())
    try:
        if name and match is not None:
            return [Dose(name, nM=float(match[1]) * _NANOMOLAR[match[2]])]
    except ValueError:
        pass
    way_out = "write --dose DRUG=100nM; pM, uM and mM are known as well"
    problems.append(Problem(what=f"--dose {text}", why="no concentration", way_out=way_out))
    return []


def _change(option: str, text: str, problems: list[Problem]) -> Sequence[Change]:
    name, equals, value = text.rpartition("=")  # a pattern may hold "=" as well
    try:
        if equals and name:
            return [_MADE_BY[option](name, float(value))]
        why = "not NAME=NUMBER"
    except ValueError:
        why = f"{value!r} is not a number"
    way_out = f"write --{option} NAME=NUMBER"
    problems.append(Problem(what=f"--{option} {text}", why=why, way_out=way_out))
    return []
