"""Changes, schedules and variability as text: the one notation of readouts' brackets, the command
line, files and records.

treatment = part (";" part)*
part      = [when ":"] change ("," change)*
when      = "from the start" | time | "from" time "for" time
          | "every" time "from" time "," count "times"
change    = name "=" one of the forms of `CHANGES`: 2.5, x2, 100nM, knockout, knockdown 0.9, ...
spread    = name "=" one of the forms of `SPREADS`: lognormal 0.3, ...
name      = letters, digits and _, or anything in quotes, in which a quote is written twice

For example "from the start: HIF1A=knockout; O2_percent=1; every 24h from 0h, 5 times: axitinib=10nM".
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn, TypeVar

from simnet.errors import InputError, Problem
from simnet.experiment.change import CHANGES, Change, Form, is_change, not_a_change
from simnet.experiment.schedule import At, Pulse, Repeat, Scheduled, not_an_entry
from simnet.experiment.times import UNITS, TimeSpec
from simnet.experiment.variability import SPREADS, Spread

T = TypeVar("T")

NAME = re.compile(r"[^\W\d]\w*")
QUOTED = re.compile(r"\"((?:[^\"]|\"\")+)\"|'((?:[^']|'')+)'")
UNSIGNED = r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_NUMBER = rf"[-+]?{UNSIGNED}"
_FIELD = re.compile(r"\{(\w+)\}")
_VALUE = re.compile(r"[^\],;]*")
_NAMED = re.compile(rf"(?:{NAME.pattern}|{QUOTED.pattern})\s*=")
_WORD = re.compile(r"\w+|.", re.DOTALL)
_TIME = re.compile(rf"({_NUMBER})(?:\s*({'|'.join(sorted(UNITS, key=len, reverse=True))})\b)?")
_BETWEEN = re.compile(r"(for|from)\b")
_START = "from the start"
_QUOTES = 'other names than letters, digits and _ go in quotes: "A(b=None)"=2'
_WHEN = (
    'write "24h: NAME=VALUE", "from 24h for 6h: NAME=VALUE", '
    '"every 24h from 0h, 5 times: NAME=VALUE" or "from the start: NAME=VALUE"'
)


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """What is done: changes from the very start, at t = 0, and at later times."""

    background: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()
    schedule: tuple[Scheduled, ...] = ()

    def __add__(self, other: "Treatment") -> "Treatment":
        return Treatment(
            background=self.background + other.background,
            changes=self.changes + other.changes,
            schedule=self.schedule + other.schedule,
        )


# ------------------------------------------------------------------ reading
def read_treatment(text: str, where: str = "change") -> Treatment:
    """The treatment that a text means.

    Args:
        text: for example "O2_percent=1; 24h: axitinib=10nM, HIF1A=knockout".
        where: what the text is, for the error: "changes[1]", "--at".

    Raises:
        InputError: the first thing that cannot be read, and its column.
    """
    return _whole(text, where, Reader.treatment)


def read_changes(text: str, where: str = "change") -> tuple[Change, ...]:
    """The changes, without a time, that a text means; arguments and errors as of `read_treatment`."""
    found = read_treatment(text, where)
    if found.background or found.schedule:
        why, way_out = "cannot have a time", "write NAME=VALUE"
        raise InputError(Problem(what=f"{where} {text!r}", why=why, way_out=way_out))
    return found.changes


def read_schedule(text: str, where: str = "schedule") -> tuple[Scheduled, ...]:
    """The timed changes that a text means; arguments and errors as of `read_treatment`."""
    found = read_treatment(text, where)
    if found.background or found.changes:
        raise InputError(Problem(what=f"{where} {text!r}", why="needs a time", way_out=_WHEN))
    return found.schedule


def read_spread(text: str, where: str = "variability") -> tuple[str, Spread]:
    """A name and its distribution, "MCT1=lognormal 0.3"; arguments and errors as of `read_treatment`."""
    return _whole(text, where, Reader.spread)


def read_all(
    texts: Iterable[str], read: Callable[[str, str], T], where: str, problems: list[Problem]
) -> list[T]:
    """What several texts mean; the problems of those that cannot be read are added."""
    found: list[T] = []
    for text in texts:
        try:
            found.append(read(text, where))
        except InputError as error:
            problems += error.problems
    return found


def treatment_of(
    changes: Iterable[str],
    schedule: Iterable[str] = (),
    background: Iterable[str] = (),
    where: tuple[str, str, str] = ("changes", "schedule", "background"),
) -> Treatment:
    """What several texts mean together.

    Args:
        changes: anything, with or without a time.
        schedule: with a time.
        background: without one, made from the start.
        where: what the three are called, for the error.

    Raises:
        InputError: all that cannot be read.
    """
    problems: list[Problem] = []
    found = sum(read_all(changes, read_treatment, where[0], problems), Treatment())
    later = read_all(schedule, read_schedule, where[1], problems)
    before = read_all(background, read_changes, where[2], problems)
    if problems:
        raise InputError(problems)
    return found + Treatment(
        schedule=tuple(entry for several in later for entry in several),
        background=tuple(change for several in before for change in several),
    )


def read_variability(texts: Iterable[str], where: str = "variability") -> dict[str, Spread]:
    """Distributions by name; arguments and errors as of `treatment_of`."""
    problems: list[Problem] = []
    found: dict[str, Spread] = {}
    for name, spread in read_all(texts, read_spread, where, problems):
        if name in found:
            problems.append(Problem(what=f"{where} {name!r}", why="given twice"))
        found[name] = spread
    if problems:
        raise InputError(problems)
    return found


def forms(table: Mapping[str, Any] = CHANGES) -> str:
    """The forms of a table, with an example each: "2.5, x2, ... or held 5"."""
    first = [cls.forms[0] for cls in table.values()]
    *others, last = [_FIELD.sub(f"{form.example:g}", form.text) for form in first]
    return f"{', '.join(others)} or {last}"


def _whole(text: str, where: str, read: Callable[["Reader"], T]) -> T:
    given: object = text
    if not isinstance(given, str):
        way_out = 'write it as text: "HIF1A=knockout"'
        raise InputError(
            Problem(what=f"{where} {given!r:.60}", why="is not a text", way_out=way_out)
        )
    reader = Reader(text, where)
    found = read(reader)
    reader.end()
    return found


class Reader:
    """A text and how far it has been read."""

    def __init__(self, text: str, where: str) -> None:
        self._text = text
        self._where = where
        self._place = 0

    def treatment(self) -> Treatment:
        """All parts."""
        found = self._part()
        while self._sign(";"):
            found += self._part()
        return found

    def changes(self) -> tuple[Change, ...]:
        """One change or more."""
        found = [self.change()]
        while self._sign(","):
            found.append(self.change())
        return tuple(found)

    def change(self) -> Change:
        """NAME=VALUE."""
        name, cls, given = self._named("change", CHANGES)
        change: Change = cls(name, **given)
        return change

    def spread(self) -> tuple[str, Spread]:
        """NAME=DISTRIBUTION."""
        name, cls, given = self._named("distribution", SPREADS)
        return name, cls(**given)

    def end(self) -> None:
        """Refuse what is left."""
        self._space()
        if self._place < len(self._text):
            self.fail(self._place, f"{self._next()} is not expected here")

    def fail(self, place: int, why: str, way_out: str = "") -> NoReturn:
        """Raise InputError for what stands at a place."""
        what, why = f"{self._where} {self._text!r}", f"column {place + 1}: {why}"
        raise InputError(Problem(what=what, why=why, way_out=way_out))

    def _part(self) -> Treatment:
        self._space()
        if self._at(_NAMED):
            return Treatment(changes=self.changes())
        start = self._place
        if self._text.startswith(_START, start):
            self._place += len(_START)
            self._expect(":")
            return Treatment(background=self.changes())
        if self._word("from"):
            begin = self._time()
            self._word("for", needed=True)
            length = self._time()
            self._expect(":")
            changes = self.changes()
            if len(changes) > 1:
                self.fail(
                    start, "a pulse takes one change", "write one for each change, joined by ;"
                )
            return Treatment(schedule=(Pulse(begin, length, changes[0]),))  # type: ignore[arg-type]
        if self._word("every"):
            every = self._time()
            self._word("from", needed=True)
            first = self._time()
            self._expect(",")
            count = self._count()
            self._expect(":")
            return Treatment(schedule=(Repeat(first, every, count, *self.changes()),))
        if not self._at(_TIME):
            way_out = _QUOTES if "=" in self._text[start:] else _WHEN
            self.fail(start, f"{self._next()} where NAME=VALUE or a time should be", way_out)
        time = self._time()
        self._expect(":")
        return Treatment(schedule=(At(time, *self.changes()),))

    def _time(self) -> TimeSpec:
        self._space()
        place = self._place
        match = self._taken(_TIME)
        if match is None:
            self.fail(place, f"{self._next()} where a time should be", "write 48h, 30 min or 7d")
        if match[2]:
            return match[0]
        self._space()
        if self._at(NAME) and not self._at(_BETWEEN):
            why = f"{self._next()} after a number is not a unit of time"
            self.fail(self._place, why, "units of time are ms, s, min, h and d")
        number = float(match[1])
        return int(number) if number.is_integer() else number

    def _count(self) -> int:
        self._space()
        place = self._place
        match = self._taken(re.compile(r"(\d+)\s*times?\b"))
        if match is None:
            self.fail(place, f"{self._next()} where a number of times should be", _WHEN)
        return int(match[1])

    def _named(self, noun: str, table: Mapping[str, Any]) -> tuple[str, Any, dict[str, Any]]:
        """What stands before "=", and the type and numbers that follow."""
        self._space()
        name = self._name()
        if name is None:
            self.fail(
                self._place,
                f"{self._next()} where a name should be",
                f"write NAME=VALUE; {_QUOTES}",
            )
        self._expect("=")
        self._space()
        place = self._place
        value = self._taken(_VALUE)
        text = value[0].strip() if value else ""
        found = _read_value(text, table)
        if found is None:
            why = f"{text!r} is not a {noun}" if text else f"a {noun} is missing"
            ladder = (
                "; only doses take several values, 0.1|1|10nM: write a text for each"
                if "|" in text
                else ""
            )
            self.fail(place, why, f"write one of {forms(table)}{ladder}")
        return name, *found

    def _name(self) -> str | None:
        """A name that comes next, without its quotes."""
        if quoted := self._taken(QUOTED):
            return quoted[1].replace('""', '"') if quoted[1] else quoted[2].replace("''", "'")
        plain = self._taken(NAME)
        return plain[0] if plain else None

    def _word(self, word: str, *, needed: bool = False) -> bool:
        self._space()
        if self._taken(re.compile(rf"{word}\b")):
            return True
        if needed:
            self.fail(self._place, f"{self._next()} where {word!r} should be", _WHEN)
        return False

    def _space(self) -> None:
        while self._text[self._place : self._place + 1].isspace():
            self._place += 1

    def _at(self, pattern: re.Pattern[str]) -> bool:
        return pattern.match(self._text, self._place) is not None

    def _taken(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._place)
        self._place = match.end() if match else self._place
        return match

    def _sign(self, *signs: str) -> str:
        """The sign that comes next, read; "" where none of them does."""
        self._space()
        for sign in signs:
            if self._text.startswith(sign, self._place):
                self._place += len(sign)
                return sign
        return ""

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            way_out = _WHEN if sign == ":" else ""
            self.fail(self._place, f"{self._next()} where {sign!r} should be", way_out)

    def _next(self) -> str:
        word = _WORD.match(self._text, self._place)
        return repr(word[0]) if word else "the text ends"


def _read_value(text: str, table: Mapping[str, Any]) -> tuple[Any, dict[str, Any]] | None:
    for cls in table.values():
        for form in cls.forms:
            if match := _pattern(form).fullmatch(text):
                numbers = {
                    name: tuple(float(part) * form.factor for part in given.split("|"))
                    for name, given in match.groupdict().items()
                }
                if not all(math.isfinite(n) for several in numbers.values() for n in several):
                    return None
                return cls, {k: n if len(n) > 1 else n[0] for k, n in numbers.items()}
    return None


@cache
def _pattern(form: Form) -> re.Pattern[str]:
    several = rf"(?:\s*\|\s*{_NUMBER})*" if form.ladder else ""
    parts = _FIELD.split(form.text)  # words, field, words, field, ..., words
    for i, part in enumerate(parts):
        number = rf"(?P<{part}>{_NUMBER}{several})"
        parts[i] = number if i % 2 else re.escape(part.strip())
    return re.compile(r"\s*".join(part for part in parts if part))


# ------------------------------------------------------------------ writing
def change_text(change: Change) -> str:
    """The text that `read_changes` reads back as the same change.

    Raises:
        InputError: what is not a change, or has a value that is no finite number.
    """
    if not is_change(change):
        raise InputError(not_a_change(change, "change"))
    return f"{name_text(str(getattr(change, 'name', '')))}={_value_text(change)}"


def changes_text(changes: Iterable[Change]) -> str:
    """Changes that are made together; errors as of `change_text`."""
    return ", ".join(map(change_text, changes))


def schedule_text(entry: Scheduled) -> str:
    """The text that `read_schedule` reads back as the same entry; errors as of `change_text`."""
    match entry:
        case At():
            when, changes = time_text(entry.time), entry.changes
        case Pulse():
            when = f"from {time_text(entry.start)} for {time_text(entry.length)}"
            changes = (entry.change,)
        case Repeat():
            every, first = time_text(entry.every), time_text(entry.first)
            when, changes = f"every {every} from {first}, {entry.count} times", entry.changes
        case _:
            raise InputError(not_an_entry(entry))
    return f"{when}: {changes_text(changes)}"


def spread_text(name: str, spread: Spread) -> str:
    """The text that `read_spread` reads back: "MCT1=lognormal 0.3"."""
    return f"{name_text(name)}={_value_text(spread)}"


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number: 100, 0.9, 1e-05."""
    text = repr(float(value))
    return text[:-2] if text.endswith(".0") else text


def time_text(time: TimeSpec) -> str:
    """A time as the notation has it: "48h" as it was written, or a number in the network's unit."""
    return time.strip() if isinstance(time, str) else number_text(time + 0.0)  # no -0


def name_text(name: str) -> str:
    """A name, in quotes where it is not plain."""
    if NAME.fullmatch(name):
        return name
    if '"' in name and "'" not in name:
        return f"'{name}'"
    return '"' + name.replace('"', '""') + '"'


def _value_text(made: Any) -> str:
    def number(match: re.Match[str]) -> str:
        value = getattr(made, match[1])
        several = value if isinstance(value, tuple) else (value,)
        try:
            if any(isinstance(one, str | bool) or not math.isfinite(one) for one in several):
                raise ValueError
            return "|".join(map(number_text, several))
        except (TypeError, ValueError):
            why = f"{match[1]} is not a finite number"
            raise InputError(Problem(what=repr(made), why=why)) from None

    return _FIELD.sub(number, made.forms[0].text)
