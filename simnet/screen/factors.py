"""What a screen varies: entries of `changes`, each a level of a factor.

An entry is a change, an entry of a schedule, a `Condition` (for what holds from the very start), or
several of these together. A ladder of doses is as many levels. Changes of one name are levels of one
factor: two of them are never combined.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from simnet.errors import Problem
from simnet.experiment.change import Change, Dose, is_change
from simnet.experiment.condition import Condition
from simnet.experiment.schedule import At, Pulse, Repeat, Scheduled
from simnet.experiment.times import TimeSpec

Entry: TypeAlias = Change | Scheduled | Condition | Sequence[Change | Scheduled | Condition]


@dataclass(frozen=True, kw_only=True)
class Level:
    """One thing that can be done.

    Attributes:
        factor: what it is a level of: a gene, a drug, a parameter, or the words of a bundle.
        label: "axitinib 10 nM".
        dose: of a drug, in nM; None for anything else.
        targets: names of all that it changes.
        background, changes, schedule: as of a `Condition`.
    """

    factor: str
    label: str
    dose: float | None = None
    targets: frozenset[str] = frozenset()
    background: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()
    schedule: tuple[Scheduled, ...] = ()

    def plain(self) -> dict[str, Any]:
        """What a record keeps of it."""
        return {"factor": self.factor, "label": self.label, "dose": self.dose}


def level_from_plain(data: Mapping[str, Any]) -> Level:
    """The level that `plain()` wrote, without what it does."""
    dose = data["dose"]
    return Level(
        factor=str(data["factor"]),
        label=str(data["label"]),
        dose=None if dose is None else float(dose),
    )


def levels_of(entry: object, where: str) -> tuple[list[Level], list[Problem]]:
    """The levels that an entry stands for: several where it holds a ladder of doses.

    Args:
        entry: of `changes`, or of a condition in a list.
        where: its place, for the problems.
    """
    pieces, problems = _pieces(entry, where)
    ladders = {c for c in _all_changes(pieces) if isinstance(c, Dose) and c.is_ladder}
    if len(ladders) > 1:
        shown = ", ".join(sorted(ladder.label for ladder in ladders))
        way_out = "list them one by one: changes of different names are combined by the screen"
        problems.append(
            Problem(what=f"{where}: {shown}", why="two ladders in one entry", way_out=way_out)
        )
    if problems:
        return [], problems
    if not ladders:
        return [_level(pieces)], []
    (ladder,) = ladders
    doses = [dose for dose in ladder.ladder() if dose.nM != 0]  # 0 is the control
    if not doses:
        return [], [Problem(what=f"{where}: {ladder!r}", why="has no dose above 0")]
    return [_level(_with_dose(pieces, ladder, dose)) for dose in doses], []


@dataclass(frozen=True, kw_only=True)
class _Pieces:
    background: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()
    schedule: tuple[Scheduled, ...] = ()
    label: str = ""


def _pieces(entry: object, where: str) -> tuple[_Pieces, list[Problem]]:
    items = list(entry) if isinstance(entry, (list, tuple)) else [entry]
    background: list[Change] = []
    changes: list[Change] = []
    schedule: list[Scheduled] = []
    labels: list[str] = []
    problems: list[Problem] = []
    for item in items:
        if isinstance(item, Condition):
            background += item.background
            changes += item.changes
            schedule += item.schedule
            labels += [item.label] if item.label else []
            if item.equilibrate is not None:
                why = "has an equilibration of its own"
                way_out = "give it to the screen: all conditions start alike"
                problems.append(Problem(what=f"{where}: {item.name}", why=why, way_out=way_out))
        elif isinstance(item, (At, Pulse, Repeat)):
            schedule.append(item)
        elif is_change(item):
            changes.append(item)  # type: ignore[arg-type]
        else:
            way_out = 'for example Knockout("HIF1A"), or At("24 h", Dose("drug", nM=10))'
            problems.append(
                Problem(what=f"{where}: {item!r:.60}", why="is not a change", way_out=way_out)
            )
    if not items:
        problems.append(Problem(what=where, why="is empty", way_out="the control runs anyway"))
    found = _Pieces(
        background=tuple(background),
        changes=tuple(changes),
        schedule=tuple(schedule),
        label=", ".join(labels),
    )
    return found, problems


def _all_changes(pieces: _Pieces) -> list[Change]:
    return [*pieces.background, *pieces.changes, *(c for e in pieces.schedule for c in _within(e))]


def _within(entry: Scheduled) -> Sequence[Change]:
    if isinstance(entry, Pulse):
        return (entry.change,)
    return entry.changes if isinstance(entry, (At, Repeat)) else ()


def _with_dose(pieces: _Pieces, ladder: Dose, dose: Dose) -> _Pieces:
    def each(changes: Iterable[Change]) -> tuple[Change, ...]:
        return tuple(dose if change == ladder else change for change in changes)

    def entry(item: Scheduled) -> Scheduled:
        if isinstance(item, At):
            return At(item.time, *each(item.changes))
        if isinstance(item, Repeat):
            return Repeat(item.first, item.every, item.count, *each(item.changes))
        return item

    return replace(
        pieces,
        background=each(pieces.background),
        changes=each(pieces.changes),
        schedule=tuple(entry(item) for item in pieces.schedule),
        label=f"{pieces.label} {dose.nM:g} nM" if pieces.label else "",
    )


def _level(pieces: _Pieces) -> Level:
    changes = _all_changes(pieces)
    targets = frozenset(str(getattr(change, "name", "")) for change in changes)
    doses = [change for change in changes if isinstance(change, Dose)]
    dose = doses[0].nM if len(doses) == 1 and len(targets) == 1 else None
    alone = len(changes) == 1 and not pieces.schedule and not pieces.background
    if alone:
        factor = next(iter(targets))
    elif pieces.label:
        shown = f" {dose:g} nM" if dose is not None else ""
        factor = pieces.label.removesuffix(shown)
    else:
        factor = _words(pieces, with_dose=False)
    return Level(
        factor=factor,
        label=pieces.label or _words(pieces, with_dose=True),
        dose=None if dose is None else float(dose),  # type: ignore[arg-type]
        targets=targets,
        background=pieces.background,
        changes=pieces.changes,
        schedule=pieces.schedule,
    )


def _words(pieces: _Pieces, *, with_dose: bool) -> str:
    def change(item: Change) -> str:
        return item.name if isinstance(item, Dose) and not with_dose else item.label

    said = [f"{change(item)} from the start" for item in pieces.background]
    said += [change(item) for item in pieces.changes]
    for entry in pieces.schedule:
        what = ", ".join(change(item) for item in _within(entry))
        said.append(f"{what} {_when(entry)}")
    return ", ".join(said)


def _when(entry: Scheduled) -> str:
    if isinstance(entry, At):
        return f"at {_time(entry.time)}"
    if isinstance(entry, Pulse):
        return f"from {_time(entry.start)} for {_time(entry.length)}"
    assert isinstance(entry, Repeat)
    return f"{entry.count} times from {_time(entry.first)}, every {_time(entry.every)}"


def _time(time: TimeSpec) -> str:
    return time if isinstance(time, str) else f"{time:g}"
