"""What the molecules of the packaged networks are, in public databases: one table for all networks.

The same table gives the PySB monomers their annotations. It says of each term where it was read;
`unverified` marks one that could be read nowhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType

from simnet.catalogue.tables import csv_rows
from simnet.errors import ModelError, Problems
from simnet.network.network import Network

COLUMNS = ["molecule", "qualifier", "uri", "name", "read_in"]
UNVERIFIED = "unverified"
SBO = "sbo"
"""The qualifier of a term of the Systems Biology Ontology, which SBML has an attribute for."""

QUALIFIERS = (
    "is hasPart isPartOf isVersionOf hasVersion isHomologTo isDescribedBy isEncodedBy encodes "
    "occursIn hasProperty isPropertyOf hasTaxon sbo"
).split()


@dataclass(frozen=True, kw_only=True)
class Term:
    """One statement about a molecule, a network or a compartment.

    Attributes:
        qualifier: how the subject relates to the term (BioModels.net qualifiers, or "sbo").
        uri: the term's identifiers.org address.
        name: its name in the database.
        read_in: where address and name were read; "unverified" if nowhere.
    """

    qualifier: str
    uri: str
    name: str
    read_in: str


@dataclass(frozen=True, kw_only=True)
class Annotations:
    """What is known of a network's parts; empty for a network that is not packaged."""

    network: tuple[Term, ...] = ()
    compartments: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)
    molecules: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.network or self.molecules)

    @property
    def terms(self) -> tuple[Term, ...]:
        """All terms, each once."""
        groups = (self.network, *self.compartments.values(), *self.molecules.values())
        return tuple(dict.fromkeys(term for group in groups for term in group))


@cache
def read_annotations() -> Mapping[str, tuple[Term, ...]]:
    """Terms by molecule, `network:<name>` and `compartment:<id>`.

    Raises:
        ModelError: a column is missing, or a row lacks a value or has an unknown qualifier; all of
            them at once.
    """
    file = resources.files("simnet.networks") / "_modules" / "annotations.csv"
    problems = Problems()
    found: dict[str, list[Term]] = {}
    for number, row in enumerate(csv_rows(file, COLUMNS), start=2):
        where = f"annotations.csv, line {number}: {row['molecule']}"
        if not all(row.values()):
            problems.add(where, "has an empty field")
        if row["qualifier"] not in QUALIFIERS:
            why = f"qualifier {row['qualifier']!r} is not known"
            problems.add(where, why, ", ".join(QUALIFIERS))
        molecule = row.pop("molecule")
        found.setdefault(molecule, []).append(Term(**row))
    if problems:
        raise ModelError(problems)
    return MappingProxyType({name: tuple(terms) for name, terms in found.items()})


def annotations_of(network: Network) -> Annotations:
    """The terms of a packaged network's parts, by the names that they have in the network.

    Where a network has several cells, their molecules end in the cell's name: `HIF1A_distal` is
    HIF1A. A network that only shares its id with a packaged one has molecules that the table does
    not know, and gets no terms.
    """
    table = read_annotations()
    head = table.get(f"network:{network.id}", ())
    if not head:
        return Annotations()
    molecules = {m.name: _own(m.name, table) for m in network.molecules}
    if not molecules or not all(molecules.values()):
        return Annotations()
    compartments = {c.id: table.get(f"compartment:{c.id}", ()) for c in network.compartments}
    return Annotations(network=head, compartments=compartments, molecules=molecules)


def _own(name: str, table: Mapping[str, tuple[Term, ...]]) -> tuple[Term, ...]:
    """The terms of a molecule: under its name, or under what comes before the name of a cell."""
    while name:
        if name in table:
            return table[name]
        name = name.rpartition("_")[0]
    return ()


def accession(uri: str) -> str:
    """What follows the resolver: `uniprot:Q16665`."""
    return uri.removeprefix("https://identifiers.org/")


def unverified(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Those that were read nowhere."""
    return tuple(term for term in terms if term.read_in == UNVERIFIED)
