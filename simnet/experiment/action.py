"""What a change comes down to in an engine: three elementary acts on one quantity."""

from dataclasses import dataclass
from typing import TypeAlias

from simnet.network.expression import Expression


@dataclass(frozen=True, slots=True)
class SetValue:
    """Give `id` (a parameter, compartment or species amount) the value."""

    id: str
    value: float


@dataclass(frozen=True, slots=True)
class ScaleValue:
    """Multiply the current value of `id` by the factor."""

    id: str
    factor: float


@dataclass(frozen=True, slots=True)
class AddAmount:
    """Add to the amount of the species `id`."""

    id: str
    amount: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold the species or assignment `id` at the value from now on."""

    id: str
    value: float


@dataclass(frozen=True, slots=True)
class Assign:
    """Give each id the value that its expression has now; all are evaluated first."""

    assignments: tuple[tuple[str, Expression], ...]


Action: TypeAlias = SetValue | ScaleValue | AddAmount | Hold
"""What a change resolves to."""

Act: TypeAlias = SetValue | ScaleValue | AddAmount | Assign
"""What is left for an engine to do at a boundary, since it takes the state there."""
