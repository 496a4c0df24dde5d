"""The conditions of a screen: the control, then levels of factors alone or together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any, Literal, TypeAlias

from simnet.errors import InputError, Problem
from simnet.experiment.change import Change, Dose, is_change
from simnet.experiment.condition import Condition
from simnet.experiment.run import Run
from simnet.experiment.schedule import At, Pulse, Repeat, Scheduled
from simnet.experiment.times import TimeSpec

# What a screen varies: entries of `changes`, each a level of a factor.
#
# An entry is a change, an entry of a schedule, a `Condition` (for what holds from the very start), or
# several of these together. A ladder of doses is as many levels. Changes of one name are levels of one
# factor: two of them are never combined.


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
            Problem(what=f"{where}: {shown}", why="two dose series in one entry", way_out=way_out)
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
            if item.equilibrate is not None or item.variability:
                own = "variability" if item.variability else "equilibration"
                why = f"has its own {own}"
                way_out = "set it for the screen: all conditions share it"
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


Combinations: TypeAlias = Literal["singles", "pairs", "grid"] | Sequence[Entry]

CONTROL = "control"
MOST = 100_000
"""Conditions of one screen."""

_KINDS = ("singles", "pairs", "grid")
_WAYS = 'write "singles", "pairs", "grid", or a list of conditions'


@dataclass(frozen=True, kw_only=True)
class ScreenCondition:
    """A condition of a screen, and which levels it is made of; none for the control."""

    condition: Condition
    levels: tuple[Level, ...]

    @property
    def name(self) -> str:
        """Of the condition."""
        return self.condition.name


def arms_of(
    changes: Sequence[Entry], how: Combinations, run: Run, time_unit: str | None
) -> tuple[list[ScreenCondition], list[Problem]]:
    """The control and all that a screen runs, in order; problems make them meaningless. All are done
    what `run` says.

    "singles" are the levels one by one; "pairs" these, and each two of different factors; "grid"
    every choice of one level or none of each factor. Levels that change the same quantity are not
    combined. A list holds conditions: an entry, or a sequence of entries that are made together; a
    ladder in it stands for each of its doses. The levels of `changes` then run as well, one by one.
    """
    levels, problems = _levels(changes)
    factors: dict[str, list[Level]] = defaultdict(list)
    for level in levels:
        factors[level.factor].append(level)
    sets: Iterable[tuple[tuple[Level, ...], str]]
    if isinstance(how, str):
        if how not in _KINDS:
            what = f"combinations={how!r}"
            problems.append(Problem(what=what, why="unknown", way_out=_WAYS))
            how = "singles"
        if not changes:
            way_out = 'for example changes=[Knockout("HIF1A")]'
            problems.append(Problem(what="changes", why="none given", way_out=way_out))
        if (count := _count(factors, how)) > MOST:
            why = f"{count:,} conditions, but a screen may have at most {MOST:,}"
            way_out = "use fewer levels, or split it and merge the folders (simnet merge)"
            return [], [*problems, Problem(what="combinations", why=why, way_out=way_out)]
        sets = ((chosen, "") for chosen in _combined(factors, how))
    elif not isinstance(how, Iterable):
        problems.append(Problem(what=f"combinations={how!r:.60}", why="unknown", way_out=_WAYS))  # type: ignore[unreachable]
        return [], problems
    else:
        listed, more = _listed(how)
        problems += more
        sets = [*(((level,), "") for level in levels), *listed]
    arms = [_arm((), run, CONTROL)]
    arms += [_arm(chosen, run, label) for chosen, label in sets]
    return arms, [*problems, *_twice(arms, time_unit)]


def _levels(changes: Sequence[Entry]) -> tuple[list[Level], list[Problem]]:
    levels: list[Level] = []
    problems: list[Problem] = []
    for place, entry in enumerate(changes):
        found, wrong = levels_of(entry, f"changes[{place}]")
        levels += found
        problems += wrong
    return levels, problems


def _count(factors: dict[str, list[Level]], how: str) -> int:
    sizes = [len(levels) for levels in factors.values()]
    total = 1 + sum(sizes)
    if how == "pairs":
        return total + sum(a * b for a, b in combinations(sizes, 2))
    if how == "grid":
        total = 1
        for size in sizes:
            total *= 1 + size
    return total


def _combined(factors: dict[str, list[Level]], how: str) -> Iterator[tuple[Level, ...]]:
    """Sets of levels: fewer first, then in the order of the factors."""
    most = {"singles": 1, "pairs": 2, "grid": len(factors)}[how]
    for size in range(1, most + 1):
        for chosen in combinations(factors.values(), size):
            for levels in product(*chosen):
                if _apart(levels):
                    yield levels


def _apart(levels: Sequence[Level]) -> bool:
    """Whether no quantity is changed by two of them."""
    return all(not a.targets & b.targets for a, b in combinations(levels, 2))


def _listed(
    entries: Sequence[Entry],
) -> tuple[list[tuple[tuple[Level, ...], str]], list[Problem]]:
    found: list[tuple[tuple[Level, ...], str]] = []
    problems: list[Problem] = []
    for place, entry in enumerate(entries):
        where = f"combinations[{place}]"
        label = ""
        items: Sequence[object] = entry if isinstance(entry, (list, tuple)) else (entry,)
        if isinstance(entry, Condition) and not (entry.background or entry.schedule):
            label, items = entry.label, entry.changes
            if entry.equilibrate is not None or entry.variability:
                items = (entry,)  # its problem is told
        choices = []
        for item in items:
            levels, wrong = levels_of(item, where)
            choices.append(levels)
            problems += wrong
        if not items:
            why, way_out = "is empty", "the control runs anyway"
            problems.append(Problem(what=where, why=why, way_out=way_out))
            continue
        several = len(list(product(*choices))) > 1
        found += [(levels, "" if several else label) for levels in product(*choices)]
    return found, problems


def _arm(levels: tuple[Level, ...], run: Run, label: str = "") -> ScreenCondition:
    common = run.condition(label or " + ".join(level.label for level in levels))
    condition = replace(
        common,
        background=(*common.background, *(c for level in levels for c in level.background)),
        changes=tuple(c for level in levels for c in level.changes),
        schedule=(*common.schedule, *(e for level in levels for e in level.schedule)),
    )
    return ScreenCondition(condition=condition, levels=levels)


def _twice(arms: Sequence[ScreenCondition], time_unit: str | None) -> Iterator[Problem]:
    """Conditions that are given twice, also under two names, and two that go by one name."""
    seen: dict[str, str] = {}
    named: dict[str, str] = {}
    for arm in arms:
        try:
            content = arm.condition.content(time_unit)
        except (InputError, AttributeError, TypeError, ValueError):  # told by the plan
            content = repr(arm.condition)
        if arm.name in seen:
            same = seen[arm.name] == content
            why = "occurs twice" if same else "is the name of two conditions"
            way_out = "take one out" if same else "give one a label: Condition(label=...)"
            yield Problem(what=f"condition {arm.name!r}", why=why, way_out=way_out)
        elif content in named:
            why, way_out = f"is the same as {named[content]!r}", "take one of them out"
            yield Problem(what=f"condition {arm.name!r}", why=why, way_out=way_out)
        seen[arm.name] = content
        named.setdefault(content, arm.name)


# Which conditions of a screen make up a ladder of doses, or a grid of two factors.


@dataclass(frozen=True, kw_only=True)
class Surface:
    """Conditions on a grid of levels.

    Attributes:
        levels_a, levels_b: (A,), (B,) doses, or 1, 2, ... where they are none; 0, which is absent,
            is the first.
        labels_a, labels_b: of the levels; "" is absent.
        conditions: (A, B) numbers of the conditions; None where one was not run.
    """

    levels_a: tuple[float, ...]
    levels_b: tuple[float, ...]
    labels_a: tuple[str, ...]
    labels_b: tuple[str, ...]
    conditions: tuple[tuple[int | None, ...], ...]


def surface_of(arms: Sequence[tuple[Level, ...]], a: str, b: str | None) -> Surface:
    """The grid of two factors, or, without a second, the ladder of one (B is 1).

    Args:
        arms: (C,) levels of each condition.
        a, b: factors; conditions in which any other is varied do not belong to it.
    """
    labels = [_ladder(arms, name) for name in (a, b)]
    where: dict[tuple[str, str], int] = {}
    for number, levels in enumerate(arms):
        made = {level.factor: level.label for level in levels}
        if set(made) <= {a, b}:
            where[made.get(a, ""), made.get(b, "") if b else ""] = number
    return Surface(
        levels_a=tuple(labels[0].values()),
        levels_b=tuple(labels[1].values()),
        labels_a=tuple(labels[0]),
        labels_b=tuple(labels[1]),
        conditions=tuple(tuple(where.get((i, j)) for j in labels[1]) for i in labels[0]),
    )


def _ladder(arms: Sequence[tuple[Level, ...]], factor: str | None) -> dict[str, float]:
    """Level by label, rising where they are doses; 0 is absent."""
    found = {x.label: x.dose for levels in arms for x in levels if x.factor == factor}
    dosed = all(dose is not None for dose in found.values())
    numbers = {
        label: float(dose) if dosed and dose is not None else float(place + 1)
        for place, (label, dose) in enumerate(found.items())
    }
    return {"": 0.0, **dict(sorted(numbers.items(), key=lambda item: item[1]))}
