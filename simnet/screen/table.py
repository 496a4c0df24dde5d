"""Rows of a screen's parts as arrays: conditions by replicates by numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import BoolArray, FloatArray
from simnet.screen.measure import FAILED
from simnet.screen.readouts import require_steady
from simnet.screen.record import ScreenRecord

if TYPE_CHECKING:
    import pandas as pd

_JUDGES = 3  # numbers kept for each steady(...)


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
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


def table_of(record: ScreenRecord, rows: "pd.DataFrame") -> Table:
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
    found = Table(values=values, ran=ran, failed=failed, missing=missing, places=tuple(places))
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


def _judged(record: ScreenRecord, table: Table) -> Table:
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
    return Table(
        values=cleared,
        ran=table.ran,
        failed=table.failed,
        missing=table.missing,
        refused=refused,
        places=table.places,
    )
