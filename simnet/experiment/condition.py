"""A condition: what is done to the network, and from which state. Its content keys the seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simnet.errors import InputError, Problem
from simnet.experiment.change import CHANGES, Change, change_record
from simnet.experiment.notation import (
    change_text,
    read_changes,
    read_schedule,
    read_variability,
    schedule_text,
    spread_text,
)
from simnet.experiment.schedule import At, Pulse, Repeat, Scheduled, Timed
from simnet.experiment.times import TimeSpec, duration
from simnet.experiment.variability import SPREADS, Spread, Variability, variability_record
from simnet.network.network import canonical_json


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Changes at t = 0, a schedule, and the time under baseline inputs before both.

    Attributes:
        background: changes that hold from the very start, so also while it equilibrates: a genotype,
            a medium, the parameters of a sensitivity study.
        changes: made at t = 0.
        schedule: changes at later times.
        equilibrate: time under baseline inputs before t = 0.
        label: name for people; it does not matter for the seeds.
        variability: what differs from cell to cell, by name; see `simnet.experiment.variability`.
        replicates_per_cell: replicates that share a cell: 2 for the dual design.
        key: distinguishes conditions of equal content, as the rows of a design with equal values.

    Raises:
        InputError: a label that is no text.
    """

    background: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()
    schedule: tuple[Scheduled, ...] = ()
    equilibrate: TimeSpec | None = None
    label: str = ""
    variability: Variability = field(default_factory=dict)
    replicates_per_cell: int = 1
    key: str = ""

    def __post_init__(self) -> None:
        given: object = self.label
        if not isinstance(given, str):
            what, way_out = f"label={given!r:.60}", 'write label="1 % O2"'
            raise InputError(Problem(what=what, why="not a text", way_out=way_out))

    @property
    def name(self) -> str:
        """The label, or one made from the changes."""
        if self.label:
            return self.label
        parts = [change.label for change in (*self.background, *self.changes)]
        if self.schedule:
            parts.append("scheduled changes")
        return ", ".join(parts) or "control"

    def content(self, time_unit: str | None) -> str:
        """Canonical text of all that matters for the seeds: what is done when, with times in the
        network's unit, so that "1 h" and 3600 are the same; not the label.

        Raises:
            InputError: not a time.
        """
        before = self.equilibrate
        schedule = [_plain(item) for entry in self.schedule for item in entry.timed(time_unit)]
        content = {
            "changes": [change_record(change) for change in self.changes],
            "schedule": sorted(schedule, key=lambda item: item[0]),
            "equilibrate": before and float(duration(before, "equilibrate", time_unit)),
        }
        rarely = {
            "background": [change_record(change) for change in self.background],
            "variability": variability_record(self.variability),
        }
        return canonical_json(content | self._without_defaults(rarely))

    def record(self) -> dict[str, Any]:
        """The condition as plain data; changes, schedule and variability as texts."""
        rarely = {
            "background": [change_text(change) for change in self.background],
            "variability": [spread_text(*item) for item in self.variability.items()],
        }
        return {
            "label": self.name,
            "changes": [change_text(change) for change in self.changes],
            "schedule": [schedule_text(entry) for entry in self.schedule],
            "equilibrate": self.equilibrate,
            **self._without_defaults(rarely),
        }

    def _without_defaults(self, rarely: Mapping[str, Any]) -> dict[str, Any]:
        """What most conditions do not have; left out then, so that seeds of older runs stay."""
        found = {name: value for name, value in rarely.items() if value}
        if self.replicates_per_cell != 1:
            found["replicates_per_cell"] = self.replicates_per_cell
        if self.key:
            found["key"] = self.key
        return found


def _plain(item: Timed) -> list[Any]:
    changes = [change_record(change) for change in item.changes]
    pulses = [p and change_record(p.change) for p in (item.begins, item.ends)]
    return [float(item.time), changes, *pulses]


def condition_from_record(record: Mapping[str, Any]) -> Condition:
    """The condition whose `record()` is given, in its present form or that of schema 1."""
    return Condition(
        label=record["label"],
        background=tuple(map(change_from_record, record.get("background", ()))),
        changes=tuple(map(change_from_record, record["changes"])),
        schedule=tuple(map(scheduled_from_record, record["schedule"])),
        equilibrate=record["equilibrate"],
        variability=variability_from_record(record.get("variability", {})),
        replicates_per_cell=record.get("replicates_per_cell", 1),
        key=record.get("key", ""),
    )


def change_from_record(record: str | Mapping[str, Any]) -> Change:
    """The change of a record: its text, or the table of records of before."""
    if isinstance(record, str):
        (change,) = read_changes(record)
        return change
    values = dict(record)
    return CHANGES[values.pop("change")](**values)


def scheduled_from_record(record: str | Mapping[str, Any]) -> Scheduled:
    """The entry of a schedule of a record: its text, or the table of records of before."""
    if isinstance(record, str):
        (entry,) = read_schedule(record)
        return entry
    if "pulse" in record:
        change = change_from_record(record["change"])
        return Pulse(record["pulse"], record["length"], change)  # type: ignore[arg-type]
    changes = map(change_from_record, record["changes"])
    if "at" in record:
        return At(record["at"], *changes)
    return Repeat(record["repeat"], record["every"], record["count"], *changes)


def variability_from_record(
    record: Sequence[str] | Mapping[str, Mapping[str, Any]],
) -> dict[str, Spread]:
    """The variability of a record: texts, or the table of records of before."""
    if not isinstance(record, Mapping):
        return read_variability(record)
    return {
        name: SPREADS[entry["distribution"]](
            **{k: v for k, v in entry.items() if k != "distribution"}
        )
        for name, entry in record.items()
    }
