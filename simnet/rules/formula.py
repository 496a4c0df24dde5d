"""BioNetGen's formulas (parameters, functions, rates of BNGL and .net files) as Expressions.

A small parser of our own: nothing is evaluated as text.
"""

import math
import re
from collections.abc import Collection

from simnet.errors import ModelError, Problem
from simnet.network.expression import (
    ASSOCIATIVE,
    Call,
    Expression,
    Number,
    Symbol,
    Time,
    height,
    summed,
)

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
    return _Parser(text, known, where).whole()


class _Parser:
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
                raise self.bad(f"{name} has arguments: a local function has no form in a Network")
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
            what = "has no form in a Network" if not op else f"takes {wanted or 'some'} arguments"
            raise self.bad(f"the function {name} {what}")
        if op == "piecewise":
            condition, yes, no = args
            return Call(op, (yes, condition, no))
        return args[0] if op == "plus" and len(args) == 1 else Call(op, args)
