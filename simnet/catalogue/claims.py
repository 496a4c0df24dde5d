"""What a network's behaviour is held against: claims.csv, as data."""

import csv
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from simnet.errors import ModelError, Problem

CLAIM_COLUMNS = "id,source,condition,readout,comparison,expected,tolerance,evidence".split(",")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One reported finding. `expected` and `tolerance` are in the unit of the comparison; a claim of
    an order ("at least", "below") has no tolerance. `evidence` says how it is known."""

    id: str
    source: str
    condition: str
    readout: str
    comparison: str
    expected: float
    tolerance: float | None
    evidence: str


def read_claims(folder: Traversable) -> tuple[Claim, ...]:
    """The claims in a network's folder, in order.

    Raises:
        ModelError: a missing column, or a value that is no number; all of them at once.
    """
    with (folder / "claims.csv").open(encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        if reader.fieldnames != CLAIM_COLUMNS:
            why = f"its columns must be {', '.join(CLAIM_COLUMNS)}"
            raise ModelError(Problem(what="claims.csv", why=why))
        rows = list(reader)
    found: list[Claim] = []
    problems: list[Problem] = []
    for row in rows:
        try:
            expected = float(row["expected"])
            tolerance = float(row["tolerance"]) if row["tolerance"] else None
        except ValueError as error:
            problems.append(Problem(what=f"claims.csv: {row['id']}", why=str(error)))
            continue
        texts = {name: row[name] for name in CLAIM_COLUMNS if name not in ("expected", "tolerance")}
        found.append(Claim(**texts, expected=expected, tolerance=tolerance))
    if problems:
        raise ModelError(problems)
    return tuple(found)
