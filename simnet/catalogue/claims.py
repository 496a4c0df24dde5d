"""What a network's behaviour is held against: claims.csv, as data."""

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from simnet.catalogue.comparisons import COMPARISONS, Comparison, Side
from simnet.catalogue.text import utf8_text
from simnet.errors import ModelError, Problem, nearest

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
        ModelError: a missing file or column, an id that is there twice, an empty cell, a comparison
            that is not in the table, a value that is no number or does not fit; all of them at once.
    """
    file = folder / CLAIMS
    if not file.is_file():
        raise ModelError(Problem(what=CLAIMS, why="there is none in the network's folder"))
    reader = csv.DictReader(io.StringIO(utf8_text(file), newline=""))
    if reader.fieldnames != CLAIM_COLUMNS:
        why = f"its columns must be {', '.join(CLAIM_COLUMNS)}"
        raise ModelError(Problem(what=CLAIMS, why=why))
    rows = list(reader)
    problems = [] if rows else [Problem(what=CLAIMS, why="holds no claim")]
    seen: set[str] = set()
    found: list[Claim] = []
    for number, row in enumerate(rows, start=2):
        what = f"{CLAIMS}: {row['id'] or f'line {number}'}"
        wrong = [Problem(what=what, why=why, way_out=way) for why, way in _faults(row)]
        if row["id"] in seen:
            wrong.append(Problem(what=what, why="there are two claims of that id"))
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
            yield f"{row['comparison']!r} is no comparison", way_out
        return
    if comparison.tolerant and "tolerance" not in numbers:
        yield f"{row['comparison']!r} needs a tolerance", ""
    elif comparison.tolerant and not numbers["tolerance"] > 0:
        yield f"tolerance {row['tolerance']!r} is not above zero", ""
    elif row["comparison"] == "within a factor" and not numbers["tolerance"] > 1:
        yield f"a factor of {row['tolerance']} leaves no room", "give one above 1"
    elif not comparison.tolerant and "tolerance" in numbers:
        yield f"{row['comparison']!r} takes no tolerance", "leave it empty"


def _text(value: float) -> str:
    return f"{value:z.4g}"
