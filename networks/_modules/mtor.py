"""mTORC1: assembly, recruitment to the lysosome, activation by Rheb, and its two inhibitors."""

from __future__ import annotations

from typing import Any

import pysb

from .builder import Builder
from .medium import Pool
from .rag import FAMILY, add_ampk, add_arf1, add_rags, add_rheb, release_arf1, release_rag


def add_mtorc1(b: Builder, akg: Pool) -> Any:
    """Add mTORC1 with all that acts on it; return `mTORC1_active_copies`.

    Active: mTOR and RPTOR together, at the lysosome, RPTOR not phosphorylated by AMPK, FRB and
    kinase site free; Rheb-GTP meets it there within seconds, so that its share is a factor.
    """
    add_rags(b, akg)
    add_arf1(b)
    ampk = add_ampk(b)
    rheb = add_rheb(b, ampk)
    mtor = b.monomer("MTOR", ["rptor", "frb", "atp"], {"atp": ["free", "inhibited"]})
    rptor = b.monomer("RPTOR", ["mtor", "lys", "s792"], {"s792": ["u", "p"]})
    b.initial(mtor(rptor=None, frb=None, atp="free"), b.in_tokens("MTOR_initial", FAMILY))
    b.initial(rptor(mtor=None, lys=None, s792="u"), b.in_tokens("RPTOR_initial", FAMILY))
    b.rule(
        "assemble_mTORC1",
        mtor(rptor=None) + rptor(mtor=None) | mtor(rptor=1) % rptor(mtor=1),
        b.bimolecular("MTORC1_kon", FAMILY),
        b.parameter("MTORC1_koff"),
    )
    _add_recruitment(b, rptor)
    b.rule(
        "phosphorylate_RPTOR",
        ampk + rptor(s792="u") >> ampk + rptor(s792="p"),
        b.bimolecular("AMPK_RPTOR", "AMPK"),
    )
    b.rule(
        "dephosphorylate_RPTOR",
        rptor(s792="p") >> rptor(s792="u"),
        b.parameter("RPTOR_dephosphorylation"),
    )
    _add_rapamycin(b, mtor)
    _add_kinase_inhibitor(b, mtor)
    return _add_activity(b, mtor, rptor, rheb)


def _add_recruitment(b: Builder, rptor: Any) -> None:
    """Add binding of RPTOR (with mTOR or without) to RagB-GTP or ARF1-GTP: one anchor at a time."""
    ragb, ragc, arf = (b.molecule(m) for m in ("RAGB", "RAGC", "ARF1"))
    on, off = b.bimolecular("RPTOR_lysosome_kon", FAMILY), b.parameter("RPTOR_lysosome_koff")
    b.rule(
        "recruit_by_RAGB",
        rptor(lys=None) + ragb(ragc=2, rptor=None, nt="gtp") % ragc(ragb=2)
        | rptor(lys=1) % ragb(ragc=2, rptor=1, nt="gtp") % ragc(ragb=2),
        on,
        off,
    )
    b.rule(
        "recruit_by_ARF1",
        rptor(lys=None) + arf(rptor=None, nt="gtp") | rptor(lys=1) % arf(rptor=1, nt="gtp"),
        on,
        off,
    )
    release_rag(b)
    release_arf1(b)


def _add_rapamycin(b: Builder, mtor: Any) -> None:
    """Add FKBP12, which rapamycin (held in the medium) fills, and the complex on FRB."""
    fkbp = b.monomer("FKBP12", ["frb", "rap"], {"rap": ["none", "bound"]})
    b.initial(fkbp(frb=None, rap="none"), b.in_tokens("FKBP12_initial", FAMILY))
    off = b.parameter("rapamycin_koff")
    on = b.constant(
        "rapamycin_binding", off * b.parameter("rapamycin_nM") / b.parameter("rapamycin_Kd")
    )
    b.rule("bind_rapamycin", fkbp(frb=None, rap="none") | fkbp(frb=None, rap="bound"), on, off)
    b.rule(
        "bind_FRB",
        mtor(frb=None) + fkbp(frb=None, rap="bound") | mtor(frb=1) % fkbp(frb=1, rap="bound"),
        b.bimolecular("FRB_kon", FAMILY),
        b.parameter("FRB_koff"),
    )


def _add_kinase_inhibitor(b: Builder, mtor: Any) -> None:
    """Add the ATP site, which torin (held in the medium) fills."""
    off = b.parameter("torin_koff")
    on = b.constant("torin_binding", off * b.parameter("torin_nM") / b.parameter("torin_Kd"))
    b.rule("bind_torin", mtor(atp="free") | mtor(atp="inhibited"), on, off)


def _add_activity(b: Builder, mtor: Any, rptor: Any, rheb: Any) -> Any:
    """Add the activity on S6K and, as `mTORC1_active_4EBP1_copies`, on 4E-BP1.

    4E-BP1 is in part phosphorylated with rapamycin on FRB (`rapamycin_4EBP1_residual`).
    """
    where = rptor(mtor=1, lys=pysb.ANY, s792="u")
    free = b.observable("mTORC1_tokens", mtor(rptor=1, frb=None, atp="free") % where)
    held = b.observable("mTORC1_rapamycin_tokens", mtor(rptor=1, frb=pysb.ANY, atp="free") % where)
    size = b.copies_per_token(FAMILY) * rheb
    residual = b.parameter("rapamycin_4EBP1_residual")
    b.expression("mTORC1_active_4EBP1_copies", (free + residual * held) * size)
    return b.expression("mTORC1_active_copies", free * size)
