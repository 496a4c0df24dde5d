"""The record of a run: all that is needed to repeat it, and what it was made with."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

import numpy as np

from simnet.errors import InputError, Problem
from simnet.experiment.condition import Condition, condition_from_record
from simnet.network.network import Network

SCHEMA = 2
"""Version of the record's form; a higher number cannot be read by an older simnet."""
DISTRIBUTION = "simnet-bio"
"""What simnet is installed as. On PyPI `simnet` is another project."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What was run, as plain data.

    To repeat the run: the network of that digest, `as_conditions()`, and the fields from `method`
    to `replicates`. The rest tells where bits may come to differ.

    Attributes:
        schema: version of this form; 1 had changes as tables, where 2 has texts.
        created: time of the run, UTC, ISO 8601.
        versions: of simnet, python, numpy and the engine (by its name).
        platform: operating system and processor.
        network: id of the network.
        network_digest: SHA-256 of its content.
        method: "ode" or "ssa".
        engine: name in the engine table.
        rtol: relative tolerance of the integrator.
        atol: absolute tolerance of the integrator, in units of amount; None: each variable's from its
            own size.
        t_end: end of the run, in the network's unit of time; the grid starts at 0.
        points: times in the grid, both ends among them.
        readouts: (R,) names.
        seed: root of all seeds; None where none was used.
        replicates: asked for, per condition.
        conditions: (C,) `Condition.record()` of each, equilibration among it.
        max_step: longest step of the integrator, in the network's unit of time; None if it was not
            given.
        allow_negative: whether amounts below zero were results; False in records of before.
    """

    schema: int
    created: str
    versions: Mapping[str, str]
    platform: str
    network: str
    network_digest: str
    method: str
    engine: str
    rtol: float
    atol: float | None
    t_end: float
    points: int
    readouts: tuple[str, ...]
    seed: int | None
    replicates: int
    conditions: tuple[Mapping[str, Any], ...]
    max_step: float | None = None
    allow_negative: bool = False

    def as_conditions(self) -> tuple[Condition, ...]:
        """(C,) the conditions as they were run."""
        return tuple(condition_from_record(condition) for condition in self.conditions)

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Record":
        """The record that `to_json` wrote.

        Raises:
            InputError: a newer form, or data that is no record.
        """
        schema = data.get("schema")
        if isinstance(schema, int) and schema > SCHEMA:
            raise InputError(
                Problem(
                    what=f"record of schema {schema}",
                    why=f"this simnet reads schemas up to {SCHEMA}",
                    way_out=f"it was written by simnet {_writer(data)}: install that or newer",
                )
            )
        names = {field.name for field in fields(cls)}
        needed = {field.name for field in fields(cls) if field.default is MISSING}
        problems = [Problem(what=name, why="missing") for name in sorted(needed - data.keys())]
        problems += [Problem(what=name, why="unknown") for name in sorted(data.keys() - names)]
        if not problems:
            try:
                return _typed(data)
            except (TypeError, ValueError, KeyError) as error:
                problems = [Problem(what="a field", why=f"{type(error).__name__}: {error}")]
        raise InputError([Problem(what=f"record: {p.what}", why=p.why) for p in problems])


def make_record(
    *,
    network: Network,
    method: str,
    engine: str,
    engine_version: str,
    conditions: Sequence[Condition],
    readouts: Sequence[str],
    t_end: float,
    points: int,
    replicates: int,
    seed: int | None,
    rtol: float,
    atol: float | None,
    max_step: float | None = None,
    allow_negative: bool = False,
) -> Record:
    """The record of a run that is made now; the arguments are as in `Record`."""
    return Record(
        schema=SCHEMA,
        created=now_text(),
        versions={**versions_of("numpy"), engine: engine_version},
        platform=platform.platform(),
        network=network.id,
        network_digest=network.digest,
        method=method,
        engine=engine,
        rtol=float(rtol),
        atol=None if atol is None else float(atol),
        t_end=float(t_end),
        points=int(points),
        readouts=tuple(readouts),
        seed=None if seed is None else int(seed),
        replicates=int(replicates),
        conditions=tuple(plain(condition.record()) for condition in conditions),
        max_step=None if max_step is None else float(max_step),
        allow_negative=allow_negative,
    )


def versions_of(*packages: str) -> dict[str, str]:
    """Versions of simnet, python and these packages, by name; "not installed" where one is not, as
    simnet itself in a bare checkout."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"simnet": "", "python": platform.python_version()} | dict.fromkeys(packages, "")
    for name in ("simnet", *packages):
        try:
            found[name] = version(DISTRIBUTION if name == "simnet" else name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def now_text() -> str:
    """The time, UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def plain(value: object) -> Any:
    """The same as JSON data; a user's times and amounts may be NumPy's scalars."""

    def item(value: object) -> object:
        if isinstance(value, np.generic):
            return value.item()
        raise TypeError(f"{value!r} has no place in a record")

    return json.loads(json.dumps(value, default=item))


def _typed(data: Mapping[str, Any]) -> Record:
    values = dict(data)
    values |= {name: float(data[name]) for name in ("rtol", "t_end")}
    values["atol"] = None if data["atol"] is None else float(data["atol"])
    values |= {name: int(data[name]) for name in ("schema", "points", "replicates")}
    values["seed"] = None if data["seed"] is None else int(data["seed"])
    longest = data.get("max_step")
    values["max_step"] = None if longest is None else float(longest)
    values["versions"] = {
        str(name): str(version) for name, version in dict(data["versions"]).items()
    }
    values["readouts"] = tuple(str(name) for name in data["readouts"])
    values["conditions"] = tuple(dict(condition) for condition in data["conditions"])
    values["allow_negative"] = bool(data.get("allow_negative", False))
    conditions = Record(**values).as_conditions()  # so that a damaged condition is found here
    if values["schema"] < SCHEMA:
        values |= {"schema": SCHEMA, "conditions": tuple(c.record() for c in conditions)}
    return Record(**values)


def _writer(data: Mapping[str, Any]) -> str:
    versions = data.get("versions")
    return str(versions.get("simnet", "?")) if isinstance(versions, Mapping) else "?"
