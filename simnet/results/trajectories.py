"""`Trajectories`: what a simulation gives back, one labelled array with all its names."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import BoolArray, Ensemble, FloatArray, Times
from simnet.errors import InputError, Problem, UnknownNameError, nearest
from simnet.experiment.condition import Condition
from simnet.experiment.times import time_text
from simnet.network.network import Readout
from simnet.results.moments import ensemble_moments, ensemble_quantiles, quantile_name
from simnet.results.record import Record

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A replicate that has no values, and why. `seed` is None where the method uses none."""

    condition: str
    replicate: int
    seed: int | None
    reason: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Trajectories:
    """Readouts over time of all replicates of all conditions.

    Attributes:
        values: (C, N, T, R), each readout in its own unit, read-only; NaN where a replicate failed
            or was not run.
        conditions: (C,) what was done, with distinct names.
        times: (T,) in `time_unit`, rising.
        readouts: (R,) name, unit and meaning, with distinct names.
        time_unit: "s" for packaged networks; None where the model states none.
        record: from which the run can be repeated.
        seeds: (C, N) one a replicate; a row is empty where the method uses none (ODE).
        failures: replicates that failed, with the reason.
        sbml: writes the network as it was run; None where it is not there.
    """

    values: Ensemble
    conditions: tuple[Condition, ...]
    times: Times
    readouts: tuple[Readout, ...]
    time_unit: str | None
    record: Record
    seeds: tuple[tuple[int, ...], ...] = ()
    failures: tuple[Failure, ...] = ()
    sbml: Callable[[], str] | None = None

    def __post_init__(self) -> None:
        for name in ("values", "times"):
            array = np.asarray(getattr(self, name), dtype=np.float64).view()
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        problems = list(_problems(self))
        if problems:
            raise InputError(problems)

    @property
    def method(self) -> str:
        """Of the run: "ode" or "ssa"."""
        return self.record.run.method

    @property
    def engine(self) -> str:
        """Name in the engine table, with its variant."""
        return self.record.run.engine

    @property
    def condition_names(self) -> tuple[str, ...]:
        """(C,) names of the conditions."""
        return tuple(condition.name for condition in self.conditions)

    @property
    def readout_names(self) -> tuple[str, ...]:
        """(R,) names of the readouts."""
        return tuple(readout.name for readout in self.readouts)

    @property
    def network_sbml(self) -> str | None:
        """The network as it was run, written when it is wanted; None where it is not there."""
        return self.sbml and self.sbml()

    @property
    def finished(self) -> BoolArray:
        """(C, N): whether the replicate has values."""
        return np.asarray((~np.isnan(self.values)).any(axis=(2, 3)))

    def readout(self, name: str, condition: str | None = None) -> FloatArray:
        """(N, T): one readout of the finished replicates of one condition, in its unit.

        Args:
            name: of the readout.
            condition: its name; may be left out where there is one only.

        Raises:
            UnknownNameError: no such readout or condition.
            InputError: several conditions, and none was named.
        """
        column, problems = positions([name], self.readout_names, "readout")
        chosen = [] if condition is None else [condition]
        row, unknown = positions(chosen, self.condition_names, "condition")
        if problems or unknown:
            raise UnknownNameError(problems + unknown)
        if not row and len(self.conditions) != 1:
            names = ", ".join(self.condition_names)
            raise InputError(
                Problem(what="condition", why="there are several", way_out=f"name one of: {names}")
            )
        index = row[0] if row else 0
        return self.values[index, self.finished[index], :, column[0]]

    def frame(self) -> "pd.DataFrame":
        """A tidy table: columns condition, replicate, time, readout, value.

        Times are in `time_unit` (seconds for packaged networks), values in the readout's unit.
        Conditions and readouts are categories in the order of the run, so that tables and plots
        keep it. Replicates that did not finish are left out.
        """
        import pandas as pd

        condition, replicate = np.nonzero(self.finished)
        T, R = len(self.times), len(self.readouts)
        runs = len(condition)
        readout = np.tile(np.arange(R), runs * T)
        return pd.DataFrame(
            {
                "condition": _categories(np.repeat(condition, T * R), self.condition_names),
                "replicate": np.repeat(replicate, T * R),
                "time": np.tile(np.repeat(self.times, R), runs),
                "readout": _categories(readout, self.readout_names),
                "value": self.values[self.finished].ravel(),
            }
        )

    def summary(self, quantiles: Sequence[float] = (0.05, 0.5, 0.95)) -> "pd.DataFrame":
        """Statistics over finished replicates, for each condition, readout and time.

        Columns: condition, readout, time, n, mean, sd, sem, one per quantile (q05, q50, q95), cv
        and fano, as defined in `simnet.results.moments.Moments`. Mean, sd, sem, quantiles and fano
        are in the readout's unit, cv has none. With one replicate the spread is NaN.

        Raises:
            InputError: a quantile outside 0 to 1.
        """
        import pandas as pd

        C, _, T, R = self.values.shape
        found = ensemble_moments(self.values, axis=1)
        tables = ensemble_quantiles(self.values, quantiles, axis=1)
        kept = dict(zip(map(quantile_name, quantiles), tables, strict=True))
        columns = {"n": found.n.astype(np.int64), "mean": found.mean, "sd": found.sd}
        columns |= {"sem": found.sem, **kept, "cv": found.cv, "fano": found.fano}
        labels = {
            "condition": _categories(np.repeat(np.arange(C), R * T), self.condition_names),
            "readout": _categories(np.tile(np.repeat(np.arange(R), T), C), self.readout_names),
            "time": np.tile(self.times, C * R),
        }
        # (C, T, R) to rows by condition, readout, time: one curve after the other
        flat = {name: np.moveaxis(table, 1, 2).ravel() for name, table in columns.items()}
        return pd.DataFrame({**labels, **flat})

    def save(self, folder: str | Path) -> Path:
        """Write the run into a new or empty folder, or over an earlier run; returns the folder.

        Raises:
            InputError: the folder holds something else, or cannot be written.
        """
        from simnet.results.store import save

        return save(self, folder)

    @classmethod
    def load(cls, folder: str | Path) -> "Trajectories":
        """The run that `save` wrote, equal bit for bit.

        Raises:
            InputError: no saved run there, a damaged one, or one of a newer simnet.
        """
        from simnet.results.store import load

        return load(folder)

    def __repr__(self) -> str:
        return f"<Trajectories: {self._heading()}; {self._sizes()}>"

    def _repr_html_(self) -> str:
        done = self.finished.sum(axis=1)
        total = self.values.shape[1]
        failed = Counter(failure.condition for failure in self.failures)
        rows = [
            f"<tr><td>{escape(name)}</td><td>{n} of {total}</td><td>{failed[name]}</td></tr>"
            for name, n in zip(self.condition_names, done, strict=True)
        ]
        head = "<tr><th>condition</th><th>finished</th><th>failed</th></tr>"
        readouts = ", ".join(
            escape(readout.name + (f" ({readout.unit})" if readout.unit else ""))
            for readout in self.readouts
        )
        return (
            f"<p><b>{escape(self._heading())}</b><br>{escape(self._sizes())}<br>{readouts}</p>"
            f"<table>{head}{''.join(rows)}</table>"
        )

    def _heading(self) -> str:
        return f"{self.record.network}, {self.method.upper()} ({self.engine})"

    def _sizes(self) -> str:
        C, N, T, R = self.values.shape
        end = time_text(self.times[-1]) if self.time_unit == "s" else f"t = {self.times[-1]:g}"
        sizes = [
            _count(C, "condition"),
            _count(N, "replicate"),
            f"{_count(T, 'time')} to {end}",
            _count(R, "readout"),
        ]
        failed = len(self.failures)
        missing = C * N - int(self.finished.sum()) - failed
        ends = [f"{failed} failed"] * bool(failed) + [f"{missing} not run"] * (missing > 0)
        return ", ".join([" x ".join(sizes), *ends])


