"""`ScreenResult`: what came of a screen, and the tables made of it.

Long, and one piece: each method looks up by name what it takes, and other modules compute with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem, UnknownNameError, nearest
from simnet.experiment.run import INTEGRATED, RTOL
from simnet.experiment.times import TimeSpec, output_index, path_of
from simnet.readouts.parser import parse_readout
from simnet.results.parts import Parts
from simnet.screen.design import CONTROL, Surface, surface_of
from simnet.screen.dose import DoseResponse, fit_dose_response
from simnet.screen.effects import compare, effects_frame
from simnet.screen.record import (
    ScreenRecord,
    ScreenValues,
    change_of,
    design_frame,
    dose_of,
    failures_frame,
    read_record,
    table_of,
    values_frame,
)
from simnet.screen.synergy import Interaction, surface_interaction
from simnet.screen.synergy_models import SYNERGY_MODELS, Direction

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ScreenResult:
    """The values of a screen.

    Attributes:
        record: what was run, and with what.
        table: the values of every replicate, and why some are missing.
    """

    record: ScreenRecord
    table: ScreenValues

    @classmethod
    def load(cls, folder: str | Path) -> "ScreenResult":
        """What is in the folder of a screen, also of one that is not finished.

        Raises:
            InputError: no screen there, or a damaged one.
        """
        record = read_record(path_of(folder, "folder"))
        return result_from_rows(record, Parts.load(folder).read())

    @property
    def conditions(self) -> tuple[str, ...]:
        """(C,) names, the control first."""
        return self.record.names

    @property
    def readouts(self) -> tuple[str, ...]:
        """(R,) names."""
        return tuple(readout.name for readout in self.record.readouts)

    @property
    def drugs(self) -> tuple[str, ...]:
        """Factors that are doses of a drug."""
        return tuple(f for f, levels in self._factors.items() if None not in levels.values())

    @property
    def factors(self) -> tuple[str, ...]:
        """What was varied: genes, drugs and the like."""
        return tuple(self._factors)

    @property
    def complete(self) -> bool:
        """Whether every replicate of every condition was run."""
        return bool(self.table.ran.any(axis=1).all()) and (
            self.record.precision is not None or bool(self.table.ran.all())
        )

    def values(self, condition: str, readout: str, at: TimeSpec | None = None) -> FloatArray:
        """(N,) the values of a readout in each replicate; NaN where there is none.

        Args:
            condition: its name.
            readout: as it was given, or any text that means the same.
            at: an output time, for a time course; its end if None.

        Raises:
            UnknownNameError: no such condition or readout.
            InputError: not an output time, or a time for what is not a time course.
        """
        if condition not in self.conditions:
            why = nearest(condition, self.conditions)
            raise UnknownNameError(
                Problem(what=f"condition {condition!r}", why="not in the screen", way_out=why)
            )
        return self._values(self.conditions.index(condition), self._readout(readout), at)

    def at_end(self, condition: int, readouts: Sequence[str] | None = None) -> list[FloatArray]:
        """(N,) of each readout in a condition, by its number: time courses at their end. Replicates
        that were not run are left out."""
        places = [self._readout(name) for name in readouts or self.readouts]
        ran = self.table.ran[condition]
        return [self._values(condition, place, None)[ran] for place in places]

    def frame(self) -> "pd.DataFrame":
        """Tidy: a row for each condition, replicate, readout and time.

        Columns are condition, change (the factors that are not at rest, joined by " + "), dose (nM;
        NaN unless the condition is one dose of one drug), replicate, time (of a time course, in the
        network's unit; NaN for other readouts), readout and value (NaN where it failed).
        """
        return values_frame(self.record, self.table)

    def design(self) -> "pd.DataFrame":
        """A row for each condition, a column for each factor: the dose in nM (0 is none), or the
        label of the level ("" is none); then the replicates that were run and that failed."""
        return design_frame(self.record, self.table, self.factors, self.drugs)

    def failures(self) -> "pd.DataFrame":
        """What has no value, and why: condition, replicate (-1: all of them), readout ("": all),
        reason."""
        return failures_frame(self.record, self.table)

    def effects(
        self,
        against: str = CONTROL,
        *,
        at: TimeSpec | None = None,
        confidence: float = 0.95,
        adjust: str = "benjamini-hochberg",
    ) -> "pd.DataFrame":
        """Every condition against one of them, in every readout.

        Args:
            against: the name of a condition.
            at: where time courses are compared, an output time; their end if None.
            confidence: of the intervals.
            adjust: of p over the whole table: "benjamini-hochberg" or "holm".

        Returns:
            Tidy: condition, change, dose, readout, time, then what `screen.effects.Effect` has:
            means, log2 fold change and difference with intervals, effect sizes, n, p and adjusted
            p. For times that have not come in some replicates (first passages) means are NaN, and
            the rest is that of ranks.

        Raises:
            UnknownNameError: no such condition.
            InputError: not an output time, or a wrong confidence or adjustment.
        """
        if against not in self.conditions:
            way_out = nearest(against, self.conditions)
            what = f"against={against!r}"
            raise UnknownNameError(Problem(what=what, why="not a condition", way_out=way_out))
        base = self.conditions.index(against)
        run = self.record.run.run
        error = INTEGRATED * (run.rtol or RTOL) if self.record.exact else 0.0
        rows = []
        for c, name in enumerate(self.conditions):
            if c == base:
                continue
            for place, readout in enumerate(self.record.readouts):
                when = at if readout.course else None
                control, treated = (self._values(x, place, when) for x in (base, c))
                effect = compare(control, treated, confidence=confidence, error=error)
                if why := self._why_nothing(base, c, place):
                    effect = replace(effect, reason=why)
                labels = {
                    "condition": name,
                    "change": change_of(self.record, c),
                    "dose": dose_of(self.record, c),
                    "readout": readout.name,
                    "time": self._time(when) if readout.course else np.nan,
                }
                rows.append((labels, effect))
        return effects_frame(rows, adjust=adjust)

    def dose_response(
        self,
        drug: str,
        readout: str,
        *,
        at: TimeSpec | None = None,
        confidence: float = 0.95,
        resamples: int = 1000,
        seed: int = 0,
    ) -> DoseResponse:
        """The Hill curve of a drug given alone, the control being dose 0, or why there is none.

        Args:
            drug: one that was given in several doses.
            readout: its name.
            at: an output time, for a time course; its end if None.
            confidence, resamples, seed: of the intervals.

        Raises:
            UnknownNameError: no such drug or readout.
            InputError: infinite values (times that have not come), or wrong settings.
        """
        place = self._readout(readout)
        run = self.ladder(drug)
        return fit_dose_response(
            list(run.values()),
            [self._values(condition, place, at) for condition in run],
            confidence=confidence,
            resamples=resamples,
            seed=seed,
            key=f"{drug}\x1f{readout}",
        )

    def ladder(self, drug: str) -> dict[int, float]:
        """Dose by the number of each condition that is a dose of this drug alone; the control's is 0.

        Raises:
            UnknownNameError: no such drug.
        """
        if drug not in self.drugs:
            why = "is not a drug of the screen"
            way_out = nearest(drug, self.drugs)
            raise UnknownNameError(Problem(what=f"drug {drug!r}", why=why, way_out=way_out))
        surface = surface_of(self.record.levels, drug, None)
        pairs = zip(surface.levels_a, surface.conditions, strict=True)
        return {row[0]: dose for dose, row in pairs if row[0] is not None}

    def synergy(
        self,
        a: str,
        b: str,
        readout: str,
        *,
        at: TimeSpec | None = None,
        models: Sequence[str] | None = None,
        full_effect: float | None = None,
        direction: Direction | None = None,
        minimum_effect: float = 0.1,
        confidence: float = 0.95,
        resamples: int = 1000,
        seed: int = 0,
    ) -> Interaction:
        """Whether two factors together do more, or less, than the two of them explain.

        Args:
            a, b: factors that were combined. Those without doses have levels 1, 2, ... in the order
                of the screen.
            readout: its name.
            at: an output time, for a time course; its end if None.
            models: of `SYNERGY_MODELS`; all where both are doses, else those that need none.

        The rest is as in `screen.synergy.surface_interaction`.

        Raises:
            UnknownNameError: no such factor or readout.
            InputError: they were not combined, or wrong settings.
        """
        place = self._readout(readout)
        surface = self.surface(a, b)
        chosen = models
        if chosen is None:
            dosed = a in self.drugs and b in self.drugs
            chosen = [n for n, model in SYNERGY_MODELS.items() if dosed or not model.needs_doses]
        nothing = np.empty(0)
        return surface_interaction(
            surface.levels_a,
            surface.levels_b,
            [[nothing if c is None else self._values(c, place, at) for c in row]
             for row in surface.conditions],
            models=chosen,
            full_effect=full_effect,
            direction=direction,
            minimum_effect=minimum_effect,
            confidence=confidence,
            resamples=resamples,
            seed=seed,
            key=f"{a}\x1f{b}\x1f{readout}",
            exact=self.record.exact,
        )  # fmt: skip

    def surface(self, a: str, b: str) -> Surface:
        """Which conditions combine two factors, and each alone.

        Raises:
            UnknownNameError: no such factor.
            InputError: they were not combined.
        """
        problems = [
            Problem(
                what=f"{name!r}",
                why="is not varied in this screen",
                way_out=nearest(name, self.factors),
            )
            for name in (a, b)
            if name not in self.factors
        ]
        if problems:
            raise UnknownNameError(problems)
        surface = surface_of(self.record.levels, a, b)
        if a == b or not any(c is not None for row in surface.conditions[1:] for c in row[1:]):
            way_out = 'screen with combinations="pairs"'
            raise InputError(Problem(what=f"{a} and {b}", why="were not combined", way_out=way_out))
        return surface

    def __repr__(self) -> str:
        return f"<ScreenResult of {self._told()}>"

    def _repr_html_(self) -> str:
        from html import escape

        table = self.design().to_html(index=False, max_rows=20)
        return f"<div><b>ScreenResult</b> of {escape(self._told())}{table}</div>"

    def _told(self) -> str:
        run = self.record.run
        said = f"{run.network}, {run.run.method.upper()} ({run.run.engine}): "
        said += f"{len(self.conditions):,} conditions, {int(self.table.ran.sum()):,} replicates"
        if not self.complete:
            said += ", not complete"
        if len(self.table.failed):
            said += f", {len(self.table.failed):,} failed"
        return f"{said}; readouts {', '.join(self.readouts)}"

    @cached_property
    def _factors(self) -> dict[str, dict[str, float | None]]:
        """By factor: its levels' labels, and their doses."""
        found: dict[str, dict[str, float | None]] = {}
        for levels in self.record.levels:
            for level in levels:
                found.setdefault(level.factor, {})[level.label] = level.dose
        return found

    def _readout(self, text: str) -> int:
        if text in self.readouts:
            return self.readouts.index(text)
        try:
            canonical = str(parse_readout(text))
        except InputError:
            canonical = ""
        for place, readout in enumerate(self.record.readouts):
            if readout.canonical == canonical:
                return place
        way_out = nearest(str(text), self.readouts)
        raise UnknownNameError(
            Problem(what=f"readout {text!r}", why="not in the screen", way_out=way_out)
        )

    def _time(self, at: TimeSpec | None) -> float:
        return float(self.record.times[self._position(at)])

    def _position(self, at: TimeSpec | None) -> int:
        return output_index(self.record.times, at, self.record.time_unit)

    def _values(self, condition: int, place: int, at: TimeSpec | None) -> FloatArray:
        readout, where = self.record.readouts[place], self.table.places[place]
        if at is not None and not readout.course:
            why = "is one number per run, not a time course"
            raise InputError(Problem(what=f"readout {readout.name!r}, at={at!r}", why=why))
        column = where.start + (self._position(at) if readout.course else 0)
        return np.asarray(self.table.values[condition, :, column])

    def _why_nothing(self, base: int, c: int, place: int) -> str:
        """Why a condition or the control has no value at all, if so."""
        for number in (base, c):
            if not np.isnan(self._values(number, place, None)).all():
                continue
            name = self.conditions[number]
            if (number, place) in self.table.refused:
                return f"{name}: {self.table.refused[number, place]}"
            for (at, _), why in self.table.failed.items():
                if at == number:
                    return f"{name} failed: {why}"
            for (at, _, readout), why in self.table.missing.items():
                if at == number and readout == self.readouts[place]:
                    return f"{name}: {why}"
        return ""


def result_from_rows(record: ScreenRecord, rows: "pd.DataFrame") -> ScreenResult:
    """The result of a record's screen from rows in any order."""
    return ScreenResult(record=record, table=table_of(record, rows))
