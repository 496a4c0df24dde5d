"""What SBML has no place for, in an annotation of our own namespace.

The model's annotation holds the kinetics, a digest of the source, and the catalogue (readouts,
inputs, genes, molecules, rules); a parameter's holds where its value comes from. Read and written
here only, from one table of attributes a type. What other tools read (RDF) is written beside it, by
`rdf`; it is made from tables, never read back.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from simnet.catalogue.annotations import SBO, Annotations, Term, accession
from simnet.errors import InputError, Problem
from simnet.network.network import (
    Assignment,
    Compartment,
    Drug,
    Gene,
    Input,
    Molecule,
    Network,
    Parameter,
    Reaction,
    Readout,
    Rule,
    Species,
)

NAMESPACE = "urn:simnet:network:1"

_ATTRIBUTES: dict[str, tuple[type, tuple[str, ...]]] = {
    "molecule": (Molecule, ("name", "sites", "meaning")),
    "rule": (Rule, ("name", "text")),
    "readout": (Readout, ("name", "symbol", "unit", "meaning")),
    "input": (Input, ("name", "parameter", "baseline", "unit", "meaning")),
    "gene": (Gene, ("name", "symbol", "parameters", "meaning")),
    "drug": (Drug, ("name", "parameter", "target", "affinity", "unit", "source", "meaning")),
}
_PARAMETER = ("meaning", "source", "confidence", "lower", "upper", "scale")
_NUMBERS = frozenset({"baseline", "lower", "upper", "affinity"})
_OPTIONAL = frozenset({"unit", "lower", "upper"})

KINETICS = ("continuous", "discrete")


def require_kinetics(kinetics: str) -> None:
    """Raise InputError where there are no such kinetics."""
    if kinetics not in KINETICS:
        way_out = " or ".join(f'"{name}"' for name in KINETICS)
        raise InputError(Problem(what=f"kinetics={kinetics!r}", why="unknown", way_out=way_out))


def model_annotation(network: Network, kinetics: str) -> str:
    """Our element in the model's annotation, as XML."""
    head = {
        "kinetics": kinetics if network.kinetics == "both" else "undeclared",
        "digest": network.digest,
        "summary": network.summary,
        "equilibrate": network.suggested_equilibration,
        "built_in": network.built_in,
    }
    rows = [
        _element(tag, {name: getattr(item, name) for name in names})
        for tag, (_, names) in _ATTRIBUTES.items()
        for item in getattr(network, f"{tag}s")
    ]
    return _element("network", head, rows, root=True)


_OWN: dict[type, tuple[str, tuple[str, ...]]] = {
    Parameter: ("parameter", _PARAMETER),
    Assignment: ("assignment", ("kind", "meaning")),  # of the parameter behind the rule
    Species: ("species", ("molecules",)),
    Compartment: ("compartment", ("meaning",)),
}


def item_annotation(item: Parameter | Assignment | Species | Compartment) -> str:
    """Our element of a part of the network, or "" where it has nothing that SBML has no place for."""
    tag, names = _OWN[type(item)]
    values = {name: getattr(item, name) for name in names}
    empty = all(value in ("", None, ()) for value in values.values())
    return "" if empty else _element(tag, values, root=True)


def paragraphs(*lines: str) -> str:
    """Notes for people, as XHTML; "" without lines."""
    body = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    if not body:
        return ""
    return f'<notes><body xmlns="http://www.w3.org/1999/xhtml">{body}</body></notes>'


def wrapped(*elements: str) -> str:
    """The annotation that holds these elements; "" without any."""
    inner = "".join(elements)
    return f"<annotation>{inner}</annotation>" if inner else ""


def _element(
    tag: str, values: dict[str, Any], children: list[str] | None = None, *, root: bool = False
) -> str:
    text = {k: _attribute(v) for k, v in values.items() if v is not None and v != ""}
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in text.items())
    namespace = f' xmlns:simnet="{NAMESPACE}"' if root else ""
    return f"<simnet:{tag}{namespace}{attributes}>{''.join(children or [])}</simnet:{tag}>"


