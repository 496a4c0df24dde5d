"""Expressions to and from libsbml's syntax trees: one table, read in both directions."""

import math
from collections.abc import Sequence
from typing import Any

import libsbml

from simnet.errors import ModelError, Problem
from simnet.network.expression import (
    ASSOCIATIVE,
    COMPARISONS,
    LOGICAL,
    OPERATORS,
    Call,
    Expression,
    Number,
    Symbol,
    Time,
)
from simnet.sbml.elements import children
from simnet.sbml.guard import PIECES, WIDEST, groups

_GROUPS = {
    "": "plus minus times divide power",
    "FUNCTION_": "exp ln abs floor ceil factorial min max sin cos tan asin acos atan sinh cosh tanh "
    "piecewise",
    "RELATIONAL_": "lt le gt ge eq ne",
    "LOGICAL_": "and or xor not",
    "CONSTANT_": "true false",
}
_OTHER_NAMES = {
    "ceil": "ceiling", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "le": "leq", "ge": "geq", "ne": "neq",
}  # fmt: skip
_OPERATOR_TYPES: dict[str, int] = {
    op: getattr(libsbml, f"AST_{group}{_OTHER_NAMES.get(op, op).upper()}")
    for group, ops in _GROUPS.items()
    for op in ops.split()
}
_OPERATORS = {kind: op for op, kind in _OPERATOR_TYPES.items()} | {
    libsbml.AST_FUNCTION_POWER: "power"
}
_CONSTANTS = {libsbml.AST_CONSTANT_E: math.e, libsbml.AST_CONSTANT_PI: math.pi}
_NUMBERS = {libsbml.AST_REAL, libsbml.AST_REAL_E, libsbml.AST_INTEGER, libsbml.AST_RATIONAL}
_SBML_AVOGADRO = 6.02214179e23  # what SBML's csymbol stands for; not the value of 2019


class NotHeld(ModelError):
    """An element of MathML for which an Expression has no form."""


class DelayNotHeld(NotHeld):
    """A delay, which no method runs."""


def to_ast(expression: Expression) -> Any:
    """A libsbml.ASTNode."""
    match expression:
        case Number(value=value, unit=unit):
            return _number(value, unit)
        case Symbol(id=name):
            node = libsbml.ASTNode(libsbml.AST_NAME)
            node.setName(name)
            return node
        case Time():
            node = libsbml.ASTNode(libsbml.AST_NAME_TIME)
            node.setName("time")
            return node
        case Call(op="log10", args=args):
            return _with(libsbml.AST_FUNCTION_LOG, (Number(10.0), *args))
        case Call(op="sqrt", args=args):
            return _with(libsbml.AST_FUNCTION_ROOT, (Number(2.0), *args))
        case Call(op="power", args=(base, Number(value=exponent))):
            node = _with(_OPERATOR_TYPES["power"], (base,))
            node.addChild(_number(exponent, ""))
            return node
        case Call(op="piecewise", args=args):
            return _piecewise([to_ast(arg) for arg in args])
        case Call(op=op, args=args):
            return _with(_OPERATOR_TYPES[op], args, wide=op in ASSOCIATIVE)


def _with(kind: int, args: tuple[Expression, ...], *, wide: bool = False) -> Any:
    nodes = [to_ast(arg) for arg in args]
    while wide and len(nodes) > WIDEST:
        nodes = [_node(kind, group) for group in groups(nodes)]
    return _node(kind, nodes)


def _piecewise(nodes: Sequence[Any]) -> Any:
    """What has many pieces, with the rest of them in its otherwise."""
    kind, step = _OPERATOR_TYPES["piecewise"], 2 * PIECES
    *heads, tail = [nodes[i : i + step] for i in range(0, len(nodes), step)] or [nodes]
    if heads and len(tail) == 1:  # an otherwise
        tail = [*heads.pop(), *tail]
    node = _node(kind, tail)
    for head in reversed(heads):
        node = _node(kind, [*head, node])
    return node


def _node(kind: int, parts: Sequence[Any]) -> Any:
    node = libsbml.ASTNode(kind)
    for child in parts:
        node.addChild(child)
    return node


