"""What a screen's folder says of itself beside its parts: `screen.json`, and the network as SBML.

It describes the command that ran last: a folder that was extended holds more conditions or
replicates than at first, and the record says which.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import BoolArray, FloatArray, Times
from simnet.errors import InputError, Problem
from simnet.execute.campaign import condition_key
from simnet.experiment.change import change_record
from simnet.experiment.condition import Condition, condition_from_record
from simnet.experiment.variability import variability_record
from simnet.results.parts import into_place
from simnet.results.record import Record, plain
from simnet.screen.design import Level, level_from_plain
from simnet.screen.readouts import FAILED, require_steady
from simnet.screen.screen import Screen, code_of

if TYPE_CHECKING:
    import pandas as pd


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
    plan, first = screen.plan, screen.plan.conditions[0]
    return {
        **plan.identity(),
        "t_end": float(plan.times[-1]),
        "times": plan.times.tolist(),
        "readouts": [readout.canonical for readout in screen.screen_readouts],
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
        why = f"contains no screen ({error.strerror}: {RECORD})"
        raise InputError(Problem(what=str(folder), why=why)) from error
    except ValueError as error:
        raise InputError(Problem(what=str(path), why=f"damaged: {error}")) from error
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise InputError(Problem(what=str(path), why="is not a record of a screen"))
    if data.get("schema") != SCHEMA:
        why = f"schema {data.get('schema')}, but this version of simnet reads {SCHEMA}"
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


# Rows of a screen's parts as arrays: conditions by replicates by numbers.


_JUDGES = 3  # numbers kept for each steady(...)


@dataclass(frozen=True, kw_only=True, eq=False)
class ScreenValues:
    """The values of a screen.

    Attributes:
        values: (C, N, M) the numbers of all readouts beside each other, in their order; NaN where
            there is none.
        ran: (C, N) whether the replicate was run, failed or not.
        failed: (condition, replicate): why it has no values at all.
        missing: (condition, replicate, readout): why it has no value of that one.
        refused: (condition, readout): why all of a condition's values are no answer.
        places: (R,) where the numbers of each readout are.
    """

    values: FloatArray
    ran: BoolArray
    failed: Mapping[tuple[int, int], str] = field(default_factory=dict)
    missing: Mapping[tuple[int, int, str], str] = field(default_factory=dict)
    refused: Mapping[tuple[int, int], str] = field(default_factory=dict)
    places: tuple[slice, ...] = ()


def table_of(record: ScreenRecord, rows: "pd.DataFrame") -> ScreenValues:
    """The table of a record's conditions and replicates; other rows of the folder are left out."""
    number = {key: place for place, key in enumerate(record.keys)}
    width, places = _places(record)
    condition = rows["key"].str.rpartition(":")[0].map(number) if len(rows) else rows["key"]
    kept = condition.notna().to_numpy(dtype=bool)
    most = record.run.run.count
    if len(rows):
        replicate = rows["replicate"].to_numpy(dtype=np.int64)
        if record.precision is None:
            kept = kept & (replicate < most)
        elif kept.any():
            most = int(replicate[kept].max()) + 1
    values = np.full((len(record.keys), most, width), np.nan)
    ran = np.zeros(values.shape[:2], dtype=bool)
    failed: dict[tuple[int, int], str] = {}
    missing: dict[tuple[int, int, str], str] = {}
    if kept.any():
        where = condition[kept].to_numpy(dtype=np.int64), replicate[kept]
        values[where] = np.stack(list(rows["values"].to_numpy()[kept]))
        ran[where] = True
        notes = rows["notes"].to_numpy()[kept]
        for place in np.flatnonzero(notes != ""):
            c, r = int(where[0][place]), int(where[1][place])
            for line in notes[place].split("\n"):
                if line.startswith(FAILED):
                    failed[c, r] = line.removeprefix(FAILED)
                else:
                    # A readout in other words than when it was run has its name of then.
                    names = (x.name for x in record.readouts if line.startswith(f"{x.name}: "))
                    name = next(names, line.partition(": ")[0])
                    missing[c, r, name] = line.removeprefix(f"{name}: ")
    found = ScreenValues(
        values=values, ran=ran, failed=failed, missing=missing, places=tuple(places)
    )
    return _judged(record, found)


def _places(record: ScreenRecord) -> tuple[int, list[slice]]:
    """How many numbers a replicate has, and where each readout's are; what judges it comes after."""
    at, places = 0, []
    T = len(record.times)
    for readout in record.readouts:
        width = T if readout.course else 1
        places.append(slice(at, at + width))
        at += width + _JUDGES * readout.steady
    return at, places


