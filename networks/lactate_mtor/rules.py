"""The rules of the `lactate_mtor` network: lactate, glutamine, mTORC1, S6 and GLUT2 in one cell."""

from __future__ import annotations

from pathlib import Path

import pysb

from .._modules.builder import Builder
from .._modules.cell import add_cell, add_oxygen_effects
from .._modules.medium import add_flask
from .._modules.oxygen import add_flask_oxygen

TABLE = Path(__file__).with_name("parameters.csv")


def build() -> pysb.Model:
    """Return a new PySB model: one cell in a flask whose medium is held.

    Amounts are items (molecules, tokens, quanta), time is seconds.
    """
    b = Builder("lactate_mtor", TABLE)
    add_cell(b, add_flask(b))
    add_oxygen_effects(b, add_flask_oxygen(b))
    return b.finish()
