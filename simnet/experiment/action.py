"""What a change comes down to in an engine: three elementary acts on one quantity."""

from dataclasses import dataclass
from typing import TypeAlias


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


Action: TypeAlias = SetValue | ScaleValue | AddAmount | Hold
