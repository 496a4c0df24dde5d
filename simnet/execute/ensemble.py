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
from simnet.execute.base import Workers
from simnet.execute.campaign import Item, condition_key, run_campaign
from simnet.execute.plan import Plan, planned
from simnet.execute.progress import Progress
from simnet.execute.run import (
    Gathered,
    dependent,
    in_order,
    report_failures,
    run_in_blocks,
    stretches,
    without_infinite,
)
from simnet.experiment.condition import Condition
from simnet.experiment.run import RunArguments, run_of, takes_run
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
    pooled,
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
        record: from which the run can be repeated.
        failures: replicates that failed, with the reason.
        sbml: writes the network as it was run; None where it is not there.
    """

    statistics: BlockStatistics
    condition: Condition
    times: Times
    readouts: tuple[Readout, ...]
    time_unit: str | None
    record: Record
    failures: tuple[Failure, ...] = ()
    sbml: Callable[[], str] | None = None

    @property
    def method(self) -> str:
        """Of the run: "ode" or "ssa"."""
        return self.record.run.method

    @property
    def engine(self) -> str:
        """Name in the engine table, with its variant."""
        return self.record.run.engine

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
        place = _place(name, self.readouts)
        return histogram(self.statistics.tallies, self._index(at), place)

    def two_modes(
        self, name: str, at: TimeSpec | None = None, *, confidence: float = 0.95
    ) -> TwoModes:
        """Whether a readout has two modes at an output time, the last one if None: see `sn.two_modes`.

        Raises:
            UnknownNameError: no such readout.
            InputError: not an output time, too few replicates, or values that are all equal.
        """
        place = _place(name, self.readouts)
        tallies = self.statistics.tallies
        return two_modes_of(tallies, self._index(at), place, confidence=confidence)

    def covariance(self, *, confidence: float = 0.95) -> Estimate:
        """(T, R, R) covariances between readouts over the replicates, in the product of their units.

        Raises:
            InputError: they were not stored, or a confidence that is none.
        """
        return covariance_estimate(self._comoments, confidence=confidence)

    def correlation(self, at: TimeSpec | None = None) -> "pd.DataFrame":
        """(R, R) correlations between readouts over the replicates, at an output time, the last one if
        None.

        Raises:
            InputError: not an output time, or covariances were not stored.
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
            data = stored.data
            return cls(
                statistics=unpacked((source / STATISTICS).read_bytes()),
                condition=stored.record.as_conditions()[0],
                times=np.array(data["times"], dtype=np.float64),
                readouts=tuple(Readout(**readout) for readout in data["readouts"]),
                time_unit=data["time_unit"],
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
            raise InputError(Problem(what="covariances", why="were not stored", way_out=way_out))
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
    shard: tuple[int, int] | None = None,
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
        shard: (i, n) runs the i-th of n parts of the blocks into `out`, counted from 1, and gives
            the statistics of these; `simnet merge` joins their folders, for the same call on the
            whole.
        progress: as in `simulate`.
        run: the arguments of `Run`; here `method` is "ssa" and `replicates` are 1000 by default, or 1
            under "ode" without variability.

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
    if shard is not None and (out is None or described.precision is not None):
        why = "needs out=, a folder to be merged, and replicates in place of a precision"
        besides.append(Problem(what=f"shard={shard!r:.60}", why=why))
    plan = planned(network, described, conditions, readouts, workers=workers, besides=besides)
    return ensemble_of(
        plan,
        _limits(thresholds, plan.readouts),
        covariance=covariance,
        workers=workers,
        out=out,
        shard=shard,
        progress=progress,
    )


def ensemble_of(
    plan: Plan,
    thresholds: Sequence[Threshold],
    *,
    covariance: bool,
    workers: Workers,
    out: str | Path | None = None,
    shard: tuple[int, int] | None = None,
    progress: Progress | None = None,
) -> Ensemble:
    """Run a plan of one condition; the rest is as in `run_ensemble`, of which it is the other half."""
    merging, pieces, failures = Merging(), list[BlockStatistics](), list[Failure]()
    infinite = np.zeros(len(plan.readouts), dtype=np.int64)

    def summed(gathered: Gathered) -> _Block:
        statistics = block_statistics(
            without_infinite(gathered.values),
            first=gathered.first,
            covariance=covariance,
            thresholds=thresholds,
        )
        endless = np.isinf(gathered.values).any(axis=1).sum(axis=0)
        return _Block(statistics, endless.tolist(), tuple(gathered.failures))

    def take(block: _Block) -> None:
        (merging.take if shard is None else pieces.append)(block.statistics)
        infinite[:] += block.infinite
        failures.extend(block.failures)

    if out is None:
        run_in_blocks(plan, workers=workers, receive=lambda g: take(summed(g)), progress=progress)
    else:
        identity = plan.identity() | {
            "condition": condition_key(plan, 0),
            "times": plan.times.tolist(),
            "readouts": [readout.name for readout in plan.readouts],
            "thresholds": list(map(asdict, thresholds)),
            "covariance": covariance,
        }
        about = plan.record().versions
        parts = Parts.open(out, kind="ensemble", identity=identity, about=about)
        run = partial(run_campaign, plan, parts=parts, workers=workers, shard=shard)
        for block in _stored(plan, merging, summed, run, progress):
            take(block)
    if shard is not None and not pieces:
        raise InputError(Problem(what=f"shard={shard}", why="has no block of 256 replicates"))
    total = merging.total if shard is None else pooled(pieces)
    assert total is not None, "every block was received"
    for readout, count in zip(plan.readouts, infinite, strict=True):
        if count:
            text = f"readout {readout.name} is infinite at some time in {count:,} replicates"
            caution(f"{text}, and left out of its statistics there")
    told = in_order(failures)
    report_failures(told, total.stop)
    return Ensemble(
        statistics=total,
        condition=plan.conditions[0],
        times=plan.times,
        readouts=plan.readouts,
        time_unit=plan.network.time_unit,
        record=(plan if shard else replace(plan, replicates=total.stop)).record(),
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

        failures = json.dumps(list(map(asdict, self.failures)))
        row = [packed(self.statistics), self.infinite, failures]
        return pd.DataFrame([row], columns=list(self._fields))

    @classmethod
    def of_row(cls, statistics: bytes, infinite: Sequence[int], failures: str) -> "_Block":
        """What `row` made a row of."""
        failed = tuple(Failure(**failure) for failure in json.loads(failures))
        return cls(unpacked(statistics), list(infinite), failed)


def _stored(
    plan: Plan,
    known: Merging,
    summed: Callable[[Gathered], _Block],
    run: "Callable[..., pd.DataFrame]",
    progress: Progress | None,
) -> Iterator[_Block]:
    """The blocks of a plan, those that its folder does not hold run first, as `run_campaign` does;
    the caller merges them into what is `known`."""
    name = condition_key(plan, 0)
    for done, wanted in stretches(plan, known):
        items = [
            Item(key=f"{name}:{first}-{stop}", conditions=range(1), first=first, stop=stop)
            for first, stop in block_bounds(done, wanted)
        ]
        frame = run(
            items,
            measure=lambda _, found: summed(found[0]).row(),
            progress=progress and (lambda n, of, before=done: progress(before + n, before + of)),  # type: ignore[misc]
        )
        rows = frame.reindex(columns=list(_Block._fields)).itertuples(index=False)
        yield from (_Block.of_row(*row) for row in rows)


def _limits(thresholds: Mapping[str, float] | None, readouts: Sequence[Readout]) -> list[Threshold]:
    given: object = thresholds
    if given is not None and not isinstance(given, Mapping):
        what, way_out = f"thresholds={given!r:.60}", 'write {"GLUT1": 1000}'
        raise InputError(Problem(what=what, why="not thresholds by readout", way_out=way_out))
    return [
        Threshold(_place(name, readouts), finite_number(value, f"threshold of {name}"))
        for name, value in (thresholds or {}).items()
    ]


def _place(name: str, readouts: Sequence[Readout]) -> int:
    places, problems = positions([name], [readout.name for readout in readouts], "readout")
    if problems:
        raise UnknownNameError(problems)
    return places[0]
