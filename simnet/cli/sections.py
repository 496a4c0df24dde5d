"""The tables that `simnet show` prints."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simnet.catalogue.annotations import SBO, Term, accession, annotations_of, unverified
from simnet.cli.output import Sheet, count, number, table, unit_text
from simnet.network.expression import text
from simnet.network.network import Assignment, Network, Parameter, Rule
from simnet.network.stochastic import stochastic_problems
from simnet.rules.load import KINDS, kind_of
from simnet.rules.packaged import packaged_names
from simnet.sbml.annotate import (
    molecule_terms,
    parameter_term,
    reaction_term,
    source_statements,
    species_statements,
    species_term,
)
from simnet.sbml.convert import CONVERTED, ROUNDED, SPLIT

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Group


# What `simnet show` says of where a network comes from, and of what was done to it on the way.


RECORDS = (SPLIT, CONVERTED, ROUNDED)
"""How entries of a network's rules begin that say what loading did."""
_SAMPLE = 1000.0  # molecules for one unit, to see what else keeps a model from SSA


def origin_of(source: str) -> str:
    """What a source is: "SBML Level 2 Version 4", "a packaged network"."""
    if source in packaged_names():
        return "a packaged network"
    path = Path(source)
    if not path.is_file():
        return "a PySB model; loading it ran the Python module"
    kind = kind_of(path)
    if kind.runs_code:
        return f"a {kind.name}; loading it ran {path.name}"
    if kind is not KINDS[0]:
        return f"{kind.name} file"
    with path.open(encoding="utf-8", errors="replace") as stream:
        head = re.search(r"<(?:\w+:)?sbml\b[^>]*>", stream.read(20_000))
    numbers = (
        [re.search(rf'\b{n}\s*=\s*["\'](\d+)', head[0]) for n in ("level", "version")]
        if head
        else []
    )
    said = [n[1] for n in numbers if n is not None]
    return f"SBML Level {said[0]} Version {said[1]}" if len(said) == 2 else "SBML"


def splits(network: Network) -> list[str]:
    """Reactions that were split, each with its laws."""
    return [
        f"{r.name}: {r.text.removeprefix(SPLIT)}" for r in network.rules if r.text.startswith(SPLIT)
    ]


def conversion(network: Network) -> str:
    """How amounts became molecules, "" where they were."""
    found = [r.text for r in network.rules if r.text.startswith(CONVERTED)]
    return found[0].removeprefix(CONVERTED) if found else ""


def rounded_starts(network: Network) -> list[tuple[str, str]]:
    """Starts that were rounded to whole molecules: id, and what to what."""
    return [
        (r.name, r.text.removeprefix(ROUNDED)) for r in network.rules if r.text.startswith(ROUNDED)
    ]


def as_molecules(network: Network, source: str) -> Iterator[str]:
    """Whether SSA is possible once amounts are molecules, for a network whose amounts are not."""
    if network.document is not None or not _other_amounts(network):
        return
    import warnings

    from simnet.errors import InputError, SimnetWarning
    from simnet.rules.load import load

    unit = network.substance_unit or "no unit"
    starts = sorted((s.initial, s.id) for s in network.species if s.initial > 0)
    if starts:
        (least, low), (most, high) = starts[0], starts[-1]
        yield f"     initial amounts: {least:.4g} ({low}) to {most:.4g} ({high}), in {unit}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SimnetWarning)
            converted = load(source, copies=_SAMPLE)
    except InputError as error:
        yield f"     in molecules: not possible: {error.problems[0]}"
        return
    left = list(stochastic_problems(converted))
    how = "--copies N" if "mol" not in unit else '--volume "1 pL", or --copies N'
    if not left:
        yield f"SSA: possible once amounts are in molecules: add {how}"
    else:
        yield f"     in molecules ({how}): still not possible, {len(left)} of these remain"


def _other_amounts(network: Network) -> bool:
    if network.substance_unit not in ("item", None):
        return True
    return any(s.initial != int(s.initial) for s in network.species if abs(s.initial) < 2**53)


def inputs(network: Network) -> Sheet:
    """What an experimenter controls."""
    rows = [(i.name, number(i.baseline), i.unit or "", i.meaning) for i in network.inputs]
    return _named("Inputs", ["name", "baseline", "unit", "meaning"], rows, numbers={"baseline"})