def _attribute(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, tuple):
        return " ".join(value)
    return str(value)


def own_element(sbml_object: Any, tag: str) -> Any | None:
    """Our element in an object's annotation: a libsbml.XMLNode, or None."""
    annotation = sbml_object.getAnnotation()
    if annotation is None:
        return None
    children = map(annotation.getChild, range(annotation.getNumChildren()))
    return next((c for c in children if c.getURI() == NAMESPACE and c.getName() == tag), None)


def catalogue(node: Any) -> dict[str, tuple[Any, ...]]:
    """The catalogue in the model's own element, as fields of `Network`."""
    found: dict[str, tuple[Any, ...]] = {f"{tag}s": () for tag in _ATTRIBUTES}
    for child in map(node.getChild, range(node.getNumChildren())):
        tag = child.getName()
        if tag in _ATTRIBUTES:
            cls, names = _ATTRIBUTES[tag]
            found[f"{tag}s"] += (cls(**{name: _value(child, name) for name in names}),)
    return found


def parameter_fields(node: Any | None) -> dict[str, Any]:
    """What a parameter's own element says, as fields of `Parameter`."""
    if node is None:
        return {}
    return {name: _value(node, name) for name in _PARAMETER}


def attribute(node: Any | None, name: str) -> str:
    """An attribute's text, "" where it is missing, or the element is."""
    return str(node.getAttrValue(name)) if node is not None and node.hasAttr(name) else ""


def _value(node: Any, name: str) -> Any:
    if not node.hasAttr(name):
        return None if name in _OPTIONAL else () if name == "parameters" else ""
    text = str(node.getAttrValue(name))
    if name in _NUMBERS:
        return float(text)
    return tuple(text.split()) if name == "parameters" else text


# MIRIAM annotation as RDF: statements that other tools read, with identifiers.org addresses.
#
# https://doi.org/10.1038/nbt1156 (MIRIAM); SBML Level 3 Version 2, section 6.


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


# Terms of the Systems Biology Ontology (SBO) for reactions, species and parameters.
#
# What a reaction is follows from what its species are made of and from the states of their sites; what
# a parameter is, from its unit and its name. Only for networks whose species say what they are made
# of: those from rules. Terms are numbers, as libsbml takes them; their names are in `NAMES`.


NAMES = {
    2: "quantitative systems description parameter",
    9: "kinetic constant",
    25: "catalytic rate constant",
    27: "Michaelis constant",
    35: "forward unimolecular rate constant, continuous case",
    36: "forward bimolecular rate constant, continuous case",
    48: "forward zeroth order rate constant, continuous case",
    177: "non-covalent binding",
    179: "degradation",
    180: "dissociation",
    182: "conversion",
    183: "transcription",
    184: "translation",
    190: "Hill coefficient",
    196: "concentration of an entity pool",
    216: "phosphorylation",
    233: "hydroxylation",
    243: "gene",
    252: "polypeptide chain",
    261: "inhibitory constant",
    250: "ribonucleic acid",
    282: "dissociation constant",
    296: "macromolecular complex",
    297: "protein complex",
    330: "dephosphorylation",
    356: "decay constant",
    361: "amount of an entity pool",
    393: "production",
    468: "volume",
    655: "transport reaction",
}
"""As in the ontology's release that pymetadata 0.8.2 packages (ontologies/sbo.py)."""

_GENE, _MRNA, _PROTEIN = 243, 250, 252
_MODIFICATIONS = {("u", "p"): 216, ("p", "u"): 330, ("u", "oh"): 233}
_PLACES = frozenset({"place", "pool"})
_STATE = re.compile(r"(\w+)='([^']*)'")

