"""Readable SBML ids: from a pattern, valid, unique, the same on every run."""

import re
from collections.abc import Iterable

_RESERVED = frozenset(
    "time avogadro pi exponentiale true false inf infinity nan notanumber default delay rate rateOf "
    "species compartment model end const var substanceOnly at after in is has import function event "
    "reaction unit sum e i".split()
)
"""Names that Antimony, COPASI or libsbml's formula language read as something else."""


class Ids:
    """Gives out ids and remembers them."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def claim(self, wanted: str) -> str:
        """`wanted`, made valid, with a number behind it where it is taken or reserved."""
        base = re.sub(r"_+$", "", re.sub(r"[^A-Za-z0-9_]+", "_", wanted)) or "x"
        if base[0].isdigit():
            base = "_" + base
        candidate, number = base, 2
        while candidate in self.taken or candidate in _RESERVED:
            candidate = f"{base}_{number}"
            number += 1
        self.taken.add(candidate)
        return candidate
