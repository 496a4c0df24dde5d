"""Tables of a screen: its values, what it is made of, and what failed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.screen.record import ScreenRecord
from simnet.screen.table import Table

if TYPE_CHECKING:
    import pandas as pd


def values_frame(record: ScreenRecord, table: Table) -> "pd.DataFrame":
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
    record: ScreenRecord, table: Table, factors: Sequence[str], drugs: Sequence[str]
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


def failures_frame(record: ScreenRecord, table: Table) -> "pd.DataFrame":
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