def require_trajectories(run: object) -> None:
    """Raise InputError for what is not Trajectories, such as the folder of some."""
    if not isinstance(run, Trajectories):
        way_out = "give what simulate or Trajectories.load returned"
        raise InputError(Problem(what=f"{run!r:.60}", why="not Trajectories", way_out=way_out))


def positions(
    names: Sequence[str], known: Sequence[str], kind: str
) -> tuple[list[int], list[Problem]]:
    """Where `names` stand among the `known`, and the problems of those that do not."""
    place = {name: index for index, name in enumerate(known)}
    given: Sequence[object] = names
    there = [isinstance(name, str) and name in place for name in given]
    problems = [
        Problem(what=f"{kind} {name!r}", why="not in this run", way_out=nearest(name, known))
        for name, found in zip(names, there, strict=True)
        if not found
    ]
    return [place[name] for name, found in zip(names, there, strict=True) if found], problems


def _categories(
    codes: np.ndarray[Any, np.dtype[np.intp]], names: Sequence[str]
) -> "pd.Series[str]":
    import pandas as pd

    return pd.Series(pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(names))))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _problems(run: Trajectories) -> Iterable[Problem]:
    """What keeps the parts from fitting together."""
    how = run.record.run
    C, N = len(run.conditions), how.count
    wanted = (C, N, len(run.times), len(run.readouts))
    if run.values.shape != wanted or 0 in wanted:
        why = f"shape {run.values.shape}, not {wanted} (conditions, replicates, times, readouts)"
        yield Problem(what="values", why=why)
    if run.times.ndim != 1 or not (np.isfinite(run.times).all() and (np.diff(run.times) > 0).all()):
        yield Problem(what="times", why="not a rising row of finite numbers")
    for kind, names in (("condition", run.condition_names), ("readout", run.readout_names)):
        for name in [name for name, count in Counter(names).items() if count > 1]:
            way_out = "give each condition its own label" if kind == "condition" else ""
            yield Problem(
                what=f"{kind} {name!r}", why="there are two of that name", way_out=way_out
            )
    if run.seeds and [len(row) for row in run.seeds if row] != [N] * C and any(run.seeds):
        yield Problem(what="seeds", why="not one for each replicate of each condition")
    for name in sorted({f.condition for f in run.failures} - set(run.condition_names)):
        yield Problem(what=f"failure in condition {name!r}", why="no such condition")
    if (how.points, run.record.readouts) != (len(run.times), run.readout_names) or [
        dict(record) for record in run.record.conditions
    ] != [condition.record() for condition in run.conditions]:
        yield Problem(what="record", why="describes another run")