def readouts(network: Network) -> Sheet:
    """What is looked at."""
    rows = [
        (r.name, unit_text(r.unit), r.meaning * (r.meaning != r.name)) for r in network.readouts
    ]
    return _named("Readouts", ["name", "unit", "meaning"], rows)


def genes(network: Network) -> Sheet:
    """What a knock-out or knock-down scales."""
    rows = [(g.name, g.symbol, ", ".join(g.parameters), g.meaning) for g in network.genes]
    return _named("Genes", ["name", "symbol", "a knock-down scales", "meaning"], rows)


def drugs(network: Network) -> Sheet:
    """What a dose, "axitinib=10nM", may name."""
    rows = [
        (d.name, d.target, f"{d.affinity:g} {d.unit}", d.meaning, d.source) for d in network.drugs
    ]
    return _named("Drugs", ["name", "target", "affinity", "meaning", "source"], rows)


def molecules(network: Network) -> Sheet:
    """Kinds of molecules."""
    rows = [(m.name, m.sites, m.meaning) for m in network.molecules]
    return _named("Molecules", ["name", "sites", "meaning"], rows)


def species(network: Network) -> Sheet:
    """Species and their initial amounts."""
    rows = [(s.id, number(s.initial), s.name, "fixed" * s.fixed) for s in network.species]
    unit = unit_text(network.substance_unit)
    title = f"Species (initial amounts in {unit})" if unit else "Species"
    return _named(title, ["id", "initial", "pattern", ""], rows, numbers={"initial"})


def own_rules(network: Network) -> list[Rule]:
    """Rules of the model, without the records of what loading did."""
    return [r for r in network.rules if not r.text.startswith(RECORDS)]


def rounded(network: Network) -> Sheet:
    """Starts that were rounded to whole molecules."""
    return _named("Rounded starts", ["species", "molecules"], rounded_starts(network))


def rules(network: Network) -> Sheet:
    """Rules, and the records of what loading did to the model."""
    return _named("Rules", ["name", "rule"], [(r.name, r.text) for r in network.rules])


def reactions(network: Network) -> Sheet:
    """Reactions and their rate laws."""

    def side(items: tuple[tuple[str, int], ...]) -> str:
        return " + ".join(f"{n} {name}" if n > 1 else name for name, n in items) or "0"

    rows = [
        (
            r.id,
            f"{side(r.reactants)} → {side(r.products)}",
            text(r.law.expression("continuous")),
        )
        for r in network.reactions
    ]
    return _named("Reactions", ["id", "reaction", "rate law (continuous)"], rows)


def parameters(network: Network) -> Sheet:
    """Parameters and where they come from."""
    columns = ["name", "value", "range", "unit", "meaning", "source", "confidence"]
    rows = [
        (p.id, number(p.value), _range(p), p.unit or "", p.meaning, p.source, p.confidence)
        for p in network.parameters
    ]
    return _named("Parameters", columns, rows, numbers={"value", "range"})


def _range(parameter: Parameter) -> str:
    if parameter.lower is None or parameter.upper is None:
        return ""
    return f"{number(parameter.lower)} to {number(parameter.upper)}"


def cost(priced: "pd.DataFrame", title: str) -> Sheet:
    """What `expected_firings` found."""
    rows = [
        (reaction, rules, number(firings), f"{100 * share:.2f} %")
        for reaction, rules, firings, share in zip(
            *(priced[name].tolist() for name in ("reaction", "rules", "firings", "share")),
            strict=True,
        )
    ]
    return _named(title, ["reaction", "rules", "firings", "share"], rows, {"firings", "share"})


def _named(
    title: str,
    columns: list[str],
    rows: Sequence[Sequence[str]],
    numbers: set[str] | None = None,
) -> Sheet:
    """A table without the columns that are empty throughout."""
    places = frozenset(i for i, name in enumerate(columns) if name in (numbers or ()))
    made = Sheet(columns=columns, rows=list(rows), title=title, numbers=places)
    return made.without_empty()


# How much of a network is annotated, and where the terms were read.


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


# What `simnet show --annotations` prints: how much is annotated, with what, and read where.


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
    made = table(["of", "qualifier", "term", "name", "read in"], rows, title="Terms", text=5)
    made.names = 3
    return made
