"""What the molecules are, in public databases: annotations.csv as PySB annotations of the monomers.

The table says each term once, whatever number of networks and cells has the molecule: a qualifier of
BioModels.net (`sbo` for a term of the Systems Biology Ontology), the identifiers.org address, the
name that goes with it, and where the pair was read (`unverified`, where it was not read anywhere).
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import pysb

TABLE = Path(__file__).with_name("annotations.csv")


@cache
def read_terms() -> dict[str, tuple[tuple[str, str], ...]]:
    """Return (qualifier, address) pairs by molecule; models are `network:<name>`."""
    found: dict[str, list[tuple[str, str]]] = {}
    with TABLE.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["molecule"], []).append((row["qualifier"], row["uri"]))
    return {name: tuple(terms) for name, terms in found.items()}


def annotate(model: Any, subject: Any, name: str) -> Any:
    """Add the terms of a molecule (or of `network:<name>`) to a PySB model; return the subject."""
    for qualifier, uri in read_terms().get(name, ()):
        model.add_annotation(pysb.Annotation(subject, uri, qualifier, _export=False))
    return subject
