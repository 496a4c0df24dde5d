"""`Network`, the one intermediate form: frozen, plain data, with no reference to where it came from.

PySB models and SBML files become a Network; a Network becomes SBML or an engine's tables. Amounts
are in `substance_unit` (molecules: item), times in `time_unit`, laws in substance per time.
"""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral, Real
from typing import Any, Literal, TypeVar

from simnet.errors import Problem
from simnet.network.expression import Expression, RateLaw, canonical, symbols

# A digest of content: equal for equal data, whatever the process, platform or order of making.


def canonical_json(value: Any) -> str:
    """One text for one content: dataclasses by class and public fields, floats by repr."""
    return json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=True)


def content_digest(value: Any) -> str:
    """SHA-256 of `canonical_json(value)`, in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if type(value) is str:
        return value
    if type(value) is float:
        return repr(value)
    if (fields := _fields(value.__class__)) is not None:
        # Fields at their default are left out: a later version's new fields change no digest.
        held = [(name, getattr(value, name), default) for name, default in fields]
        told = [[name, _plain(found)] for name, found, default in held if found != default]
        return [type(value).__name__, *told]
    if isinstance(value, dict):
        return [[_plain(k), _plain(v)] for k, v in sorted(value.items())]
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, Integral):  # numpy's as well
        return int(value)
    if isinstance(value, Real):
        return repr(float(value))  # 1.0 and 1 differ, nan and inf have a text
    raise TypeError(f"no canonical form for {type(value).__name__}")


@functools.cache  # a study's design is digested value by value
def _fields(kind: type) -> tuple[tuple[str, Any], ...] | None:
    """The names and defaults of a dataclass; None of other types."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple((f.name, f.default) for f in dataclasses.fields(kind))


@dataclass(frozen=True, kw_only=True)
class Compartment:
    """A volume (or area). `size` is in `unit`; laws read it by its id, so it stays a live symbol.
    `initial_expression` as in `Species`."""

    id: str
    size: float
    unit: str | None = "L"
    dimensions: int = 3
    meaning: str = ""
    initial_expression: Expression | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", canonical(self.size))


@dataclass(frozen=True, kw_only=True)
class Species:
    """A molecular species.

    `name` is its pattern. `initial` is the amount at the start; where `initial_expression` is set,
    `initial` is its value under the parameters as declared. A `fixed` species takes part in
    reactions but is not changed by them. `molecules` are those that it is made of.
    """

    id: str
    name: str
    compartment: str
    initial: float
    initial_expression: Expression | None = None
    fixed: bool = False
    molecules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "initial", canonical(self.initial))


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A named constant with where it comes from. `lower` and `upper` bound it in sensitivity
    analysis, on a linear or logarithmic `scale`. `initial_expression` as in `Species`."""

    id: str
    value: float
    unit: str | None = None
    meaning: str = ""
    source: str = ""
    confidence: str = ""
    lower: float | None = None
    upper: float | None = None
    scale: str = ""
    initial_expression: Expression | None = None

    def __post_init__(self) -> None:
        for name in ("value", "lower", "upper"):
            number = getattr(self, name)
            if number is not None:
                object.__setattr__(self, name, canonical(number))


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A quantity that always equals its expression: an observable or a named expression. Where it
    is a species, `compartment` is its place, and its value an amount like any other."""

    id: str
    expression: Expression
    unit: str | None = None
    kind: Literal["observable", "expression"] = "expression"
    meaning: str = ""
    compartment: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """One direction of one reaction: species used and made, with whole stoichiometry; `rules` are
    the names of the rules that made it."""

    id: str
    reactants: tuple[tuple[str, int], ...]
    products: tuple[tuple[str, int], ...]
    law: RateLaw
    rules: tuple[str, ...] = ()

    def changes(self) -> dict[str, int]:
        """By how much a firing changes each species, where it does; a fixed one as any other."""
        net = dict.fromkeys([s for s, _ in (*self.reactants, *self.products)], 0)
        for sign, side in ((-1, self.reactants), (1, self.products)):
            for species, n in side:
                net[species] += sign * n
        return {species: n for species, n in net.items() if n}


