"""Functional vessels: pVEGFR2 makes them grow, they regress, and they are perfusion."""

from __future__ import annotations

from typing import Any

from .builder import Builder

CLAMP = "perfusion_clamp"


def add_vessels(b: Builder) -> Any:
    """Add the vessels and `perfusion` (1 is the untreated tissue); they do not change yet.

    With the input `perfusion_clamp` at 1, perfusion is what `perfusion_set` says.
    """
    vessel = b.monomer("Vessel")
    b.initial(vessel(), b.parameter("Vessel_reference"))
    own = b.observable("Vessels", vessel()) / b.parameter("Vessel_reference")
    clamp = b.parameter(CLAMP)
    return b.expression("perfusion", clamp * b.parameter("perfusion_set") + (1 - clamp) * own)


def add_vessel_turnover(b: Builder, signal: Any) -> None:
    """Add growth that pVEGFR2 supports, in proportion, and regression; both rest under the clamp."""
    vessel, free = b.molecule("Vessel"), 1 - b.parameter(CLAMP)
    growth = b.expression(
        "Vessel_growth_rate",
        free * (b.parameter("Vessel_growth_basal") + b.parameter("Vessel_growth") * signal),
    )
    b.rule("grow_Vessel", None >> vessel(), growth)
    regression = b.expression("Vessel_regression_rate", free * b.parameter("Vessel_regression"))
    b.rule("regress_Vessel", vessel() >> None, regression)
