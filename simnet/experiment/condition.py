"""A condition: what is done to the network, and from which state. Its content keys the seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simnet.experiment.change import Change, change_from_record, change_record
from simnet.experiment.schedule import Scheduled, Timed, schedule_from_records
from simnet.experiment.times import TimeSpec, duration
from simnet.network.digest import canonical_json


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Changes at t = 0, a schedule, and the time under baseline inputs before both.

    What is in the `background` holds from the very start, so also while it equilibrates: a genotype,
    a medium, the parameters of a sensitivity study, what differs from cell to cell.
    """

    background: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()
    schedule: tuple[Scheduled, ...] = ()
    equilibrate: TimeSpec | None = None
    label: str = ""

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
            InputError: a time that is none.
        """
        before = self.equilibrate
        schedule = [_plain(item) for entry in self.schedule for item in entry.timed(time_unit)]
        content = {
            "changes": [change_record(change) for change in self.changes],
            "schedule": sorted(schedule, key=lambda item: item[0]),
            "equilibrate": before and float(duration(before, "equilibrate", time_unit)),
        }
        if self.background:  # left out where empty: seeds of older runs stay what they were
            content["background"] = [change_record(change) for change in self.background]
        return canonical_json(content)

    def record(self) -> dict[str, Any]:
        """The condition as plain data."""
        return {
            "label": self.name,
            "background": [change_record(change) for change in self.background],
            "changes": [change_record(change) for change in self.changes],
            "schedule": [entry.record() for entry in self.schedule],
            "equilibrate": self.equilibrate,
        }


def _plain(item: Timed) -> list[Any]:
    changes = [change_record(change) for change in item.changes]
    pulses = [p and change_record(p.change) for p in (item.begins, item.ends)]
    return [float(item.time), changes, *pulses]


def condition_from_record(record: Mapping[str, Any]) -> Condition:
    """The condition whose `record()` is given."""
    changes: Sequence[dict[str, object]] = record["changes"]
    return Condition(
        label=record["label"],
        background=tuple(change_from_record(c) for c in record.get("background", ())),
        changes=tuple(change_from_record(change) for change in changes),
        schedule=schedule_from_records(record["schedule"]),
        equilibrate=record["equilibrate"],
    )
