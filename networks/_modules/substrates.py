"""What mTORC1 phosphorylates: S6K1, which phosphorylates S6 on two sites, and 4E-BP1."""

from __future__ import annotations

from typing import Any

from .builder import Builder


def add_substrates(b: Builder, active: Any) -> None:
    """Add the substrates; readouts `pS6K_copies`, `pS6_copies` (both sites), `pS6_S235_copies`
    (the first at least), `p4EBP1_copies`, and `pS6K_share`."""
    s6k = b.monomer("S6K1", ["t389"], {"t389": ["u", "p"]})
    b.initial(s6k(t389="u"), b.in_tokens("S6K1_initial", "S6K1"))
    _add_modification(b, s6k, "t389", "S6K1", _per_molar(b, "MTORC1_S6K1", active))
    total = b.observable("S6K1_tokens", s6k())
    kinase = b.copies("pS6K", s6k(t389="p"), "S6K1")
    b.expression("pS6K_share", kinase / (total * b.copies_per_token("S6K1")))
    _add_s6(b, s6k)
    ebp = b.monomer("EIF4EBP1", ["t37"], {"t37": ["u", "p"]})
    b.initial(ebp(t37="u"), b.in_tokens("EIF4EBP1_initial", "EIF4EBP1"))
    active_4ebp1 = b.readout("mTORC1_active_4EBP1_copies")
    _add_modification(b, ebp, "t37", "EIF4EBP1", _per_molar(b, "MTORC1_EIF4EBP1", active_4ebp1))
    b.copies("p4EBP1", ebp(t37="p"), "EIF4EBP1")


def _add_s6(b: Builder, s6k: Any) -> None:
    """Add S6: S235/236 before S240/244, as kinases go along its tail; one phosphatase for both."""
    s6 = b.monomer("RPS6", ["s235", "s240"], {"s235": ["u", "p"], "s240": ["u", "p"]})
    b.initial(s6(s235="u", s240="u"), b.in_tokens("RPS6_initial", "RPS6"))
    active, rate = s6k(t389="p"), b.bimolecular("S6K1_RPS6", "S6K1")
    first, second = s6(s235="u", s240="u"), s6(s235="p", s240="u")
    b.rule("phosphorylate_RPS6_S235", active + first >> active + second, rate)
    b.rule("phosphorylate_RPS6_S240", active + second >> active + s6(s235="p", s240="p"), rate)
    off = b.parameter("RPS6_dephosphorylation")
    b.rule("dephosphorylate_RPS6_S240", s6(s240="p") >> s6(s240="u"), off)
    b.rule("dephosphorylate_RPS6_S235", s6(s235="p", s240="u") >> s6(s235="u", s240="u"), off)
    b.copies("pS6", s6(s235="p", s240="p"), "RPS6")
    b.copies("pS6_S235", s6(s235="p"), "RPS6")


def _add_modification(b: Builder, protein: Any, site: str, name: str, rate: Any) -> None:
    """Add phosphorylation at a rate per second and its reversal."""
    u, p = protein(**{site: "u"}), protein(**{site: "p"})
    b.rule(f"phosphorylate_{name}", u >> p, b.expression(f"{name}_phosphorylation", rate))
    b.rule(f"dephosphorylate_{name}", p >> u, b.parameter(f"{name}_dephosphorylation"))


def _per_molar(b: Builder, name: str, copies: Any) -> Any:
    """Return a constant in 1/(M s) times copies of the enzyme as 1/s."""
    return b.parameter(name) * copies / b.items_per_molar()
