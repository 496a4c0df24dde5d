"""Monocarboxylate transporters, which reach the membrane only in complex with basigin (BSG)."""

from __future__ import annotations

from typing import Any

from .builder import Builder
from .genes import add_messenger, add_translation

CHAPERONE = "BSG"  # whose token size the transporters share: they bind one to one


def add_basigin(b: Builder) -> Any:
    """Add the gene, mRNA and protein of basigin; return the protein's monomer."""
    bsg = b.monomer(CHAPERONE, ["mct"])
    mrna = add_messenger(b, symbol="BSG", name=CHAPERONE, hre=False)
    b.rule("degrade_BSG_mRNA", mrna() >> None, b.parameter("BSG_mRNA_degradation"))
    fresh = bsg(mct=None)
    b.initial(fresh, b.in_tokens("BSG_initial", CHAPERONE))
    add_translation(b, mrna(), fresh, protein=CHAPERONE, scaled=CHAPERONE)
    b.rule("degrade_BSG", fresh >> None, b.parameter("BSG_degradation"))
    b.copies(CHAPERONE, bsg(), CHAPERONE)
    return bsg


def add_monocarboxylate_transporter(b: Builder, *, symbol: str, protein: str, hre: bool) -> None:
    """Add one transporter with its gene; its readouts are the total and `<protein>_membrane`.

    It is made inside, binds BSG there, and only the complex goes to the membrane, where it stays
    together. A transporter whose BSG is degraded comes back inside.
    """
    bsg = b.molecule(CHAPERONE)
    mct = b.monomer(protein, ["bsg", "place"], {"place": ["inside", "membrane"]})
    b.initial(
        mct(bsg=1, place="membrane") % bsg(mct=1), b.in_tokens(f"{protein}_initial", CHAPERONE)
    )
    mrna = add_messenger(b, symbol=symbol, name=protein, hre=hre)
    b.rule(f"degrade_{symbol}_mRNA", mrna() >> None, b.parameter(f"{symbol}_mRNA_degradation"))
    fresh = mct(bsg=None, place="inside")
    add_translation(b, mrna(), fresh, protein=protein, scaled=CHAPERONE)
    inside = mct(bsg=1, place="inside") % bsg(mct=1)
    mature = mct(bsg=1, place="membrane") % bsg(mct=1)
    b.rule(
        f"bind_BSG_{protein}",
        fresh + bsg(mct=None) | inside,
        b.bimolecular("BSG_kon", CHAPERONE),
        b.parameter("BSG_koff"),
    )
    b.rule(f"deliver_{protein}", inside >> mature, b.parameter("BSG_delivery"))
    b.rule(
        f"degrade_{protein}",
        mct() >> None,
        b.parameter(f"{protein}_degradation"),
        delete_molecules=True,
    )
    for place, complex_ in (("inside", inside), ("membrane", mature)):
        b.rule(f"lose_BSG_of_{protein}_{place}", complex_ >> fresh, b.parameter("BSG_degradation"))
    b.copies(protein, mct(), CHAPERONE)
    b.copies(f"{protein}_membrane", mature, CHAPERONE)
