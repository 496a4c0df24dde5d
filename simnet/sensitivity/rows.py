"""The rows of a design as conditions of a plan, and what is kept of their runs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np

from simnet.arrays import FloatArray, IntArray
from simnet.execute.campaign import Item, items_of
from simnet.execute.checks import ALLOWED, ALLOWED_IN_SPREADS
from simnet.execute.cluster import Workers
from simnet.execute.plan import Plan, planned
from simnet.execute.run import Gathered
from simnet.experiment.change import Set
from simnet.experiment.condition import Condition
from simnet.readouts.canonical import bracket_text
from simnet.sensitivity.design import Design
from simnet.sensitivity.study import SensitivityStudy

if TYPE_CHECKING:
    import pandas as pd


class RowConditions(Sequence[Condition]):
    """A condition for each row of a design and each bracket, made when it is asked for: a hundred
    thousand rows of two hundred values would fill the memory.

    The factors are in the background, so they hold while it equilibrates. The key holds the study's
    digest and the row's number, so that rows with equal values have their own seeds.
    """

    def __init__(
        self, study: SensitivityStudy, design: Design, rows: IntArray, *, bare: bool = False
    ) -> None:
        self._study = study
        self._matrix = design.matrix
        self._names = design.space.names[:-1]
        inputs = {i.parameter for i in study.network.inputs}  # equilibration sets these
        self._declared = {
            f.name: f.baseline
            for f in design.space.factors
            if f.kind == "parameter" and f.name not in inputs
        }
        self._rows = rows
        self._bare = bare  # without the factors: the key says it all

    def __len__(self) -> int:
        return len(self._rows) * len(self._study.brackets)

    @overload
    def __getitem__(self, number: int) -> Condition: ...
    @overload
    def __getitem__(self, number: slice) -> list[Condition]: ...
    def __getitem__(self, number: int | slice) -> Condition | list[Condition]:
        if isinstance(number, slice):
            return [self._condition(i) for i in range(*number.indices(len(self)))]
        if not 0 <= number < len(self):
            raise IndexError(number)
        return self._condition(number)

    def _condition(self, number: int) -> Condition:
        study = self._study
        place, bracket = divmod(number, len(study.brackets))
        row, key = int(self._rows[place]), study.brackets[bracket]
        varied: list[Set] = []
        if not self._bare:
            values = zip(self._names, self._matrix[row].tolist(), strict=False)  # not the dummy
            varied = [Set(n, v) for n, v in values if v != self._declared.get(n)]
        return Condition(
            background=(*varied, *study.background),
            changes=(*study.changes, *key),
            schedule=study.schedule,
            equilibrate=study.before,
            label=f"row {row}{bracket_text(key)}",
            key=f"{study.digest} row {row}",
        )


def distinct_rows(study: SensitivityStudy, design: Design) -> tuple[IntArray, IntArray]:
    """(K,) the rows to run, and (rows,) for each row its place among them.

    Under ODE equal rows (but for the dummy) give equal results, and the first of them is run.
    """
    everything = np.arange(design.rows)
    if study.simulate == "ssa":
        return everything, everything
    _, first, place = np.unique(
        design.matrix[:, :-1], axis=0, return_index=True, return_inverse=True
    )
    order = np.argsort(first)  # as in the design
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[place.ravel()]


def plan_of(study: SensitivityStudy, design: Design, rows: IntArray, workers: Workers) -> Plan:
    """The checked call: the first row under each bracket stands for all.

    Raises:
        InputError, UnsupportedError: it cannot be run.
    """
    conditions = RowConditions(study, design, rows)
    plan = planned(
        study.network,
        conditions=conditions[: len(study.brackets)],
        t_end=study.end,
        times=study.times,
        method=study.simulate,
        replicates=study.runs,
        seed=study.seed,
        readouts=study.symbols,
        engine=study.engine,
        timeout=study.timeout,
        workers=workers,
        rtol=study.tolerance,
        atol=None,
        allow_negative=study.allow_negative,
    )
    accuracy = max(ALLOWED, 10 * study.tolerance)  # that `local` counts with
    allowed = accuracy if study.method == "local" else ALLOWED_IN_SPREADS
    return replace(plan, conditions=cast(Any, conditions), allowed_error=allowed)


def items_to_run(
    study: SensitivityStudy, design: Design, rows: IntArray, plan: Plan, stored: set[str]
) -> list[Item]:
    """Items of a plan of `plan_of`. Their keys come from conditions without the factors."""
    bare = RowConditions(study, design, rows, bare=True)
    return items_of(replace(plan, conditions=cast(Any, bare)), stored=stored)


def kept(
    plan: Plan, brackets: int, rows: IntArray, item: Item, gathered: Gathered
) -> "pd.DataFrame":
    """What is stored of an item: a row for each replicate, with its course (T * R,) flattened."""
    import pandas as pd

    reasons = {f.replicate: f.reason for f in gathered.failures}
    count = item.stop - item.first
    place, bracket = divmod(item.condition, brackets)
    return pd.DataFrame(
        {
            "row": np.full(count, rows[place]),
            "condition": np.full(count, bracket),
            "replicate": np.arange(item.first, item.stop),
            "seed": np.array(gathered.seeds or [0] * count, dtype=np.uint64),
            "values": list(gathered.values.reshape(count, -1)),
            "reason": [reasons.get(i, "") for i in range(item.first, item.stop)],
        }
    )


def courses_of_rows(frame: "pd.DataFrame", study: SensitivityStudy) -> FloatArray:
    """(K, B, N, T, R) from the stored rows of K rows, in order."""
    shape = (-1, len(study.brackets), study.runs, len(study.times), len(study.symbols))
    return np.stack(frame["values"].tolist()).reshape(shape)


def failed_runs(frame: "pd.DataFrame") -> Iterator[tuple[int, int, int, int, str]]:
    """(row, bracket, replicate, seed, reason) of each run that failed."""
    failed = frame[frame["reason"] != ""]
    columns = ("row", "condition", "replicate", "seed", "reason")
    yield from zip(*(failed[name].tolist() for name in columns), strict=True)
