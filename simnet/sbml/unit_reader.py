"""Units of an SBML model, as unit text: of its items, and where an item has none of its own."""

from typing import Any

from simnet.errors import ModelError, Problem
from simnet.network.units import parse_unit
from simnet.sbml.members import members
from simnet.sbml.obstacles import ODE_ONLY
from simnet.sbml.units import unit_of

_BASE = {
    "volume": "L",
    "liter": "L",
    "length": "m",
    "area": "m^2",
    "second": "s",
    "litre": "L",
    "mole": "mol",
    "dimensionless": "1",
    "metre": "m",
}


class UnitReader:
    """Reads the units of a model.

    Args:
        document: the libsbml.SBMLDocument.

    Attributes:
        texts: of the unit definitions that have one, by id.
    """

    def __init__(self, document: Any) -> None:
        self.model, self.level = document.getModel(), document.getLevel()
        self.texts = {
            d.getId(): t
            for d in members(self.model.getListOfUnitDefinitions())
            if (t := unit_of(d))
        }

    def unit(self, unit_id: str) -> str | None:
        """The unit of that id; None where it has no text."""
        if not unit_id:
            return None
        if unit_id in self.texts:
            return self.texts[unit_id]
        if self.model.getUnitDefinition(unit_id) is not None:
            return None  # one that has no text
        text = _BASE.get(unit_id, unit_id)
        try:
            parse_unit(text)
        except ModelError:
            return None
        return text

    def of_substance(self) -> str | None:
        """Of amounts: what all species state, or else the model's."""
        found = self.of_species()
        return found[0] if len(found) == 1 else self._of_substance()

    def of_species(self) -> list[str | None]:
        """The different units of the amounts that reactions change."""
        stated = (
            s.getSubstanceUnits()
            for s in members(self.model.getListOfSpecies())
            if not (s.getConstant() or s.getBoundaryCondition())
            and self.model.getRuleByVariable(s.getId()) is None
        )
        return list(dict.fromkeys(self._stated_or_default(unit) for unit in stated))

    def mixed(self) -> list[Problem]:
        """What is wrong where these units differ."""
        found = self.of_species()
        if len(found) < 2:
            return []
        units = " and ".join(str(unit or "a unit without a name") for unit in found)
        why = "a firing changes all amounts by whole numbers of one unit"
        way_out = f"give all species one unit; or {ODE_ONLY}"
        return [Problem(what=f"amounts of species in {units}", why=why, way_out=way_out)]

    def _stated_or_default(self, unit: str) -> str | None:
        of_model = self.level < 3 and unit == "substance"
        return self._of_substance() if of_model or not unit else self.unit(unit)

    def _of_substance(self) -> str | None:
        """Level 2's default is mole, unless the model defines "substance"."""
        if self.level >= 3:
            return self.unit(self.model.getSubstanceUnits())
        return self._level_2("substance") or "mol"

    def of_time(self) -> str | None:
        """Of time. Level 2's default is second, unless the model defines "time"."""
        if self.level >= 3:
            return self.unit(self.model.getTimeUnits())
        return self._level_2("time") or "s"

    def of_size(self, compartment: Any) -> str | None:
        """Of a volume, area or length; None for other dimensions. Level 2's default for a volume is
        litre, unless the model defines "volume"."""
        return self.unit(compartment.getUnits() or self._default_of_size(compartment))

    def _default_of_size(self, compartment: Any) -> str:
        model, dimensions = self.model, compartment.getSpatialDimensions()
        if self.level < 3:
            return {3: "volume", 2: "area", 1: "length"}.get(dimensions, "")
        defaults = {3: model.getVolumeUnits, 2: model.getAreaUnits, 1: model.getLengthUnits}
        getter = defaults.get(dimensions)
        return str(getter()) if getter is not None else ""

    def _level_2(self, name: str) -> str | None:
        definition = self.model.getUnitDefinition(name)
        return unit_of(definition) if definition is not None else None
