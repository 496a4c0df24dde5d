"""Laws as the text that other engines read."""

from simnet.network.expression import (
    Call,
    Expression,
    Number,
    Symbol,
    Time,
    function,
    reads_time,
    substitute,
    symbols,
)
from simnet.network.network import Network
from simnet.network.values import initial_values
from ssa import Refused

_INFIX = {"plus": "+", "times": "*", "divide": "/", "power": "^"}


def inlined(network: Network, expression: Expression) -> Expression:
    """The expression in terms of species and numbers only; what is constant is one number."""
    values = initial_values(network)
    formulas = {a.id: a.expression for a in network.assignments}
    species = network.species_index
    while True:
        read = symbols(expression) - species.keys()
        if not read:
            return _folded(expression)
        by = {name: formulas.get(name) or Number(values[name]) for name in read}
        expression = substitute(expression, by)


def _folded(expression: Expression) -> Expression:
    if isinstance(expression, Number) or symbols(expression) or reads_time(expression):
        if isinstance(expression, Call):
            return Call(expression.op, tuple(_folded(arg) for arg in expression.args))
        return expression
    return Number(function(expression)({}, 0.0))


def written(expression: Expression) -> str:
    """Infix text with every operation in brackets.

    Raises:
        Refused: an operator that not all of them know.
    """
    match expression:
        case Number(value=value):
            return repr(value)
        case Symbol(id=name):
            return name
        case Time():
            raise Refused("laws read time")
        case Call(op="minus", args=args):
            parts = [written(arg) for arg in args]
            return f"({parts[0]}-{parts[1]})" if len(parts) == 2 else f"(0-{parts[0]})"
        case Call(op=op, args=args) if op in _INFIX:
            return "(" + _INFIX[op].join(written(arg) for arg in args) + ")"
        case Call(op=op):
            raise Refused(f"laws use {op}")
