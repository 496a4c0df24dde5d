"""The options --volume and --copies: amounts as molecules, for SSA."""

from typing import Annotated, TypeAlias

import typer

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
