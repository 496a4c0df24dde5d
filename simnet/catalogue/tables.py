"""A network's tables: parameters.csv and catalogue.toml, read as data without importing PySB."""

import csv
import io
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from importlib.resources.abc import Traversable
from inspect import signature
from typing import Any, TypeVar

from simnet.errors import ModelError, Problem, Problems
from simnet.network.network import Drug, Gene, Input, Readout
from simnet.network.units import parse_unit

T = TypeVar("T")

# The text of a network's tables: UTF-8, as editors and spreadsheets write it.


def utf8_text(file: Traversable) -> str:
    """What a file holds, without the mark that spreadsheets put before it.

    Raises:
        ModelError: it is not in UTF-8.
    """
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"is not UTF-8 text (invalid byte at position {error.start})"
        way_out = 'save it as UTF-8 (in Excel, as "CSV UTF-8")'
        raise ModelError(Problem(what=file.name, why=why, way_out=way_out)) from None


def csv_rows(file: Traversable, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a table that has these columns.

    Raises:
        ModelError: it has others, or is not in UTF-8.
    """
    reader = csv.DictReader(io.StringIO(utf8_text(file), newline=""))
    if reader.fieldnames != columns:
        why = f"its columns must be {', '.join(columns)}"
        raise ModelError(Problem(what=file.name, why=why))
    return list(reader)


PARAMETER_COLUMNS = (
    "name,value,unit,meaning,source,confidence,lower,upper,scale,copies_per_token".split(",")
)
CONFIDENCE = ("measured", "fitted", "order-of-magnitude", "assumed")


@dataclass(frozen=True, kw_only=True)
class ParameterRow:
    """A row of parameters.csv: everything about a parameter but its value in the model."""

    unit: str
    meaning: str
    source: str
    confidence: str
    lower: float | None
    upper: float | None
    scale: str


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What is known of a network beside its rules."""

    title: str = ""
    summary: str = ""
    equilibrate: str = ""
    volume: str = ""
    parameters: Mapping[str, ParameterRow] = field(default_factory=dict)
    molecules: Mapping[str, str] = field(default_factory=dict)
    readouts: tuple[Readout, ...] = ()
    inputs: tuple[Input, ...] = ()
    genes: tuple[Gene, ...] = ()
    drugs: tuple[Drug, ...] = ()


def read_catalogue(folder: Traversable) -> Catalogue:
    """The tables of one network's folder.

    Raises:
        ModelError: a missing column or key, or a value that cannot be; all of them at once.
    """
    problems = Problems()
    parameters = _parameters(folder / "parameters.csv", problems)
    data = tomllib.loads(utf8_text(folder / "catalogue.toml"))
    try:
        catalogue = _catalogue(data, parameters)
    except KeyError as error:
        problems.add("catalogue.toml", f"key {error} is missing")
    if problems:
        raise ModelError(problems)
    return catalogue


def _catalogue(data: dict[str, Any], parameters: dict[str, ParameterRow]) -> Catalogue:
    head = data["network"]
    return Catalogue(
        title=head["title"],
        summary=head["summary"],
        equilibrate=head.get("equilibrate", ""),
        volume=head.get("volume", ""),
        parameters=parameters,
        molecules={name: row["meaning"] for name, row in data.get("molecules", {}).items()},
        readouts=_specs(Readout, data["readouts"]),
        inputs=_specs(Input, data.get("inputs", {})),
        genes=_specs(Gene, data.get("genes", {})),
        drugs=_specs(Drug, data.get("drugs", {}), unit="affinity_unit"),
    )


def _specs(spec: Callable[..., T], rows: Mapping[str, Any], **keys: str) -> tuple[T, ...]:
    """A spec for each table, by its name; `keys` of fields that are named otherwise in the file."""
    found = []
    for name, row in rows.items():
        values = {f: row[keys.get(f, f)] for f in signature(spec).parameters if f != "name"}
        for field_, value in values.items():
            if isinstance(value, list):
                values[field_] = tuple(value)
            elif isinstance(value, int):
                values[field_] = float(value)
        found.append(spec(name=name, **values))
    return tuple(found)


def _parameters(file: Traversable, problems: Problems) -> dict[str, ParameterRow]:
    try:
        rows = csv_rows(file, PARAMETER_COLUMNS)
    except ModelError as error:
        problems += error.problems
        return {}
    found: dict[str, ParameterRow] = {}
    for row in rows:
        what = f"parameters.csv: {row['name']}"
        values: dict[str, Any] = {f.name: row[f.name] for f in fields(ParameterRow)}
        try:
            for bound in ("lower", "upper"):
                values[bound] = float(row[bound]) if row[bound] else None
            found[row["name"]] = ParameterRow(**values)
            parse_unit(row["unit"])
        except ValueError as error:
            problems.add(what, str(error))
        except ModelError as error:
            problems += [replace(p, what=f"{what}: {p.what}") for p in error.problems]
        if row["confidence"] not in CONFIDENCE:
            problems.add(
                f"{what}: confidence {row['confidence']!r}", "unknown", ", ".join(CONFIDENCE)
            )
        if row["copies_per_token"]:
            found |= _token_row(row)
    return found


def _token_row(row: Mapping[str, str]) -> dict[str, ParameterRow]:
    """The parameter that a builder makes of the column copies_per_token."""
    molecule = row["name"].split("_")[0]
    token = ParameterRow(
        unit="1",
        meaning=f"copies of {molecule} that one counted token stands for",
        source="assumed",
        confidence="assumed",
        lower=None,
        upper=None,
        scale="",
    )
    return {f"{molecule}_copies_per_token": token}
