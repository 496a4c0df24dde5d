"""`run_screen`: the verb. Runs what a folder does not hold yet, and returns all of it."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.execute.base import Workers
from simnet.execute.campaign import Item, items_of, run_campaign
from simnet.execute.progress import Progress
from simnet.experiment.run import Precision
from simnet.results.parts import Parts
from simnet.sbml.write import sbml_of
from simnet.screen.readouts import measuring
from simnet.screen.record import ScreenRecord, identity_of, record_of, write_record
from simnet.screen.result import ScreenResult, result_from_rows
from simnet.screen.screen import Screen
from simnet.stats.blocks import ensemble_statistics, judge

if TYPE_CHECKING:
    import pandas as pd


# Which conditions of a screen need more replicates to be known well enough.


def precise(values: Sequence[FloatArray], precision: Precision) -> bool:
    """Whether one condition is known well enough, by `stats.precision.judge`.

    Args:
        values: (N,) of each readout that is judged; NaN for those without a value.
        precision: what is wanted.
    """
    table = np.stack(values, axis=1)[:, np.newaxis, :]  # (N, 1, R)
    if np.isinf(table).any() or np.isnan(table).all(axis=0).any():
        return False  # times that have not come have no mean
    found = ensemble_statistics(table, covariance=False)
    return judge(found, precision, range(table.shape[2])).met


KIND = "screen"


def run_screen(
    plan: Screen,
    *,
    workers: Workers = None,
    out: str | Path | None = None,
    shard: tuple[int, int] | None = None,
    progress: Progress | None = None,
) -> ScreenResult:
    """Run a screen.

    Args:
        plan: what to run.
        workers: as in `simulate`.
        out: a folder that keeps what is done. The same call again computes only what is missing,
            also after `kill -9`; more replicates or more conditions extend it. Kept in memory only
            if None.
        shard: (i, n) runs the i-th of n parts, counted from 1; `simnet merge` joins their folders.
        progress: called with (replicates done, replicates in all), stored ones among them.

    Returns:
        All that there is of the screen. A condition or replicate that failed is in `.failures()`
        with its reason; the others are not affected.

    Raises:
        InputError: what is no screen, the folder holds another screen (each difference is named) or other data, or a
            shard that cannot be.
        KeyboardInterrupt: Ctrl-C; what was finished is in the folder.
    """
    given: object = plan
    if not isinstance(given, Screen):
        what, way_out = f"plan={given!r:.60}", "make a Screen(...) first"
        raise InputError(Problem(what=what, why="not a Screen", way_out=way_out))
    if shard is not None and plan.precision is not None:
        why = "the number of replicates depends on all shards"
        way_out = "give replicates, or split the changes into several screens"
        raise InputError(Problem(what=f"shard={shard!r} with precision", why=why, way_out=way_out))
    record = record_of(plan)
    parts = None
    if out is not None:
        parts = Parts.open(out, kind=KIND, identity=identity_of(plan), about=record.run.versions)
        write_record(record, sbml_of(plan.network), Path(out))
    run = partial(
        run_campaign,
        plan.plan,
        measure=measuring(plan.plan, plan.screen_readouts),
        parts=parts,
        workers=workers,
        shard=shard,
        progress=progress,
    )
    if plan.precision is None:
        stored = parts.keys() if parts is not None and shard is None else ()
        return result_from_rows(record, run(items_of(plan.plan, stored=stored)))
    return _until_precise(plan, plan.precision, parts, run, record)


def _until_precise(
    plan: Screen,
    precision: Precision,
    parts: Parts | None,
    run: "Callable[[list[Item]], pd.DataFrame]",
    record: ScreenRecord,
) -> ScreenResult:
    """More and more replicates of the conditions that are not known well enough."""
    import pandas as pd

    sizes = precision.sizes()
    wanted = [sizes[0]] * len(plan.arms)
    have: set[str] = set()
    tables: list[pd.DataFrame] = []
    for place, size in enumerate(sizes):
        stored = have | (parts.keys() if parts is not None else set())
        items = [
            item
            for item in items_of(plan.plan, stored=stored, replicates=size)
            if wanted[item.condition] == size and item.key not in have
        ]
        tables.append(run(items))
        have |= {item.key for item in items}
        result = result_from_rows(record, pd.concat(tables, ignore_index=True))
        if place + 1 == len(sizes):
            break
        for condition in {item.condition for item in items}:
            judged = result.at_end(condition, precision.readouts)
            if not precise(judged, precision):
                wanted[condition] = sizes[place + 1]
        if max(wanted) == size:
            break
    return result