# `join`: runs of the same kind, one a condition, as one.


def join(*runs: Trajectories) -> Trajectories:
    """Put the conditions of several runs side by side, to compare, plot and save them together.

    Args:
        runs: of one network, with the same method, engine, times, readouts and replicates, and
            conditions of different names (`simulate(..., label=...)`).

    Returns:
        Trajectories (C, N, T, R) with all conditions in order.

    Raises:
        InputError: no run, what is no run, or runs that differ in more than their conditions.
    """
    if not runs:
        raise InputError(Problem(what="join()", why="no run", way_out="give at least one"))
    for run in runs:
        require_trajectories(run)
    first = runs[0]
    problems = [
        Problem(
            what=f"run {place + 1}",
            why=f"its {name} differ from those of run 1",
            way_out="simulate all runs with the same settings",
        )
        for place, run in enumerate(runs)
        for name, alike in _compared(first, run)
        if not alike
    ]
    if problems:
        raise InputError(problems)
    return replace(
        first,
        values=np.concatenate([run.values for run in runs]),
        conditions=tuple(c for run in runs for c in run.conditions),
        seeds=tuple(s for run in runs for s in run.seeds),
        failures=tuple(f for run in runs for f in run.failures),
        record=replace(
            first.record, conditions=tuple(c for run in runs for c in run.record.conditions)
        ),
    )


def _compared(first: Trajectories, run: Trajectories) -> list[tuple[str, bool]]:
    one, other = first.record, run.record
    how, here = one.run, other.run
    return [
        ("network", one.network_digest == other.network_digest),
        ("method", how.method == here.method),
        ("engine", how.engine == here.engine and one.versions == other.versions),
        ("tolerance", (how.rtol, how.atol) == (here.rtol, here.atol)),
        ("max_step", how.max_step == here.max_step),
        ("times", np.array_equal(first.times, run.times)),
        ("readouts", first.readouts == run.readouts),
        ("number of replicates", how.count == here.count),
        ("seed", how.seed == here.seed),
    ]
