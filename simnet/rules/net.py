"""BioNetGen's .net file, as it is listed, and as a Network.

The one reader of such files: BNGL and PySB models come here too, once BioNetGen has unrolled their
rules.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from simnet.errors import ModelError, Problem
from simnet.network.expression import (
    Expression,
    Number,
    Symbol,
    function,
    plus,
    times,
)
from simnet.network.network import (
    Assignment,
    Compartment,
    Molecule,
    Network,
    Parameter,
    Reaction,
    Readout,
    Rule,
    Species,
)
from simnet.network.values import checked, initial_values, ordered, with_initial_values
from simnet.rules.formula import LawReader, formula
from simnet.sbml.guard import require_short_chains, text_of
from simnet.sbml.ids import Ids

_BLOCK = re.compile(r"^\s*begin\s+(?P<name>[a-z ]+?)\s*$", re.I)
_REACTION = re.compile(
    r"\s*\d+\s+(?P<reactants>[\d,]+)\s+(?P<products>[\d,]+)\s+(?P<rate>[^#]*?)\s*"
    r"(?:#\s*(?P<rules>\S*)(?:\s+unit_conversion=(?P<conversion>\S+))?.*)?"
)
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class NetSpecies:
    """A line of the block "species": its pattern, the formula of its start, whether it is fixed."""

    pattern: str
    start: str
    fixed: bool


@dataclass(frozen=True, slots=True)
class NetReaction:
    """A line of the block "reactions": 0-based species, the text of its rate and what it says of
    volumes ("" for nothing), names of the rules that make it."""

    number: str
    reactants: tuple[int, ...]
    products: tuple[int, ...]
    rate: str
    conversion: str
    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NetFile:
    """A .net file; parameters and functions (those without arguments) have formulas, groups the
    0-based species and weights of their sums."""

    parameters: tuple[tuple[str, str], ...]
    functions: tuple[tuple[str, str], ...]
    species: tuple[NetSpecies, ...]
    groups: tuple[tuple[str, tuple[tuple[int, float], ...]], ...]
    reactions: tuple[NetReaction, ...]

    def observable(self, number: int, ids: Sequence[str]) -> Expression:
        """The sum over species of a group, by their ids."""
        _, terms = self.groups[number]
        return plus(*(times(Number(weight), Symbol(ids[place])) for place, weight in terms))

    def with_laws(self, laws: LawReader, species: Sequence[str], ids: Ids) -> tuple[Reaction, ...]:
        """The reactions, over these ids of species; `ids` gives them their own."""
        made = []
        for r in self.reactions:
            used = [species[place] for place in r.reactants]
            orders = tuple(Counter(used).items())
            wanted = r.rules[0].replace(" (reverse)", "_reverse").lstrip("_") if r.rules else ""
            made.append(
                Reaction(
                    id=ids.claim(wanted or f"r{r.number}"),
                    reactants=orders,
                    products=tuple(Counter(species[place] for place in r.products).items()),
                    law=laws.read(r.rate, r.conversion, used, orders),
                    rules=r.rules,
                )
            )
        return tuple(made)


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a BNGL file says besides its unrolled network."""

    compartments: tuple[tuple[str, int, str], ...] = ()
    """Name, dimensions, size (a formula)."""
    molecules: tuple[Molecule, ...] = ()
    rules: tuple[Rule, ...] = ()


def read_net(path: Path) -> Network:
    """Read a .net file.

    Raises:
        ModelError: not such a file, or one with rates that have no form here.
    """
    return from_net(text_of(path), path.stem)


def parse_net(text: str) -> NetFile:
    """What a .net file lists.

    Raises:
        ModelError: a line that cannot be read, or that names a species which is not listed.
    """
    lines = _blocks(text)
    if "species" not in lines or "reactions" not in lines:
        why = "has no blocks of species and reactions"
        raise ModelError(Problem(what="it", why=why, way_out="is it a .net file of BioNetGen?"))
    functions = [_function(line) for line in lines.get("functions", ())]
    species = tuple(_listed(line, n) for n, line in enumerate(lines["species"], start=1))
    groups = (line.split("#")[0].split() for line in lines.get("groups", ()))
    return NetFile(
        parameters=tuple(_entry(line) for line in lines.get("parameters", ())),
        functions=tuple((n, body) for n, arguments, body in functions if not arguments),
        species=species,
        groups=tuple(_group(fields, len(species)) for fields in groups),
        reactions=tuple(_reaction(line, len(species)) for line in lines["reactions"]),
    )


def _blocks(text: str) -> dict[str, list[str]]:
    """The lines of each block, comments with them."""
    found: dict[str, list[str]] = {}
    name: str | None = None
    for line in text.splitlines():
        begin = _BLOCK.match(line)
        if begin is not None:
            name = " ".join(begin["name"].split())
            found.setdefault(name, [])
        elif line.strip().startswith("end "):
            name = None
        elif name is not None and line.split("#")[0].strip():
            found[name].append(line)
    return found


