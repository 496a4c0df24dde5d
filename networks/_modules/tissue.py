"""A cord of cells around a vessel: what perfusion brings, layer by layer, and what is left.

The vessel feeds the first layer, each layer feeds the next; perfusion scales both (fewer vessels,
longer cords). Glucose, lactate and glutamine between the cells are counted; oxygen is algebra.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from .builder import Builder
from .medium import SPEED, Medium, add_pool, metabolite

METABOLITES = ("Glucose", "Lactate", "Glutamine")
VOLUME = "V_interstitium"


def add_interstitium(b: Builder) -> Medium:
    """Add the counted pools around one layer; readouts `<Metabolite>_medium_mM`."""
    pools = {
        name.lower(): add_pool(
            b,
            f"{name}_medium",
            metabolite(b, name)(place="medium"),
            quantum=name,
            volume=VOLUME,
        )
        for name in METABOLITES
    }
    return Medium(**pools)


def add_exchange(b: Builder, perfusion: Any, cells: Mapping[str, Builder]) -> None:
    """Add what flows between blood and the first layer, and between neighbours, both ways.

    One constant at perfusion 1 serves all three metabolites: they diffuse about as fast. Readout
    `lactate_flux`: what the layers beyond pass on to the first, copies per second.
    """
    speed = b.parameter(SPEED) * perfusion
    supply = b.expression("supply_rate", speed * b.parameter("metabolite_supply"))
    passage = b.expression("passage_rate", speed * b.parameter("metabolite_passage"))
    builders = list(cells.values())
    items = b.parameter("N_A_mmol") * b.parameter(VOLUME)
    for name in METABOLITES:
        first = builders[0].molecule(name)(place="medium")
        blood = b.parameter(f"{name.lower()}_blood") * items / b.copies_per_token(name)
        arrival = b.expression(f"{name}_arrival", supply * blood)
        b.rule(f"bring_{name}", None >> first, arrival)
        b.rule(f"wash_out_{name}", first >> None, supply)
        for here, there in pairwise(builders):
            near, far = (c.molecule(name)(place="medium") for c in (here, there))
            there.rule(f"pass_{name}_out", near >> far, passage)
            there.rule(f"pass_{name}_back", far >> near, passage)
    near, far = (cell.readout("Lactate_medium_mM") for cell in builders[:2])
    b.expression(
        "lactate_flux", perfusion * b.parameter("metabolite_passage") * items * (far - near)
    )


def add_tissue_oxygen(
    b: Builder, perfusion: Any, cells: Sequence[Builder], masses: Sequence[Any]
) -> list[Any]:
    """Add `O2` (uM) in each layer, from the vessel outwards.

    Every cell takes oxygen up in proportion to its concentration (`O2_conductance`, which changes
    over minutes), so the layers are resistors: D is what a layer and all beyond it draw,
    D_i = c_i + g D_(i+1) / (g + D_(i+1)); then O2_1 = O2_blood s / (s + D_1) and
    O2_(i+1) = O2_i g / (g + D_(i+1)), with s and g in proportion to perfusion.
    """
    supply = b.expression("O2_supply_conductance", perfusion * b.parameter("O2_supply"))
    passage = b.expression("O2_passage_conductance", perfusion * b.parameter("O2_passage"))
    draws: list[Any] = []
    for cell, mass in zip(reversed(cells), reversed(masses), strict=True):
        own = mass * cell.readout("O2_conductance")
        beyond = passage * draws[0] / (passage + draws[0]) if draws else 0
        draws.insert(0, cell.expression("O2_draw", own + beyond))
    level = b.parameter("O2_blood_percent") * b.parameter("O2_per_percent")
    found = []
    for i, (cell, draw) in enumerate(zip(cells, draws, strict=True)):
        conductance = passage if i else supply
        level = cell.expression("O2", level * conductance / (conductance + draw))
        found.append(level)
    return found
