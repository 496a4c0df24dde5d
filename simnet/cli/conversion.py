"""The options --volume and --copies: amounts as molecules, for SSA."""

from typing import Annotated, TypeAlias

import typer

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