@dataclass(frozen=True, kw_only=True)
class Event:
    """At `time`, an expression of constants, each of `assignments` (id, expression) takes effect:
    all are evaluated just before. Engines never see it: runs are cut at its time. `at_start` is
    whether one that is due at t = 0 already takes effect then, or never. One that is `strict` is due
    right after its time, so that it takes effect at t = 0 in any case."""

    id: str
    time: Expression
    assignments: tuple[tuple[str, Expression], ...]
    at_start: bool = False
    strict: bool = False


@dataclass(frozen=True, kw_only=True)
class StateEvent:
    """Whenever `trigger`, a condition on amounts and parameters, becomes true, each of `assignments`
    (id, expression) takes effect: all are evaluated just before. `initial` is what the trigger was
    before t = 0: an event that is true at the start takes effect then where `initial` is false."""

    id: str
    trigger: Expression
    assignments: tuple[tuple[str, Expression], ...]
    initial: bool = True


@dataclass(frozen=True, kw_only=True)
class Molecule:
    """A kind of molecule that rules speak of, with its sites and their states."""

    name: str
    sites: str
    meaning: str = ""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule, as text for people."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Readout:
    """What a user reads out: `symbol` is the assignment or species behind the `name`."""

    name: str
    symbol: str
    unit: str | None = None
    meaning: str = ""


@dataclass(frozen=True, kw_only=True)
class Input:
    """A parameter that an experimenter controls; `baseline` is its value before any change."""

    name: str
    parameter: str
    baseline: float
    unit: str | None = None
    meaning: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "baseline", canonical(self.baseline))


@dataclass(frozen=True, kw_only=True)
class Gene:
    """What a knock-out, knock-down or over-expression scales: `parameters`, and initial amounts
    that depend on them."""

    name: str
    symbol: str
    parameters: tuple[str, ...]
    meaning: str = ""


@dataclass(frozen=True, kw_only=True)
class Drug:
    """A drug: `parameter` is its concentration in the medium (nM), which stays as it is set.
    `affinity` is the constant (Ki, Kd or IC50) by which it acts on its `target`, in `unit`."""

    name: str
    parameter: str
    target: str
    affinity: float
    unit: str
    source: str = ""
    meaning: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "affinity", canonical(self.affinity))


@dataclass(frozen=True, kw_only=True)
class Document:
    """A foreign SBML file that holds what a Network cannot, and the obstacles, each with its
    reason and way out.

    `refused` are those that no method runs, `cautions` what to warn of when it runs under ODE. Of
    that run, `moments` are times at which it has to stop, `jumps` parts at which rates may jump, and
    `passing` conditions that may be met for a moment only; their symbols mean what they mean in the
    file.
    """

    text: str
    obstacles: tuple[Problem, ...]
    cautions: tuple[str, ...] = ()
    refused: tuple[Problem, ...] = ()
    moments: tuple[Expression, ...] = ()
    jumps: tuple[Expression, ...] = ()
    passing: tuple[Expression, ...] = ()


