"""The options of a run: one for a field of `Run`, the same in every command that runs a network."""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from functools import wraps
from typing import Annotated, Any, TypeAlias, get_args

import typer
from typer.core import TyperCommand

from simnet.cli.options import number_or_text
from simnet.errors import InputError, Problem
from simnet.experiment.notation import Treatment, forms, name_text, read_variability, treatment_of
from simnet.experiment.run import Precision
from simnet.experiment.variability import SPREADS

# The options for changes, in the notation of files and readouts, and what became of those before.


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
        help="Before the start, also during --equilibrate: a cell line (MCT4=knockout), a medium.",
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
    """A command whose options for changes were others before, or whose changes are in its plan: such
    options end in an error that shows how the same is written now."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as usual.

        Raises:
            InputError: an option of before, or for a change that belongs into the plan.
        """
        planned = all(parameter.name != "change" for parameter in self.params)
        if not ctx.resilient_parsing and (problems := _written_as_before(args, planned=planned)):
            raise InputError(problems)
        return super().parse_args(ctx, args)


def _written_as_before(args: Sequence[str], *, planned: bool) -> list[Problem]:
    problems, when, words = [], "", iter(args)
    why = "is not an option here" if planned else "is no longer an option"
    for word in words:
        option, equals, value = word.partition("=")
        if option == "--at":
            value = value if equals else next(words, "")
            when = "" if ":" in value else f"{value}: "
            change = value if planned and not when else ""
        elif option == "--simulate":
            value = value if equals else next(words, "")
            way_out = f"write --method {value}, and --analysis for what was --method"
            problems.append(Problem(what=f"{option} {value}", why=why, way_out=way_out))
            continue
        elif option in _BEFORE:
            value = value if equals else next(words, "")
            name, _, number = value.rpartition("=")
            change = f"{name_text(name or number)}={_BEFORE[option]}{number if name else ''}"
        elif planned and option == "--change":
            change = value = value if equals else next(words, "")
        else:
            continue
        if change:
            now = f"""{"--at" if when else "--change"} '{when}{change}'"""
            if planned:
                now = f"""changes = ["{when}{change}"] in the plan"""
            problems.append(Problem(what=f"{option} {value}", why=why, way_out=f"write {now}"))
    return problems


def given(change: Sequence[str], at: Sequence[str], background: Sequence[str]) -> Treatment:
    """What the options say is done.

    Raises:
        InputError: all texts that are no changes.
    """
    return treatment_of(change, at, background, ("--change", "--at", "--background"))


RunFields: TypeAlias = dict[str, Any]
"""Fields of `Run` that were given on the command line."""


def _option(kind: Any, metavar: str, text: str) -> Any:
    return Annotated[kind | None, typer.Option(metavar=metavar, help=text)]


_TIMES = ("t_end", "equilibrate", "timeout", "max_step")
_SEVERAL = ("change", "at", "background", "variability")
OPTIONS: Mapping[str, Any] = {
    "method": _option(str, "[ode|ssa]", "ode (CVODE), the default, or ssa (Gillespie)."),
    "replicates": _option(int, "N", "Independent SSA runs."),
    "precision": _option(
        float,
        "R",
        "In place of --replicates: as many as make 95 % intervals of the means no wider than ± R "
        "times the mean, such as 0.05.",
    ),
    "t_end": _option(str, "TIME", 'End of the run, such as "30 min"; 48 h by default.'),
    "points": _option(int, "N", "Output times, evenly spaced; 97 by default."),
    "equilibrate": _option(str, "TIME", "Time under baseline inputs before the start."),
    "seed": _option(int, "N", "Root seed of SSA; random by default."),
    "engine": _option(
        str,
        "NAME",
        "auto, compiled, roadrunner or reference; for ssa auto takes the fastest that is exact.",
    ),
    "timeout": _option(str, "TIME", "Wall time that one replicate may take."),
    "rtol": _option(float, "R", "Relative tolerance of the ODE integrator."),
    "atol": _option(float, "A", "Its absolute tolerance, in units of amount."),
    "max_step": _option(str, "TIME", "Longest step of the ODE integrator."),
    "allow_negative": Annotated[
        bool,
        typer.Option(
            "--allow-negative",
            help="Take amounts below zero as results, where the model means them (ode).",
        ),
    ],
    "change": ChangeOption,
    "at": AtOption,
    "background": BackgroundOption,
    "variability": VariabilityOption,
}
"""By the names of the command's parameters: fields of `Run`, and --change and --at, which make two."""


def with_run_options(
    *, without: Collection[str] = (), **helps: str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of a run in the place of its parameter `run`, which takes them as
    `RunFields`.

    Typer reads options off a command's signature: that is what is made here.

    Args:
        without: options that the command does not have.
        helps: help of options that mean something of their own in the command.
    """
    names = [name for name in OPTIONS if name not in without]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def called(**arguments: Any) -> None:
            run = _fields({name: arguments.pop(name) for name in names})
            command(**arguments, run=run)

        parameters: list[inspect.Parameter] = []
        for own in inspect.signature(command).parameters.values():
            if own.name == "run":
                parameters += (_parameter(name, helps.get(name)) for name in names)
            else:
                parameters.append(own.replace(kind=inspect.Parameter.KEYWORD_ONLY))
        called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return called

    return decorate


def _parameter(name: str, text: str | None) -> inspect.Parameter:
    kind, option = get_args(OPTIONS[name])
    if text is not None:
        option = copy(option)
        option.help = text
    default: Any = [] if name in _SEVERAL else False if kind is bool else None
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )


def _fields(options: RunFields) -> RunFields:
    """What options make, without those that were not given."""
    run = {n: v for n, v in options.items() if not (v is None or v is False or v == [])}
    for name in run.keys() & {*_TIMES}:
        run[name] = number_or_text(run[name])
    if "precision" in run:
        run["precision"] = Precision(relative=run["precision"])
    done = given(*(run.pop(name, []) for name in ("change", "at", "background")))
    run |= {name: made for name, made in vars(done).items() if made}
    if "variability" in run:
        run["variability"] = read_variability(run["variability"], "--variability")
    return run
