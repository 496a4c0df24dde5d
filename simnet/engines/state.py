"""Species amounts between segments: what a change does to them, and what no engine may reach."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from simnet.arrays import FloatArray
from simnet.engines.base import Task
from simnet.errors import StateError
from simnet.experiment.action import Act, AddAmount, Assign, ScaleValue, SetValue
from simnet.experiment.program import Program, Segment
from simnet.network.evaluate import assigner
from simnet.network.expression import function
from simnet.network.kept import kept
from simnet.network.network import Network


class State:
    """All values of one replicate between segments, by id: settings and amounts.

    `whole` amounts are molecules: scaled ones are rounded to whole ones, and a fraction is an error;
    so is an amount below `least`.
    """

    def __init__(
        self, network: Network, program: Program, *, whole: bool, least: float = 0.0
    ) -> None:
        self.values: dict[str, float] = {**program.settings, **program.amounts}
        self._species = network.species_index
        self._network = network
        self._whole, self._least = whole, least

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
            possible = self._least <= value < math.inf
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


def require_counts(amounts: FloatArray, species: Sequence[str], times: FloatArray) -> None:
    """Raise StateError unless all amounts (T, S) are whole and not negative."""
    bad = ~(np.isfinite(amounts) & (amounts >= 0) & (amounts == np.floor(amounts)))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise StateError(f"{_amount(amounts, species, times, row, column)}, no amount it can have")


def require_finite(amounts: FloatArray, species: Sequence[str], times: FloatArray) -> None:
    """Raise StateError unless all amounts (T, S) of an ODE are finite."""
    bad = ~np.isfinite(amounts)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise StateError(f"{_amount(amounts, species, times, row, column)}, no amount it can have")


def first_negative(
    amounts: FloatArray, names: Sequence[str], task: Task, peaks: dict[str, float]
) -> tuple[int, int] | None:
    """The row and column of the first amount (T, S) of an ODE that is below zero, but for the
    integrator's error, of the most that the species has been, and rounding, of the most of all.
    None where the task takes such amounts as results.

    `peaks` are what species have been in the run so far, by id, and are brought up to date: what is
    left of something long gone is rounding as well.
    """
    if task.allow_negative:
        return None
    highest = np.maximum(amounts, 0.0).max(axis=0, initial=0.0)
    for name, amount in zip(names, highest.tolist(), strict=True):
        peaks[name] = max(amount, peaks.get(name, 0.0))
    most = np.array([peaks[name] for name in names])
    error = max(1e-6, 10 * task.rtol) * most + 10 * (task.atol or 0.0)
    largest = max([*peaks.values(), np.abs(amounts).max(initial=0.0)])
    bad = amounts < -(error + 1e-12 * largest)
    return tuple(np.argwhere(bad)[0].tolist()) if bad.any() else None


def negative(
    name: str, amount: float, time: float, takers: Sequence[tuple[str, float]]
) -> StateError:
    """The error for an amount below zero; `takers` are the reactions that lower it there, and by how
    much a unit of time."""
    what = f"{name} is {amount:g} at t={time:g}, below zero"
    if takers:
        reaction, rate = max(takers, key=lambda taker: taker[1])
        more = f" (and {len(takers) - 1} more)" if len(takers) > 1 else ""
        return StateError(
            f"{what}: reaction {reaction}{more} takes {rate:.3g} of it per unit of time although there "
            f"is none; make its law vanish where {name} does, or, where amounts below zero are meant, "
            "allow_negative=True (--allow-negative) runs it"
        )
    return StateError(
        f"{what}: a start, rule or event of the model, or a change, makes it so; where amounts below "
        "zero are meant, allow_negative=True (--allow-negative) runs it"
    )


def takers_of(
    network: Network, values: Mapping[str, float], time: float, species: str
) -> list[tuple[str, float]]:
    """The reactions that lower a species in a state of all values by id, and by how much a time unit."""
    state = dict(values)
    kept(network, assigner)(state, time)
    found = []
    for reaction in network.reactions:
        net = dict(reaction.products).get(species, 0) - dict(reaction.reactants).get(species, 0)
        if net:
            change = net * function(reaction.law.expression("continuous"))(state, time)
            if change < 0:
                found.append((reaction.id, -change))
    return found


def _amount(
    amounts: FloatArray, species: Sequence[str], times: FloatArray, row: int, column: int
) -> str:
    return f"{species[column]} is {amounts[row, column]:g} at t={times[row]:g}"
