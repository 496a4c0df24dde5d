"""`simnet diff`: what differs between two networks or files."""

from collections import Counter
from typing import Annotated

import typer

from simnet.cli.options import networks
from simnet.cli.output import count, print_json, progress, say
from simnet.network.diff import Difference, differences

DIFFERENT = 1
"""The exit code where something differs, as of diff(1); 0 where nothing does."""

_Source = Annotated[
    str,
    typer.Argument(
        metavar="NETWORK|FILE", help="A packaged network or a model file.", autocompletion=networks
    ),
]


def diff_command(
    left: _Source,
    right: _Source,
    rtol: Annotated[
        float, typer.Option(metavar="R", help="Relative tolerance within which numbers are equal.")
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the differences as JSON.")] = False,
) -> None:
    """Compare two networks in everything that is simulated.

    Species, reactions, rate laws, parameters, compartments and events are matched by id. Exit code
    0 if there is no difference, 1 if there is one.

    Examples:
        simnet diff hypoxia my_hypoxia.xml
        simnet diff model-v1.bngl model-v2.bngl --json
    """
    from simnet.rules.load import load

    with progress(f"loading {left} and {right}"):
        found = differences(load(left), load(right), rtol=rtol)
    if as_json:
        print_json([vars(d) for d in found])
    else:
        _print(found, left, right)
    if found:
        raise typer.Exit(DIFFERENT)


def _print(found: tuple[Difference, ...], left: str, right: str) -> None:
    if not found:
        say(f"{left} and {right} do not differ in anything that is simulated")
        return
    for difference in found:
        say(_line(difference, left, right))
    sums = Counter(d.kind for d in found)
    parts = ", ".join(f"{kind} {number}" for kind, number in sums.items())
    say(f"{count(len(found), 'difference')}: {parts}")


def _line(difference: Difference, left: str, right: str) -> str:
    thing = f"{difference.kind} {difference.id}"
    if difference.field:
        return f"{thing}, {difference.field}: {difference.left} → {difference.right}"
    where, summary = (
        (left, difference.left) if difference.right is None else (right, difference.right)
    )
    return f"{thing}, only in {where}: {summary}"
