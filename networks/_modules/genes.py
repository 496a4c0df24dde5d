"""Genes: copies with a two-state promoter, mRNA counted one by one, and protein in tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .builder import Builder
from .hif import FAMILY, active_hif


@dataclass(frozen=True, kw_only=True)
class Element:
    """A site of a gene that a regulator fills, and what that does to its promoter.

    `label` is its name in rules, `site` that on the gene. `filler` is the pattern of the regulator,
    counted in tokens of `scaled`; rows `<label>_kon` and `<label>_koff`. A regulator that does not
    act one by one is given as `filling`, the rate per second at which the site fills, in place of
    the two. The promoter with a filled site switches on at `on`, an expression or a parameter.
    """

    label: str
    site: str
    on: Any
    filler: Any = None
    scaled: str = ""
    filling: Any = None


def add_gene(
    b: Builder,
    *,
    symbol: str,
    protein: str,
    hre: bool,
    scaled: str | None = None,
    sites: tuple[str, ...] = (),
    element: Element | None = None,
) -> Any:
    """Add one gene with its mRNA and its protein; return the protein's monomer.

    The protein is counted in tokens of `scaled` (its own by default); it may have `sites`, all
    empty when it is made. `hre` and `element` are those of `add_messenger`. Readouts are `<protein>_mRNA_count` and `<protein>_copies`.
    Parameter rows begin with `symbol` for the gene and its mRNA and with `protein` for the protein.
    """
    product = b.monomer(protein, sites)
    fresh, size = product(**dict.fromkeys(sites)), scaled or protein
    mrna = add_messenger(b, symbol=symbol, name=protein, hre=hre, element=element)
    b.rule(f"degrade_{symbol}_mRNA", mrna() >> None, b.parameter(f"{symbol}_mRNA_degradation"))
    b.initial(fresh, b.in_tokens(f"{protein}_initial", size))
    add_translation(b, mrna(), fresh, protein=protein, scaled=size)
    b.rule(
        f"degrade_{protein}",
        product() >> None,
        b.parameter(f"{protein}_degradation"),
        delete_molecules=True,
    )
    b.copies(protein, product(), size)
    return product


def add_messenger(
    b: Builder,
    *,
    symbol: str,
    name: str,
    hre: bool,
    element: Element | None = None,
    states: dict[str, list[str]] | None = None,
) -> Any:
    """Add a gene and the transcription of its mRNA (not its loss); return the mRNA's monomer.

    Each copy of the gene switches on by itself; with `hre` it also has a hypoxia response element
    that active HIF1A fills, and a filled one switches the promoter on more often. Another
    regulator's site is given as `element` in place of it. An mRNA with
    `states` is made in the first of each. Its readout is `<name>_mRNA_count`.
    """
    gene = _add_promoter(b, symbol, hre=hre, element=element)
    sites = dict(states or {})
    mrna = b.monomer(f"{symbol}_mRNA", list(sites), sites)
    fresh = mrna(**{site: values[0] for site, values in sites.items()})
    b.initial(fresh, b.parameter(f"{symbol}_mRNA_initial"))
    b.rule(
        f"transcribe_{symbol}",
        gene(promoter="on") >> gene(promoter="on") + fresh,
        b.parameter(f"{symbol}_transcription"),
    )
    b.observable(f"{name}_mRNA_count", mrna())
    return mrna


def add_translation(b: Builder, mrna: Any, fresh: Any, *, protein: str, scaled: str) -> None:
    """Add the making of a protein (the pattern `fresh`) by each mRNA that matches a pattern."""
    b.rule(
        f"translate_{protein}",
        mrna >> mrna + fresh,
        b.in_tokens(f"{protein}_translation", scaled),
    )


def _response_element(b: Builder, symbol: str) -> Element:
    """Return the hypoxia response element of a gene."""
    return Element(
        label="HRE",
        site="hre",
        filler=active_hif(b),
        scaled=FAMILY,
        on=b.parameter(f"{symbol}_on_induced"),
    )


def _add_promoter(b: Builder, symbol: str, *, hre: bool, element: Element | None) -> Any:
    """Add the copies of a gene and the bursty switching of their promoters."""
    name, copies = f"{symbol}_gene", b.parameter("gene_copies")
    off = b.parameter(f"{symbol}_off")
    on_basal = b.parameter(f"{symbol}_on_basal")
    element = _response_element(b, symbol) if hre else element
    if element is None:
        gene = b.monomer(name, ["promoter"], {"promoter": ["off", "on"]})
        b.initial(gene(promoter="off"), copies)
        b.rule(f"switch_{symbol}", gene(promoter="off") | gene(promoter="on"), on_basal, off)
        return gene
    site, label = element.site, element.label
    gene = b.monomer(
        name, [site, "promoter"], {site: ["empty", "filled"], "promoter": ["off", "on"]}
    )
    b.initial(gene(**{site: "empty"}, promoter="off"), copies)
    for state, rate in (("empty", on_basal), ("filled", element.on)):
        b.rule(
            f"switch_on_{symbol}_{state}",
            gene(**{site: state}, promoter="off") >> gene(**{site: state}, promoter="on"),
            rate,
        )
    b.rule(f"switch_off_{symbol}", gene(promoter="on") >> gene(promoter="off"), off)
    # A few sites per cell cannot deplete thousands of regulators, and a token of them must not
    # vanish into one site: the regulator fills the site as a catalyst does, and the site remembers.
    empty, filled = gene(**{site: "empty"}), gene(**{site: "filled"})
    if element.filling is not None:
        b.rule(f"fill_{symbol}_{label}", empty >> filled, element.filling)
    else:
        b.rule(
            f"fill_{symbol}_{label}",
            empty + element.filler >> filled + element.filler,
            b.bimolecular(f"{label}_kon", element.scaled),
        )
    b.rule(f"empty_{symbol}_{label}", filled >> empty, b.parameter(f"{label}_koff"))
    return gene
