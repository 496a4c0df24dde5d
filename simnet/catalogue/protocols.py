"""How claims are simulated, as data: protocols.toml, with the mechanisms that can be ablated."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Any

from simnet.catalogue.text import utf8_text
from simnet.errors import ModelError, Problem, nearest

PROTOCOLS = "protocols.toml"
METHODS = ("ode", "ssa")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A part of the run-in: changes, and how long the network is then left alone."""

    length: str
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Step:
    """Changes at a time after the protocol's t = 0."""

    at: str
    changes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What is done before and after t = 0.

    Changes are texts as in the brackets of a readout: "O2_percent=1", "axitinib=10nM",
    "HIF1A=knockout".

    Attributes:
        name: what the column `condition` of claims.csv says.
        meaning: in words.
        background: changes that hold from the very start, the rest included: a medium, a cell line.
        rest: time under baseline inputs first, such as "240 h"; "" for none.
        run_in: stages after the rest, before t = 0.
        changes: made at t = 0, in every arm.
        schedule: changes after t = 0, in every arm.
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
    schedule: tuple[Step, ...] = ()
    genotypes_first: bool = False
    methods: tuple[str, ...] = METHODS


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
        raise ModelError(Problem(what=PROTOCOLS, why="there is none in the network's folder"))
    try:
        data = tomllib.loads(utf8_text(file))
    except tomllib.TOMLDecodeError as error:
        raise ModelError(Problem(what=PROTOCOLS, why=str(error))) from error
    reader = _Reader()
    reader.keys("", data, {"protocols": dict, "mechanisms": dict}, needed=("protocols",))
    protocols = {
        name: reader.protocol(name, table) for name, table in data.get("protocols", {}).items()
    }
    mechanisms = {
        name: reader.mechanism(name, table) for name, table in data.get("mechanisms", {}).items()
    }
    if reader.problems:
        raise ModelError(reader.problems)
    return Protocols(protocols=protocols, mechanisms=mechanisms)


_PROTOCOL = {
    "meaning": str,
    "t_end": str,
    "every": str,
    "background": list,
    "rest": str,
    "run_in": list,
    "changes": list,
    "schedule": list,
    "genotypes_first": bool,
    "methods": list,
}
_KINDS = {"str": "text", "list": "list", "dict": "table", "bool": "true or false"}
_MECHANISM = {"meaning": str, "zero": list, "equal": dict}


class _Reader:
    """Tables to dataclasses; what is wrong is collected."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def protocol(self, name: str, table: Any) -> Protocol:
        where = f"protocols.{name}"
        table = self.keys(where, table, _PROTOCOL, needed=("meaning", "t_end", "every"))
        methods = self.texts(f"{where}.methods", table.get("methods", list(METHODS)))
        if not methods:
            self.wrong(f"{where}.methods", "is empty", f"write {list(METHODS)}, or leave it out")
        for method in methods:
            if method not in METHODS:
                self.wrong(f"{where}.methods", f"{method!r} is none", nearest(method, METHODS))
        return Protocol(
            name=name,
            meaning=table.get("meaning", ""),
            t_end=table.get("t_end", ""),
            every=table.get("every", ""),
            background=self.texts(f"{where}.background", table.get("background", [])),
            rest=table.get("rest", ""),
            run_in=tuple(
                Stage(length=stage.get("length", ""), changes=changes)
                for stage, changes in self.timed(f"{where}.run_in", table, "run_in", "length")
            ),
            changes=self.texts(f"{where}.changes", table.get("changes", [])),
            schedule=tuple(
                Step(at=step.get("at", ""), changes=changes)
                for step, changes in self.timed(f"{where}.schedule", table, "schedule", "at")
            ),
            genotypes_first=table.get("genotypes_first", False),
            methods=methods,
        )

    def timed(
        self, where: str, table: dict[str, Any], key: str, time: str
    ) -> list[tuple[dict[str, Any], tuple[str, ...]]]:
        """The tables of a list, each with a time and changes."""
        found = []
        for number, item in enumerate(table.get(key, []), start=1):
            place = f"{where}[{number}]"
            item = self.keys(place, item, {time: str, "changes": list}, needed=(time,))
            found.append((item, self.texts(f"{place}.changes", item.get("changes", []))))
        return found

    def mechanism(self, name: str, table: Any) -> Mechanism:
        where = f"mechanisms.{name}"
        table = self.keys(where, table, _MECHANISM, needed=("meaning",))
        zero, equal = self.texts(f"{where}.zero", table.get("zero", [])), table.get("equal", {})
        for value in equal.values():
            if not isinstance(value, (str, int, float)) or isinstance(value, bool):
                self.wrong(f"{where}.equal", f"{value!r} is neither a parameter nor a number")
        if not zero and not equal:
            self.wrong(where, "takes nothing out", 'name parameters: zero = ["..."]')
        return Mechanism(name=name, meaning=table.get("meaning", ""), zero=zero, equal=equal)

    def keys(
        self, where: str, table: Any, kinds: Mapping[str, type], *, needed: tuple[str, ...]
    ) -> dict[str, Any]:
        """The table with its keys checked; those of the wrong kind are left out."""
        if not isinstance(table, dict):
            self.wrong(where, "is no table")
            return {}
        for key in needed:
            if key not in table:
                self.wrong(where, f"key {key!r} is missing")
        kept = {}
        for key, value in table.items():
            if key not in kinds:
                self.wrong(where, f"key {key!r} is not known", nearest(key, kinds))
            elif not isinstance(value, kinds[key]):
                self.wrong(where, f"{key} = {value!r} is not {_KINDS[kinds[key].__name__]}")
            else:
                kept[key] = value
        return kept

    def texts(self, where: str, values: list[Any]) -> tuple[str, ...]:
        for value in values:
            if not isinstance(value, str):
                self.wrong(where, f"{value!r} is no text")
        return tuple(value for value in values if isinstance(value, str))

    def wrong(self, where: str, why: str, way_out: str = "") -> None:
        what = f"{PROTOCOLS}: {where}" if where else PROTOCOLS
        self.problems.append(Problem(what=what, why=why, way_out=way_out))
