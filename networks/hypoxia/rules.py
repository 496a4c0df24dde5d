"""The rules of the `hypoxia` network (its core: oxygen, HIF1A, GLUT1, MCT4)."""

from __future__ import annotations

from pathlib import Path

import pysb

from .._modules.builder import Builder
from .._modules.genes import add_gene
from .._modules.hif import add_hif
from .._modules.oxygen import add_clamped_oxygen

TABLE = Path(__file__).with_name("parameters.csv")


def build() -> pysb.Model:
    """Return a new PySB model of one well-mixed cell under clamped oxygen.

    Amounts are items (molecules or tokens), time is seconds.
    """
    b = Builder("hypoxia", TABLE)
    add_hif(b, add_clamped_oxygen(b))
    add_gene(b, symbol="SLC2A1", protein="GLUT1", hre=True)
    add_gene(b, symbol="SLC16A3", protein="MCT4", hre=True)
    return b.finish()
