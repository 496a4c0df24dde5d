"""Genes: copies with a two-state promoter, mRNA counted one by one, and protein in tokens."""

from __future__ import annotations

from typing import Any

from .builder import Builder
from .hif import FAMILY, active_hif


def add_gene(b: Builder, *, symbol: str, protein: str, hre: bool) -> Any:
    """Add one gene with its mRNA and its protein; return the protein's monomer.

    Each copy of the gene switches on by itself; with `hre` it also has a hypoxia response element
    that active HIF1A fills, and a filled one switches the promoter on more often. Readouts are
    `<protein>_mRNA` (molecules) and `<protein>_copies`. Parameter rows begin with `symbol` for the
    gene and its mRNA and with `protein` for the protein.
    """
    gene = _add_promoter(b, symbol, hre=hre)
    mrna = b.monomer(f"{symbol}_mRNA")
    b.initial(mrna(), b.parameter(f"{symbol}_mRNA_initial"))
    b.rule(
        f"transcribe_{symbol}",
        gene(promoter="on") >> gene(promoter="on") + mrna(),
        b.parameter(f"{symbol}_transcription"),
    )
    b.rule(f"degrade_{symbol}_mRNA", mrna() >> None, b.parameter(f"{symbol}_mRNA_degradation"))
    product = b.monomer(protein)
    b.initial(product(), b.in_tokens(f"{protein}_initial", protein))
    b.rule(
        f"translate_{protein}",
        mrna() >> mrna() + product(),
        b.in_tokens(f"{protein}_translation", protein),
    )
    b.rule(f"degrade_{protein}", product() >> None, b.parameter(f"{protein}_degradation"))
    b.observable(f"{protein}_mRNA", mrna())
    b.copies(protein, product(), protein)
    return product


def _add_promoter(b: Builder, symbol: str, *, hre: bool) -> Any:
    """Add the copies of a gene and the bursty switching of their promoters."""
    name, copies = f"{symbol}_gene", b.parameter("gene_copies")
    off = b.parameter(f"{symbol}_off")
    on_basal = b.parameter(f"{symbol}_on_basal")
    if not hre:
        gene = b.monomer(name, ["promoter"], {"promoter": ["off", "on"]})
        b.initial(gene(promoter="off"), copies)
        b.rule(f"switch_{symbol}", gene(promoter="off") | gene(promoter="on"), on_basal, off)
        return gene
    gene = b.monomer(
        name, ["hre", "promoter"], {"hre": ["empty", "filled"], "promoter": ["off", "on"]}
    )
    b.initial(gene(hre="empty", promoter="off"), copies)
    for state, rate in (("empty", on_basal), ("filled", b.parameter(f"{symbol}_on_induced"))):
        b.rule(
            f"switch_on_{symbol}_{state}",
            gene(hre=state, promoter="off") >> gene(hre=state, promoter="on"),
            rate,
        )
    b.rule(f"switch_off_{symbol}", gene(promoter="on") >> gene(promoter="off"), off)
    # A few sites per cell cannot deplete thousands of HIF1A, and a token of HIF1A must not vanish
    # into one site: the dimer fills the site as a catalyst does, and the site remembers it.
    dimer = active_hif(b)
    b.rule(
        f"fill_{symbol}_HRE",
        gene(hre="empty") + dimer >> gene(hre="filled") + dimer,
        b.bimolecular("HRE_kon", FAMILY),
    )
    b.rule(f"empty_{symbol}_HRE", gene(hre="filled") >> gene(hre="empty"), b.parameter("HRE_koff"))
    return gene
