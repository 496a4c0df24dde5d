"""SBML unit definitions as unit text."""

import math
from typing import Any

import libsbml

from simnet.errors import ModelError
from simnet.network.units import DIMENSIONLESS, Unit, parse_unit, unit_text
from simnet.sbml.members import members


def unit_of(definition: Any) -> str | None:
    """The text of a unit definition; ours have it as name."""
    name = definition.getName()
    try:
        total = DIMENSIONLESS
        for unit in members(definition.getListOfUnits()):
            kind = libsbml.UnitKind_toString(unit.getKind())
            kind = {"liter": "litre", "meter": "metre"}.get(kind, kind)
            exponent = unit.getExponentAsDouble()
            factor = unit.getMultiplier() * 10.0 ** unit.getScale()
            if exponent != int(exponent):
                return None
            bases = () if kind == "dimensionless" else ((kind, int(exponent)),)
            total = total * Unit(factor**exponent, bases)
        if name and _parses_to(name, total):
            return str(name)
        return unit_text(total)
    except (ModelError, KeyError, ZeroDivisionError, OverflowError):
        return None


def _parses_to(name: str, unit: Unit) -> bool:
    try:
        parsed = parse_unit(name)
    except ModelError:
        return False
    return parsed.exponents == unit.exponents and math.isclose(parsed.factor, unit.factor)
