"""The options for changes, in the notation of files and readouts, and what became of those before."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import typer
from typer.core import TyperCommand

from simnet.errors import InputError, Problem
from simnet.experiment.notation import Treatment, forms, name_text, treatment_of
from simnet.experiment.variability import SPREADS

_PANEL = "Changes (NAME=VALUE; each option may be repeated)"
ChangeOption: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--change",
        metavar="CHANGE",
        help=f'At the start: O2_percent=1, "HIF1A=knockdown 0.9". A value is {forms()}.',
        rich_help_panel=_PANEL,
    ),
]
AtOption: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--at",
        metavar="TIME: CHANGE",
        help='Later: "24h: O2_percent=20", "from 24h for 6h: O2_percent=20" (and back), '
        '"every 24h from 0h, 5 times: axitinib=10nM".',
        rich_help_panel=_PANEL,
    ),
]
BackgroundOption: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--background",
        metavar="CHANGE",
        help="From the very start, while it equilibrates as well: a cell line, a medium.",
        rich_help_panel=_PANEL,
    ),
]
VariabilityOption: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--variability",
        metavar="NAME=SPREAD",
        help=f'From cell to cell: "MCT1=lognormal 0.3". A spread is {forms(SPREADS)}: its '
        "coefficient of variation, or fold.",
        rich_help_panel=_PANEL,
    ),
]

_BEFORE = {
    "--set": "",
    "--scale": "x",
    "--add": "add ",
    "--knockdown": "knockdown ",
    "--knockout": "knockout",
    "--overexpress": "overexpress ",
    "--dose": "",
    "--washout": "washout",
    "--clamp": "held ",
}
"""Options of before, and what their number has before it now."""


class ChangesCommand(TyperCommand):
    """A command whose options for changes were others before: these end in an error that shows how
    the same is written now."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as usual.

        Raises:
            InputError: an option of before.
        """
        if not ctx.resilient_parsing and (problems := _written_as_before(args)):
            raise InputError(problems)
        return super().parse_args(ctx, args)


def _written_as_before(args: Sequence[str]) -> list[Problem]:
    problems, when, words = [], "", iter(args)
    for word in words:
        option, equals, value = word.partition("=")
        if option == "--at":
            value = value if equals else next(words, "")
            when = "" if ":" in value else f"{value}: "
        elif option in _BEFORE:
            value = value if equals else next(words, "")
            name, _, number = value.rpartition("=")
            change = f"{name_text(name or number)}={_BEFORE[option]}{number if name else ''}"
            now = f"""{"--at" if when else "--change"} '{when}{change}'"""
            what, why = f"{option} {value}", "is no longer an option"
            problems.append(Problem(what=what, why=why, way_out=f"write {now}"))
    return problems


def given(change: Sequence[str], at: Sequence[str], background: Sequence[str]) -> Treatment:
    """What the options say is done.

    Raises:
        InputError: all texts that are no changes.
    """
    return treatment_of(change, at, background, ("--change", "--at", "--background"))
