"""`simnet`: the console entry. Commands import what they need when they run, so help is quick."""

import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from simnet.cli.changes import ChangesCommand
from simnet.cli.claims import claims_command
from simnet.cli.compile import compile_command
from simnet.cli.diff import diff_command
from simnet.cli.doctor import doctor_command
from simnet.cli.exits import finish
from simnet.cli.export import export_command
from simnet.cli.listing import list_command
from simnet.cli.merge import merge_command
from simnet.cli.report import report_command
from simnet.cli.run import run_command
from simnet.cli.screen import screen_command
from simnet.cli.sensitivity import sensitivity_command
from simnet.cli.show import show_command
from simnet.cli.verify import verify_command

app = typer.Typer(
    name="simnet",
    add_completion=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print versions.")] = False,
) -> None:
    """Simulate stochastic signalling networks that are written as rules.

    NETWORK is a packaged name ([bold]simnet list[/bold]), a model file (SBML, Antimony, BNGL, .net,
    OMEX or PySB's .py), or package.module:model of a PySB model.

    \b
    simnet show hypoxia
    simnet run hypoxia --equilibrate "72 h" --change O2_percent=1 --replicates 100 --out hypoxic

    \b
    Exit codes: 0 done, 1 our fault, 2 the user's mistake,
    3 ran but a check failed, 130 interrupted.
    """
    if version:
        from simnet.cli.doctor import versions

        for name, found in versions().items():
            typer.echo(f"{name} {found}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command("list")(list_command)
app.command("show", cls=ChangesCommand)(show_command)
app.command("run", cls=ChangesCommand)(run_command)
app.command("export")(export_command)
app.command("compile")(compile_command)
app.command("verify")(verify_command)
app.command("claims")(claims_command)
app.command("diff")(diff_command)
app.command("doctor")(doctor_command)
app.command("screen")(screen_command)
app.command("merge")(merge_command)
app.command("report")(report_command)
app.command("sensitivity", cls=ChangesCommand)(sensitivity_command)


def _let_every_letter_pass() -> None:
    """Files and pipes are UTF-8 whatever the locale; a terminal shows what it can, and ? for the
    rest."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            chosen = stream.isatty() or "PYTHONIOENCODING" in os.environ
            stream.reconfigure(encoding=None if chosen else "utf-8", errors="replace")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; see `simnet.cli.exits` for the codes."""
    _let_every_letter_pass()
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(finish(lambda: app(given, prog_name="simnet", standalone_mode=False)))


if __name__ == "__main__":
    main()
