"""BioNetGen's .net file -> Network: species and one-way reactions as they are listed."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from simnet.errors import ModelError, Problem
from simnet.network.checks import checked
from simnet.network.evaluate import initial_values, ordered, with_initial_values
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
from simnet.rules.formula import formula
from simnet.rules.net_law import LawReader
from simnet.sbml.guard import require_short_chains, require_size
from simnet.sbml.ids import Ids

_BLOCK = re.compile(r"^\s*begin\s+(?P<name>[a-z ]+?)\s*$", re.I)
_REACTION = re.compile(
    r"\s*\d+\s+(?P<reactants>[\d,]+)\s+(?P<products>[\d,]+)\s+(?P<rate>[^#]*?)\s*"
    r"(?:#\s*(?P<rules>\S*)(?:\s+unit_conversion=(?P<conversion>\S+))?.*)?"
)
_NAME = re.compile(r"[A-Za-z_]\w*")


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


def text_of(path: Path) -> str:
    """The text of a file that is not too large."""
    require_size(path.stat().st_size, str(path))
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ModelError(Problem(what=str(path), why="not a text file in UTF-8")) from None


def blocks(text: str) -> dict[str, list[str]]:
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


def from_net(text: str, name: str, source: Source | None = None) -> Network:
    """A Network from the text of a .net file; `name` becomes its id."""
    lines = blocks(text)
    if "species" not in lines or "reactions" not in lines:
        why = "has no blocks of species and reactions"
        raise ModelError(Problem(what=name, why=why, way_out="is it a .net file of BioNetGen?"))
    try:
        return _Reader(lines, name, source or Source()).network()
    except ModelError as error:
        problems = [replace(p, what=f"{name}: {p.what}") for p in error.problems]
        raise ModelError(problems) from None


@dataclass
class _Reader:
    lines: dict[str, list[str]]
    name: str
    source: Source
    ids: Ids = field(default_factory=Ids)
    places: dict[str, str] = field(default_factory=dict)
    """Ids of compartments by name."""

    def network(self) -> Network:
        parameters = [self.entry(line) for line in self.lines.get("parameters", ())]
        every = [self.function(line) for line in self.lines.get("functions", ())]
        functions = [(n, body) for n, arguments, body in every if not arguments]
        groups = [line.split("#")[0].split() for line in self.lines.get("groups", ())]
        self.known = {n for n, _ in parameters} | {n for n, _ in functions}
        self.known |= {fields[1] for fields in groups if len(fields) > 1}
        self.require_names(self.known)
        self.ids = Ids(self.known)
        self.parameters = self.all_parameters(parameters)
        self.values = self.all_values()
        self.compartments = self.all_compartments()
        self.laws = LawReader(self.formula, self.values, self.compartments)
        species = self.species()
        self.species_ids = [s.id for s in species]
        assignments = [self.group(fields) for fields in groups]
        assignments += [
            Assignment(id=n, expression=self.formula(body, f"function {n}"))
            for n, body in functions
        ]
        rules = ordered(assignments)
        require_short_chains(rules)
        reactions = tuple(self.reaction(line) for line in self.lines["reactions"])
        shown = [(a.id, a.meaning) for a in rules if a.kind == "observable"]
        shown = shown or [(s.id, s.name) for s in species]
        network = Network(
            id=self.ids.claim(self.name),
            compartments=self.compartments,
            species=species,
            parameters=self.parameters,
            assignments=rules,
            reactions=reactions,
            time_unit=None,  # the language has none
            molecules=self.source.molecules,
            rules=self.source.rules,
            readouts=tuple(Readout(name=i, symbol=i, unit="item", meaning=m) for i, m in shown),
        )
        return with_initial_values(checked(network))

    def entry(self, line: str) -> tuple[str, str]:
        """Name and formula of a parameter's line."""
        match = re.fullmatch(r"\s*(?:\d+\s+)?([A-Za-z_]\w*)\s*(?:=|\s)\s*(.+)", line.split("#")[0])
        if match is None:
            raise ModelError(Problem(what=f"parameter {line.strip()!r}", why="cannot be read"))
        return match[1], match[2]

    def function(self, line: str) -> tuple[str, str, str]:
        """Name, arguments and formula of a function's line."""
        pattern = r"\s*(?:\d+\s+)?([A-Za-z_]\w*)\s*\(([^()]*)\)\s*=?\s*(.+)"
        match = re.fullmatch(pattern, line.split("#")[0])
        if match is None:
            raise ModelError(Problem(what=f"function {line.strip()!r}", why="cannot be read"))
        return match[1], match[2].strip(), match[3]

    def require_names(self, names: Iterable[str]) -> None:
        problems = [
            Problem(what=f"name {name!r}", why="not letters, digits and underscores")
            for name in names
            if not _NAME.fullmatch(name)
        ]
        if problems:
            raise ModelError(problems)

    def formula(self, text: str, where: str) -> Expression:
        return formula(text, self.known, where)

    def all_parameters(self, entries: Sequence[tuple[str, str]]) -> tuple[Parameter, ...]:
        found = []
        for name, text in entries:
            value = self.formula(text, f"parameter {name}")
            if isinstance(value, Number):
                found.append(Parameter(id=name, value=value.value))
            else:
                found.append(Parameter(id=name, value=0.0, initial_expression=value))
        return tuple(found)

    def all_values(self) -> dict[str, float]:
        """Of parameters, by which numbers in front of rates are told from volumes."""
        bare = Network(
            id="x",
            compartments=(),
            species=(),
            parameters=self.parameters,
            assignments=(),
            reactions=(),
        )
        return initial_values(checked(bare))

    def all_compartments(self) -> tuple[Compartment, ...]:
        declared = {n: (d, size) for n, d, size in self.source.compartments}
        places = {m for line in self.lines["species"] for m in re.findall(r"@(\w+)", line)}
        if not declared and not places:
            meaning = "the well-mixed volume that holds every species"
            return (Compartment(id=self.ids.claim("cell"), size=1.0, unit=None, meaning=meaning),)
        found = []
        self.places = {}
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
        for number, line in enumerate(self.lines["species"], start=1):
            fields = line.split("#")[0].split(None, 2)
            if len(fields) != 3 or fields[0] != str(number):
                raise ModelError(Problem(what=f"species {line.strip()!r}", why="cannot be read"))
            pattern = fields[1]
            start = self.formula(fields[2], f"species {pattern}")
            place = re.match(r"@(\w+)", pattern)
            found.append(
                Species(
                    id=self.ids.claim(wanted_id(pattern)),
                    name=pattern.replace("$", ""),
                    compartment=self.places[place[1]] if place else self.compartments[0].id,
                    initial=start.value if isinstance(start, Number) else 0.0,
                    initial_expression=None if isinstance(start, Number) else start,
                    fixed="$" in pattern,
                    molecules=tuple(m for m, _ in _molecules(pattern)),
                )
            )
        return tuple(found)

    def group(self, fields: list[str]) -> Assignment:
        """An observable: a sum of species."""
        if len(fields) < 2:
            raise ModelError(Problem(what=f"group {' '.join(fields)!r}", why="cannot be read"))
        terms: list[Expression] = []
        for part in fields[2].split(",") if len(fields) > 2 else ():
            weight, _, index = part.rpartition("*")
            try:
                place, factor = int(index), float(weight or 1)
            except ValueError:
                place, factor = 0, 1.0
            if not 0 < place <= len(self.species_ids):
                raise ModelError(Problem(what=f"group {fields[1]}: {part}", why="is no species"))
            terms.append(times(Number(factor), Symbol(self.species_ids[place - 1])))
        return Assignment(id=fields[1], expression=plus(*terms), unit="item", kind="observable")

    def reaction(self, line: str) -> Reaction:
        match = _REACTION.fullmatch(line)
        if match is None:
            raise ModelError(Problem(what=f"reaction {line.strip()!r}", why="cannot be read"))
        used, made = (self.side(match[s], line) for s in ("reactants", "products"))
        rules = _rule_names(match["rules"] or "")
        reactants = tuple(Counter(used).items())
        wanted = rules[0].replace(" (reverse)", "_reverse").lstrip("_") if rules else ""
        return Reaction(
            id=self.ids.claim(wanted or f"r{line.split()[0]}"),
            reactants=reactants,
            products=tuple(Counter(made).items()),
            law=self.laws.read(match["rate"].strip(), match["conversion"] or "", used, reactants),
            rules=rules,
        )

    def side(self, text: str, line: str) -> list[str]:
        places = [int(part) for part in text.split(",") if part and int(part)]
        if any(place > len(self.species_ids) for place in places):
            why = f"there are {len(self.species_ids)} species"
            raise ModelError(Problem(what=f"reaction {line.strip()!r}: {text}", why=why))
        return [self.species_ids[place - 1] for place in places]