def _number(value: float, unit: str | None) -> Any:
    if math.isfinite(value) and value == int(value) and abs(value) < 2**31:
        node = libsbml.ASTNode(libsbml.AST_INTEGER)
        node.setValue(int(value))
    else:
        node = libsbml.ASTNode(libsbml.AST_REAL)
        node.setValue(value)
    if unit != "":  # an exponent needs none
        node.setUnits(unit or "dimensionless")
    return node


def from_ast(node: Any, units: dict[str, str]) -> Expression:
    """The Expression of a libsbml.ASTNode.

    Args:
        node: the tree, with function definitions already expanded.
        units: text of each unit definition by id.

    Raises:
        NotHeld: rateOf, or an operator that Expression lacks.
        DelayNotHeld: a delay.
        ModelError: min, max or piecewise of nothing.
    """
    # Once libsedml is imported (tellurium does), trees of libsbml come as libsedml.ASTNode, whose
    # own getType returns a pointer.
    kind = libsbml.ASTNode.getType(node)
    if kind in _NUMBERS:
        unit = node.getUnits()
        return Number(
            node.getValue(), None if unit in ("", "dimensionless") else units.get(unit, unit)
        )
    if kind in _CONSTANTS:
        return Number(_CONSTANTS[kind])
    if kind == libsbml.AST_NAME_AVOGADRO:
        return Number(_SBML_AVOGADRO)
    if kind == libsbml.AST_NAME_TIME:
        return Time()
    if kind == libsbml.AST_NAME:
        return Symbol(node.getName())
    args = tuple(from_ast(child, units) for child in children(node))
    if kind == libsbml.AST_FUNCTION_LOG:
        base, value = args if len(args) == 2 else (Number(10.0), args[0])
        if base == Number(10.0):
            return Call("log10", (value,))
        return Call("divide", (Call("ln", (value,)), Call("ln", (base,))))
    if kind == libsbml.AST_FUNCTION_ROOT:
        degree, value = args if len(args) == 2 else (Number(2.0), args[0])
        if degree == Number(2.0):
            return Call("sqrt", (value,))
        return Call("power", (value, Call("divide", (Number(1.0), degree))))
    if kind == libsbml.AST_FUNCTION_QUOTIENT:
        return _whole(args)
    if kind == libsbml.AST_FUNCTION_REM:
        return Call("minus", (args[0], Call("times", (args[1], _whole(args)))))
    if kind == libsbml.AST_LOGICAL_IMPLIES:
        return Call("or", (Call("not", args[:1]), args[1]))
    op = _OPERATORS.get(kind)
    if op is None or op not in OPERATORS:
        formula = libsbml.formulaToL3String(node)
        if kind == libsbml.AST_FUNCTION_DELAY:
            raise DelayNotHeld(Problem(what=formula, why="is a delay"))
        raise NotHeld(Problem(what=formula, why="this function is not supported"))
    return _applied(op, args)


def _whole(args: tuple[Expression, ...]) -> Expression:
    """The whole part of a quotient, which lies on the side of 0."""
    ratio = Call("divide", args)
    down, up = Call("floor", (ratio,)), Call("ceil", (ratio,))
    return Call("piecewise", (down, Call("ge", (ratio, Number(0.0))), up))


_OF_NOTHING: dict[str, Expression] = {
    "plus": Number(0.0),
    "times": Number(1.0),
    "and": Call("true", ()),
    "or": Call("false", ()),
    "xor": Call("false", ()),
}


def _applied(op: str, args: tuple[Expression, ...]) -> Expression:
    """The operator with as many arguments as it has elsewhere: SBML L3V2 allows none and one."""
    if not args and op not in ("true", "false"):
        if op in _OF_NOTHING:
            return _OF_NOTHING[op]
        raise ModelError(Problem(what=op, why="has no arguments"))  # and so no value anywhere
    if len(args) == 1:
        (arg,) = args
        if op in ("plus", "times", "min", "max", "piecewise"):
            return arg
        if op in ("and", "or", "xor"):
            truth = isinstance(arg, Call) and arg.op in COMPARISONS | LOGICAL
            return arg if truth else Call("ne", (arg, Number(0.0)))
    return Call(op, args)
