"""Species amounts between segments: what a change does to them, and what no engine may reach."""

import math
from collections.abc import Iterable

import numpy as np

from simnet.arrays import BoolArray, FloatArray
from simnet.errors import StateError
from simnet.experiment.action import Act, AddAmount, Assign, ScaleValue, SetValue
from simnet.experiment.program import Program, Segment
from simnet.network.evaluate import assigner
from simnet.network.expression import function
from simnet.network.kept import kept
from simnet.network.network import Network


class State:
    """All values of one replicate between segments, by id: settings and amounts.

    `whole` amounts are molecules: scaled ones are rounded to whole ones, and a fraction is an error.
    """

    def __init__(self, network: Network, program: Program, *, whole: bool) -> None:
        self.values: dict[str, float] = {**program.settings, **program.amounts}
        self._species = network.species_index
        self._network = network
        self._whole = whole

    def enter(self, segment: Segment) -> None:
        """Do what the segment begins with."""
        self.values.update(segment.settings)
        for act in segment.acts:
            if isinstance(act, Assign):
                held = {name: self.values[name] for name in segment.held}
                kept(self._network, assigner)(self.values, segment.start)
                self.values.update(held)
                new = {
                    name: function(expression)(self.values, segment.start)
                    for name, expression in act.assignments
                }
                for name, value in new.items():
                    self._set(name, value, act)
            else:
                self._set(act.id, applied(self.values[act.id], act, whole=self._whole), act)

    def _set(self, name: str, value: float, act: Act) -> None:
        if name in self._species:
            possible = 0 <= value < math.inf
            if not possible or (self._whole and value != math.floor(value)):
                kind = "a fraction of a molecule" if possible else "no amount it can have"
                before = self.values[name]
                raise StateError(f"{name}: {before:g} becomes {value:g}, {kind}, by {_said(act)}")
        elif not math.isfinite(value):
            raise StateError(f"{name} becomes {value:g} by {_said(act)}")
        self.values[name] = value


def _said(act: Act) -> str:
    return "an event of the model" if isinstance(act, Assign) else str(act)


def applied(current: float, act: SetValue | ScaleValue | AddAmount, *, whole: bool) -> float:
    """The value after an act; scaled amounts of molecules are rounded to whole ones."""
    match act:
        case SetValue(value=value):
            return value
        case ScaleValue(factor=factor):
            return float(round(current * factor)) if whole else current * factor
        case AddAmount(amount=added):
            return current + added


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
    bad: BoolArray,
    species: Iterable[str],
    times: FloatArray,
) -> None:
    row, column = np.argwhere(bad)[0]
    name = list(species)[column]
    raise StateError(
        f"{name} is {amounts[row, column]:g} at t={times[row]:g}, no amount it can have"
    )