def _judged(record: ScreenRecord, table: ScreenValues) -> ScreenValues:
    """Steady values whose mean over replicates still drifts are no answer."""
    values = table.values
    refused: dict[tuple[int, int], str] = {}
    for place, readout in enumerate(record.readouts):
        for which in range(readout.steady):
            first = table.places[place].stop + _JUDGES * which
            for c in range(len(values)):
                known = values[c, ~np.isnan(values[c, :, first]), first : first + _JUDGES]
                if not len(known):
                    continue
                why = require_steady(known[:, 0], known[:, 1], known[:, 2], record.exact)
                if why:
                    refused[c, place] = why
    if not refused:
        return table
    cleared = values.copy()
    for c, place in refused:
        cleared[c, :, table.places[place]] = np.nan
    return ScreenValues(
        values=cleared,
        ran=table.ran,
        failed=table.failed,
        missing=table.missing,
        refused=refused,
        places=table.places,
    )


# Tables of a screen: its values, what it is made of, and what failed.


def values_frame(record: ScreenRecord, table: ScreenValues) -> "pd.DataFrame":
    """Tidy: a row for each condition, replicate, readout and time; see `ScreenResult.frame`."""
    import pandas as pd

    c, r = np.nonzero(table.ran)
    sizes = [place.stop - place.start for place in table.places]
    take = np.concatenate([np.arange(p.start, p.stop) for p in table.places])
    times = [record.times if x.course else np.full(1, np.nan) for x in record.readouts]
    number = np.repeat(c, sum(sizes))
    which = np.tile(np.repeat(np.arange(len(sizes)), sizes), len(c))
    changes = [change_of(record, place) for place in range(len(record.names))]
    doses = np.array([dose_of(record, place) for place in range(len(record.names))])
    return pd.DataFrame(
        {
            "condition": _category(number, record.names),
            "change": _category(number, changes),
            "dose": doses[number],
            "replicate": np.repeat(r, sum(sizes)),
            "time": np.tile(np.concatenate(times), len(c)),
            "readout": _category(which, [readout.name for readout in record.readouts]),
            "value": table.values[c, r][:, take].ravel(),
        }
    )


def design_frame(
    record: ScreenRecord, table: ScreenValues, factors: Sequence[str], drugs: Sequence[str]
) -> "pd.DataFrame":
    """A row for each condition, a column for each factor; see `ScreenResult.design`."""
    import pandas as pd

    data: dict[str, object] = {"condition": record.names}
    for factor in factors:
        dosed = factor in drugs
        cells: list[object] = []
        for levels in record.levels:
            level = next((x for x in levels if x.factor == factor), None)
            if dosed:
                cells.append(0.0 if level is None else level.dose)
            else:
                cells.append("" if level is None else level.label)
        data[factor] = cells
    failed = np.zeros(len(record.names), dtype=int)
    for c, _ in table.failed:
        failed[c] += 1
    data["replicates"] = table.ran.sum(axis=1)
    data["failed"] = failed
    return pd.DataFrame(data)


def failures_frame(record: ScreenRecord, table: ScreenValues) -> "pd.DataFrame":
    """What has no value, and why; see `ScreenResult.failures`."""
    import pandas as pd

    names = record.names
    rows = [(names[c], r, "", why) for (c, r), why in table.failed.items()]
    rows += [(names[c], r, name, why) for (c, r, name), why in table.missing.items()]
    rows += [
        (names[c], -1, record.readouts[place].name, why)
        for (c, place), why in table.refused.items()
    ]
    return pd.DataFrame(rows, columns=["condition", "replicate", "readout", "reason"])


def change_of(record: ScreenRecord, condition: int) -> str:
    """The factors that are varied in a condition."""
    return " + ".join(level.factor for level in record.levels[condition])


def dose_of(record: ScreenRecord, condition: int) -> float:
    """The dose of a condition that is one dose of one drug, in nM; else NaN."""
    levels = record.levels[condition]
    dose = levels[0].dose if len(levels) == 1 else None
    return float("nan") if dose is None else dose


def _category(
    codes: "np.ndarray[Any, np.dtype[np.intp]]", names: Sequence[str]
) -> "pd.Categorical[Any]":
    import pandas as pd

    known = list(dict.fromkeys(names))
    number = np.array([known.index(name) for name in names])
    kind: Any = pd.CategoricalDtype(categories=known)
    made: pd.Categorical[Any] = pd.Categorical.from_codes(number[codes], dtype=kind)
    return made
