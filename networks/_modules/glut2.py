"""GLUT2 (SLC2A2) behind a repressor that active mTORC1 switches on.

A hypothesis: what was reported is that GLUT2 rises when mTOR is inhibited, not how. The strength
`SLC2A2_repression` is 1 where a filled operator silences the gene, and 0 turns the effect off.
Repressors act in pairs (an assumption): the operator fills with the square of their number.
"""

from __future__ import annotations

from typing import Any

from .builder import Builder
from .genes import Element, add_gene

SIZE = "Repressor"


def add_glut2(b: Builder) -> None:
    """Add the repressor, the operator it fills when it is on, and SLC2A2 with its protein."""
    repressor = b.monomer("Repressor", ["activity"], {"activity": ["off", "on"]})
    b.initial(repressor(activity="on"), b.in_tokens("Repressor_initial", SIZE))
    left = b.constant(
        "SLC2A2_on_repressed",
        b.parameter("SLC2A2_on_basal") * (1 - b.parameter("SLC2A2_repression")),
    )
    active = b.copies("Repressor_active", repressor(activity="on"), SIZE)
    filling = b.expression(
        "operator_filling",
        b.parameter("operator_koff") * (active / b.parameter("operator_half_Repressor")) ** 2,
    )
    operator = Element(label="operator", site="operator", filling=filling, on=left)
    add_gene(b, symbol="SLC2A2", protein="GLUT2", hre=False, element=operator)


def add_repressor_control(b: Builder, active: Any) -> None:
    """Add what mTORC1 (active copies) does to the repressor, and how it wears off."""
    repressor = b.molecule("Repressor")
    off, on = repressor(activity="off"), repressor(activity="on")
    rate = b.parameter("MTORC1_Repressor") * active / b.items_per_molar()
    b.rule("activate_Repressor", off >> on, b.expression("Repressor_activation", rate))
    b.rule("inactivate_Repressor", on >> off, b.parameter("Repressor_inactivation"))
