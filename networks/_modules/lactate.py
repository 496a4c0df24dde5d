"""Lactate across the membrane: MCT1 both ways, MCT4 out and only weakly in."""

from __future__ import annotations

from typing import Any

from .builder import Builder
from .medium import Pool, add_flow

INHIBITORS = ("AZD3965", "AR_C155858")


def add_lactate_transport(b: Builder, inside: Pool, outside: Pool, *, mass: Any = 1) -> None:
    """Add both transporters, which must be at the membrane (with basigin) to act.

    MCT1 is symmetrical; its inhibitors compete with lactate. MCT4 is rectified: a reversible one
    with its Km would import lactate for a cell without MCT1. Each direction is a flow of its own.
    Readouts: `lactate_import` and `lactate_export` by all routes, `lactate_flux` (import less
    export; copies per second and cell).
    """
    km1, v1 = _mct1(b)
    km4, v4 = _mct4(b)
    weak = b.parameter("MCT4_import")
    within, beyond = inside.concentration, outside.concentration
    imports = {
        "MCT1": b.expression("MCT1_import", v1 / (km1 + beyond)),
        "MCT4": b.expression("MCT4_import_coefficient", weak * v4 / (km4 + beyond)),
    }
    exports = {
        "MCT1": b.expression("MCT1_export", v1 / (km1 + within)),
        "MCT4": b.expression("MCT4_export", v4 / (km4 + within)),
    }
    for name in ("MCT1", "MCT4"):
        add_flow(b, f"import_lactate_{name}", outside, inside, imports[name], mass=mass)
        target = outside if outside.pattern is not None else None
        add_flow(b, f"export_lactate_{name}", inside, target, exports[name], mass=mass)
    taken = b.expression("lactate_import", (imports["MCT1"] + imports["MCT4"]) * beyond)
    given = b.expression("lactate_export", (exports["MCT1"] + exports["MCT4"]) * within)
    b.expression("lactate_flux", taken - given)


def _mct1(b: Builder) -> tuple[Any, Any]:
    """Return the apparent Km (mM) and the greatest speed (copies per second) of MCT1."""
    ratios = [b.parameter(f"{name}_nM") / b.parameter(f"{name}_Ki") for name in INHIBITORS]
    km = b.constant("MCT1_Km_apparent", b.parameter("MCT1_Km") * (1 + ratios[0] + ratios[1]))
    return km, b.parameter("MCT1_kcat") * b.readout("MCT1_membrane_copies")


def _mct4(b: Builder) -> tuple[Any, Any]:
    """Return Km and speed of MCT4; `MCT4_revised` at 1 takes the revised Km in place of 28 mM."""
    revised = b.parameter("MCT4_revised")
    km = b.constant(
        "MCT4_Km_apparent",
        (1 - revised) * b.parameter("MCT4_Km") + revised * b.parameter("MCT4_Km_revised"),
    )
    return km, b.parameter("MCT4_kcat") * b.readout("MCT4_membrane_copies")