def _rule_names(text: str) -> tuple[str, ...]:
    reverse = re.compile(r"^_reverse_|\(reverse\)$")
    names = (
        reverse.sub("", part) + (" (reverse)" if reverse.search(part) else "")
        for part in text.split(",")
        if part
    )
    return tuple(dict.fromkeys(names))


def wanted_id(pattern: str) -> str:
    """`@c::A(b!1,s~P).B(a!1)` becomes `A_s_P__B_in_c`: states are named, bonds are not, equal
    molecules of a complex are counted. As with PySB's patterns."""
    parts = sorted("_".join([name, *states]) for name, states in _molecules(pattern))
    counted = [(name, len(list(group))) for name, group in groupby(parts)]
    names = [name if count == 1 else f"{name}_x{count}" for name, count in counted]
    places = sorted(set(re.findall(r"@(\w+)", pattern)))
    return "__".join(names) + ("_in_" + "_".join(places) if places else "")


def _molecules(pattern: str) -> list[tuple[str, list[str]]]:
    """Molecules of a species, each with the states of its sites."""
    bare = re.sub(r"@\w+::?|@\w+|\$", "", pattern)
    found = []
    for name, sites in re.findall(r"([A-Za-z_]\w*)(?:\(([^()]*)\))?", bare):
        states = re.findall(r"(\w+)(?:%\w+)?~(\w+)", sites)
        found.append((name, [f"{site}_{state}" for site, state in states]))
    return found
