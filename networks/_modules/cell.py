"""One tumour cell, whole: oxygen response, transporters, metabolism, mTORC1 and GLUT2."""

from __future__ import annotations

from typing import Any

from .builder import Builder
from .energy import add_oxygen_binding
from .genes import add_gene
from .glut2 import add_glut2, add_repressor_control
from .glutamine import add_glutamine
from .hif import FAMILY, add_asparaginyl_hydroxylation, add_hif_without_oxygen
from .hydroxylation import add_hydroxylation
from .lactate import add_lactate_transport
from .medium import Medium
from .metabolism import add_metabolism
from .mtor import add_mtorc1
from .substrates import add_substrates
from .transporters import add_basigin, add_monocarboxylate_transporter

HYDROXYLASES = (("EGLN1", "PHD2"), ("EGLN3", "PHD3"))


def add_cell(b: Builder, medium: Medium, *, mass: Any = 1) -> None:
    """Add a cell in its medium; it stands for `mass` cells like itself in what it takes and gives.

    What oxygen does to it is added by `add_oxygen_effects`: in a tissue oxygen depends on what all
    cells use, so that the cells come first.
    """
    _add_expression(b)
    add_glut2(b)
    lactate = add_metabolism(b, medium, mass=mass)
    add_lactate_transport(b, lactate, medium.lactate, mass=mass)
    akg = add_glutamine(b, medium, lactate, mass=mass)
    active = add_mtorc1(b, akg)
    add_substrates(b, active)
    add_repressor_control(b, active)


def add_oxygen_effects(b: Builder, oxygen: Any) -> None:
    """Add what oxygen (uM) acts on: the hydroxylases of HIF1A and cytochrome oxidase."""
    add_asparaginyl_hydroxylation(b, oxygen)
    for _, enzyme in HYDROXYLASES:
        add_hydroxylation(b, enzyme, oxygen)
    add_oxygen_binding(b, oxygen)


def _add_expression(b: Builder) -> None:
    """Add HIF1A, its hydroxylases, and the transporters and enzymes that metabolism reads."""
    add_hif_without_oxygen(b)
    for symbol, enzyme in HYDROXYLASES:
        add_gene(b, symbol=symbol, protein=enzyme, hre=True, scaled=FAMILY)
    add_gene(b, symbol="SLC2A1", protein="GLUT1", hre=True)
    for protein in ("LDHA", "PDK1"):
        add_gene(b, symbol=protein, protein=protein, hre=True)
    add_basigin(b)
    add_monocarboxylate_transporter(b, symbol="SLC16A3", protein="MCT4", hre=True)
    add_monocarboxylate_transporter(b, symbol="SLC16A1", protein="MCT1", hre=False)
