"""What a network's behaviour is held against: claims.csv, as data."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Literal

from simnet.catalogue.tables import csv_rows
from simnet.errors import ModelError, Problem, nearest

# What a claim may say of a number: a table of comparisons, each an interval that is accepted.


Bounds = Callable[[float, float], tuple[float, float]]
"""(expected, tolerance) -> the least and the largest value that is accepted."""

Side = Literal["above", "below"]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One row of the table.

    Attributes:
        bounds: the interval, from what is expected and the tolerance (0 where it takes none).
        tolerant: whether a tolerance is needed; others take none.
        strict: whether the ends of the interval are outside of it.
        neutral: the value that says "no effect": 1 of a fold change, 0 of a difference; None where
            there is none. On its other side the sign is wrong.
        words: how the expectation is printed, with {expected} and {tolerance}.
    """

    bounds: Bounds
    words: str
    tolerant: bool = False
    strict: bool = False
    neutral: float | None = None

    def accepts(self, value: float, expected: float, tolerance: float | None) -> bool:
        """Whether the value is in the interval; NaN never is."""
        low, high = self.bounds(expected, tolerance or 0.0)
        return low < value < high if self.strict else low <= value <= high

    def side(self, expected: float, tolerance: float | None) -> Side | None:
        """On which side of `neutral` every accepted value is: the sign of the claim, if it has one."""
        if self.neutral is None:
            return None
        low, high = self.bounds(expected, tolerance or 0.0)
        if low > self.neutral or (self.strict and low == self.neutral):
            return "above"
        if high < self.neutral or (self.strict and high == self.neutral):
            return "below"
        return None


def _least(expected: float, tolerance: float) -> tuple[float, float]:
    return expected, math.inf


def _most(expected: float, tolerance: float) -> tuple[float, float]:
    return -math.inf, expected


def _around(expected: float, tolerance: float) -> tuple[float, float]:
    return expected - tolerance, expected + tolerance


def _factor(expected: float, tolerance: float) -> tuple[float, float]:
    return expected / tolerance, expected * tolerance


COMPARISONS: dict[str, Comparison] = {
    "at least": Comparison(bounds=_least, words="≥ {expected}"),
    "at most": Comparison(bounds=_most, words="≤ {expected}"),
    "above": Comparison(bounds=_least, strict=True, words="> {expected}"),
    "below": Comparison(bounds=_most, strict=True, words="< {expected}"),
    "within": Comparison(bounds=_around, tolerant=True, words="{low} to {high}"),
    "within a factor": Comparison(bounds=_factor, tolerant=True, words="{low} to {high}"),
    "fold at least": Comparison(bounds=_least, neutral=1.0, words="≥ {expected}x"),
    "fold at most": Comparison(bounds=_most, neutral=1.0, words="≤ {expected}x"),
    "fold above": Comparison(bounds=_least, strict=True, neutral=1.0, words="> {expected}x"),
    "fold below": Comparison(bounds=_most, strict=True, neutral=1.0, words="< {expected}x"),
    "fold within": Comparison(
        bounds=_around, tolerant=True, neutral=1.0, words="{low}x to {high}x"
    ),
    "change above": Comparison(bounds=_least, strict=True, neutral=0.0, words="> {expected}"),
    "change below": Comparison(bounds=_most, strict=True, neutral=0.0, words="< {expected}"),
}
"""Every comparison, by the name that claims.csv uses. "within" takes expected - tolerance to
expected + tolerance, "within a factor" expected / tolerance to expected x tolerance. Those that
begin with "fold" are of ratios and those with "change" of differences: they have a sign."""


