"""VEGF: its mRNA that hypoxia stabilises, secretion into the medium, ligand traps.

The medium is that of a neighbourhood: one endothelial cell and `cells_per_endothelium` cells like
the modelled one. VEGF that is bound to matrix is in fast exchange with free VEGF and is part of the
volume `V_medium`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pysb

from .builder import Builder
from .genes import add_messenger

FAMILY = "VEGF"  # whose token size the receptors share
MEDIUM = "V_medium"
BOUND = pysb.MultiState


def add_vegf(b: Builder, oxygen: Any) -> None:
    """Add VEGFA from gene to medium, for one kind of cell; readouts as in `add_vegf_medium`."""
    add_vegf_expression(b, oxygen)
    add_vegf_medium(b, {"": b})


def add_vegf_expression(b: Builder, oxygen: Any) -> None:
    """Add the gene of VEGFA, its mRNA and what stabilises it, in one cell."""
    _add_stabiliser(b, oxygen)
    mrna = add_messenger(
        b, symbol="VEGFA", name="VEGFA", hre=True, states={"utr": ["free", "bound"]}
    )
    _add_stabilisation(b, mrna)
    _add_transcription_readout(b)


def add_vegf_medium(
    b: Builder, cells: Mapping[str, Builder], shares: Mapping[str, Any] | None = None
) -> None:
    """Add VEGF, made by the mRNA of each cell (builders by name), secreted, trapped and cleared.

    `shares` says how many of the neighbourhood's cells each stands for; one cell stands for all.
    Readouts: `VEGF_pM` (free in the medium) and `VEGF_medium_copies` (also on receptors).
    """
    # A dimer with two poles, each of which holds one receptor.
    vegf = b.monomer("VEGF", ["pole", "pole", "pool"], {"pool": ["cell", "free", "trapped"]})
    inside = vegf(pole=BOUND(None, None), pool="cell")
    b.initial(inside, b.in_tokens("VEGF_cell_initial", FAMILY))
    b.initial(free_vegf(b), b.in_tokens("VEGF_free_initial", FAMILY))
    made = (
        b.parameter("VEGF_translation")
        * b.parameter("cells_per_endothelium")
        / b.copies_per_token(FAMILY)
    )
    for name, cell in cells.items():
        mrna = cell.molecule("VEGFA_mRNA")
        rate = cell.expression("VEGF_translation_tokens", made * (shares or {}).get(name, 1))
        cell.rule("translate_VEGF", mrna() >> mrna() + inside, rate)
    b.rule("secrete_VEGF", inside >> free_vegf(b), b.parameter("VEGF_secretion"))
    b.rule("clear_VEGF", free_vegf(b) >> None, b.parameter("VEGF_clearance"))
    _add_trap(b)
    free = b.observable("VEGF_free_tokens", free_vegf(b))
    b.copies("VEGF_medium", b.molecule("VEGF")(pool="free"), FAMILY)
    in_pmol = b.parameter("N_A_pmol") * b.parameter(MEDIUM)
    b.expression("VEGF_pM", free * b.copies_per_token(FAMILY) / in_pmol)


def free_vegf(b: Builder) -> Any:
    """Return the pattern of VEGF in the medium that can bind a receptor."""
    return b.molecule("VEGF")(pole=BOUND(None, None), pool="free")


def _add_stabiliser(b: Builder, oxygen: Any) -> None:
    """Add HUR (ELAVL1), whose activity depends on oxygen and on nothing of HIF1A.

    How oxygen acts on it is not known: activation is a Hill function with exponent 2.
    """
    hur = b.monomer("HUR", ["activity"], {"activity": ["off", "on"]})
    idle, active = hur(activity="off"), hur(activity="on")
    b.initial(idle, b.in_tokens("HUR_initial", "HUR"))
    b.rule("synthesise_HUR", None >> idle, b.in_tokens("HUR_synthesis", "HUR"))
    b.rule("degrade_HUR", hur() >> None, b.parameter("HUR_degradation"))
    half = b.parameter("HUR_half_O2")
    hypoxia = b.expression("HUR_hypoxia", half**2 / (half**2 + oxygen**2))
    rate = b.expression("HUR_activation_rate", b.parameter("HUR_activation") * hypoxia)
    b.rule("activate_HUR", idle >> active, rate)
    b.rule("inactivate_HUR", active >> idle, b.parameter("HUR_inactivation"))
    b.copies("HUR", hur(), "HUR")
    b.copies("HUR_active", active, "HUR")


def _add_stabilisation(b: Builder, mrna: Any) -> None:
    """Add binding of active HUR to VEGFA mRNA, and the two half-lives.

    A few mRNA cannot deplete thousands of HUR, so HUR acts as a catalyst on the state of the mRNA.
    """
    active = b.molecule("HUR")(activity="on")
    b.rule(
        "stabilise_VEGFA_mRNA",
        mrna(utr="free") + active >> mrna(utr="bound") + active,
        b.bimolecular("HUR_kon", "HUR"),
    )
    b.rule("release_VEGFA_mRNA", mrna(utr="bound") >> mrna(utr="free"), b.parameter("HUR_koff"))
    for state in ("free", "bound"):
        b.rule(
            f"degrade_VEGFA_mRNA_{state}",
            mrna(utr=state) >> None,
            b.parameter(f"VEGFA_mRNA_degradation_{state}"),
        )


def _add_transcription_readout(b: Builder) -> None:
    """Add `VEGFA_transcription_rate`: transcripts made per second by the promoters that are on."""
    on = b.observable("VEGFA_promoters_on", b.molecule("VEGFA_gene")(promoter="on"))
    b.expression("VEGFA_transcription_rate", on * b.parameter("VEGFA_transcription"))


def _add_trap(b: Builder) -> None:
    """Add a ligand trap or antibody: its concentration in the medium is held."""
    held = b.molecule("VEGF")(pole=BOUND(None, None), pool="trapped")
    release = b.parameter("anti_VEGF_koff")
    catch = b.expression(
        "anti_VEGF_binding", release * b.parameter("anti_VEGF_nM") / b.parameter("anti_VEGF_Kd")
    )
    b.rule("trap_VEGF", free_vegf(b) | held, catch, release)
    b.rule("clear_trapped_VEGF", held >> None, b.parameter("VEGF_clearance"))
