"""HIF1A: synthesis, hydroxylation by FIH, destruction by VHL, dimers with ARNT.

Prolyl hydroxylation is in `hydroxylation`: its enzymes are themselves made by genes. HIF1A, ARNT, VHL
and the hydroxylases are counted in tokens of one size, that of HIF1A, because
they bind or meet one to one.
"""

from __future__ import annotations

from typing import Any

from .builder import Builder
from .oxygen import add_saturation
from .proteins import add_constitutive

FAMILY = "HIF1A"  # whose token size the whole family shares


def add_hif(b: Builder, oxygen: Any, *, binds_hydroxylase: bool = False) -> None:
    """Add HIF1A with everything that makes, destroys and activates it.

    With `binds_hydroxylase` it has a site for the prolyl hydroxylases.
    """
    _add_turnover(b, binds_hydroxylase=binds_hydroxylase)
    add_asparaginyl_hydroxylation(b, oxygen)
    _add_partners(b)


def add_hif_without_oxygen(b: Builder) -> None:
    """Add HIF1A but for its hydroxylation, where oxygen is itself an outcome of what cells do."""
    _add_turnover(b)
    _add_partners(b)


def _add_turnover(b: Builder, *, binds_hydroxylase: bool = False) -> None:
    sites = ["pro", "asn", "vhl", "arnt", *(["phd"] if binds_hydroxylase else [])]
    hif = b.monomer("HIF1A", sites, {"pro": ["u", "oh"], "asn": ["u", "oh"]})
    add_constitutive(b, "ARNT", scaled=FAMILY, sites=("hif",))
    empty = dict.fromkeys(sites[2:])
    fresh = hif(pro="u", asn="u", **empty)
    b.rule("synthesise_HIF1A", None >> fresh, b.in_tokens("HIF1A_synthesis", FAMILY))
    b.rule(
        "degrade_HIF1A_basal",
        hif() >> None,
        b.parameter("HIF1A_degradation"),
        delete_molecules=True,
    )


def _add_partners(b: Builder) -> None:
    hif = b.molecule("HIF1A")
    _add_destruction(b)
    _add_dimer(b)
    b.copies("HIF1A", hif(), FAMILY)
    b.copies("HIF1A_active", active_hif(b), FAMILY)


def active_hif(b: Builder) -> Any:
    """Return the pattern of HIF1A that can switch a gene on.

    It is bound to ARNT, it is not held by VHL, and FIH has not closed its transactivation domain.
    Prolyl hydroxylation as such does not silence it: without VHL the hydroxylated form is active.
    """
    hif, arnt = b.molecule("HIF1A"), b.molecule("ARNT")
    return hif(arnt=1, vhl=None, asn="u") % arnt(hif=1)


def add_asparaginyl_hydroxylation(b: Builder, oxygen: Any) -> None:
    """Add FIH: one step far from saturation by HIF1A, with the lower Km for O2."""
    hif = b.molecule("HIF1A")
    fih = add_constitutive(b, "FIH", scaled=FAMILY)
    share = add_saturation(b, "FIH", oxygen)
    rate = b.expression("asparaginyl_hydroxylation", b.bimolecular("FIH_rate", FAMILY) * share)
    b.rule("hydroxylate_HIF1A_asparaginyl", fih() + hif(asn="u") >> fih() + hif(asn="oh"), rate)


def _add_destruction(b: Builder) -> None:
    """Add VHL: it binds only prolyl-hydroxylated HIF1A, destroys it and comes free again."""
    hif, arnt = b.molecule("HIF1A"), b.molecule("ARNT")
    vhl = add_constitutive(b, "VHL", scaled=FAMILY, sites=("hif",))
    caught = hif(pro="oh", vhl=1) % vhl(hif=1)
    b.rule(
        "bind_VHL",
        hif(pro="oh", vhl=None) + vhl(hif=None) | caught,
        b.bimolecular("VHL_kon", FAMILY),
        b.parameter("VHL_koff"),
    )
    # Two rules: the loss of HIF1A out of a dimer leaves two proteins, which BioNetGen must be told.
    rate = b.parameter("VHL_destruction")
    b.rule("destroy_HIF1A", hif(vhl=1, arnt=None) % vhl(hif=1) >> vhl(hif=None), rate)
    b.rule(
        "destroy_HIF1A_dimer",
        hif(vhl=1, arnt=2) % vhl(hif=1) % arnt(hif=2) >> vhl(hif=None) + arnt(hif=None),
        rate,
    )


def _add_dimer(b: Builder) -> None:
    """Add binding to ARNT, whatever else HIF1A carries."""
    hif, arnt = b.molecule("HIF1A"), b.molecule("ARNT")
    b.rule(
        "bind_ARNT",
        hif(arnt=None) + arnt(hif=None) | hif(arnt=1) % arnt(hif=1),
        b.bimolecular("ARNT_kon", FAMILY),
        b.parameter("ARNT_koff"),
    )
