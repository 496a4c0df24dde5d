"""Viability and mass of a layer of cells.

Growth needs energy and mTORC1, death is lack of energy, and crowding stops growth: that of the
layer itself and, less, that of the others, so that cells next to a vessel fill the room that dead
cells leave. How energy decides is not known: a Hill function of charged over uncharged adenylate.
Lactate that stays in the cell stands for its acid, which must be pumped out: it raises the charge
that life needs.
"""

from __future__ import annotations

from typing import Any

from .builder import Builder


def add_biomass(b: Builder) -> Any:
    """Add the viable units of a layer, which do not change yet; return `mass` (1 is the reference)."""
    unit = b.monomer("Biomass")
    b.initial(unit(), b.parameter("Biomass_initial"))
    units = b.observable("Biomass_units", unit())
    return b.expression("mass", units / b.parameter("Biomass_reference"))


def add_growth(b: Builder, others: Any) -> None:
    """Add growth, crowding and death; readout `viability` (0 to 1).

    `others` is the mean mass of the other layers.
    """
    unit = b.molecule("Biomass")
    steepness = b.parameter("viability_exponent")
    charged = b.readout("energy") ** steepness
    acid = 1 + b.readout("Lactate_mM") / b.parameter("acidosis_half")
    needed = b.parameter("viability_half") * acid * b.readout("energy_deficit")
    wanting = needed**steepness
    viability = b.expression("viability", charged / (charged + wanting))
    basal, kinase = b.parameter("growth_without_mTORC1"), b.readout("pS6K_share")
    signal = basal + (1 - basal) * kinase / (b.parameter("growth_half_pS6K") + kinase)
    rate = b.expression("growth_rate", b.parameter("growth") * viability * signal)
    b.rule("grow_Biomass", unit() >> unit() + unit(), rate)
    push = b.parameter("crowding_by_others")
    crowd = (b.readout("mass") + push * others) / (1 + push)
    crowding = b.expression("crowding_rate", rate * crowd / b.parameter("mass_limit"))
    b.rule("crowd_Biomass", unit() >> None, crowding)
    lack = wanting / (charged + wanting)
    death = b.expression("death_rate", b.parameter("death_basal") + b.parameter("death") * lack)
    b.rule("lose_Biomass", unit() >> None, death)
