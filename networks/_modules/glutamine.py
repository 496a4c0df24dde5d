"""Glutamine to glutamate to alpha-ketoglutarate (aKG), and the two arms by which lactate helps.

Fast (a hypothesis): oxidation of pyruvate draws glutamate into the TCA cycle by transamination;
`anaplerotic_coupling` at 0 turns it off. Slow: lactate in the cell stabilises HIF2A, HIF2A makes
MYC, and MYC fills a site of SLC1A5 (ASCT2) and GLS; `HIF2A_lactate_protection` at 0 turns it off.
"""

from __future__ import annotations

from typing import Any

from .builder import Builder
from .genes import Element, add_gene
from .medium import Medium, Pool, add_flow, add_pool, metabolite
from .proteins import add_constitutive

QUANTUM = "Glutamine"  # the quantum that all pools of this path share
MYC = "MYC"  # whose token size HIF2A shares


def add_glutamine(b: Builder, medium: Medium, lactate: Pool, *, mass: Any = 1) -> Pool:
    """Add the path from glutamine in the medium to aKG, whose pool is returned.

    Readouts: `Glutamine_mM`, `Glutamate_mM`, `aKG_mM`, `glutamine_uptake`, `ASCT2_copies`,
    `GLS_copies`.
    """
    _add_slow_arm(b, lactate)
    glutamine = metabolite(b, "Glutamine")
    glutamate, keto = b.monomer("Glutamate"), b.monomer("aKG")
    inside, product, akg = (
        add_pool(b, name, pattern, quantum=QUANTUM, mass=mass)
        for name, pattern in (
            ("Glutamine", glutamine(place="cell")),
            ("Glutamate", glutamate()),
            ("aKG", keto()),
        )
    )
    _add_uptake(b, medium.glutamine, inside, mass)
    _add_glutaminolysis(b, inside, product, akg, mass)
    return akg


def _add_uptake(b: Builder, outside: Pool, inside: Pool, mass: Any) -> None:
    """Add ASCT2, an exchanger: the way out is the same step with a higher Km."""
    speed = b.parameter("ASCT2_kcat") * b.readout("ASCT2_copies")
    into = b.expression("ASCT2_import", speed / (b.parameter("ASCT2_Km") + outside.concentration))
    out = b.expression(
        "ASCT2_export", speed / (b.parameter("ASCT2_Km_inside") + inside.concentration)
    )
    add_flow(b, "import_glutamine", outside, inside, into, mass=mass)
    target = outside if outside.pattern is not None else None
    add_flow(b, "export_glutamine", inside, target, out, mass=mass)
    b.expression("glutamine_uptake", into * outside.concentration - out * inside.concentration)


def _add_glutaminolysis(b: Builder, glutamine: Pool, glutamate: Pool, akg: Pool, mass: Any) -> None:
    """Add GLS (with its inhibitor), what becomes of glutamate, and the use of aKG."""
    inhibitor = 1 + b.parameter("CB839_nM") / b.parameter("CB839_Ki")
    gls = b.parameter("GLS_kcat") * b.readout("GLS_copies") / inhibitor
    rate = b.expression("GLS_clearance", gls / (b.parameter("GLS_Km") + glutamine.concentration))
    add_flow(b, "split_glutamine", glutamine, glutamate, rate, mass=mass)
    flux = b.readout("pyruvate_oxidation")
    coupled = flux / (b.parameter("anaplerosis_half") + flux)
    drawn = b.expression(
        "glutamate_to_aKG",
        b.parameter("glutamate_rate")
        * (b.parameter("anaplerosis_basal") + b.parameter("anaplerotic_coupling") * coupled),
    )
    add_flow(b, "draw_glutamate", glutamate, akg, drawn, mass=mass)
    add_flow(b, "spend_glutamate", glutamate, None, b.parameter("glutamate_other_uses"), mass=mass)
    add_flow(b, "burn_aKG", akg, None, b.parameter("aKG_use"), mass=mass)
    # Cell-permeable aKG (an ester): it enters in proportion to its concentration in the medium.
    permeable = b.parameter("permeable_aKG_nM") * b.parameter("permeable_aKG_entry")
    add_flow(b, "take_up_aKG", None, akg, permeable, mass=mass)


def _add_slow_arm(b: Builder, lactate: Pool) -> None:
    """Add HIF2A, MYC and the genes SLC1A5 and GLS."""
    myc = _add_myc(b, lactate)
    for symbol, protein in (("SLC1A5", "ASCT2"), ("GLS", "GLS")):
        element = Element(
            label="EBOX",
            site="ebox",
            filler=myc(),
            scaled=MYC,
            on=b.parameter(f"{symbol}_on_induced"),
        )
        add_gene(b, symbol=symbol, protein=protein, hre=False, element=element)


def _add_myc(b: Builder, lactate: Pool) -> Any:
    """Add HIF2A, whose loss lactate slows (how is lumped: one Michaelis term), and MYC."""
    hif2 = b.monomer("HIF2A")
    b.initial(hif2(), b.in_tokens("HIF2A_initial", MYC))
    b.rule("synthesise_HIF2A", None >> hif2(), b.in_tokens("HIF2A_synthesis", MYC))
    half, level = b.parameter("HIF2A_half_lactate"), lactate.concentration
    left = b.constant("HIF2A_loss_left", 1 - b.parameter("HIF2A_lactate_protection"))
    lost = b.parameter("HIF2A_degradation") * (half + left * level) / (half + level)
    b.rule("degrade_HIF2A", hif2() >> None, b.expression("HIF2A_loss", lost))
    b.copies("HIF2A", hif2(), MYC)
    myc = add_constitutive(b, MYC, scaled=MYC)
    b.rule("induce_MYC", hif2() >> hif2() + myc(), b.parameter("MYC_induction"))
    return myc
