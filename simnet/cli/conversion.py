"""The options --volume and --copies: amounts as molecules, for SSA."""

from typing import Annotated, TypeAlias

import typer

from simnet.network.network import Network
from simnet.network.rates import Kinetics

VolumeOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--volume",
        metavar="VOLUME",
        help='Turn amounts in moles into molecules in this volume: "1 pL", or "NAME=1 pL" for one '
        "compartment of several sizes.",
    ),
]
CopiesOption: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--copies",
        metavar="N",
        help="Turn amounts into molecules, N for one unit of the model's amounts.",
    ),
]


def loaded_in_molecules(
    source: str, kinetics: Kinetics | None, volume: str | None, copies: float | None
) -> Network:
    """The network, its amounts turned into molecules where that is asked for."""
    from simnet.cli.progress import progress
    from simnet.rules.load import load

    with progress(f"loading {source}"):
        return load(source, kinetics=kinetics, volume=volume, copies=copies)
