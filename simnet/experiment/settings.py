"""Values of parameters and compartments as they change along a schedule."""

from collections.abc import Iterable

from simnet.errors import Problem
from simnet.experiment.action import Act, Action, AddAmount, Hold, ScaleValue, SetValue
from simnet.experiment.schedule import Pulse
from simnet.network.evaluate import initial_values
from simnet.network.network import Network


class Settings:
    """Each parameter has a base value, and pulses that are on; the pulse that began last wins.

    `Set` and `Scale` move the base, so what they do shows when the pulses are over.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._declared = initial_values(network)
        self._base: dict[str, float] = {}  # those that differ from the declared
        self._pulses: dict[str, list[tuple[Pulse, float]]] = {}
        self._fresh: dict[str, float] = {}
        self.held: dict[str, float] = {}

    def values(self) -> dict[str, float]:
        """All that differs from what is declared, and what is held."""
        return {**{name: self._current(name) for name in self._touched()}, **self.held}

    def apply(self, actions: Iterable[Action]) -> list[Act]:
        """Take in what is set; return the acts on amounts, which only the engine can do."""
        acts: list[Act] = []
        for action in actions:
            if isinstance(action, Hold):
                self.held[action.id] = action.value
                if action.id in self._network.species_index:
                    acts.append(SetValue(action.id, action.value))
                else:
                    self._fresh[action.id] = action.value
            elif action.id in self._network.species_index:
                acts.append(action)
            elif isinstance(action, ScaleValue):
                base = self._base.get(action.id, self._declared[action.id])
                self._move(action.id, base * action.factor)
            elif isinstance(action, AddAmount):
                raise TypeError(f"{action.id} is no species")
            else:
                self._move(action.id, action.value)
        return acts

    def begin(self, pulse: Pulse) -> list[Problem]:
        """Switch a pulse on; a problem where it is not on a parameter, input or volume."""
        actions, problems = pulse.change.resolve(self._network)
        if problems:
            return list(problems)
        (action,) = actions
        if not isinstance(action, SetValue) or action.id in self._network.species_index:
            return [
                Problem(
                    what=repr(pulse),
                    why="only a parameter or input can go back to what it was",
                    way_out="give a Set of one, or two entries At(...)",
                )
            ]
        self._pulses.setdefault(action.id, []).append((pulse, action.value))
        self._fresh[action.id] = self._current(action.id)
        return []

    def end(self, pulse: Pulse) -> None:
        """Switch a pulse off."""
        for name, active in self._pulses.items():
            for item in active:
                if item[0] is pulse:
                    active.remove(item)
                    self._fresh[name] = self._current(name)
                    return

    def take(self) -> dict[str, float]:
        """What was set since the last call."""
        fresh, self._fresh = self._fresh, {}
        return fresh

    def _touched(self) -> set[str]:
        return self._base.keys() | self._pulses.keys()

    def _move(self, name: str, value: float) -> None:
        self._base[name] = value
        self._fresh[name] = self._current(name)

    def _current(self, name: str) -> float:
        active = self._pulses.get(name)
        return active[-1][1] if active else self._base.get(name, self._declared[name])
