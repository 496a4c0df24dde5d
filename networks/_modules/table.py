"""Read a network's parameter table: one row per number, with its unit, meaning and source."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

COLUMNS = (
    "name",
    "value",
    "unit",
    "meaning",
    "source",
    "confidence",
    "lower",
    "upper",
    "scale",
    "copies_per_token",
)


class TableError(ValueError):
    """A parameter table that cannot be read, or rules that do not agree with it."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What the rules need of one row; `copies_per_token` is None for what is not scaled."""

    name: str
    value: float
    unit: str
    copies_per_token: float | None


def read_table(path: Path) -> dict[str, Row]:
    """Return the rows of a parameter table by name.

    Raises TableError that lists every problem at once.
    """
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise TableError(f"{path}: the columns must be {', '.join(COLUMNS)}")
        lines = list(reader)
    rows: dict[str, Row] = {}
    problems: list[str] = []
    for number, line in enumerate(lines, start=2):
        name = (line["name"] or "").strip()
        where = f"line {number} ({name or 'no name'})"
        if not name:
            problems.append(f"{where}: the name is empty")
        if name in rows:
            problems.append(f"{where}: the name occurs twice")
        try:
            value = _number(line["value"])
            token = line["copies_per_token"]
            size = _number(token) if token else None
        except ValueError as error:
            problems.append(f"{where}: {error}")
            continue
        if size is not None and size <= 0:
            problems.append(f"{where}: copies_per_token must be above 0")
        rows[name] = Row(name=name, value=value, unit=line["unit"], copies_per_token=size)
    if problems:
        raise TableError(f"{path}: " + "; ".join(problems))
    return rows


def token_parameter(molecule: str) -> str:
    """Return the name of the parameter that holds a molecule's token size."""
    return f"{molecule}_copies_per_token"


def token_sizes(rows: dict[str, Row]) -> dict[str, Row]:
    """Return, by parameter name, the row that declares each token size.

    The molecule is what comes before the first underscore of the row's name, so a row
    `GLUT1_translation` with 200 copies per token declares `GLUT1_copies_per_token` = 200.
    """
    sizes: dict[str, Row] = {}
    for row in rows.values():
        if row.copies_per_token is None:
            continue
        name = token_parameter(row.name.split("_", 1)[0])
        if name in sizes:
            raise TableError(f"{name} is declared by both {sizes[name].name} and {row.name}")
        if name in rows:
            raise TableError(f"{name} is a row of its own and is declared by {row.name}")
        sizes[name] = row
    return sizes


def _number(text: str | None) -> float:
    """Return a finite float, or raise ValueError that shows the text."""
    try:
        value = float(text or "")
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not finite")
    return value
