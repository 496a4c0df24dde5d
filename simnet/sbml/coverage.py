"""How much of a network is annotated, and where the terms were read."""

from dataclasses import dataclass

from simnet.catalogue.annotations import SBO, Term, annotations_of, unverified
from simnet.network.network import Assignment, Network, Parameter
from simnet.sbml.rdf import source_statements, species_statements
from simnet.sbml.sbo import molecule_terms, parameter_term, reaction_term, species_term

_IDENTITY = ("uniprot:", "CHEBI:", "GO:")


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Annotated parts of one kind, of all."""

    what: str
    annotated: int
    total: int

    @property
    def share(self) -> float:
        """1 where there are none."""
        return self.annotated / self.total if self.total else 1.0


def coverage(network: Network) -> tuple[Coverage, ...]:
    """What has which annotation in the SBML that is written of a network."""
    annotations = annotations_of(network)
    kinds = molecule_terms(annotations)
    from_rules = bool(network.molecules)
    identified = [
        any(
            term in uri
            for _, uri in species_statements(s, network, annotations)
            for term in _IDENTITY
        )
        for s in network.species
    ]
    heads = {term.qualifier for term in annotations.network}
    places = [annotations.compartments.get(c.id, ()) for c in network.compartments]
    quantities: list[Parameter | Assignment] = [*network.parameters, *network.assignments]
    rows = {
        "species: UniProt, ChEBI or GO": identified,
        "species: SBO": [species_term(s.molecules, kinds) is not None for s in network.species],
        "reactions: SBO": [
            from_rules and reaction_term(r, network, kinds) > 0 for r in network.reactions
        ],
        "parameters: SBO": [from_rules and parameter_term(p) > 0 for p in quantities],
        "parameters: source or `assumed`": [bool(p.source) for p in network.parameters],
        "compartments: GO": [any("GO:" in t.uri for t in terms) for terms in places],
        "compartments: SBO": [any(t.qualifier == SBO for t in terms) for terms in places],
        "model: paper, taxon, cell type": [
            q in heads for q in ("isDescribedBy", "hasTaxon", "occursIn")
        ],
    }
    return tuple(
        Coverage(what=what, annotated=sum(found), total=len(found)) for what, found in rows.items()
    )


def sources(network: Network) -> tuple[int, int]:
    """How many parameters have a source with an address (DOI, PMC, PubMed, BioModels), and how many
    are assumed."""
    addressed = sum(bool(source_statements(p.source)) for p in network.parameters)
    return addressed, sum(p.source == "assumed" for p in network.parameters)


def terms_of(network: Network) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """All terms of a network, and those that were read nowhere."""
    terms = annotations_of(network).terms
    return terms, unverified(terms)
