"""What SBML has no place for, in an annotation of our own namespace.

The model's annotation holds the kinetics, a digest of the source, and the catalogue (readouts,
inputs, genes, molecules, rules); a parameter's holds where its value comes from. Read and written
here only, from one table of attributes a type. What other tools read (RDF) is written beside it, by
`rdf`; it is made from tables, never read back.
"""

from typing import Any, TypeVar
from xml.sax.saxutils import escape, quoteattr

from simnet.network.network import (
    Assignment,
    Drug,
    Gene,
    Input,
    Molecule,
    Network,
    Parameter,
    Readout,
    Rule,
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

T = TypeVar("T")


def model_annotation(network: Network, kinetics: str) -> str:
    """Our element in the model's annotation, as XML."""
    head = {
        "kinetics": kinetics if network.kinetics == "both" else "undeclared",
        "digest": network.digest,
        "summary": network.summary,
        "equilibrate": network.suggested_equilibration,
        "built_in": network.built_in,
    }
    groups = {
        "molecule": network.molecules,
        "rule": network.rules,
        "readout": network.readouts,
        "input": network.inputs,
        "gene": network.genes,
        "drug": network.drugs,
    }
    rows = [
        _element(tag, {name: getattr(item, name) for name in _ATTRIBUTES[tag][1]})
        for tag, items in groups.items()
        for item in items
    ]
    return _element("network", head, rows, root=True)


def parameter_annotation(parameter: Parameter) -> str:
    """Our element of a parameter, or "" where there is nothing to say."""
    values = {name: getattr(parameter, name) for name in _PARAMETER}
    if not any(value not in ("", None) for value in values.values()):
        return ""
    return _element("parameter", values, root=True)


def assignment_annotation(assignment: Assignment) -> str:
    """Our element of the parameter behind an assignment rule."""
    values = {"kind": assignment.kind, "meaning": assignment.meaning}
    return _element("assignment", values, root=True)


def species_annotation(molecules: tuple[str, ...]) -> str:
    """Our element of a species: the molecules it is made of."""
    if not molecules:
        return ""
    return _element("species", {"molecules": molecules}, root=True)


def compartment_annotation(meaning: str) -> str:
    """Our element of a compartment, or ""."""
    return _element("compartment", {"meaning": meaning}, root=True) if meaning else ""


def meaning(compartment: Any) -> str:
    """What a compartment's own element says it is."""
    own = own_element(compartment, "compartment")
    return attribute(own, "meaning") if own is not None else ""


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
    annotation = sbml_object.getAnnotation() if sbml_object.isSetAnnotation() else None
    if annotation is None:
        return None
    for i in range(annotation.getNumChildren()):
        child = annotation.getChild(i)
        if child.getURI() == NAMESPACE and child.getName() == tag:
            return child
    return None


def catalogue(node: Any) -> dict[str, tuple[Any, ...]]:
    """The catalogue in the model's own element, by tag."""
    found: dict[str, list[Any]] = {tag: [] for tag in _ATTRIBUTES}
    for i in range(node.getNumChildren()):
        child = node.getChild(i)
        tag = child.getName()
        if tag in _ATTRIBUTES:
            cls, names = _ATTRIBUTES[tag]
            found[tag].append(cls(**{name: _value(child, name) for name in names}))
    return {tag: tuple(items) for tag, items in found.items()}


def parameter_fields(node: Any | None) -> dict[str, Any]:
    """What a parameter's own element says, as fields of `Parameter`."""
    if node is None:
        return {}
    return {name: _value(node, name) for name in _PARAMETER}


def attribute(node: Any, name: str) -> str:
    """An attribute's text, "" where it is missing."""
    return str(node.getAttrValue(name)) if node.hasAttr(name) else ""


def _value(node: Any, name: str) -> Any:
    if not node.hasAttr(name):
        return None if name in _OPTIONAL else () if name == "parameters" else ""
    text = str(node.getAttrValue(name))
    if name in _NUMBERS:
        return float(text)
    return tuple(text.split()) if name == "parameters" else text
