"""Options and arguments that several commands share: the network, its time, workers, output."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import typer

from simnet.cli.output import progress
from simnet.errors import InputError, ModelError, Problem
from simnet.network.expression import Kinetics
from simnet.network.network import Network
from simnet.network.units import parse_unit

# The options --volume and --copies: amounts as molecules, for SSA.


VolumeOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--volume",
        metavar="VOLUME",
        help='Convert amounts from moles to molecules for a volume such as "1 pL"; "NAME=1 pL" '
        "names the compartment if their sizes differ.",
    ),
]
CopiesOption: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--copies",
        metavar="N",
        help="Convert amounts to molecules: N molecules for each unit of the model.",
    ),
]


# What the shell offers after TAB: packaged networks; where none fits, it goes on to files.


def networks(incomplete: str) -> list[str]:
    """Packaged networks whose names begin so."""
    from simnet.rules.packaged import packaged_names

    return [name for name in packaged_names() if name.startswith(incomplete)]


def networks_or_init(incomplete: str) -> list[str]:
    """As `networks`, and `init`, where a command takes that in place of one."""
    return [*networks(incomplete), *_init(incomplete)]


def plans(incomplete: str) -> list[str]:
    """`init`; all else is a file."""
    return _init(incomplete)


def sources(incomplete: str) -> list[str]:
    """Packaged networks whose rules are here to be compiled, or all of them."""
    from simnet.rules.packaged import source_names

    return [name for name in (*source_names(), "all") if name.startswith(incomplete)]


def _init(incomplete: str) -> list[str]:
    return ["init"] if "init".startswith(incomplete) else []


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
ShardOption: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="I/N", help="Run only part I of N, for job arrays; see simnet merge."),
]
FolderOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of the results; the same command resumes there."),
]
EngineOption: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="As in simnet run.")
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


# What commands with parts have in common: a folder that stores what is done.


def shard_of(text: str | None, out: Path | None) -> tuple[int, int] | None:
    """Which of how many parts: "1/4" is the first of four.

    Raises:
        InputError: not I/N, or no folder that keeps it.
    """
    if text is None:
        return None
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal()):
        way_out = "write 1/4 for the first of four parts"
        raise InputError(Problem(what=f"--shard {text}", why="not I/N", way_out=way_out))
    if out is None:
        raise InputError(
            Problem(what="--shard", why="needs a folder for the results", way_out="give --out DIR")
        )
    return int(number), int(of)


def print_example(
    command: str, network: str | None, example: Callable[[Network, str], str], **reading: Any
) -> None:
    """What `simnet COMMAND init NETWORK` prints: an example file for a network.

    Raises:
        InputError: no network is given.
    """
    if network is None:
        way_out = f"for example simnet {command} init hypoxia > my.toml"
        raise InputError(Problem(what="init", why="the network is missing", way_out=way_out))
    print(example(loaded(network, **reading), network), end="")


def where_finished(out: Path | None) -> str:
    """Where an interrupted campaign has its finished simulations."""
    if out is None:
        return "nothing was saved, since there is no --out"
    return f"{out} holds the finished simulations; the same command resumes there"


# Options of a study that are more than a word or a number.


def groups_of(texts: list[str] | None) -> Any:
    """The groups of --group: by name, or "molecules"; None where none is given.

    Raises:
        InputError: texts that are no groups.
    """
    if not texts:
        return None
    if texts == ["molecules"]:
        return "molecules"
    found, problems = {}, []
    for text in texts:
        name, equals, patterns = text.partition("=")
        members = [pattern.strip() for pattern in patterns.split(",") if pattern.strip()]
        if name and equals and members and name not in found:
            found[name] = members
        else:
            why = "given twice" if name in found else "not NAME=PATTERN,..."
            way_out = "write --group oxygen=O2_*,PHD2_*, or --group molecules alone"
            problems.append(Problem(what=f"--group {text}", why=why, way_out=way_out))
    if problems:
        raise InputError(problems)
    return found


def settings_of(texts: list[str] | None, second_order: bool) -> dict[str, float] | None:
    """The method's settings of --setting and --second-order; None where none is given.

    Raises:
        InputError: texts that are no settings.
    """
    found: dict[str, float] = {"second_order": 1.0} if second_order else {}
    problems = []
    for text in texts or ():
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            way_out = "write --setting step=0.2"
            problems.append(
                Problem(what=f"--setting {text}", why="not NAME=NUMBER", way_out=way_out)
            )
    if problems:
        raise InputError(problems)
    return found or None


def number_or_text(text: str | None) -> float | str | None:
    """A time without a unit is a number in the network's own."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return text
