"""`run_ensemble`: very many replicates of one condition, of which only statistics are kept."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import Times
from simnet.engines.base import Method
from simnet.errors import (
    InputError,
    Problem,
    SimnetWarning,
    UnknownNameError,
)
from simnet.execute.arguments import listed, require_precision
from simnet.execute.blocks import run_in_blocks, without_infinite
from simnet.execute.cluster import Workers
from simnet.execute.failures import in_order, tell_failures
from simnet.execute.plan import planned
from simnet.execute.progress import Progress
from simnet.execute.run import Gathered
from simnet.experiment.change import Change
from simnet.experiment.condition import Condition
from simnet.experiment.numbers import finite_number
from simnet.experiment.schedule import Scheduled
from simnet.experiment.times import TimeSpec, output_index
from simnet.experiment.variability import Variability
from simnet.network.network import Network, Readout
from simnet.results.provenance import Record
from simnet.results.trajectories import Failure, positions
from simnet.stats.blocks import (
    BlockStatistics,
    Merging,
    Threshold,
    block_statistics,
    fractions_above,
)
from simnet.stats.comoments import Comoments, correlation, covariance_estimate
from simnet.stats.distribution import Histogram, histogram, quantile_estimate
from simnet.stats.estimate import Estimate
from simnet.stats.modes import TwoModes, two_modes_of
from simnet.stats.powers import cv_estimate, fano_estimate, mean_estimate, sd_estimate
from simnet.stats.precision import Precision

if TYPE_CHECKING:
    import pandas as pd


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


def run_ensemble(
    network: Network,
    *,
    t_end: TimeSpec,
    points: int = 101,
    method: Method = "ssa",
    replicates: int = 1000,
    precision: Precision | None = None,
    seed: int | None = None,
    workers: Workers = None,
    equilibrate: TimeSpec | None = None,
    background: Sequence[Change] | Change = (),
    variability: Variability | None = None,
    changes: Sequence[Change] | Change = (),
    schedule: Sequence[Scheduled] | Scheduled = (),
    readouts: Sequence[str] | str | None = None,
    thresholds: Mapping[str, float] | None = None,
    covariance: bool = True,
    engine: str = "auto",
    label: str = "",
    timeout: TimeSpec | None = None,
    allow_negative: bool = False,
    progress: Progress | None = None,
) -> Ensemble:
    """Run an ensemble and keep its statistics, not its trajectories: memory does not grow with it.

    Replicates are those that `simulate` runs with the same arguments, and the statistics have the
    same bits for any number of workers.

    Args:
        replicates: independent runs.
        precision: run 128, 256, 512, ... until the readouts are known as well as this, in place of
            `replicates`.
        thresholds: by readout; the fraction of replicates above it is counted at each time.
        covariance: whether to keep covariances between readouts, (T, R, R).

    The rest is as in `simulate`.

    Raises:
        InputError: mistakes in the call; nothing was run.
        UnsupportedError: the network has no exact meaning under `method`.
        SimulationError: every replicate failed.
    """
    require_precision(precision)
    condition = Condition(
        background=listed(background),
        changes=listed(changes),
        schedule=listed(schedule),
        equilibrate=equilibrate,
        variability=variability or {},
        label=label,
    )
    plan = planned(
        network,
        conditions=(condition,),
        t_end=t_end,
        points=points,
        method=method,
        replicates=replicates if precision is None else precision.sizes()[0],
        seed=seed,
        readouts=readouts,
        engine=engine,
        timeout=timeout,
        allow_negative=allow_negative,
        workers=workers,
        rtol=1e-8,
        atol=None,
    )
    limits = _limits(thresholds, plan.readouts)
    merging = Merging()
    failures: list[Failure] = []

    infinite = np.zeros(len(plan.readouts), dtype=np.int64)

    def receive(gathered: Gathered) -> None:
        infinite[:] += np.isinf(gathered.values).any(axis=1).sum(axis=0)
        failures.extend(gathered.failures)
        block = block_statistics(
            without_infinite(gathered.values),
            first=gathered.first,
            covariance=covariance,
            thresholds=limits,
        )
        merging.take(block)

    run_in_blocks(plan, workers=workers, receive=receive, precision=precision, progress=progress)
    total = merging.total
    assert total is not None, "every block was received"
    for readout, count in zip(plan.readouts, infinite, strict=True):
        if count:
            text = f"readout {readout.name} is infinite at some time in {count:,} replicates"
            warnings.warn(
                f"{text}, and left out of its statistics there", SimnetWarning, stacklevel=2
            )
    told = in_order(failures)
    tell_failures(told, total.stop, stacklevel=3)
    return Ensemble(
        statistics=total,
        condition=condition,
        times=plan.times,
        readouts=plan.readouts,
        time_unit=network.time_unit,
        method=method,
        engine=plan.engine_name,
        record=replace(plan, replicates=total.stop).record(),
        failures=told,
    )


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
