"""Oxygen and glucose at the cell: they turn over in seconds, so they are algebra, never counted.

Either both are those of a medium (a flask; the input `oxygen_clamp` is 1) or both follow perfusion
(a tissue; it is 0). The two are mixed by multiplication, without a switch that an engine would have
to find.
"""

from __future__ import annotations

from typing import Any

from .builder import Builder

CLAMP = "oxygen_clamp"


def add_oxygen(b: Builder, perfusion: Any) -> Any:
    """Add `O2` (uM); every other module reads only `O2`.

    In tissue, what the vessels bring and the cells consume balance, both in proportion to a
    concentration: P (O2_blood - O2) = c O2, so O2 = O2_blood P / (P + c).
    """
    blood, demand = b.parameter("O2_blood_percent"), b.parameter("O2_demand")
    tissue = b.expression("O2_tissue_percent", blood * perfusion / (perfusion + demand))
    clamp = b.parameter(CLAMP)
    percent = clamp * b.parameter("O2_percent") + (1 - clamp) * tissue
    return b.expression("O2", percent * b.parameter("O2_per_percent"))


def add_glucose(b: Builder, perfusion: Any, transporter: Any) -> Any:
    """Add `glucose` (mM), with an uptake in proportion to the copies of its transporter."""
    taken = b.parameter("glucose_demand") * transporter / b.parameter("glucose_demand_transporters")
    tissue = b.expression(
        "glucose_tissue", b.parameter("glucose_blood") * perfusion / (perfusion + taken)
    )
    clamp = b.parameter(CLAMP)
    return b.expression("glucose", clamp * b.parameter("glucose_medium") + (1 - clamp) * tissue)


def add_saturation(b: Builder, enzyme: str, oxygen: Any) -> Any:
    """Add the share of an enzyme that holds oxygen, by Michaelis and Menten (no unit)."""
    affinity = b.parameter(f"{enzyme}_Km_O2")
    return b.expression(f"{enzyme}_O2_saturation", oxygen / (affinity + oxygen))


def add_flask_oxygen(b: Builder) -> Any:
    """Add `O2` (uM) of a flask, whose gas phase is the input `O2_percent`."""
    return b.expression("O2", b.parameter("O2_percent") * b.parameter("O2_per_percent"))
