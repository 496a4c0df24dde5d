"""Glucose to pyruvate, lactate and the mitochondria.

Cytosolic glucose and pyruvate turn over in seconds and are algebra: glucose is used as it is taken
up, and pyruvate is where its sources and its (proportional) uses balance.
"""

from __future__ import annotations

from typing import Any

from .builder import Builder
from .energy import add_adenylate, add_charging, add_oxidase
from .medium import Medium, Pool, add_flow, add_pool, metabolite

INHIBITOR = "glycolysis_inhibitor"


def add_metabolism(b: Builder, medium: Medium, *, mass: Any = 1) -> Pool:
    """Add energy, glycolysis, pyruvate and the cell's lactate, whose pool is returned.

    GLUT1, GLUT2, LDHA and PDK1 must be there. Readouts: `glucose_uptake`, `pyruvate_mM`,
    `pyruvate_oxidation`, `O2_use`, `energy`.
    """
    add_adenylate(b)
    share = add_oxidase(b)
    inside = metabolite(b, "Lactate")(place="cell")
    lactate = add_pool(b, "Lactate", inside, quantum="Lactate", mass=mass)
    glycolysis = _add_glycolysis(b, medium.glucose, lactate, mass)
    oxidation = _add_pyruvate(b, glycolysis, share, lactate, mass)
    respiration = _add_respiration(b, oxidation)
    add_charging(b, glycolysis * b.readout("energy_deficit"), respiration * share)
    return lactate


def _add_glycolysis(b: Builder, glucose: Pool, lactate: Pool, mass: Any) -> Any:
    """Add glucose uptake; return it per second and square of the uncharged share.

    The transporters are saturable; in series with them are the enzymes of glycolysis, which HIF1A
    induces together and which live long: LDHA stands for all. Pasteur feedback is the square of
    the uncharged share (AMP from adenylate kinase: an assumption); the product inhibits through
    lactate, which stands for pyruvate and NADH as well.
    """
    inhibitor = b.parameter(f"{INHIBITOR}_nM") / b.parameter(f"{INHIBITOR}_Ki")
    product = lactate.concentration / b.parameter("glycolysis_Ki_lactate")
    free = b.expression("glycolysis_uninhibited", 1 / ((1 + inhibitor) * (1 + product)))
    coefficients = [
        b.parameter(f"{name}_kcat")
        * b.readout(f"{name}_copies")
        / (b.parameter(f"{name}_Km") + glucose.concentration)
        for name in ("GLUT1", "GLUT2")
    ]
    drive = b.readout("energy_deficit") ** 2
    transport = b.expression("glucose_transport", coefficients[0] + coefficients[1])
    enzymes = b.parameter("glycolysis_per_LDHA") * b.readout("LDHA_copies")
    in_series = enzymes * transport / (enzymes + transport * glucose.concentration)
    coefficient = b.expression("glucose_clearance", free * in_series)
    capacity = b.expression("glycolysis_capacity", coefficient * glucose.concentration)
    b.expression("glucose_uptake", capacity * drive)
    if glucose.pattern is not None:
        add_flow(b, "use_glucose", glucose, None, coefficient * drive, mass=mass)
    return capacity


def _add_pyruvate(b: Builder, glycolysis: Any, share: Any, lactate: Pool, mass: Any) -> Any:
    """Add pyruvate as a balance, LDHA and LDHB as one-way flows; return its oxidation per second,
    uncharged share and share of oxidase with oxygen."""
    deficit = b.readout("energy_deficit")
    pdk = b.readout("PDK1_copies") / b.parameter("PDK1_half")
    pdh = b.expression("PDH_capacity", b.parameter("PDH_rate") / (1 + pdk))
    ldha = b.expression("LDHA_capacity", b.parameter("LDHA_rate") * b.readout("LDHA_copies"))
    ldhb = b.expression("LDHB_capacity", b.parameter("LDHB_rate") * b.parameter("LDHB_copies"))
    sources = 2 * b.readout("glucose_uptake") + ldhb * lactate.concentration
    pyruvate = b.expression("pyruvate_mM", sources / (ldha + pdh * share * deficit))
    add_flow(b, "make_lactate", None, lactate, ldha * pyruvate, mass=mass)
    add_flow(b, "use_lactate", lactate, None, ldhb, mass=mass)
    b.expression("pyruvate_oxidation", pdh * share * deficit * pyruvate)
    return pdh * pyruvate


def _add_respiration(b: Builder, oxidation: Any) -> Any:
    """Add the use of oxygen by pyruvate and by all other fuels; return it per second, uncharged
    share and share of oxidase with oxygen.

    `O2_conductance` (copies per second and uM) is what the balance of a tissue reads: free oxidase
    takes oxygen up in proportion to its concentration.
    """
    uses = b.parameter("O2_per_pyruvate") * oxidation + b.parameter("other_fuels_O2_use")
    capacity = b.expression("respiration_capacity", uses)
    use = capacity * b.readout("energy_deficit")
    b.expression("O2_use", use * b.readout("Oxidase_share"))
    free = b.readout("Oxidase_free_share") / b.parameter("Oxidase_Km_O2")
    b.expression("O2_conductance", use * free)
    return capacity
