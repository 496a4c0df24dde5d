"""BioNetGen's formulas (parameters, functions, rates of BNGL and .net files) as Expressions.

A small parser of our own: nothing is evaluated as text.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction

from simnet.errors import ModelError, Problem
from simnet.network.expression import (
    ASSOCIATIVE,
    Call,
    Expression,
    Number,
    RateLaw,
    Symbol,
    Time,
    function,
    height,
    substitute,
    summed,
    times,
)
from simnet.network.network import Compartment

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>\*\*|<=|>=|==|!=|~=|&&|\|\||[-+*/^<>!~(),]))"
)
_BINARY = {
    "||": (1, "or"), "&&": (2, "and"),
    "<": (3, "lt"), ">": (3, "gt"), "<=": (3, "le"), ">=": (3, "ge"),
    "==": (3, "eq"), "!=": (3, "ne"), "~=": (3, "ne"),
    "+": (4, "plus"), "-": (4, "minus"), "*": (5, "times"), "/": (5, "divide"),
    "^": (7, "power"), "**": (7, "power"),
}  # fmt: skip
_UNARY = 6
_CONSTANTS = {"_pi": math.pi, "_e": math.e}
_FUNCTIONS = {
    name: (name, 1)
    for name in "exp ln log10 sqrt abs sin cos tan asin acos atan sinh cosh tanh".split()
} | {
    "log": ("ln", 1),
    "if": ("piecewise", 3),
    "min": ("min", 0),
    "max": ("max", 0),
    "sum": ("plus", 0),
}
_MOST_SUBTRACTED = 32
"""Changes of sign in a - b + c - d; more are written as a + -b + c + -d."""
_DEEPEST = 200
"""Levels of nesting; deeper ones would exhaust Python's stack."""


def formula(text: str, known: Collection[str], where: str) -> Expression:
    """The Expression of a formula.

    Args:
        text: in BioNetGen's language; a function without arguments is f or f().
        known: names of parameters, observables and functions.
        where: names it in an error.

    Raises:
        ModelError: the text is no formula, or holds what has no form here.
    """
    return _FormulaParser(text, known, where).whole()


class _FormulaParser:
    """Precedence climbing over a list of tokens."""

    def __init__(self, text: str, known: Collection[str], where: str) -> None:
        self.text, self.known, self.where = text, known, where
        self.tokens, self.place, self.depth = self.read(text), 0, 0

    def read(self, text: str) -> list[tuple[str, str]]:
        found, position = [], 0
        text = text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self.bad(f"{text[position:].strip()[:20]!r} cannot be read")
            found.append((str(match.lastgroup), match[str(match.lastgroup)]))
            position = match.end()
        return found

    def bad(self, why: str) -> ModelError:
        return ModelError(Problem(what=f"{self.where}: {self.text.strip()[:80]}", why=why))

    def whole(self) -> Expression:
        found = self.expression(0)
        if self.place < len(self.tokens):
            raise self.bad(f"{self.tokens[self.place][1]!r} is not expected")
        if height(found) > _DEEPEST:  # a/b/c is as well
            raise self.bad(f"is nested more than {_DEEPEST} deep")
        return found

    def next(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "its end")

    def take(self, sign: str) -> None:
        if self.next()[1] != sign:
            raise self.bad(f"{sign!r} is missing before {self.next()[1]!r}")
        self.place += 1

    def expression(self, level: int) -> Expression:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.bad(f"is nested more than {_DEEPEST} deep")
        args, last, changes = [self.operand()], "", 0  # all of them associate to the left
        while (found := _BINARY.get(self.next()[1])) is not None and found[0] >= level:
            self.place += 1
            rank, op = found
            if len(args) > 1 and (op != last or op not in ASSOCIATIVE):
                args, changes = [Call(last, tuple(args))], changes + 1
            args.append(self.expression(rank + 1))
            last = op
        self.depth -= 1
        left = Call(last, tuple(args)) if len(args) > 1 else args[0]
        return summed(left) if changes > _MOST_SUBTRACTED else left

    def operand(self) -> Expression:
        kind, token = self.next()
        self.place += 1
        if kind == "number":
            return Number(float(token))
        if kind == "name":
            return self.named(token)
        if token == "(":
            found = self.expression(0)
            self.take(")")
            return found
        if token == "+":
            return self.expression(_UNARY)
        if token == "-":
            inner = self.expression(_UNARY)
            return Number(-inner.value) if isinstance(inner, Number) else Call("minus", (inner,))
        if token in ("!", "~"):
            return Call("not", (self.expression(_UNARY),))
        raise self.bad(f"{token!r} is not expected")

    def named(self, name: str) -> Expression:
        args = self.arguments() if self.next()[1] == "(" else None
        if name in self.known:
            if args:
                raise self.bad(f"{name} has arguments: a local function is not supported")
            return Symbol(name)
        if name in _CONSTANTS:
            return Number(_CONSTANTS[name])
        if name in ("time", "t") and not args:
            return Time()
        if args is None:
            raise self.bad(f"{name!r} is not defined")
        return self.function(name, args)

    def arguments(self) -> tuple[Expression, ...]:
        self.take("(")
        found: list[Expression] = []
        while self.next()[1] != ")":
            if found:
                self.take(",")
            found.append(self.expression(0))
        self.take(")")
        return tuple(found)

    def function(self, name: str, args: tuple[Expression, ...]) -> Expression:
        special = {
            "log2": lambda x: Call("divide", (Call("ln", (x,)), Number(math.log(2)))),
            "rint": lambda x: Call("floor", (Call("plus", (x, Number(0.5))),)),
        }
        if name in special and len(args) == 1:
            return special[name](args[0])
        if name == "avg" and args:
            total = args[0] if len(args) == 1 else Call("plus", args)
            return Call("divide", (total, Number(len(args))))
        op, wanted = _FUNCTIONS.get(name, ("", 0))
        if not op or not args or (wanted and len(args) != wanted):
            what = "is not supported" if not op else f"takes {wanted or 'some'} arguments"
            raise self.bad(f"the function {name} {what}")
        if op == "piecewise":
            condition, yes, no = args
            return Call(op, (yes, condition, no))
        return args[0] if op == "plus" and len(args) == 1 else Call(op, args)


# Rate laws of BioNetGen's .net files.
#
# A rate constant in the file is multiplied by the product of its reactants; the factor 1/2 of equal
# reactants is in the number before it. So the law of two equal ones is k/2*A^2 in an ODE and
# k/2*A*(A-1) as a propensity, which is what BioNetGen's own simulator computes.


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
            why = "this use of a saturating rate law is not supported"
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
