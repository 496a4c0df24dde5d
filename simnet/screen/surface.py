"""Which conditions of a screen make up a ladder of doses, or a grid of two factors."""

from collections.abc import Sequence
from dataclasses import dataclass

from simnet.screen.factors import Level


@dataclass(frozen=True, kw_only=True)
class Surface:
    """Conditions on a grid of levels.

    Attributes:
        levels_a, levels_b: (A,), (B,) doses, or 1, 2, ... where they are none; 0, which is absent,
            is the first.
        labels_a, labels_b: of the levels; "" is absent.
        conditions: (A, B) numbers of the conditions; None where one was not run.
    """

    levels_a: tuple[float, ...]
    levels_b: tuple[float, ...]
    labels_a: tuple[str, ...]
    labels_b: tuple[str, ...]
    conditions: tuple[tuple[int | None, ...], ...]


def surface_of(arms: Sequence[tuple[Level, ...]], a: str, b: str | None) -> Surface:
    """The grid of two factors, or, without a second, the ladder of one (B is 1).

    Args:
        arms: (C,) levels of each condition.
        a, b: factors; conditions in which any other is varied do not belong to it.
    """
    labels = [_ladder(arms, name) for name in (a, b)]
    where: dict[tuple[str, str], int] = {}
    for number, levels in enumerate(arms):
        made = {level.factor: level.label for level in levels}
        if set(made) <= {a, b}:
            where[made.get(a, ""), made.get(b, "") if b else ""] = number
    return Surface(
        levels_a=tuple(labels[0].values()),
        levels_b=tuple(labels[1].values()),
        labels_a=tuple(labels[0]),
        labels_b=tuple(labels[1]),
        conditions=tuple(tuple(where.get((i, j)) for j in labels[1]) for i in labels[0]),
    )


def _ladder(arms: Sequence[tuple[Level, ...]], factor: str | None) -> dict[str, float]:
    """Level by label, rising where they are doses; 0 is absent."""
    found = {x.label: x.dose for levels in arms for x in levels if x.factor == factor}
    dosed = all(dose is not None for dose in found.values())
    numbers = {
        label: float(dose) if dosed and dose is not None else float(place + 1)
        for place, (label, dose) in enumerate(found.items())
    }
    return {"": 0.0, **dict(sorted(numbers.items(), key=lambda item: item[1]))}
