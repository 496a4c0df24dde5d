"""The members of libsbml's lists."""

from typing import Any


def members(items: Any) -> list[Any]:
    """All of them, in order; libsbml's own iteration takes several times as long."""
    get = items.get
    return [get(place) for place in range(items.size())]
