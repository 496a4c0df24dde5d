"""Where mTORC1 becomes active: Rag GTPases, Rheb, TSC, AMPK, and Arf1 as an option.

mTOR, RPTOR, the Rags, ARF1 and FKBP12 are counted in tokens of one size: they bind one to one.
"""

from __future__ import annotations

from typing import Any

from .builder import Builder
from .medium import Pool

FAMILY = "MTOR"  # whose token size the family shares


def add_rags(b: Builder, akg: Pool) -> None:
    """Add the heterodimer of RagB and RagC, which never falls apart; aKG promotes loading of GTP.

    How aKG acts is not known: loading is a Hill function with exponent 2. `RagB_locked` at 1 is the
    constitutive mutant: what is loaded stays. Readout `RagB_GTP_copies`.
    """
    ragb = b.monomer("RAGB", ["ragc", "rptor", "nt"], {"nt": ["gdp", "gtp"]})
    ragc = b.monomer("RAGC", ["ragb"])
    idle, loaded = (ragb(ragc=1, rptor=None, nt=n) % ragc(ragb=1) for n in ("gdp", "gtp"))
    b.initial(idle, b.in_tokens("RAGB_initial", FAMILY))
    half, level = b.parameter("RAGB_half_aKG"), akg.concentration
    loading = b.expression(
        "RAGB_loading",
        b.parameter("RAGB_loading_basal")
        + b.parameter("RAGB_loading_aKG") * level**2 / (half**2 + level**2),
    )
    b.rule("load_RAGB", idle >> loaded, loading)
    locked = b.parameter("RagB_locked")
    hydrolysis = b.constant("RAGB_GTP_loss", b.parameter("RAGB_hydrolysis") * (1 - locked))
    b.rule("hydrolyse_RAGB", loaded >> idle, hydrolysis)
    b.copies("RagB_GTP", ragb(nt="gtp"), FAMILY)


def release_rag(b: Builder) -> None:
    """Add hydrolysis in the complex: RagB-GDP lets RPTOR go."""
    ragb, ragc, rptor = (b.molecule(m) for m in ("RAGB", "RAGC", "RPTOR"))
    b.rule(
        "hydrolyse_RAGB_RPTOR",
        rptor(lys=2) % ragb(ragc=1, rptor=2, nt="gtp") % ragc(ragb=1)
        >> rptor(lys=None) + ragb(ragc=1, rptor=None, nt="gdp") % ragc(ragb=1),
        b.readout("RAGB_GTP_loss"),
    )


def add_arf1(b: Builder) -> None:
    """Add ARF1, loaded with GTP by glutamine itself (Rag-independent; off while `Arf1_arm` is 0)."""
    arf = b.monomer("ARF1", ["rptor", "nt"], {"nt": ["gdp", "gtp"]})
    idle, loaded = (arf(rptor=None, nt=n) for n in ("gdp", "gtp"))
    b.initial(idle, b.in_tokens("ARF1_initial", FAMILY))
    level = b.readout("Glutamine_mM")
    loading = b.expression(
        "ARF1_loading_rate",
        b.parameter("Arf1_arm")
        * b.parameter("ARF1_loading")
        * level
        / (b.parameter("ARF1_half_glutamine") + level),
    )
    b.rule("load_ARF1", idle >> loaded, loading)
    b.rule("hydrolyse_ARF1", loaded >> idle, b.parameter("ARF1_hydrolysis"))
    b.copies("ARF1_GTP", arf(nt="gtp"), FAMILY)


def release_arf1(b: Builder) -> None:
    """Add hydrolysis in the complex, as for the Rags."""
    arf, rptor = b.molecule("ARF1"), b.molecule("RPTOR")
    b.rule(
        "hydrolyse_ARF1_RPTOR",
        rptor(lys=1) % arf(rptor=1, nt="gtp") >> rptor(lys=None) + arf(rptor=None, nt="gdp"),
        b.parameter("ARF1_hydrolysis"),
    )


def add_ampk(b: Builder) -> Any:
    """Add AMPK: phosphorylated on T172 as the square of the uncharged share (AMP from adenylate
    kinase); return its active form."""
    ampk = b.monomer("AMPK", ["t172"], {"t172": ["u", "p"]})
    b.initial(ampk(t172="u"), b.in_tokens("AMPK_initial", "AMPK"))
    rate = b.expression(
        "AMPK_activation_rate", b.parameter("AMPK_activation") * b.readout("energy_deficit") ** 2
    )
    b.rule("activate_AMPK", ampk(t172="u") >> ampk(t172="p"), rate)
    b.rule("inactivate_AMPK", ampk(t172="p") >> ampk(t172="u"), b.parameter("AMPK_inactivation"))
    b.copies("pAMPK", ampk(t172="p"), "AMPK")
    return ampk(t172="p")


def add_rheb(b: Builder, ampk: Any) -> Any:
    """Add TSC1:TSC2, which AMPK makes a better GAP, and Rheb; return the share of Rheb with GTP."""
    tsc1 = b.monomer("TSC1", ["tsc2"])
    tsc2 = b.monomer("TSC2", ["tsc1", "s1387"], {"s1387": ["u", "p"]})
    b.initial(tsc2(tsc1=1, s1387="u") % tsc1(tsc2=1), b.in_tokens("TSC2_initial", "TSC2"))
    b.rule(
        "phosphorylate_TSC2",
        ampk + tsc2(s1387="u") >> ampk + tsc2(s1387="p"),
        b.bimolecular("AMPK_TSC2", "AMPK"),
    )
    b.rule(
        "dephosphorylate_TSC2",
        tsc2(s1387="p") >> tsc2(s1387="u"),
        b.parameter("TSC2_dephosphorylation"),
    )
    b.copies("pTSC2", tsc2(s1387="p"), "TSC2")
    rheb = b.monomer("RHEB", ["nt"], {"nt": ["gdp", "gtp"]})
    b.initial(rheb(nt="gtp"), b.in_tokens("RHEB_initial", "RHEB"))
    b.rule("load_RHEB", rheb(nt="gdp") >> rheb(nt="gtp"), b.parameter("RHEB_loading"))
    b.rule("hydrolyse_RHEB", rheb(nt="gtp") >> rheb(nt="gdp"), b.parameter("RHEB_hydrolysis"))
    for state in ("u", "p"):
        gap = tsc2(tsc1=1, s1387=state) % b.molecule("TSC1")(tsc2=1)
        b.rule(
            f"turn_off_RHEB_{state}",
            rheb(nt="gtp") + gap >> rheb(nt="gdp") + gap,
            b.bimolecular(f"TSC2_GAP_{state}", "TSC2"),
        )
    total = b.observable("RHEB_tokens", rheb())
    loaded = b.observable("RHEB_GTP_tokens", rheb(nt="gtp"))
    return b.expression("RHEB_GTP_share", loaded / total)
