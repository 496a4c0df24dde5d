"""How claims are simulated, as data: protocols.toml, with the mechanisms that can be ablated."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal, TypeAlias

from simnet.catalogue.decode import decode, fields_of, required_of
from simnet.catalogue.tables import utf8_text
from simnet.errors import ModelError, Problem, Problems

PROTOCOLS = "protocols.toml"
Method: TypeAlias = Literal["ode", "ssa"]
METHODS: tuple[Method, ...] = ("ode", "ssa")

_EXAMPLES = {"schedule": 'schedule = ["24h: O2_percent=20"]'}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A part of the run-in: changes, and how long the network is then left alone."""

    length: str
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What is done before and after t = 0.

    Changes are texts as in all files: "O2_percent=1", "axitinib=10nM", "24h: HIF1A=knockout".

    Attributes:
        name: what the column `condition` of claims.csv says.
        meaning: in words.
        background: changes that hold from the very start, the rest included: a medium, a cell line.
        rest: time under baseline inputs first, such as "240 h"; "" for none.
        run_in: stages after the rest, before t = 0.
        changes: made at t = 0, in every arm.
        schedule: changes after t = 0, in every arm; times count from there.
        t_end: the end, from t = 0.
        every: distance of the output times.
        genotypes_first: whether knock-outs, knock-downs and over-expressions in the brackets of a
            readout hold from the very start as well: they are cell lines then, and no acute loss.
        methods: "ode", "ssa"; with what it may be run.
    """

    name: str
    meaning: str
    t_end: str
    every: str
    background: tuple[str, ...] = ()
    rest: str = ""
    run_in: tuple[Stage, ...] = ()
    changes: tuple[str, ...] = ()
    schedule: tuple[str, ...] = ()
    genotypes_first: bool = False
    methods: tuple[Method, ...] = METHODS


@dataclass(frozen=True, kw_only=True)
class Mechanism:
    """A part of the network that can be taken out by its parameters.

    Attributes:
        name: a short name.
        meaning: what is gone without it.
        zero: parameters that are set to zero.
        equal: parameters that are set to the value of another, by its id, or to a number.
    """

    name: str
    meaning: str
    zero: tuple[str, ...] = ()
    equal: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def others(self) -> tuple[str, ...]:
        """The parameters whose values are taken."""
        return tuple(value for value in self.equal.values() if isinstance(value, str))

    @property
    def text(self) -> str:
        """What is set, in words."""
        zero = [f"{name} = 0" for name in self.zero]
        return ", ".join([*zero, *(f"{name} = {other}" for name, other in self.equal.items())])


@dataclass(frozen=True, kw_only=True)
class Protocols:
    """A network's protocols and mechanisms, by name."""

    protocols: Mapping[str, Protocol]
    mechanisms: Mapping[str, Mechanism] = field(default_factory=dict)


def read_protocols(folder: Traversable) -> Protocols:
    """What protocols.toml in a network's folder holds.

    Raises:
        ModelError: no such file, no TOML, a key that is missing, not known or of the wrong kind; all
            of them at once.
    """
    file = folder / PROTOCOLS
    if not file.is_file():
        raise ModelError(Problem(what=PROTOCOLS, why="is missing in the network's folder"))
    try:
        data = tomllib.loads(utf8_text(file))
    except tomllib.TOMLDecodeError as error:
        raise ModelError(Problem(what=PROTOCOLS, why=str(error))) from error
    problems = Problems()
    kinds = {"protocols": dict[str, Any], "mechanisms": dict[str, Any]}
    tables = decode(data, kinds, problems, required=("protocols",))
    protocols = _named(Protocol, "protocols", tables, problems)
    mechanisms = _named(Mechanism, "mechanisms", tables, problems)
    for name, protocol in protocols.items():
        if not protocol.methods:
            way_out = f"write {list(METHODS)}, or leave it out"
            problems.add(f"protocols.{name}.methods", "is empty", way_out)
    for name, mechanism in mechanisms.items():
        if not mechanism.zero and not mechanism.equal:
            way_out = 'name parameters: zero = ["..."]'
            problems.add(f"mechanisms.{name}", "takes nothing out", way_out)
    if problems:
        raise ModelError([replace(p, what=f"{PROTOCOLS}: {p.what}") for p in problems])
    return Protocols(protocols=protocols, mechanisms=mechanisms)


def _named(
    spec: Any, key: str, tables: Mapping[str, Any], problems: list[Problem], field: str = "name"
) -> dict[str, Any]:
    """The specs of a table of tables, by their names; those that are wrong are left out."""
    found: dict[str, Any] = {}
    kinds, required = fields_of(spec, without=(field,)), required_of(spec, without=(field,))
    for name, table in tables.get(key, {}).items():
        wrong: list[Problem] = []
        where = f"{key}.{name}"
        values = decode(table, kinds, wrong, required=required, where=where, examples=_EXAMPLES)
        if not wrong:
            found[name] = spec(**{field: name}, **values)
        problems += wrong
    return found


# The headline experiments of the packaged networks, as data: headlines.toml.


@dataclass(frozen=True, kw_only=True)
class Headline:
    """One experiment: stretches of equal length, one after the other.

    Attributes:
        id: its name.
        meaning: in words; {replicates} stands for their number.
        stretch: length of a stretch, such as "48 h".
        settings: values by parameter, one for each stretch.
        steps: output steps of a stretch.
        method: "ode" or "ssa".
        replicates: independent runs.
    """

    id: str
    meaning: str
    stretch: str
    settings: Mapping[str, tuple[float, ...]]
    steps: int = 96
    method: Method = "ode"
    replicates: int = 1


@cache
def read_headlines() -> Mapping[str, tuple[Headline, ...]]:
    """Headline experiments by the id of their network.

    Raises:
        ModelError: an experiment with a key that is missing or not known.
    """
    file = resources.files("simnet.catalogue") / "headlines.toml"
    data = tomllib.loads(utf8_text(file))
    problems: list[Problem] = []
    found = {
        network: tuple(_named(Headline, network, data, problems, "id").values()) for network in data
    }
    if problems:
        raise ModelError([replace(p, what=f"headlines.toml: {p.what}") for p in problems])
    return found
