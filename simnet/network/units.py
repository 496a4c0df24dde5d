"""Units as text ("1/(M s)", "item/s", "uM"), as exponents of base units, and inferred for expressions.

The base units are item, second, mole, litre, metre and kelvin. "1" is dimensionless. A unit that
nobody stated is None, and whatever is computed from it is None.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from simnet.errors import ModelError, Problem
from simnet.network.expression import COMPARISONS, LOGICAL, Call, Expression, Number, Symbol, Time


@dataclass(frozen=True, slots=True)
class Unit:
    """`factor` times a product of base units with whole exponents."""

    factor: float
    exponents: tuple[tuple[str, int], ...]

    def __mul__(self, other: "Unit") -> "Unit":
        exponents = dict(self.exponents)
        for base, exponent in other.exponents:
            exponents[base] = exponents.get(base, 0) + exponent
        return Unit(_rounded(self.factor * other.factor), _sorted(exponents))

    def __pow__(self, exponent: int) -> "Unit":
        return Unit(
            _rounded(self.factor**exponent), _sorted({b: e * exponent for b, e in self.exponents})
        )

    def __truediv__(self, other: "Unit") -> "Unit":
        return self * other**-1


def _rounded(factor: float) -> float:
    return float(f"{factor:.9g}")  # 1e-9 * 1e9 is not 1 in binary


def _sorted(exponents: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((b, e) for b, e in exponents.items() if e))


DIMENSIONLESS = Unit(1.0, ())
_PREFIX = {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}
_SYMBOLS: dict[str, Unit] = {
    "1": DIMENSIONLESS,
    "%": Unit(1.0, ()),
    "dimensionless": DIMENSIONLESS,
    "item": Unit(1.0, (("item", 1),)),
    "copies": Unit(1.0, (("item", 1),)),
    "min": Unit(60.0, (("second", 1),)),
    "h": Unit(3600.0, (("second", 1),)),
    "d": Unit(86400.0, (("second", 1),)),
    "second": Unit(1.0, (("second", 1),)),
    "mole": Unit(1.0, (("mole", 1),)),
    "litre": Unit(1.0, (("litre", 1),)),
    "metre": Unit(1.0, (("metre", 1),)),
    "K": Unit(1.0, (("kelvin", 1),)),
}
for _letter, _factor in _PREFIX.items():
    _SYMBOLS[_letter + "s"] = Unit(_factor, (("second", 1),))
    _SYMBOLS[_letter + "mol"] = Unit(_factor, (("mole", 1),))
    _SYMBOLS[_letter + "L"] = Unit(_factor, (("litre", 1),))
    _SYMBOLS[_letter + "M"] = Unit(_factor, (("litre", -1), ("mole", 1)))
    _SYMBOLS[_letter + "m"] = Unit(_factor, (("metre", 1),))

_TOKEN = re.compile(r"\s*(?:(?P<symbol>[A-Za-z]+|1|%)(?:\^(?P<power>-?\d+))?|(?P<sign>[*/·()]))")


@cache
def parse_unit(text: str) -> Unit:
    """The unit that `text` names: symbols with ^powers, products by space or *, /, parentheses.

    Raises:
        ModelError: the text is not of that form.
    """
    unit, position = _product(text, 0)
    if text[position:].strip():
        raise _bad(text)
    return unit


def _product(text: str, position: int) -> tuple[Unit, int]:
    unit, sign, empty = DIMENSIONLESS, 1, True
    while (match := _TOKEN.match(text, position)) is not None:
        if match["sign"] == ")":
            break
        position = match.end()
        if match["sign"] == "/":
            if empty or sign < 0:
                raise _bad(text)
            sign = -1
            continue
        if match["sign"] in ("*", "·"):
            continue
        if match["sign"] == "(":
            factor, position = _product(text, position)
            closing = _TOKEN.match(text, position)
            if closing is None or closing["sign"] != ")":
                raise _bad(text)
            position = closing.end()
        else:
            if match["symbol"] not in _SYMBOLS:
                raise _bad(text, match["symbol"])
            factor = _SYMBOLS[match["symbol"]] ** int(match["power"] or 1)
        unit, sign, empty = unit * factor**sign, 1, False
    if empty or sign < 0:
        raise _bad(text)
    return unit, position


def _bad(text: str, symbol: str | None = None) -> ModelError:
    why = f"unknown symbol {symbol!r}" if symbol else "not a unit"
    return ModelError(
        Problem(
            what=f"unit {text!r}", why=why, way_out="write for example 1/s, item, uM or 1/(M s)"
        )
    )


def unit_text(unit: Unit) -> str:
    """Canonical text of a unit, which `parse_unit` reads back.

    Raises:
        ModelError: its factor cannot be written with the known symbols.
    """
    exponents = dict(unit.exponents)
    letters = {
        "second": "s",
        "mole": "mol",
        "litre": "L",
        "item": "item",
        "metre": "m",
        "kelvin": "K",
    }
    above = [_powered(letters[b], e) for b, e in exponents.items() if e > 0]
    below = [_powered(letters[b], -e) for b, e in exponents.items() if e < 0]
    scaled = "" if unit.factor == 1 else _scaled(unit)
    if scaled:
        return scaled
    if not below:
        return " ".join(above) or "1"
    bottom = below[0] if len(below) == 1 else f"({' '.join(below)})"
    return f"{' '.join(above) or '1'}/{bottom}"


def _powered(letter: str, exponent: int) -> str:
    return letter if exponent == 1 else f"{letter}^{exponent}"


def _scaled(unit: Unit) -> str:
    """The text of a unit whose factor is not 1: one known symbol, or its inverse, times the rest."""
    candidates = [
        (symbol, power, rest)
        for symbol, known in _SYMBOLS.items()
        for power in (1, -1)
        if known.factor != 1 and (rest := unit / known**power).factor == 1
    ]
    if candidates:
        symbol, power, rest = min(candidates, key=lambda c: sum(abs(e) for _, e in c[2].exponents))
        if not rest.exponents:
            return symbol if power == 1 else f"1/{symbol}"
        other = unit_text(rest)
        return f"{symbol} {other}" if power == 1 else f"{other}/{symbol}"
    raise ModelError(
        Problem(
            what=f"unit {unit.factor:g} x {dict(unit.exponents)}",
            why="no symbol for its factor",
            way_out="use units that combine to one of s, L, mol, item, M, uM, nM",
        )
    )


def infer(expression: Expression, known: Mapping[str, Unit | None], time: Unit) -> Unit | None:
    """The unit of an expression, or None where a part of it states no unit.

    Raises:
        ModelError: a sum or comparison mixes units, or a function is given a quantity.
    """
    match expression:
        case Number(unit=stated):
            return DIMENSIONLESS if stated is None else parse_unit(stated)
        case Symbol(id=name):
            return known.get(name)
        case Time():
            return time
        case Call():
            return _infer_call(expression, known, time)


def _infer_call(call: Call, known: Mapping[str, Unit | None], time: Unit) -> Unit | None:
    units = [infer(arg, known, time) for arg in call.args]
    if call.op == "power":
        return _infer_power(call.args[1], units[0])
    if call.op == "sqrt":
        return _infer_power(Number(0.5), units[0])
    if any(unit is None for unit in units):
        return DIMENSIONLESS if call.op in COMPARISONS | LOGICAL else None
    present = [unit for unit in units if unit is not None]
    if call.op == "times":
        product = DIMENSIONLESS
        for unit in present:
            product = product * unit
        return product
    if call.op == "divide":
        return present[0] / present[1]
    if call.op in ("plus", "minus", "min", "max", "abs", "floor", "ceil"):
        return _same(call, present)
    if call.op == "piecewise":
        return _same(call, present[0::2])
    if call.op in COMPARISONS:
        _same(call, present)
        return DIMENSIONLESS
    for unit in present:
        if unit != DIMENSIONLESS:
            raise _mixed(call, f"is given a quantity in {unit_text(unit)}")
    return DIMENSIONLESS


def _infer_power(exponent: Expression, base: Unit | None) -> Unit | None:
    if base is None or base == DIMENSIONLESS:
        return base
    if not isinstance(exponent, Number):
        return None
    power = Fraction(exponent.value).limit_denominator(6)
    whole = [Fraction(e) * power for _, e in base.exponents]
    if any(e.denominator != 1 for e in whole):
        return None
    exponents = {b: int(e) for (b, _), e in zip(base.exponents, whole, strict=True)}
    return Unit(_rounded(base.factor ** float(power)), _sorted(exponents))


def _same(call: Call, units: list[Unit]) -> Unit:
    if any(unit != units[0] for unit in units):
        raise _mixed(call, "mixes " + ", ".join(unit_text(unit) for unit in units))
    return units[0]


def _mixed(call: Call, why: str) -> ModelError:
    from simnet.network.expression import text

    return ModelError(Problem(what=f"units of {text(call)}", why=f"{call.op} {why}"))
