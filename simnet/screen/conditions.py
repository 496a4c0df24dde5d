"""The conditions of a screen: the control, then levels of factors alone or together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Literal, TypeAlias

from simnet.errors import InputError, Problem
from simnet.experiment.condition import Condition
from simnet.experiment.run import Run
from simnet.screen.factors import Entry, Level, levels_of

Combinations: TypeAlias = Literal["singles", "pairs", "grid"] | Sequence[Entry]

CONTROL = "control"
MOST = 100_000
"""Conditions of one screen."""

_KINDS = ("singles", "pairs", "grid")
_WAYS = 'write "singles", "pairs", "grid", or a list of conditions'


@dataclass(frozen=True, kw_only=True)
class Arm:
    """A condition of a screen, and which levels it is made of; none for the control."""

    condition: Condition
    levels: tuple[Level, ...]

    @property
    def name(self) -> str:
        """Of the condition."""
        return self.condition.name


def arms_of(
    changes: Sequence[Entry], how: Combinations, run: Run, time_unit: str | None
) -> tuple[list[Arm], list[Problem]]:
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
            why = f"{count:,} conditions, and a screen takes {MOST:,}"
            way_out = "take fewer levels, or split it: folders can be merged"
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
            if entry.equilibrate is not None:
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


def _arm(levels: tuple[Level, ...], run: Run, label: str = "") -> Arm:
    common = run.condition(label or " + ".join(level.label for level in levels))
    condition = replace(
        common,
        background=(*common.background, *(c for level in levels for c in level.background)),
        changes=tuple(c for level in levels for c in level.changes),
        schedule=(*common.schedule, *(e for level in levels for e in level.schedule)),
    )
    return Arm(condition=condition, levels=levels)


def _twice(arms: Sequence[Arm], time_unit: str | None) -> Iterator[Problem]:
    """Conditions that are given twice, also under two names, and two that go by one name."""
    seen: dict[str, str] = {}
    named: dict[str, str] = {}
    for arm in arms:
        try:
            content = arm.condition.content(time_unit)
        except (InputError, TypeError, ValueError):  # told where the program is made
            content = repr(arm.condition)
        if arm.name in seen:
            same = seen[arm.name] == content
            why = "is there twice" if same else "is the name of two conditions"
            way_out = "take one out" if same else "give one a label: Condition(label=...)"
            yield Problem(what=f"condition {arm.name!r}", why=why, way_out=way_out)
        elif content in named:
            why, way_out = f"is the same as {named[content]!r}", "take one of them out"
            yield Problem(what=f"condition {arm.name!r}", why=why, way_out=way_out)
        seen[arm.name] = content
        named.setdefault(content, arm.name)
