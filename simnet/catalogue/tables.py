"""A network's tables: parameters.csv and catalogue.toml, read as data without importing PySB."""

import csv
import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Any

from simnet.errors import ModelError, Problem
from simnet.network.network import Drug, Gene, Input, Readout
from simnet.network.units import parse_unit

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
    problems: list[Problem] = []
    parameters = _parameters(folder / "parameters.csv", problems)
    data = tomllib.loads(utf8_text(folder / "catalogue.toml"))
    try:
        catalogue = _catalogue(data, parameters)
    except KeyError as error:
        problems.append(Problem(what="catalogue.toml", why=f"key {error} is missing"))
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
        readouts=tuple(
            Readout(name=name, symbol=row["symbol"], unit=row["unit"], meaning=row["meaning"])
            for name, row in data["readouts"].items()
        ),
        inputs=tuple(
            Input(
                name=name,
                parameter=row["parameter"],
                baseline=float(row["baseline"]),
                unit=row["unit"],
                meaning=row["meaning"],
            )
            for name, row in data.get("inputs", {}).items()
        ),
        genes=tuple(
            Gene(
                name=name,
                symbol=row["symbol"],
                parameters=tuple(row["parameters"]),
                meaning=row["meaning"],
            )
            for name, row in data.get("genes", {}).items()
        ),
        drugs=tuple(
            Drug(
                name=name,
                parameter=row["parameter"],
                target=row["target"],
                affinity=float(row["affinity"]),
                unit=row["affinity_unit"],
                source=row["source"],
                meaning=row["meaning"],
            )
            for name, row in data.get("drugs", {}).items()
        ),
    )


def _parameters(file: Traversable, problems: list[Problem]) -> dict[str, ParameterRow]:
    with io.StringIO(utf8_text(file), newline="") as stream:
        reader = csv.DictReader(stream)
        if reader.fieldnames != PARAMETER_COLUMNS:
            problems.append(
                Problem(
                    what="parameters.csv", why=f"its columns must be {', '.join(PARAMETER_COLUMNS)}"
                )
            )
            return {}
        rows = list(reader)
    found: dict[str, ParameterRow] = {}
    for row in rows:
        name = row["name"]
        try:
            found[name] = ParameterRow(
                unit=row["unit"],
                meaning=row["meaning"],
                source=row["source"],
                confidence=row["confidence"],
                lower=float(row["lower"]) if row["lower"] else None,
                upper=float(row["upper"]) if row["upper"] else None,
                scale=row["scale"],
            )
            parse_unit(row["unit"])
        except ValueError as error:
            problems.append(Problem(what=f"parameters.csv: {name}", why=str(error)))
        except ModelError as error:
            problems += [
                Problem(what=f"parameters.csv: {name}: {p.what}", why=p.why, way_out=p.way_out)
                for p in error.problems
            ]
        if row["confidence"] not in CONFIDENCE:
            problems.append(
                Problem(
                    what=f"parameters.csv: {name}: confidence {row['confidence']!r}",
                    why="unknown",
                    way_out=", ".join(CONFIDENCE),
                )
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
