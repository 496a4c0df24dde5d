"""Species amounts between segments: what a change does to them, and what no engine may reach."""

import math
from collections.abc import Iterable

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import StateError
from simnet.experiment.action import AddAmount, ScaleValue, SetValue


def applied(current: float, action: SetValue | ScaleValue | AddAmount, *, whole: bool) -> float:
    """The amount after an action; scaled amounts of molecules are rounded to whole ones."""
    match action:
        case SetValue(value=value):
            amount = value
        case ScaleValue(factor=factor):
            amount = current * factor
            amount = float(round(amount)) if whole else amount
        case AddAmount(amount=added):
            amount = current + added
    if amount < 0 or (whole and amount != math.floor(amount)):
        kind = "negative" if amount < 0 else "a fraction of a molecule"
        raise StateError(f"{action.id}: {current:g} becomes {amount:g}, {kind}, by {action}")
    return amount


def require_counts(amounts: FloatArray, species: Iterable[str], times: FloatArray) -> None:
    """Raise StateError unless all amounts (T, S) are whole and not negative."""
    bad = ~(np.isfinite(amounts) & (amounts >= 0) & (amounts == np.floor(amounts)))
    if bad.any():
        _raise(amounts, bad, species, times)


def require_amounts(amounts: FloatArray, species: Iterable[str], times: FloatArray) -> None:
    """Raise StateError unless all amounts (T, S) of an ODE are finite and, but for the
    integrator's error, not negative."""
    scale = np.abs(amounts).max(initial=0.0)
    bad = ~np.isfinite(amounts) | (amounts < -1e-6 * max(scale, 1e-300))
    if bad.any():
        _raise(amounts, bad, species, times)


def _raise(
    amounts: FloatArray,
    bad: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    species: Iterable[str],
    times: FloatArray,
) -> None:
    row, column = np.argwhere(bad)[0]
    name = list(species)[column]
    raise StateError(
        f"{name} is {amounts[row, column]:g} at t={times[row]:g}, no amount it can have"
    )
