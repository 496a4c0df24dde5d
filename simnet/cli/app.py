"""`simnet`: the console entry. Commands import what they need when they run, so help is quick."""

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from simnet.cli.claims import claims_command
from simnet.cli.diff import diff_command
from simnet.cli.doctor import doctor_command
from simnet.cli.export import compile_command, export_command
from simnet.cli.output import finish
from simnet.cli.run import run_command
from simnet.cli.run_options import ChangesCommand
from simnet.cli.screen import merge_command, report_command, screen_command
from simnet.cli.sensitivity import sensitivity_command
from simnet.cli.show import list_command, show_command
from simnet.cli.verify import verify_command

# How help is laid out: a summary, options in panels in the order people need them, examples last.


_EXAMPLES = "\n\nExamples:\n"
_SIMULATION, _OUTPUT, _EXECUTION, _FILE = "Simulation", "Output", "Execution", "Model files"
_LAST = (_OUTPUT, "COMBINE archive (.omex)", _EXECUTION, _FILE, "Development", "Help")
"""Panels that come after all others, in this order."""

_PANEL_OF = {
    **dict.fromkeys(
        "method replicates precision t_end points equilibrate readout seed claim".split(),
        _SIMULATION,
    ),
    **dict.fromkeys("to out plot as_json as_csv markdown".split(), _OUTPUT),
    **dict.fromkeys(
        "exports dry plan yes workers shard engine timeout rtol atol max_step allow_negative".split(),
        _EXECUTION,
    ),
    **dict.fromkeys("folder kinetics written_in volume copies".split(), _FILE),
}
"""The panel of an option that names none, by the name of its parameter."""


class _Layout:
    """Fills paragraphs, puts the examples last, and sorts the options by their panels."""

    help: str | None
    epilog: str | None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        from rich.markup import escape

        super().__init__(*arguments, **options)
        text, _, examples = (self.help or "").partition(_EXAMPLES)
        self.help = "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))
        if examples:
            lines = (line.strip() for line in examples.strip().splitlines())
            self.epilog = "\n".join(["[bold]Examples[/bold]", *map(escape, lines)])

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters in the order in which help shows them."""
        parameters: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for parameter in parameters:
            if getattr(parameter, "is_flag", False):
                parameter.metavar = ""
            if parameter.param_type_name == "option" and not parameter.rich_help_panel:
                parameter.rich_help_panel = _PANEL_OF.get(parameter.name)
        return sorted(parameters, key=lambda parameter: _rank(parameter.rich_help_panel))


def _rank(panel: str | None) -> int:
    return 1 + _LAST.index(panel) if panel in _LAST else 0


class Command(_Layout, TyperCommand):
    """A command whose docstring ends with "Examples:"."""

    def get_params(self, ctx: Any) -> list[Any]:
        """As of `_Layout`, with --help in a panel of its own, the last."""
        *parameters, shown = sorted(super().get_params(ctx), key=lambda p: p.name == "help")
        shown.rich_help_panel = "Help"
        return [*parameters, shown]


class Group(_Layout, TyperGroup):
    """The root."""


app = typer.Typer(
    name="simnet",
    cls=Group,
    add_completion=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the versions of simnet and of the libraries it uses."),
    ] = False,
) -> None:
    """Simulate, perturb and analyse stochastic signalling networks.

    A NETWORK is the name of a packaged network (see simnet list), a model file (SBML, Antimony,
    BNGL, .net, OMEX, or a Python file with a PySB model), or an importable PySB model, written
    package.module:model.

    Exit codes: 0 success, 1 internal error (for simnet diff: the networks differ), 2 invalid input,
    3 a check failed, 130 interrupted.

    Examples:
        simnet show hypoxia
        simnet run hypoxia --change O2_percent=1 --t-end "24 h" --plot
        simnet run hypoxia --replicates 100 --seed 1 --out cells
    """
    if version:
        from simnet.cli.doctor import versions

        for name, found in versions().items():
            typer.echo(f"{name} {found}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


class _ChangesCommand(ChangesCommand, Command):
    """Help as of `Command`, and changes in their order."""


_PANELS: dict[str, dict[str, Callable[..., None]]] = {
    "Networks": {
        "list": list_command,
        "show": show_command,
        "diff": diff_command,
        "export": export_command,
        "compile": compile_command,
    },
    "Simulations and studies": {
        "run": run_command,
        "screen": screen_command,
        "sensitivity": sensitivity_command,
        "merge": merge_command,
        "report": report_command,
    },
    "Checks": {
        "claims": claims_command,
        "verify": verify_command,
        "doctor": doctor_command,
    },
}

for _panel, _commands in _PANELS.items():
    for _name, _command in _commands.items():
        _cls = _ChangesCommand if _name in ("show", "run", "screen", "sensitivity") else Command
        app.command(_name, cls=_cls, rich_help_panel=_panel)(_command)


def _let_every_letter_pass() -> None:
    """Files and pipes are UTF-8 whatever the locale; a terminal shows what it can, and ? for the
    rest."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            chosen = stream.isatty() or "PYTHONIOENCODING" in os.environ
            stream.reconfigure(encoding=None if chosen else "utf-8", errors="replace")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; see `simnet.cli.output` for the codes."""
    _let_every_letter_pass()
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(finish(lambda: app(given, prog_name="simnet", standalone_mode=False)))


if __name__ == "__main__":
    main()
