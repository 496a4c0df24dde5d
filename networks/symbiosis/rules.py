"""The rules of the `symbiosis` network: a cord of tumour cells around a vessel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pysb

from .._modules.builder import Builder
from .._modules.cell import add_cell, add_oxygen_effects
from .._modules.genes import add_gene
from .._modules.growth import add_biomass, add_growth
from .._modules.receptors import add_receptors
from .._modules.tissue import add_exchange, add_interstitium, add_tissue_oxygen
from .._modules.vegf import add_vegf_expression, add_vegf_medium
from .._modules.vessels import add_vessel_turnover, add_vessels

TABLE = Path(__file__).with_name("parameters.csv")


def layer_names(layers: int) -> list[str]:
    """Return the names of the layers from the vessel outwards: proximal, middle ones, distal.

    Raises ValueError if there are fewer than two.
    """
    if layers < 2:
        raise ValueError(f"layers={layers}: a proximal and a distal cell make two")
    return ["proximal", *(f"middle{i}" for i in range(1, layers - 1)), "distal"]


def build(*, layers: int = 2) -> pysb.Model:
    """Return a new PySB model: `layers` cells around a vessel, each with all its rules.

    Amounts are items (molecules, tokens, quanta), time is seconds. What belongs to a cell ends in
    the name of its layer.
    """
    b = Builder("symbiosis", TABLE)
    cells = {name: b.cell(name) for name in layer_names(layers)}
    perfusion = add_vessels(b)
    masses = {name: add_biomass(cell) for name, cell in cells.items()}
    for name, cell in cells.items():
        add_cell(cell, add_interstitium(cell), mass=masses[name])
        add_gene(cell, symbol="CA9", protein="CA9", hre=True)
        add_growth(cell, _sum([m for n, m in masses.items() if n != name]) / (layers - 1))
    add_exchange(b, perfusion, cells)
    oxygen = add_tissue_oxygen(b, perfusion, list(cells.values()), list(masses.values()))
    for cell, level in zip(cells.values(), oxygen, strict=True):
        add_oxygen_effects(cell, level)
        add_vegf_expression(cell, level)
    add_vegf_medium(b, cells, {name: mass / layers for name, mass in masses.items()})
    add_vessel_turnover(b, add_receptors(b))
    _add_tumour(b, list(cells.values()))
    return b.finish()


def _add_tumour(b: Builder, cells: list[Builder]) -> None:
    """Add readouts of the whole: viable mass, and the share of glucose that the last layer takes."""
    masses = [cell.readout("mass") for cell in cells]
    uptakes = [
        cell.expression(
            "glucose_uptake_layer", cell.readout("mass") * cell.readout("glucose_uptake")
        )
        for cell in cells
    ]
    b.expression("tumour_burden", _sum(masses) / len(cells))
    b.expression("glucose_share_distal", uptakes[-1] / _sum(uptakes))


def _sum(terms: list[Any]) -> Any:
    return sum(terms[1:], terms[0])
