"""The record of a run: all that is needed to repeat it, and what it was made with."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from simnet.catalogue.decode import decode, fields_of, required_of
from simnet.errors import InputError, Problem
from simnet.experiment.condition import Condition, condition_from_record
from simnet.experiment.run import Run, run_from_record
from simnet.network.network import Network

SCHEMA = 2
"""Version of the record's form; a higher number cannot be read by an older simnet. In schema 1 the
fields of the run stood among those of the record, and changes were tables, where now they are texts.
"""
DISTRIBUTION = "simnet-bio"
"""What simnet is installed as. On PyPI `simnet` is another project."""

_SCHEMA_1 = "t_end points method engine rtol atol seed replicates max_step allow_negative".split()
"""Fields of the run that stood in the record."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What was run, as plain data.

    To repeat the run: the network of that digest, `as_conditions()`, `run` and `readouts`. The rest
    tells where bits may come to differ.

    Attributes:
        schema: version of this form; 1 had changes as tables, where 2 has texts.
        created: time of the run, UTC, ISO 8601.
        versions: of simnet, python, numpy and the engine (by its name).
        platform: operating system and processor.
        network: id of the network.
        network_digest: SHA-256 of its content.
        readouts: (R,) names.
        conditions: (C,) `Condition.record()` of each, equilibration among it.
        run: how it was run, with what was left to simnet (the engine and its kernel, the seed, the
            number of replicates), times in the network's unit; what was done is in `conditions`.
    """

    schema: int
    created: str
    versions: Mapping[str, str]
    platform: str
    network: str
    network_digest: str
    readouts: tuple[str, ...]
    conditions: tuple[Mapping[str, Any], ...]
    run: Run

    def as_conditions(self) -> tuple[Condition, ...]:
        """(C,) the conditions as they were run."""
        return tuple(condition_from_record(condition) for condition in self.conditions)

    def run_of(self, condition: Condition) -> Run:
        """How a condition was run: `run`, with the cells of that condition."""
        return replace(
            self.run,
            variability=condition.variability or None,
            replicates_per_cell=condition.replicates_per_cell,
        )

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON data."""
        return {f.name: plain(getattr(self, f.name)) for f in fields(self) if f.name != "run"} | {
            "run": plain(self.run.record())
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Record":
        """The record that `to_json` wrote, now or in schema 1.

        Raises:
            InputError: a newer form, or data that is no record.
        """
        schema = data.get("schema")
        if isinstance(schema, int) and schema > SCHEMA:
            raise InputError(
                Problem(
                    what=f"record of schema {schema}",
                    why=f"this version of simnet reads schemas up to {SCHEMA}",
                    way_out=f"it was written by simnet {_writer(data)}: install that or newer",
                )
            )
        now = _of_schema_1(data) if schema == 1 else data
        problems: list[Problem] = []
        kinds = fields_of(cls) | {"run": dict[str, Any], "conditions": tuple[dict[str, Any], ...]}
        values = decode(now, kinds, problems, required=required_of(cls))
        if not problems:
            try:
                made = [condition_from_record(condition) for condition in values["conditions"]]
                values["conditions"] = tuple(plain(condition.record()) for condition in made)
                return cls(**values | {"run": run_from_record(values["run"])})
            except InputError as error:
                problems = list(error.problems)
            except (TypeError, ValueError, KeyError, AttributeError) as error:
                problems = [Problem(what="a condition", why=f"{type(error).__name__}: {error}")]
        raise InputError([replace(p, what=f"record: {p.what}") for p in problems])


def make_record(
    *,
    network: Network,
    engine_version: str,
    conditions: Sequence[Condition],
    readouts: Sequence[str],
    run: Run,
) -> Record:
    """The record of a run that is made now; the arguments are as in `Record`."""
    return Record(
        schema=SCHEMA,
        created=now_text(),
        versions={**versions_of("numpy"), run.engine: engine_version},
        platform=platform.platform(),
        network=network.id,
        network_digest=network.digest,
        readouts=tuple(readouts),
        conditions=tuple(plain(condition.record()) for condition in conditions),
        run=run,
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
        raise TypeError(f"{value!r} cannot be stored in a record")

    return json.loads(json.dumps(value, default=item))


def _of_schema_1(data: Mapping[str, Any]) -> dict[str, Any]:
    """A record of schema 1 in the present form: its run in a table of its own."""
    run = {"equilibrate": None, "max_step": None, "allow_negative": False, "replicates_per_cell": 1}
    for condition in data.get("conditions", ()):
        if isinstance(condition, Mapping) and condition.get("variability"):
            cells = ("variability", "replicates_per_cell")
            run |= {name: condition[name] for name in cells if name in condition}
            break
    run |= {name: data[name] for name in _SCHEMA_1 if name in data}
    rest = {name: value for name, value in data.items() if name not in _SCHEMA_1}
    return rest | {"schema": SCHEMA, "run": run}


def _writer(data: Mapping[str, Any]) -> str:
    versions = data.get("versions")
    return str(versions.get("simnet", "?")) if isinstance(versions, Mapping) else "?"