def _entry(line: str) -> tuple[str, str]:
    """Name and formula of a parameter's line."""
    match = re.fullmatch(r"\s*(?:\d+\s+)?([A-Za-z_]\w*)\s*(?:=|\s)\s*(.+)", line.split("#")[0])
    if match is None:
        raise ModelError(Problem(what=f"parameter {line.strip()!r}", why="cannot be read"))
    return match[1], match[2]


def _function(line: str) -> tuple[str, str, str]:
    """Name, arguments and formula of a function's line."""
    pattern = r"\s*(?:\d+\s+)?([A-Za-z_]\w*)\s*\(([^()]*)\)\s*=?\s*(.+)"
    match = re.fullmatch(pattern, line.split("#")[0])
    if match is None:
        raise ModelError(Problem(what=f"function {line.strip()!r}", why="cannot be read"))
    return match[1], match[2].strip(), match[3]


def _listed(line: str, number: int) -> NetSpecies:
    fields = line.split("#")[0].split(None, 2)
    if len(fields) != 3 or fields[0] != str(number):
        raise ModelError(Problem(what=f"species {line.strip()!r}", why="cannot be read"))
    _, pattern, start = fields
    return NetSpecies(pattern.replace("$", ""), start.strip(), "$" in pattern)


def _group(fields: list[str], species: int) -> tuple[str, tuple[tuple[int, float], ...]]:
    if len(fields) < 2:
        raise ModelError(Problem(what=f"group {' '.join(fields)!r}", why="cannot be read"))
    terms = []
    for part in fields[2].split(",") if len(fields) > 2 else ():
        weight, _, index = part.rpartition("*")
        try:
            place, factor = int(index), float(weight or 1)
        except ValueError:
            place, factor = 0, 1.0
        if not 0 < place <= species:
            raise ModelError(Problem(what=f"group {fields[1]}: {part}", why="is not a species"))
        terms.append((place - 1, factor))
    return fields[1], tuple(terms)


def _reaction(line: str, species: int) -> NetReaction:
    match = _REACTION.fullmatch(line)
    if match is None:
        raise ModelError(Problem(what=f"reaction {line.strip()!r}", why="cannot be read"))
    rules, conversion = _rule_names(match["rules"] or ""), match["conversion"] or ""
    used, made = (_side(match[side], species, line) for side in ("reactants", "products"))
    return NetReaction(line.split()[0], used, made, match["rate"].strip(), conversion, rules)


def _side(text: str, species: int, line: str) -> tuple[int, ...]:
    places = [int(part) for part in text.split(",") if part and int(part)]
    if any(place > species for place in places):
        why = f"there are {species} species"
        raise ModelError(Problem(what=f"reaction {line.strip()!r}: {text}", why=why))
    return tuple(place - 1 for place in places)


def _rule_names(text: str) -> tuple[str, ...]:
    reverse = re.compile(r"^_reverse_|\(reverse\)$")
    names = (
        reverse.sub("", part) + (" (reverse)" if reverse.search(part) else "")
        for part in text.split(",")
        if part
    )
    return tuple(dict.fromkeys(names))


def initial_fields(start: Expression) -> dict[str, Any]:
    """The start of a species as its fields: a number or a formula."""
    if isinstance(start, Number):
        return {"initial": start.value}
    return {"initial": 0.0, "initial_expression": start}


def default_readouts(network: Network) -> tuple[Readout, ...]:
    """The observables, or the species where there are none."""
    shown = [a for a in network.assignments if a.kind == "observable"]
    if shown:
        return tuple(Readout(name=a.id, symbol=a.id, unit=a.unit, meaning=a.meaning) for a in shown)
    return tuple(
        Readout(name=s.id, symbol=s.id, unit=network.substance_unit, meaning=s.name)
        for s in network.species
    )


def from_net(text: str, name: str, source: Source | None = None) -> Network:
    """A Network from the text of a .net file; `name` becomes its id."""
    try:
        return _NetReader(parse_net(text), name, source or Source()).network()
    except ModelError as error:
        problems = [
            replace(p, what=name if p.what == "it" else f"{name}: {p.what}") for p in error.problems
        ]
        raise ModelError(problems) from None


