"""`run_ensemble`: very many replicates of one condition, of which only statistics are kept."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Unpack

import numpy as np

from simnet.arrays import Times
from simnet.errors import InputError, Problem, UnknownNameError, caution
from simnet.execute.campaign import Item, condition_key, run_campaign
from simnet.execute.cluster import Workers
from simnet.execute.plan import Plan, planned
from simnet.execute.progress import Progress
from simnet.execute.run import (
    Gathered,
    in_order,
    judged_places,
    run_in_blocks,
    stretches,
    tell_failures,
    without_infinite,
)
from simnet.experiment.condition import Condition, condition_from_record
from simnet.experiment.run import Run, RunArguments, run_of, takes_run
from simnet.experiment.times import TimeSpec, finite_number, output_index
from simnet.network.network import Network, Readout
from simnet.results.parts import Parts
from simnet.results.record import Record
from simnet.results.trajectories import Failure, positions
from simnet.sbml.write import sbml_of
from simnet.stats.blocks import (
    BlockStatistics,
    Merging,
    Threshold,
    block_bounds,
    block_statistics,
    fractions_above,
    packed,
    unpacked,
)
from simnet.stats.distribution import Histogram, histogram, quantile_estimate
from simnet.stats.estimate import Estimate
from simnet.stats.modes import TwoModes, two_modes_of
from simnet.stats.moments import (
    Comoments,
    correlation,
    covariance_estimate,
    cv_estimate,
    fano_estimate,
    mean_estimate,
    sd_estimate,
)

if TYPE_CHECKING:
    import pandas as pd


STATISTICS = "statistics.npz"
_FORMAT = "simnet ensemble"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Ensemble:
    """Statistics of the replicates of one condition.

    Attributes:
        statistics: what the estimates below are made from; see `simnet.stats`.
        condition: what was done.
        times: (T,) in `time_unit`.
        readouts: (R,) name, unit and meaning.
        time_unit: as in `Trajectories`.
        method: "ode" or "ssa".
        engine: name in the engine table.
        record: from which the run can be repeated.
        failures: replicates that failed, with the reason.
        sbml: writes the network as it was run; None where it is not there.
    """

    statistics: BlockStatistics
    condition: Condition
    times: Times
    readouts: tuple[Readout, ...]
    time_unit: str | None
    method: str
    engine: str
    record: Record
    failures: tuple[Failure, ...] = ()
    sbml: Callable[[], str] | None = None

    @property
    def replicates(self) -> int:
        """Replicates that were run, failed ones counted."""
        return self.statistics.stop

    def summary(self, *, confidence: float = 0.95) -> "pd.DataFrame":
        """Estimates with their intervals, for each readout and time.

        Columns: readout, time, n, and mean, sd, cv, fano and median, each with its `_low` and
        `_high`. Mean, sd, fano and median are in the readout's unit.

        Raises:
            InputError: a confidence that is none.
        """
        import pandas as pd

        powers = self.statistics.powers
        T, R = powers.n.shape
        columns = {
            "readout": np.repeat([readout.name for readout in self.readouts], T),
            "time": np.tile(self.times, R),
            "n": powers.n.T.ravel().astype(np.int64),
        }
        estimates = {
            "mean": mean_estimate(powers, confidence=confidence),
            "sd": sd_estimate(powers, confidence=confidence),
            "cv": cv_estimate(powers, confidence=confidence),
            "fano": fano_estimate(powers, confidence=confidence),
            "median": self.quantile(0.5, confidence=confidence),
        }
        for name, found in estimates.items():
            for end, table in (("", found.value), ("_low", found.low), ("_high", found.high)):
                columns[name + end] = np.asarray(table).T.ravel()
        return pd.DataFrame(columns)

    def quantile(self, q: float, *, confidence: float = 0.95) -> Estimate:
        """(T, R): the value below which a fraction q of the replicates lies, with its interval."""
        return quantile_estimate(self.statistics.tallies, q, confidence=confidence)

    def fractions(self, *, confidence: float = 0.95) -> Estimate:
        """Fraction of replicates above each of the `thresholds`, with Wilson's interval.

        (T, number of thresholds), in their order.
        """
        return fractions_above(self.statistics, confidence=confidence)

    def histogram(self, name: str, at: TimeSpec | None = None) -> Histogram:
        """How a readout is distributed at an output time, the last one if None.

        Raises:
            UnknownNameError: no such readout.
            InputError: not an output time, or no replicate has a value there.
        """
        (place,) = _places([name], self.readouts)
        return histogram(self.statistics.tallies, self._index(at), place)

    def two_modes(
        self, name: str, at: TimeSpec | None = None, *, confidence: float = 0.95
    ) -> TwoModes:
        """Whether a readout has two modes at an output time, the last one if None: see `sn.two_modes`.

        Raises:
            UnknownNameError: no such readout.
            InputError: not an output time, too few replicates, or values that are all equal.
        """
        (place,) = _places([name], self.readouts)
        tallies = self.statistics.tallies
        return two_modes_of(tallies, self._index(at), place, confidence=confidence)

    def covariance(self, *, confidence: float = 0.95) -> Estimate:
        """(T, R, R) covariances between readouts over the replicates, in the product of their units.

        Raises:
            InputError: they were not kept, or a confidence that is none.
        """
        return covariance_estimate(self._comoments, confidence=confidence)

    def correlation(self, at: TimeSpec | None = None) -> "pd.DataFrame":
        """(R, R) correlations between readouts over the replicates, at an output time, the last one if
        None.

        Raises:
            InputError: not an output time, or covariances were not kept.
        """
        import pandas as pd

        names = [readout.name for readout in self.readouts]
        found = correlation(self._comoments)[self._index(at)]
        return pd.DataFrame(found, index=names, columns=names)

    def save(self, folder: str | Path) -> Path:
        """Write the ensemble into a new or empty folder, or over an earlier one; returns the folder.

        Raises:
            InputError: the folder holds something else, or cannot be written.
        """
        from simnet.results.store import write_run

        about = {
            "condition": self.condition.record(),
            "readouts": [asdict(readout) for readout in self.readouts],
            "time_unit": self.time_unit,
            "times": self.times.tolist(),
            "failures": [asdict(failure) for failure in self.failures],
        }
        content, sbml = packed(self.statistics), self.sbml and self.sbml()
        write = partial(Path.write_bytes, data=content)
        return write_run(folder, STATISTICS, write, _FORMAT, self.record, about, sbml)

    @classmethod
    def load(cls, folder: str | Path) -> "Ensemble":
        """The ensemble that `save` wrote, equal bit for bit.

        Raises:
            InputError: no saved ensemble there, a damaged one, or one of a newer simnet.
        """
        from simnet.results.store import Stored, read_run

        def restored(source: Path, stored: Stored) -> Ensemble:
            data, run = stored.data, stored.record.run
            return cls(
                statistics=unpacked((source / STATISTICS).read_bytes()),
                condition=condition_from_record(data["condition"]),
                times=np.array(data["times"], dtype=np.float64),
                readouts=tuple(Readout(**readout) for readout in data["readouts"]),
                time_unit=data["time_unit"],
                method=run.method,
                engine=run.engine,
                record=stored.record,
                failures=tuple(Failure(**failure) for failure in data["failures"]),
                sbml=stored.sbml,
            )

        return read_run(folder, STATISTICS, _FORMAT, restored)

    def _index(self, at: TimeSpec | None) -> int:
        return output_index(self.times, at, self.time_unit)

    @property
    def _comoments(self) -> Comoments:
        sums = self.statistics.comoments
        if sums is None:
            way_out = "run it with covariance=True"
            raise InputError(Problem(what="covariances", why="were not kept", way_out=way_out))
        return sums

    def _repr_html_(self) -> str:
        from html import escape

        summary = self.summary()
        last = summary[summary["time"] == summary["time"].max()]
        head = escape(repr(self).strip("<>"))
        return f"<div><b>{head}</b>{last.to_html(index=False, max_rows=20)}</div>"

    def __repr__(self) -> str:
        return (
            f"<Ensemble: {self.record.network}, {self.method.upper()} ({self.engine}); "
            f"{self.replicates:,} replicates of {self.condition.name}, {len(self.times)} times, "
            f"{len(self.readouts)} readouts>"
        )


@takes_run
def run_ensemble(
    network: Network,
    *,
    readouts: Sequence[str] | str | None = None,
    thresholds: Mapping[str, float] | None = None,
    covariance: bool = True,
    label: str = "",
    workers: Workers = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
    **run: Unpack[RunArguments],
) -> Ensemble:
    """Run an ensemble and keep its statistics, not its trajectories: memory does not grow with it.

    Replicates are those that `simulate` runs with the same arguments, and the statistics have the
    same bits for any number of workers.

    Args:
        network: from `load`.
        readouts: as in `simulate`.
        thresholds: by readout; the fraction of replicates above it is counted at each time.
        covariance: whether to keep covariances between readouts, (T, R, R).
        label: as in `simulate`.
        workers: as in `simulate`.
        out: a folder that stores the statistics of finished blocks, of 256 replicates each, all of
            which are then read. The same call again runs only what is missing, also after `kill -9`;
            more replicates or a finer precision extend it. Without a seed, that of the folder is
            taken.
        progress: as in `simulate`.
        run: the arguments of `Run`; here `method` is "ssa" and `replicates` are 1000 by default.

    Raises:
        InputError: mistakes in the call; nothing was run.
        UnsupportedError: the network has no exact meaning under `method`.
        SimulationError: every replicate failed.
    """
    described = run_of(run_ensemble, run)
    if described.seed is None:
        described = described.as_run(seed=Parts.seed(out))
    conditions = (described.condition(label),)
    besides = dependent(described)
    plan = planned(network, described, conditions, readouts, workers=workers, besides=besides)
    limits = _limits(thresholds, plan.readouts)
    return ensemble_of(
        plan, limits, covariance=covariance, workers=workers, out=out, progress=progress
    )


def ensemble_of(
    plan: Plan,
    thresholds: Sequence[Threshold],
    *,
    covariance: bool,
    workers: Workers,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Ensemble:
    """Run a plan of one condition; the rest is as in `run_ensemble`, of which it is the other half."""
    merging = Merging()
    failures: list[Failure] = []
    infinite = np.zeros(len(plan.readouts), dtype=np.int64)

    def summed(gathered: Gathered) -> _Block:
        statistics = block_statistics(
            without_infinite(gathered.values),
            first=gathered.first,
            covariance=covariance,
            thresholds=thresholds,
        )
        endless = np.isinf(gathered.values).any(axis=1).sum(axis=0)
        return _Block(statistics, endless.tolist(), gathered.failures)

    def take(block: _Block) -> None:
        merging.take(block.statistics)
        infinite[:] += block.infinite
        failures.extend(block.failures)

    if out is None:
        run_in_blocks(plan, workers=workers, receive=lambda g: take(summed(g)), progress=progress)
    else:
        identity = {
            **plan.identity(),
            "condition": condition_key(plan, 0),
            "times": plan.times.tolist(),
            "readouts": [readout.name for readout in plan.readouts],
            "thresholds": [asdict(threshold) for threshold in thresholds],
            "covariance": covariance,
        }
        about = plan.record().versions
        parts = Parts.open(out, kind="ensemble", identity=identity, about=about)
        for block in _stored(plan, parts, merging, summed, workers, progress):
            take(block)
    total = merging.total
    assert total is not None, "every block was received"
    for readout, count in zip(plan.readouts, infinite, strict=True):
        if count:
            text = f"readout {readout.name} is infinite at some time in {count:,} replicates"
            caution(f"{text}, and left out of its statistics there")
    told = in_order(failures)
    tell_failures(told, total.stop)
    return Ensemble(
        statistics=total,
        condition=plan.conditions[0],
        times=plan.times,
        readouts=plan.readouts,
        time_unit=plan.network.time_unit,
        method=plan.task.method,
        engine=plan.engine_name,
        record=replace(plan, replicates=total.stop).record(),
        failures=told,
        sbml=partial(sbml_of, plan.network),
    )


class _Block(NamedTuple):
    """Of a block: statistics, replicates in which each readout is infinite, and those that failed."""

    statistics: BlockStatistics
    infinite: list[int]
    failures: tuple[Failure, ...]

    def row(self) -> "pd.DataFrame":
        """What is stored of it."""
        import pandas as pd

        failures = json.dumps([asdict(failure) for failure in self.failures])
        row = (packed(self.statistics), self.infinite, failures)
        return pd.DataFrame([row], columns=list(self._fields))

    @classmethod
    def of_row(cls, statistics: bytes, infinite: Sequence[int], failures: str) -> "_Block":
        """What `row` made a row of."""
        failed = tuple(Failure(**failure) for failure in json.loads(failures))
        return cls(unpacked(statistics), list(infinite), failed)


def _stored(
    plan: Plan,
    parts: Parts,
    known: Merging,
    summed: Callable[[Gathered], _Block],
    workers: Workers,
    progress: Progress | None,
) -> Iterator[_Block]:
    """The blocks of a plan, those that its folder does not hold run first; the caller merges them
    into what is `known`."""
    precision, name = plan.run.precision, condition_key(plan, 0)
    places = (0,) if precision is None else judged_places(plan, precision)
    for done, wanted in stretches(plan, known, places):
        items = [
            Item(key=f"{name}:{first}-{stop}", conditions=range(1), first=first, stop=stop)
            for first, stop in block_bounds(done, wanted)
        ]
        frame = run_campaign(
            plan,
            items,
            measure=lambda _, found: summed(found[0]).row(),
            parts=parts,
            workers=workers,
            progress=progress and (lambda n, of, before=done: progress(before + n, before + of)),  # type: ignore[misc]
        )
        rows = frame[list(_Block._fields)].itertuples(index=False)
        yield from (_Block.of_row(*row) for row in rows)


def dependent(run: Run) -> list[Problem]:
    """What is wrong where replicates have to be independent of each other."""
    if run.replicates_per_cell == 1:
        return []
    why = "replicates of one cell are not independent, which intervals here take them to be"
    way_out = "leave it out, or use simulate and noise_parts"
    what = f"replicates_per_cell={run.replicates_per_cell!r}"
    return [Problem(what=what, why=why, way_out=way_out)]


def _limits(thresholds: Mapping[str, float] | None, readouts: Sequence[Readout]) -> list[Threshold]:
    given: object = thresholds
    if given is not None and not isinstance(given, Mapping):
        what, way_out = f"thresholds={given!r:.60}", 'write {"GLUT1": 1000}'
        raise InputError(Problem(what=what, why="not thresholds by readout", way_out=way_out))
    return [
        Threshold(place, finite_number(value, f"threshold of {name}"))
        for name, value in (thresholds or {}).items()
        for place in _places([name], readouts)
    ]


def _places(names: Sequence[str], readouts: Sequence[Readout]) -> list[int]:
    places, problems = positions(names, [readout.name for readout in readouts], "readout")
    if problems:
        raise UnknownNameError(problems)
    return places
