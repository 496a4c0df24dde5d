"""MIRIAM annotation as RDF: statements that other tools read, with identifiers.org addresses.

https://doi.org/10.1038/nbt1156 (MIRIAM); SBML Level 3 Version 2, section 6.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from simnet.catalogue.annotations import SBO, Annotations, Term
from simnet.network.network import Network, Species

Statement = tuple[str, str]
"""A qualifier with its prefix, such as bqbiol:is, and an address."""

_SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "bqbiol": "http://biomodels.net/biology-qualifiers/",
    "bqmodel": "http://biomodels.net/model-qualifiers/",
}
_RESOLVER = "https://identifiers.org/"
_SOURCES = (
    (re.compile(r"\b(10\.\d{4,9}/(?:[^\s;,]|;(?=\S))+)"), "doi:"),
    (re.compile(r"\b(PMC\d+)\b"), "pmc:"),
    (re.compile(r"\bPMID (\d+)\b"), "pubmed:"),
    (re.compile(r"\b(BIOMD\d{10})\b"), "biomodels.db:"),
)


def rdf(metaid: str, statements: Iterable[Statement]) -> str:
    """The RDF element about what has this metaid, or "" where there is nothing to say."""
    groups: dict[str, list[str]] = {}
    for qualifier, uri in dict.fromkeys(statements):
        groups.setdefault(qualifier, []).append(f"<rdf:li rdf:resource={quoteattr(uri)}/>")
    if not groups:
        return ""
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in _SPACES.items())
    bags = "".join(
        f"<{qualifier}><rdf:Bag>{''.join(items)}</rdf:Bag></{qualifier}>"
        for qualifier, items in groups.items()
    )
    about = f'<rdf:Description rdf:about="#{metaid}">{bags}</rdf:Description>'
    return f"<rdf:RDF{spaces}>{about}</rdf:RDF>"


def plain(terms: Iterable[Term]) -> list[Statement]:
    """Terms as they are, SBO left out."""
    return [(f"bqbiol:{t.qualifier}", t.uri) for t in terms if t.qualifier != SBO]


def model_statements(annotations: Annotations) -> list[Statement]:
    """The paper describes the model; organism and cell types are biology."""
    return [
        (("bqmodel:" if q == "bqbiol:isDescribedBy" else "bqbiol:") + q.partition(":")[2], uri)
        for q, uri in plain(annotations.network)
    ]


def species_statements(
    species: Species, network: Network, annotations: Annotations
) -> list[Statement]:
    """A species of one molecule is it, or a version of it where it has states; a complex has parts."""
    if len(species.molecules) > 1:
        terms = (t for name in species.molecules for t in annotations.molecules.get(name, ()))
        known = ("is", "isVersionOf", "hasPart")
        return [("bqbiol:hasPart", t.uri) for t in terms if t.qualifier in known]
    statements = []
    for name in species.molecules:
        stateless = all(not m.sites for m in network.molecules if m.name == name)
        for qualifier, uri in plain(annotations.molecules.get(name, ())):
            modified = qualifier == "bqbiol:is" and not stateless
            statements.append(("bqbiol:isVersionOf" if modified else qualifier, uri))
    return statements


def source_statements(source: str) -> list[Statement]:
    """Addresses of what a parameter's source names: a DOI, a PMC or PubMed number, a BioModels id."""
    return [
        ("bqbiol:isDescribedBy", _RESOLVER + prefix + _address(found))
        for pattern, prefix in _SOURCES
        for found in pattern.findall(source)
    ]


def _address(found: str) -> str:
    """Without the punctuation of the sentence around it, and as it stands in an address."""
    while found[-1] in ".)]'\"" and (found[-1] != ")" or found.count(")") > found.count("(")):
        found = found[:-1]
    return quote(found, safe="/:()._-")