class _NetReader:
    def __init__(self, net: NetFile, name: str, source: Source) -> None:
        self.net, self.name, self.source = net, name, source
        self.known = {n for n, _ in (*net.parameters, *net.functions, *net.groups)}
        why = "may only contain letters, digits and underscores"
        if wrong := [n for n in self.known if not _NAME.fullmatch(n)]:
            raise ModelError([Problem(what=f"name {n!r}", why=why) for n in wrong])
        self.ids = Ids(self.known)
        self.parameters = self.all_parameters()
        self.values = self.all_values()
        self.places: dict[str, str] = {}  # ids of compartments by name
        self.compartments = self.all_compartments()

    def network(self) -> Network:
        net = self.net
        laws = LawReader(self.formula, self.values, self.compartments)
        species = self.species()
        ids = [s.id for s in species]
        assignments = [
            Assignment(id=n, expression=net.observable(i, ids), unit="item", kind="observable")
            for i, (n, _) in enumerate(net.groups)
        ]
        assignments += [
            Assignment(id=n, expression=self.formula(body, f"function {n}"))
            for n, body in net.functions
        ]
        rules = ordered(assignments)
        require_short_chains(rules)
        network = Network(
            reactions=net.with_laws(laws, ids, self.ids),
            id=self.ids.claim(self.name),
            compartments=self.compartments,
            species=species,
            parameters=self.parameters,
            assignments=rules,
            time_unit=None,  # the language has none
            molecules=self.source.molecules,
            rules=self.source.rules,
        )
        network = replace(network, readouts=default_readouts(network))
        return with_initial_values(checked(network))

    def formula(self, text: str, where: str) -> Expression:
        return formula(text, self.known, where)

    def all_parameters(self) -> tuple[Parameter, ...]:
        values = ((n, self.formula(text, f"parameter {n}")) for n, text in self.net.parameters)
        return tuple(
            Parameter(id=name, value=value.value)
            if isinstance(value, Number)
            else Parameter(id=name, value=0.0, initial_expression=value)
            for name, value in values
        )

    def all_values(self) -> dict[str, float]:
        """Of parameters: they tell numbers in front of rates from volumes."""
        nothing: dict[str, Any] = dict.fromkeys(
            ("compartments", "species", "assignments", "reactions"), ()
        )
        return initial_values(checked(Network(id="x", parameters=self.parameters, **nothing)))

    def all_compartments(self) -> tuple[Compartment, ...]:
        declared = {n: (d, size) for n, d, size in self.source.compartments}
        places = {m for s in self.net.species for m in re.findall(r"@(\w+)", s.pattern)}
        if not declared and not places:
            meaning = "the well-mixed volume that holds every species"
            return (Compartment(id=self.ids.claim("cell"), size=1.0, unit=None, meaning=meaning),)
        found = []
        for name in [*declared, *sorted(places - declared.keys())]:
            dimensions, text = declared.get(name, (3, "1"))
            size = self.formula(text, f"compartment {name}")
            computed = None if isinstance(size, Number) else size
            value = size.value if isinstance(size, Number) else function(size)(self.values, 0.0)
            self.places[name] = self.ids.claim(name)
            found.append(
                Compartment(
                    id=self.places[name],
                    size=value,
                    unit=None,
                    dimensions=dimensions,
                    initial_expression=computed,
                )
            )
        return tuple(found)

    def species(self) -> tuple[Species, ...]:
        found = []
        for listed in self.net.species:
            start = self.formula(listed.start, f"species {listed.pattern}")
            place = re.match(r"@(\w+)", listed.pattern)
            found.append(
                Species(
                    id=self.ids.claim(wanted_id(listed.pattern)),
                    name=listed.pattern,
                    compartment=self.places[place[1]] if place else self.compartments[0].id,
                    **initial_fields(start),
                    fixed=listed.fixed,
                    molecules=tuple(m for m, _ in _molecules(listed.pattern)),
                )
            )
        return tuple(found)


def species_id(molecules: Iterable[tuple[str, Sequence[str]]], places: Iterable[str]) -> str:
    """The id one would like for a species: `A(b!1,s~P).B(a!1)` in c becomes `A_s_P__B_in_c`.

    States are named, bonds are not, and equal molecules of a complex are counted; `Ids.claim` makes
    it unique.

    Args:
        molecules: names of molecules, each with the states of its sites.
        places: names of compartments.
    """
    parts = sorted("_".join([name, *states]) for name, states in molecules)
    counted = [(name, len(list(group))) for name, group in groupby(parts)]
    names = [name if count == 1 else f"{name}_x{count}" for name, count in counted]
    inside = sorted(set(places))
    return "__".join(names) + ("_in_" + "_".join(inside) if inside else "")


def wanted_id(pattern: str) -> str:
    """The id one would like for a species in BioNetGen's notation."""
    return species_id(_molecules(pattern), re.findall(r"@(\w+)", pattern))


def _molecules(pattern: str) -> list[tuple[str, list[str]]]:
    """Molecules of a species, each with the states of its sites."""
    bare = re.sub(r"@\w+::?|@\w+|\$", "", pattern)
    found = []
    for name, sites in re.findall(r"([A-Za-z_]\w*)(?:\(([^()]*)\))?", bare):
        states = re.findall(r"(\w+)(?:%\w+)?~(\w+)", sites)
        found.append((name, [f"{site}_{state}" for site, state in states]))
    return found
