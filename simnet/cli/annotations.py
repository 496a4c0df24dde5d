"""What `simnet show --annotations` prints: how much is annotated, with what, and read where."""

from typing import TYPE_CHECKING

from simnet.catalogue.annotations import accession, annotations_of
from simnet.cli.tables import Sheet, count, table
from simnet.network.network import Network
from simnet.sbml.coverage import coverage, sources, terms_of

if TYPE_CHECKING:
    from rich.console import Group


def annotations(network: Network) -> "Group":
    """The coverage, the terms with where each was read, and those that were read nowhere."""
    from rich.console import Group
    from rich.markup import escape

    terms, doubtful = terms_of(network)
    addressed, assumed = sources(network)
    parts: list[Sheet | str] = [
        _coverage(network),
        f"{count(len(network.parameters), 'parameter')}: {addressed} with the address of a source, "
        f"{assumed} assumed",
    ]
    if terms:
        parts.append(_terms(network))
        parts.append(f"{count(len(terms), 'statement')}, {len(doubtful)} unverified")
        parts += [escape(f"  unverified: {accession(t.uri)} ({t.name})") for t in doubtful]
    else:
        parts.append("Databases are known for the molecules of packaged networks.")
    return Group(*parts)


def _coverage(network: Network) -> Sheet:
    rows = [
        (row.what, f"{row.annotated} of {row.total}", f"{100 * row.share:.0f} %")
        for row in coverage(network)
    ]
    return table(["what", "annotated", "share"], rows, title="Annotation", text=1)


def _terms(network: Network) -> Sheet:
    known = annotations_of(network)
    groups = {network.id: known.network, **known.compartments, **known.molecules}
    rows = [
        (name, term.qualifier, accession(term.uri), term.name, term.read_in)
        for name, terms in groups.items()
        for term in terms
    ]
    return table(["of", "qualifier", "term", "name", "read in"], rows, title="Terms", text=5)
