"""VEGF receptors of one endothelial cell: VEGFR2 that signals and VEGFR1 that is a decoy.

VEGF holds one VEGFR2 and then a second; in that dimer each receptor phosphorylates the other, if its
own kinase is free of inhibitor. VEGFR1 holds VEGF and does nothing else. Both are taken in at one
rate: VEGFR2, empty or not, is lost and made anew; VEGFR1 loses its VEGF and comes back, so that a
turnover of tens of thousands of empty receptors an hour need not be counted.
"""

from __future__ import annotations

from typing import Any

from .builder import Builder
from .vegf import BOUND, FAMILY, MEDIUM, free_vegf

INHIBITORS = ("axitinib", "sunitinib")


def add_receptors(b: Builder) -> Any:
    """Add both receptors; return `pVEGFR2_copies`, the phosphorylated VEGFR2 of one cell."""
    _add_decoy(b)
    r2 = b.monomer(
        "VEGFR2", ["vegf", "tyr", "atp"], {"tyr": ["u", "p"], "atp": ["free", "inhibited"]}
    )
    fresh = r2(vegf=None, tyr="u", atp="free")
    b.initial(fresh, b.in_tokens("VEGFR2_initial", FAMILY))
    b.rule("synthesise_VEGFR2", None >> fresh, b.in_tokens("VEGFR2_synthesis", FAMILY))
    _add_binding(b, r2)
    _add_internalisation(b, r2)
    _add_phosphorylation(b, r2)
    _add_inhibition(b, r2)
    b.copies("VEGFR2", r2(), FAMILY)
    return b.copies("pVEGFR2", r2(tyr="p"), FAMILY)


def _add_decoy(b: Builder) -> None:
    """Add VEGFR1: it binds VEGF more tightly, takes it in and comes back without it."""
    vegf = b.molecule("VEGF")
    r1 = b.monomer("VEGFR1", ["vegf"])
    empty = r1(vegf=None)
    b.initial(empty, b.in_tokens("VEGFR1_initial", FAMILY))
    b.rule("synthesise_VEGFR1", None >> empty, b.in_tokens("VEGFR1_synthesis", FAMILY))
    held = vegf(pole=BOUND(1, None), pool="free") % r1(vegf=1)
    b.rule("bind_VEGFR1", free_vegf(b) + empty | held, _per_pole(b, 1), b.parameter("VEGFR1_koff"))
    b.rule("recycle_VEGFR1", held >> empty, b.parameter("VEGFR_internalisation"))
    lost = b.parameter("VEGFR1_degradation")
    b.rule("degrade_VEGFR1", empty >> None, lost)
    b.rule("degrade_VEGFR1_VEGF", held >> None, lost)
    b.copies("VEGFR1", r1(), FAMILY)


def _per_pole(b: Builder, receptor: int) -> Any:
    """Return half of a receptor's kon: the rules count each of the two poles of VEGF."""
    whole = b.bimolecular(f"VEGFR{receptor}_kon", FAMILY, volume=MEDIUM)
    return b.expression(f"VEGFR{receptor}_kon_per_pole", whole / 2)


def _single(b: Builder, r2: Any) -> Any:
    return b.molecule("VEGF")(pole=BOUND(1, None), pool="free") % r2(vegf=1)


def _dimer(b: Builder, first: Any, second: Any) -> Any:
    return first % b.molecule("VEGF")(pole=BOUND(1, 2), pool="free") % second


def _add_binding(b: Builder, r2: Any) -> None:
    b.rule(
        "bind_VEGFR2",
        free_vegf(b) + r2(vegf=None) | _single(b, r2),
        _per_pole(b, 2),
        b.parameter("VEGFR2_koff"),
    )
    b.rule(
        "dimerise_VEGFR2",
        _single(b, r2) + r2(vegf=None) | _dimer(b, r2(vegf=1), r2(vegf=2)),
        b.per_token("VEGFR2_coupling", FAMILY),
        b.parameter("VEGFR2_uncoupling"),
    )


def _add_internalisation(b: Builder, r2: Any) -> None:
    """Add the loss of VEGFR2, alone or with the whole complex."""
    rate = b.parameter("VEGFR_internalisation")
    b.rule("take_in_VEGFR2", r2(vegf=None) >> None, rate)
    b.rule("take_in_VEGFR2_VEGF", _single(b, r2) >> None, rate)
    b.rule("take_in_VEGFR2_dimer", _dimer(b, r2(vegf=1), r2(vegf=2)) >> None, rate)


def _add_phosphorylation(b: Builder, r2: Any) -> None:
    b.rule(
        "phosphorylate_VEGFR2",
        _dimer(b, r2(vegf=1, tyr="u"), r2(vegf=2, atp="free"))
        >> _dimer(b, r2(vegf=1, tyr="p"), r2(vegf=2, atp="free")),
        b.parameter("VEGFR2_phosphorylation"),
    )
    b.rule(
        "dephosphorylate_VEGFR2",
        r2(tyr="p") >> r2(tyr="u"),
        b.parameter("VEGFR2_dephosphorylation"),
    )


def _add_inhibition(b: Builder, r2: Any) -> None:
    """Add the ATP site: inhibitors at held concentrations compete for it and leave it alike.

    One rate of release for all of them makes one occupied state exact for any mixture.
    """
    release = b.parameter("TKI_koff")
    terms = [b.parameter(f"{name}_nM") / b.parameter(f"{name}_Ki") for name in INHIBITORS]
    binding = b.expression("TKI_binding", release * sum(terms[1:], terms[0]))
    b.rule("inhibit_VEGFR2", r2(atp="free") | r2(atp="inhibited"), binding, release)