CLAIMS = "claims.csv"
CLAIM_COLUMNS = "id,source,condition,readout,comparison,expected,tolerance,evidence".split(",")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One reported finding, as something that a simulation can contradict.

    Attributes:
        id: its name, distinct in the file.
        source: where it was reported.
        condition: the protocol (of protocols.toml) that is run.
        readout: an expression of readouts, such as "MCT4@48h / MCT4@0h"; times count from the
            protocol's t = 0, changes in brackets are made then.
        comparison: a name of the table `COMPARISONS`.
        expected: in the unit of the readout's value (times in the network's unit).
        tolerance: as the comparison takes it; None where it takes none.
        evidence: how the finding is known.
    """

    id: str
    source: str
    condition: str
    readout: str
    comparison: str
    expected: float
    tolerance: float | None
    evidence: str

    @property
    def rule(self) -> Comparison:
        """The row of the table."""
        return COMPARISONS[self.comparison]

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the largest value that is accepted."""
        return self.rule.bounds(self.expected, self.tolerance or 0.0)

    @property
    def side(self) -> Side | None:
        """The sign of the claim: on which side of "no effect" its values are, if it has one."""
        return self.rule.side(self.expected, self.tolerance)

    @property
    def expectation(self) -> str:
        """What is expected, in words: "≥ 3x", "300 to 480"."""
        low, high = self.bounds
        return self.rule.words.format(
            expected=_text(self.expected), low=_text(low), high=_text(high)
        )

    def holds(self, value: float) -> bool:
        """Whether a value is accepted."""
        return self.rule.accepts(value, self.expected, self.tolerance)


def read_claims(folder: Traversable) -> tuple[Claim, ...]:
    """The claims in a network's folder, in order.

    Raises:
        ModelError: a missing file or column, an id that occurs twice, an empty cell, a comparison
            that is not in the table, a value that is no number or does not fit; all of them at once.
    """
    file = folder / CLAIMS
    if not file.is_file():
        raise ModelError(Problem(what=CLAIMS, why="is missing in the network's folder"))
    rows = csv_rows(file, CLAIM_COLUMNS)
    problems = [] if rows else [Problem(what=CLAIMS, why="contains no claims")]
    seen: set[str] = set()
    found: list[Claim] = []
    for number, row in enumerate(rows, start=2):
        what = f"{CLAIMS}: {row['id'] or f'line {number}'}"
        wrong = [Problem(what=what, why=why, way_out=way) for why, way in _faults(row)]
        if row["id"] in seen:
            wrong.append(Problem(what=what, why="this id is used by two claims"))
        seen.add(row["id"])
        problems += wrong
        if not wrong:
            found.append(_claim(row))
    if problems:
        raise ModelError(problems)
    return tuple(found)


def _claim(row: Mapping[str, str]) -> Claim:
    texts = {name: row[name] for name in CLAIM_COLUMNS if name not in ("expected", "tolerance")}
    tolerance = float(row["tolerance"]) if row["tolerance"] else None
    return Claim(**texts, expected=float(row["expected"]), tolerance=tolerance)


def _faults(row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is wrong with a row, and the way out."""
    if None in row or None in row.values():
        yield f"does not have {len(CLAIM_COLUMNS)} cells", "quote a cell that holds a comma"
        return
    for name in CLAIM_COLUMNS:
        if name != "tolerance" and not row[name].strip():
            yield f"has no {name}", ""
    numbers = {}
    for name in ("expected", "tolerance"):
        if row[name].strip():
            try:
                numbers[name] = float(row[name])
            except ValueError:
                numbers[name] = math.nan
            if not math.isfinite(numbers[name]):
                yield f"{name} {row[name]!r} is not a number", ""
                return
    comparison = COMPARISONS.get(row["comparison"])
    if comparison is None:
        if row["comparison"].strip():
            way_out = nearest(row["comparison"], COMPARISONS)
            yield f"{row['comparison']!r} is not a comparison", way_out
        return
    if comparison.tolerant and "tolerance" not in numbers:
        yield f"{row['comparison']!r} needs a tolerance", ""
    elif comparison.tolerant and not numbers["tolerance"] > 0:
        yield f"tolerance {row['tolerance']!r} must be positive", ""
    elif row["comparison"] == "within a factor" and not numbers["tolerance"] > 1:
        yield f"a factor of {row['tolerance']} is too small", "give one above 1"
    elif not comparison.tolerant and "tolerance" in numbers:
        yield f"{row['comparison']!r} takes no tolerance", "leave it empty"


def _text(value: float) -> str:
    return f"{value:z.4g}"
