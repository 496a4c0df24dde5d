"""The headline experiments of the packaged networks, as data: headlines.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from simnet.catalogue.text import utf8_text
from simnet.errors import ModelError, Problem

_KEYS = frozenset({"meaning", "stretch", "steps", "settings", "method", "replicates"})


@dataclass(frozen=True, kw_only=True)
class Headline:
    """One experiment: stretches of equal length, one after the other.

    Attributes:
        id: its name.
        meaning: in words; {replicates} stands for their number.
        stretch: length of a stretch, such as "48 h".
        settings: values by parameter, one for each stretch.
        steps: output steps of a stretch.
        method: "ode" or "ssa".
        replicates: independent runs.
    """

    id: str
    meaning: str
    stretch: str
    settings: Mapping[str, tuple[float, ...]]
    steps: int = 96
    method: str = "ode"
    replicates: int = 1


@cache
def read_headlines() -> Mapping[str, tuple[Headline, ...]]:
    """Headline experiments by the id of their network.

    Raises:
        ModelError: an experiment with a key that is missing or not known.
    """
    file = resources.files("simnet.catalogue") / "headlines.toml"
    data = tomllib.loads(utf8_text(file))
    return {
        network: tuple(_headline(network, name, row) for name, row in rows.items())
        for network, rows in data.items()
    }


def _headline(network: str, name: str, row: dict[str, Any]) -> Headline:
    wrong = row.keys() - _KEYS | {"meaning", "stretch", "settings"} - row.keys()
    if wrong:
        why = f"missing or not known: {', '.join(sorted(wrong))}"
        raise ModelError(Problem(what=f"headlines.toml: {network}.{name}", why=why))
    settings = {key: tuple(map(float, values)) for key, values in row["settings"].items()}
    return Headline(id=name, **{**row, "settings": settings})