@dataclass(frozen=True, kw_only=True, repr=False)
class Network:
    """A reaction network with rate laws in both kinetics.

    `kinetics` is "both" when each law is known in continuous and discrete form, and "as-written"
    for a foreign file whose author did not say. Where `document` is set, the network has only the
    names of what the file holds (no reactions, no assignments): it runs as it is, under ODE only.
    `built_in` are parameters whose values are in stoichiometries, and so cannot be changed.
    """

    id: str
    compartments: tuple[Compartment, ...]
    species: tuple[Species, ...]
    parameters: tuple[Parameter, ...]
    assignments: tuple[Assignment, ...]
    reactions: tuple[Reaction, ...]
    events: tuple[Event, ...] = ()
    kinetics: Literal["both", "as-written"] = "both"
    title: str = ""
    summary: str = ""
    substance_unit: str | None = "item"
    time_unit: str | None = "s"
    suggested_equilibration: str = ""
    molecules: tuple[Molecule, ...] = ()
    rules: tuple[Rule, ...] = ()
    readouts: tuple[Readout, ...] = ()
    inputs: tuple[Input, ...] = ()
    genes: tuple[Gene, ...] = ()
    drugs: tuple[Drug, ...] = ()
    document: Document | None = None
    state_events: tuple[StateEvent, ...] = ()
    built_in: tuple[str, ...] = ()

    def __repr__(self) -> str:
        sizes = (
            f"{len(self.species)} species, {len(self.reactions)} reactions, "
            f"{len(self.parameters)} parameters, {len(self.readouts)} readouts"
        )
        return f"<Network {self.id}: {sizes}>"

    def _repr_html_(self) -> str:
        from html import escape

        told = {
            "inputs": [
                f"{i.name} = {i.baseline:g} {i.unit if i.unit and i.unit != '1' else ''}".strip()
                for i in self.inputs
            ],
            "readouts": [r.name for r in self.readouts],
            "genes": [g.name for g in self.genes],
            "drugs": [d.name for d in self.drugs],
        }
        rows = "".join(
            f'<tr><th>{kind}</th><td style="text-align: left">{escape(", ".join(names))}</td></tr>'
            for kind, names in told.items()
            if names
        )
        title = f"<b>{escape(self.title or self.id)}</b><br>{escape(repr(self).strip('<>'))}"
        return f"<p>{title}</p><table>{rows}</table>"

    def __getstate__(self) -> dict[str, object]:
        return {
            name: value
            for name, value in self.__dict__.items()
            if name in self.__dataclass_fields__
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        return content_digest(self)

    @cached_property
    def species_index(self) -> dict[str, int]:
        """Position of each species by id."""
        return {s.id: i for i, s in enumerate(self.species)}

    @cached_property
    def parameter_by_id(self) -> dict[str, Parameter]:
        """Parameters by id."""
        return {p.id: p for p in self.parameters}

    @cached_property
    def compartment_by_id(self) -> dict[str, Compartment]:
        """Compartments by id."""
        return {c.id: c for c in self.compartments}

    @cached_property
    def assignment_by_id(self) -> dict[str, Assignment]:
        """Assignments by id."""
        return {a.id: a for a in self.assignments}

    @cached_property
    def readout_by_name(self) -> dict[str, Readout]:
        """Readouts by name."""
        return {r.name: r for r in self.readouts}

    @property
    def quantities(self) -> tuple[Compartment | Parameter | Species, ...]:
        """Everything that has a value of its own at the start."""
        return (*self.compartments, *self.parameters, *self.species)

    def find_species(self, name: str) -> list[str]:
        """The species of that id, else all of that pattern."""
        if name in self.species_index:
            return [name]
        return [s.id for s in self.species if s.name == name]

    @property
    def all_events(self) -> tuple[Event | StateEvent, ...]:
        """Events at fixed times, then events on state."""
        return (*self.events, *self.state_events)

    @cached_property
    def set_by_state_events(self) -> frozenset[str]:
        """Ids of species and parameters that events on state assign."""
        return frozenset(name for e in self.state_events for name, _ in e.assignments)

    def ids(self) -> Iterable[str]:
        """Every id that an expression may name."""
        yield from (item.id for item in self.quantities)
        yield from (assignment.id for assignment in self.assignments)

    def reads(self, expression: Expression) -> set[str]:
        """Every id that an expression reads, also through assignments."""
        found: set[str] = set()
        pending = list(symbols(expression))
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                if name in self.assignment_by_id:
                    pending.extend(symbols(self.assignment_by_id[name].expression))
        return found

    def depends_on(self, expression: Expression) -> set[str]:
        """Ids of compartments, species and parameters that an expression reads, through
        assignments."""
        return self.reads(expression) - self.assignment_by_id.keys()


# What is computed from a network once and stored with it: screens need it for every condition.


T = TypeVar("T")


def cached(network: Network, compute: Callable[[Network], T]) -> T:
    """What `compute` gives for the network, computed once; equal networks that are other objects have
    their own."""
    name = f"_cached_{compute.__module__}.{compute.__qualname__}"
    if name not in network.__dict__:
        network.__dict__[name] = compute(network)
    found: T = network.__dict__[name]
    return found
