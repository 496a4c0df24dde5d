"""What a screen's folder says of itself beside its parts: `screen.json`, and the network as SBML.

It describes the command that ran last: a folder that was extended holds more conditions or
replicates than at first, and the record says which.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simnet.arrays import Times
from simnet.errors import InputError, Problem
from simnet.execute.campaign import condition_key
from simnet.experiment.change import change_record
from simnet.experiment.condition import Condition, condition_from_record
from simnet.experiment.variability import variability_record
from simnet.results.folder import into_place
from simnet.results.provenance import Record, plain
from simnet.screen.code import code_of
from simnet.screen.factors import Level, level_from_plain
from simnet.screen.plan import Screen

RECORD = "screen.json"
NETWORK = "network.xml"
SCHEMA = 1

_FORMAT = "simnet screen"


@dataclass(frozen=True, kw_only=True)
class ReadoutRecord:
    """A readout: `canonical` names it in one way, `course` is whether it is a time course, `steady`
    how many `steady(...)` are in it."""

    name: str
    canonical: str
    unit: str | None
    course: bool
    steady: int


@dataclass(frozen=True, kw_only=True, eq=False)
class ScreenRecord:
    """A screen as it was run, as plain data.

    Attributes:
        run: method, engine, seed, versions, conditions, replicates: as of any run.
        readouts: (R,).
        levels: (C,) what each condition is made of; () for the control.
        keys: (C,) digests of the conditions' content.
        times: (T,) output times, in `time_unit`.
        time_unit: of the network.
        method: "ode" or "ssa".
        exact: that replicates have no noise.
        precision: what the number of replicates came from; None where it was given.
        code: Python that makes the screen again.
    """

    run: Record
    readouts: tuple[ReadoutRecord, ...]
    levels: tuple[tuple[Level, ...], ...]
    keys: tuple[str, ...]
    times: Times
    time_unit: str | None
    exact: bool
    precision: Mapping[str, Any] | None
    code: str

    @property
    def names(self) -> tuple[str, ...]:
        """(C,) of the conditions."""
        return tuple(str(condition["label"]) for condition in self.run.conditions)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """(C,) as they were run."""
        return tuple(condition_from_record(condition) for condition in self.run.conditions)

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "format": _FORMAT,
            "schema": SCHEMA,
            "run": self.run.to_json(),
            "readouts": [vars(readout) for readout in self.readouts],
            "levels": [[level.plain() for level in levels] for levels in self.levels],
            "keys": list(self.keys),
            "times": self.times.tolist(),
            "time_unit": self.time_unit,
            "exact": self.exact,
            "precision": self.precision,
            "code": self.code,
        }


def record_of(screen: Screen) -> ScreenRecord:
    """The record of a screen that is run now."""
    plan = screen.plan
    return ScreenRecord(
        run=plan.record(),
        readouts=tuple(
            ReadoutRecord(
                name=r.name,
                canonical=r.canonical,
                unit=r.unit,
                course=r.is_course,
                steady=len(r.judged),
            )
            for r in screen.screen_readouts
        ),
        levels=tuple(arm.levels for arm in screen.arms),
        keys=tuple(condition_key(plan, number) for number in range(len(plan.conditions))),
        times=plan.times,
        time_unit=plan.task.network.time_unit,
        exact=not screen.is_noisy,
        precision=None if screen.precision is None else screen.precision.record(),
        code=code_of(screen),
    )


def identity_of(screen: Screen) -> dict[str, Any]:
    """What all parts of a folder have in common: everything but conditions and replicates."""
    plan, network = screen.plan, screen.network
    first = plan.conditions[0]
    return {
        "network": network.id,
        "network_digest": network.digest,
        "method": plan.task.method,
        "engine": f"{plan.task.engine} {plan.engine.version()}",
        "seed": plan.root,
        "t_end": float(plan.times[-1]),
        "times": plan.times.tolist(),
        "readouts": [readout.canonical for readout in screen.screen_readouts],
        "rtol": plan.task.rtol,
        "atol": plan.task.atol,
        **({"allow_negative": True} if plan.task.allow_negative else {}),
        **({"max_step": plan.task.max_step} if plan.task.max_step is not None else {}),
        "equilibrate": plain(first.equilibrate),
        "background": [change_record(change) for change in first.background],
        "schedule": plain([entry.record() for entry in first.schedule]),
        "variability": variability_record(dict(screen.variability or {})),
        "replicates_per_cell": screen.replicates_per_cell,
    }


def write_record(record: ScreenRecord, network_sbml: str, folder: Path) -> None:
    """Write both files, each into place at once.

    Raises:
        InputError: the folder cannot be written.
    """
    text = json.dumps(plain(record.to_json()), indent=1, allow_nan=False)
    try:
        for name, content in ((NETWORK, network_sbml), (RECORD, text + "\n")):
            into_place(content.encode(), folder / name)
    except OSError as error:
        why = f"cannot be written: {error.strerror or error}"
        raise InputError(Problem(what=str(folder), why=why)) from error


def read_record(folder: Path) -> ScreenRecord:
    """The record in a folder.

    Raises:
        InputError: there is none, it is damaged, or of a newer simnet.
    """
    path = folder / RECORD
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        why = f"no screen there ({error.strerror}: {RECORD})"
        raise InputError(Problem(what=str(folder), why=why)) from error
    except ValueError as error:
        raise InputError(Problem(what=str(path), why=f"damaged: {error}")) from error
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise InputError(Problem(what=str(path), why="not of a screen"))
    if data.get("schema") != SCHEMA:
        why = f"schema {data.get('schema')}, and this simnet reads {SCHEMA}"
        raise InputError(Problem(what=str(path), why=why, way_out="install a newer simnet"))
    try:
        return ScreenRecord(
            run=Record.from_json(data["run"]),
            readouts=tuple(ReadoutRecord(**readout) for readout in data["readouts"]),
            levels=tuple(tuple(map(level_from_plain, levels)) for levels in data["levels"]),
            keys=tuple(data["keys"]),
            times=np.array(data["times"], dtype=np.float64),
            time_unit=data["time_unit"],
            exact=bool(data["exact"]),
            precision=data["precision"],
            code=str(data["code"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        why = f"damaged ({type(error).__name__}: {error})"
        raise InputError(Problem(what=str(path), why=why)) from error
