"""Rate laws of BioNetGen's .net files.

A rate constant in the file is multiplied by the product of its reactants; the factor 1/2 of equal
reactants is in the number before it. So the law of two equal ones is k/2*A^2 in an ODE and
k/2*A*(A-1) as a propensity, which is what BioNetGen's own simulator computes.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from simnet.errors import ModelError, Problem
from simnet.network.expression import Call, Expression, Number, Symbol, function, substitute, times
from simnet.network.network import Compartment
from simnet.network.rates import RateLaw

_SATURATED = re.compile(r"(?:(?P<factor>[^*]+)\*)?(?P<kind>Sat|MM|Hill)\s+(?P<constants>.+)")


class LawReader:
    """Reads rate laws.

    Args:
        formula: makes an Expression of a text, given where it stands.
        values: of parameters.
        compartments: with their sizes, which may be parameters.
    """

    def __init__(
        self,
        formula: Callable[[str, str], Expression],
        values: Mapping[str, float],
        compartments: Sequence[Compartment],
    ) -> None:
        self.formula, self.values, self.compartments = formula, values, compartments

    def read(
        self, rate: str, conversion: str, used: list[str], orders: tuple[tuple[str, int], ...]
    ) -> RateLaw:
        """The law of one reaction.

        Args:
            rate: the text of its rate.
            conversion: what the file says of volumes in it; "" for nothing.
            used: ids of its reactants, one for each molecule.
            orders: the same, counted.

        Raises:
            ModelError: a saturated law that has no form here.
        """
        special = _SATURATED.fullmatch(rate)
        if special is not None:
            return self._saturated(special, conversion, used, orders)
        number = 1.0
        factors: list[Expression] = []
        for part in rate.split("*") if re.fullmatch(r"[\w.*+-]+", rate) else [rate]:
            factor = self.formula(part, f"rate {rate}")
            if isinstance(factor, Number):
                number *= factor.value
            else:
                factors.append(factor)
        volumes = (
            self.formula(conversion, f"unit conversion {conversion}") if conversion else Number(1)
        )
        return RateLaw(rate=self._constant(number, factors, volumes), orders=orders)

    def _constant(
        self, number: float, factors: list[Expression], volumes: Expression
    ) -> Expression:
        """The statistical factor as an exact fraction, the constants, and the live volumes: their
        present value is multiplied into the number, and is divided out again."""
        factor = number / function(volumes)(self.values, 0.0)
        ratio = exact_factor(factor)
        if ratio is None:
            factors, ratio = [Number(factor), *factors], Fraction(1)
        sizes = {
            c.initial_expression.id: Symbol(c.id)
            for c in reversed(self.compartments)
            if isinstance(c.initial_expression, Symbol)
        }
        rate = times(Number(ratio.numerator), *factors, substitute(volumes, sizes))
        return rate if ratio.denominator == 1 else Call("divide", (rate, Number(ratio.denominator)))

    def _saturated(
        self,
        match: re.Match[str],
        conversion: str,
        used: list[str],
        orders: tuple[tuple[str, int], ...],
    ) -> RateLaw:
        """Sat: k*A*B.../((K1 + A)*(K2 + B)...); MM: the tQSSA law of a substrate and an enzyme."""
        kind, what = match["kind"], f"rate {match[0]}"
        constants = [self.formula(part, what) for part in match["constants"].split()]
        factor = self.formula(match["factor"] or "1", what)
        fits = {"Sat": 2 <= len(constants) <= len(used) + 1, "MM": len(constants) == len(used) == 2}
        if not fits.get(kind, False) or conversion or len(set(used)) < len(used):
            why = "this use of a saturated rate law has no form here"
            way_out = "write it as a function of observables"
            raise ModelError(Problem(what=what, why=why, way_out=way_out))
        rate = times(factor, constants[0])
        if kind == "Sat":
            below = [
                Call("plus", (k, Symbol(s))) for k, s in zip(constants[1:], used, strict=False)
            ]
            return RateLaw(rate=Call("divide", (rate, times(*below))), orders=orders)
        substrate, enzyme, k = Symbol(used[0]), Symbol(used[1]), constants[1]
        rest = Call("minus", (Call("minus", (substrate, k)), enzyme))
        inside = Call("plus", (Call("power", (rest, Number(2))), times(Number(4), k, substrate)))
        free = times(Number(0.5), Call("plus", (rest, Call("sqrt", (inside,)))))
        # What it is anyway, in a form of which `bounds` can tell:
        present = Call("gt", (substrate, Number(0)))
        free = Call("piecewise", (Call("max", (Number(0), free)), present, Number(0)))
        return RateLaw(rate=Call("divide", (times(rate, free, enzyme), Call("plus", (k, free)))))


def exact_factor(factor: float) -> Fraction | None:
    """The statistical factor (a count of matches over symmetries, which divide a factorial) behind
    one that BioNetGen prints with six significant digits, or None."""
    for denominator in (d for d in range(1, 5041) if 5040 % d == 0):
        ratio = Fraction(round(factor * denominator), denominator)
        if abs(float(ratio) - factor) <= 5e-6 * abs(factor):
            return ratio
    return None