_BY_NAME = (
    (re.compile(r"_initial$"), 361),
    (re.compile(r"_Km(_|$)"), 27),
    (re.compile(r"_Ki(_|$)"), 261),
    (re.compile(r"_Kd$"), 282),
    (re.compile(r"_kcat$"), 25),
    (re.compile(r"_exponent$"), 190),
)
_DECAY = re.compile(r"degradation|clearance|destruction|regression|_loss$|^death")
_BY_UNIT = {
    "L": 468,
    "item": 361,
    "item/s": 48,
    "1/s": 35,
    "1/(M s)": 36,
    "1/(item s)": 36,
    **dict.fromkeys(("M", "mM", "uM", "nM", "pM"), 196),
}
_KINETIC = re.compile(r"\(s |/s$")  # per second and something else


def parameter_term(item: Parameter | Assignment) -> int:
    """The term of a parameter, or of a quantity that is computed: in SBML that is a parameter too."""
    unit = item.unit or ""
    if isinstance(item, Parameter):
        for pattern, term in _BY_NAME:
            if pattern.search(item.id):
                return term
        if unit == "1/s" and _DECAY.search(item.id):
            return 356
    elif unit in ("1/s", "1/(item s)", "1/(M s)"):
        return 9  # a named rate, of whatever order
    if unit in _BY_UNIT:
        return _BY_UNIT[unit]
    return 9 if _KINETIC.search(unit) else 2


def molecule_terms(annotations: Annotations) -> dict[str, int]:
    """The SBO term of each molecule that has one."""
    return {
        name: int(accession(term.uri).removeprefix("SBO:"))
        for name, terms in annotations.molecules.items()
        for term in terms
        if term.qualifier == SBO
    }


def species_term(molecules: tuple[str, ...], kinds: Mapping[str, int]) -> int | None:
    """The term of a species made of these molecules; None where they have none."""
    found = [kinds.get(name) for name in molecules]
    if not found or None in found:
        return None
    if len(found) == 1:
        return found[0]
    return 297 if set(found) <= {_PROTEIN, 297} else 296


def reaction_term(reaction: Reaction, network: Network, kinds: Mapping[str, int]) -> int:
    """The term of a reaction."""
    before = _molecules(reaction.reactants, network)
    after = _molecules(reaction.products, network)
    made, lost = after - before, before - after
    if made and lost:
        return 182
    if made:
        return _making(made, before, kinds)
    if lost:
        return 179
    count = sum(n for _, n in reaction.products) - sum(n for _, n in reaction.reactants)
    if count:
        return 180 if count > 0 else 177
    return _changing(reaction, network)


def _making(made: Counter[str], before: Counter[str], kinds: Mapping[str, int]) -> int:
    product = {kinds.get(name) for name in made}
    template = {kinds.get(name) for name in before}
    if product == {_MRNA} and template == {_GENE}:
        return 183
    return 184 if template == {_MRNA} else 393


def _changing(reaction: Reaction, network: Network) -> int:
    """Same molecules, other states: what the first site that changes its state says."""
    before, after = _states(reaction.reactants, network), _states(reaction.products, network)
    old, new = sorted((before - after).elements()), sorted((after - before).elements())
    if len(old) == len(new) == 1 and old[0][0] == new[0][0]:
        (site, was), (_, becomes) = old[0], new[0]
        if site in _PLACES and "trapped" not in (was, becomes):
            return 655
        return _MODIFICATIONS.get((was, becomes), 182)
    return 182


def _molecules(side: Iterable[tuple[str, int]], network: Network) -> Counter[str]:
    total: Counter[str] = Counter()
    for species, n in side:
        for molecule in network.species[network.species_index[species]].molecules:
            total[molecule] += n
    return total


def _states(side: Iterable[tuple[str, int]], network: Network) -> Counter[tuple[str, str]]:
    total: Counter[tuple[str, str]] = Counter()
    for species, n in side:
        name = network.species[network.species_index[species]].name
        for site, state in _STATE.findall(name):
            total[site, state] += n
    return total
