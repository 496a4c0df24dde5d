"""A PySB model in the making, for tests. Each conftest.py that needs it loads this file by its path."""

from typing import Any

import pysb


class Draft:
    """Adds components to one model, with none of PySB's export into the caller's namespace."""

    def __init__(self, name: str | None = "draft") -> None:
        self.model: Any = pysb.Model(name, _export=False)

    def add(self, component: Any) -> Any:
        self.model.add_component(component)
        return component

    def monomer(self, name: str, *sites: str, **states: list[str]) -> Any:
        """Sites with states are keyword arguments."""
        return self.add(pysb.Monomer(name, [*sites, *states], states, _export=False))

    def parameter(self, name: str, value: float, *, nonnegative: bool = True) -> Any:
        return self.add(pysb.Parameter(name, value, nonnegative=nonnegative, _export=False))

    def expression(self, name: str, value: Any) -> Any:
        return self.add(pysb.Expression(name, value, _export=False))

    def observable(self, name: str, pattern: Any, **kwargs: Any) -> Any:
        return self.add(pysb.Observable(name, pattern, _export=False, **kwargs))

    def compartment(self, name: str, **kwargs: Any) -> Any:
        return self.add(pysb.Compartment(name, _export=False, **kwargs))

    def tag(self, name: str) -> Any:
        return self.add(pysb.Tag(name, _export=False))

    def rule(self, name: str, pattern: Any, *rates: Any, **kwargs: Any) -> Any:
        """Rates are components, or numbers that become parameters k_NAME and k_NAME_reverse."""
        suffixes = ("", "_reverse")
        found = [
            self.parameter(f"k_{name}{suffix}", float(rate))
            if isinstance(rate, (int, float))
            else rate
            for rate, suffix in zip(rates, suffixes, strict=False)
        ]
        return self.add(pysb.Rule(name, pattern, *found, _export=False, **kwargs))

    def energy(self, name: str, pattern: Any, value: float) -> Any:
        energy = self.parameter(f"G_{name}", value, nonnegative=False)
        return self.add(pysb.EnergyPattern(name, pattern, energy, _export=False))

    def start(self, pattern: Any, amount: Any, *, fixed: bool = False) -> None:
        """The amount is a component, or a number that becomes a parameter."""
        if isinstance(amount, (int, float)):
            amount = self.parameter(f"n_{len(self.model.initials)}", float(amount))
        self.model.add_initial(pysb.Initial(pattern, amount, fixed=fixed, _export=False))
