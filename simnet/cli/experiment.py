"""Options and arguments that several commands share: the network, its time, workers, output."""

from typing import Annotated, Literal, TypeAlias

import typer

from simnet.cli.completion import networks
from simnet.errors import InputError, ModelError, Problem
from simnet.network.network import Network
from simnet.network.rates import Kinetics
from simnet.network.units import parse_unit

Source: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="NETWORK|FILE",
        help="A packaged name; an SBML, Antimony, BNGL, .net, PySB or OMEX file; "
        "or package.module:model.",
        autocompletion=networks,
    ),
]
KineticsOption: TypeAlias = Annotated[
    Literal["continuous", "discrete"] | None,
    typer.Option(
        "--kinetics",
        help="The kinetics that a foreign SBML file's laws are written in, if its SSA is wanted.",
    ),
]
EndOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--t-end", metavar="TIME", help='End of the run, such as "30 min"; 48 h if not given.'
    ),
]
WorkersOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="N|ADDRESS",
        help="Worker processes, all processors if not given, 0 for none; or a Dask scheduler's "
        "address, tcp://host:8786.",
    ),
]
EquilibrateOption: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Time under baseline inputs before the start."),
]

DEFAULT_END = "48 h"


def workers_of(given: str | None) -> int | str | None:
    """What `workers=` takes: a number, or an address as it is (which is checked there)."""
    return int(given) if given is not None and given.isdecimal() else given


def require_one_output(*, as_json: bool, as_csv: bool) -> None:
    """Raise InputError where two options want stdout."""
    if as_json and as_csv:
        way_out = "give one of them"
        raise InputError(Problem(what="--json and --csv", why="both want stdout", way_out=way_out))


def loaded(
    source: str,
    kinetics: Kinetics | None = None,
    *,
    volume: str | None = None,
    copies: float | None = None,
) -> Network:
    """The network, its amounts turned into molecules where that is asked for; compiling one may
    take a while."""
    from simnet.cli.progress import progress
    from simnet.rules.load import load

    with progress(f"loading {source}"):
        return load(source, kinetics=kinetics, volume=volume, copies=copies)


def end_of_run(network: Network) -> str:
    """The end where none is given: 48 h.

    Raises:
        InputError: a network that has no unit of time needs a number.
    """
    if network.time_unit is not None:
        try:
            if parse_unit(network.time_unit).exponents == (("second", 1),):
                return DEFAULT_END
        except ModelError:
            pass
    raise InputError(
        Problem(
            what="--t-end",
            why=f"{network.id} states no unit of time, so there is no default",
            way_out="give a number in the model's own unit: --t-end 100",
        )
    )


def shown_time(time: str, network: Network) -> str:
    """A time as the user wrote it, with its unit."""
    if time.strip()[-1:].isalpha():
        return time.strip()
    return f"{time.strip()} {network.time_unit or ''}".strip()
