"""SymPy expressions (PySB's) to simnet's."""

from typing import Any

from simnet.errors import ModelError, Problem
from simnet.network.expression import Call, Expression, Number, Symbol, Time, plus, times

_FUNCTIONS = {
    "exp": "exp",
    "log": "ln",
    "Abs": "abs",
    "floor": "floor",
    "ceiling": "ceil",
    "factorial": "factorial",
    "Min": "min",
    "Max": "max",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "asin": "asin",
    "acos": "acos",
    "atan": "atan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "StrictLessThan": "lt",
    "LessThan": "le",
    "StrictGreaterThan": "gt",
    "GreaterThan": "ge",
    "Equality": "eq",
    "Unequality": "ne",
    "And": "and",
    "Or": "or",
    "Xor": "xor",
    "Not": "not",
    "BooleanTrue": "true",
    "BooleanFalse": "false",
}


_DEEPEST = 200
"""Levels of nesting; deeper ones would exhaust Python's stack."""
_MOST_SUBTRACTED = 32
"""Terms that are subtracted one after the other; more are subtracted as one sum."""


def from_sympy(expression: Any, where: str) -> Expression:
    """Translate; `where` names the expression in an error.

    Raises:
        ModelError: a function that has no form here, or more than 200 levels.
    """
    levels, reached = [expression], 0
    while levels:
        levels, reached = [arg for part in levels for arg in part.args], reached + 1
        if reached > _DEEPEST:
            why = f"is nested more than {_DEEPEST} deep"
            raise ModelError(
                Problem(what=where, why=why, way_out="use Expressions for parts of it")
            )
    return _translated(expression, where)


def _translated(expression: Any, where: str) -> Expression:
    name = type(expression).__name__
    if name == "SpecialSymbol":
        return Time()
    if expression.is_Symbol:
        return Symbol(expression.name)
    if expression.is_Number or expression.is_NumberSymbol:
        return Number(float(expression))
    if expression.is_Add:
        return _sum([_translated(term, where) for term in expression.as_ordered_terms()])
    if expression.is_Mul:
        return _product(expression, where)
    if expression.is_Pow:
        return _power(expression, where)
    if name == "Piecewise":
        return _piecewise(expression, where)
    if name in _FUNCTIONS:
        return Call(_FUNCTIONS[name], tuple(_translated(arg, where) for arg in expression.args))
    raise ModelError(
        Problem(what=where, why=f"the function {name} has no form in SBML", way_out="rewrite it")
    )


def _sum(terms: list[Expression]) -> Expression:
    """A sum in which negative terms are subtracted."""
    total: Expression | None = None
    positive = [t for t in terms if not _negative(t)]
    if positive:
        total = plus(*positive)
    opposites = [_opposite(t) for t in terms if _negative(t)]
    if len(opposites) > _MOST_SUBTRACTED:
        opposites = [plus(*opposites)]
    for opposite in opposites:
        total = Call("minus", (opposite,)) if total is None else Call("minus", (total, opposite))
    return total if total is not None else Number(0)


def _negative(term: Expression) -> bool:
    return (isinstance(term, Call) and term.op == "minus" and len(term.args) == 1) or (
        isinstance(term, Number) and term.value < 0
    )


def _opposite(term: Expression) -> Expression:
    if isinstance(term, Number):
        return Number(-term.value)
    assert isinstance(term, Call)
    return term.args[0]


def _product(expression: Any, where: str) -> Expression:
    numerator: list[Expression] = []
    denominator: list[Expression] = []
    negative = False
    for factor in expression.as_ordered_factors():
        if factor.is_Pow and factor.exp.could_extract_minus_sign():
            denominator.append(_translated(factor.base ** (-factor.exp), where))
        elif factor.is_Rational and not factor.is_Integer:
            negative ^= bool(factor < 0)
            numerator.append(Number(abs(int(factor.p))))
            denominator.append(Number(int(factor.q)))
        elif factor.is_Number and factor < 0:
            negative = not negative
            numerator.append(Number(float(-factor)))
        else:
            numerator.append(_translated(factor, where))
    result = times(*numerator)
    if denominator:
        result = Call("divide", (result, times(*denominator)))
    return Call("minus", (result,)) if negative else result


def _power(expression: Any, where: str) -> Expression:
    base, exponent = expression.base, expression.exp
    if base.is_NumberSymbol and str(base) == "E":
        return Call("exp", (_translated(exponent, where),))
    if exponent.could_extract_minus_sign():
        return Call("divide", (Number(1), _translated(base ** (-exponent), where)))
    if str(exponent) == "1/2":
        return Call("sqrt", (_translated(base, where),))
    return Call("power", (_translated(base, where), _translated(exponent, where)))


def _piecewise(expression: Any, where: str) -> Expression:
    args: list[Expression] = []
    for value, condition in expression.args:
        args.append(_translated(value, where))
        if str(condition) == "True":
            return Call("piecewise", tuple(args))
        args.append(_translated(condition, where))
    return Call("piecewise", tuple(args))
