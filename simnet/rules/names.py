"""Readable ids for species: made from their patterns, in the order molecules and sites are declared.

`HIF1A(arnt=1, odd='oh') % ARNT(hif=1)` becomes `HIF1A_odd_oh__ARNT`: states are named, bonds are
not, molecules of a complex are joined by two underscores and equal ones counted.
"""

from itertools import groupby
from typing import Any


def species_text(pattern: Any) -> str:
    """The pattern as PySB writes it, on one line."""
    return " ".join(str(pattern).split())


def molecules(pattern: Any) -> tuple[str, ...]:
    """Names of the molecules in a species, in its order."""
    return tuple(m.monomer.name for m in pattern.monomer_patterns)


def wanted_id(pattern: Any) -> str:
    """The id one would like; `Ids.claim` makes it unique."""
    parts = [_molecule(m) for m in pattern.monomer_patterns]
    counted = [(name, len(list(group))) for name, group in groupby(sorted(parts))]
    names = [name if count == 1 else f"{name}_x{count}" for name, count in counted]
    places = {c.name for c in _compartments(pattern)}
    return "__".join(names) + ("_in_" + "_".join(sorted(places)) if places else "")


def _compartments(pattern: Any) -> list[Any]:
    found = [m.compartment for m in pattern.monomer_patterns] + [pattern.compartment]
    return [compartment for compartment in found if compartment is not None]


def _molecule(pattern: Any) -> str:
    sites = [s for s in pattern.monomer.sites if s in pattern.site_conditions]
    states = [(s, _state(pattern.site_conditions[s])) for s in dict.fromkeys(sites)]
    return "_".join([pattern.monomer.name, *(f"{s}_{state}" for s, state in states if state)])


def _state(condition: Any) -> str:
    """The state in a site's condition; bonds and emptiness have none."""
    if isinstance(condition, str):
        return condition
    if isinstance(condition, tuple):
        return str(condition[0])
    if type(condition).__name__ == "MultiState":
        return "_".join(filter(None, (_state(c) for c in condition)))
    return ""
