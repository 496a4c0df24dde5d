"""Texts such as `pS6@48h[rapamycin=100nM] / pS6@48h`, read by recursive descent.

sum      = product (("+" | "-") product)*
product  = unary (("*" | "/") unary)*
unary    = "-" unary | power
power    = postfix ["^" unary]
postfix  = atom ("@" time | "[" change ("," change)* "]")*
atom     = number | time | name | function "(" argument ")" | "(" sum ")"
argument = sum ["," ...]  or, in first_passage and fraction, sum (< | <= | > | >=) sum ["," ...]
"""

import math
import re
from collections.abc import Callable

from simnet.errors import InputError, Problem, nearest
from simnet.experiment.change import Change
from simnet.experiment.notation import NAME, QUOTED, UNSIGNED, Reader, number_text
from simnet.experiment.times import UNITS, TimeSpec
from simnet.readouts.language import (
    COMPARING,
    COMPARISONS,
    OF_COURSE,
    OF_ENSEMBLE,
    POINTWISE,
    Binary,
    Compare,
    ConditionKey,
    Constant,
    Negative,
    OfCourse,
    OfEnsemble,
    Pointwise,
    Quantity,
    ReadoutExpression,
    Span,
    Tree,
    at_time,
    canonical_text,
    expression_of,
    is_ensemble,
    is_timed,
    quantities,
    under,
)

_NUMBER = re.compile(UNSIGNED)
_FUNCTIONS = (*OF_COURSE, *OF_ENSEMBLE, *POINTWISE)
_DEEPEST = 40
_MOST_TERMS = 200


def parse_readout(text: str) -> ReadoutExpression:
    """Read a readout expression; names are checked against a network by `problems`.

    Args:
        text: for example "pS6@48h", "auc(GLUT1, 6h, 24h)", "cv(GLUT1)@6h" or
            "log2(pS6@48h[rapamycin=100nM] / pS6@48h)".

    Raises:
        InputError: the first thing that cannot be read, and its column.
    """
    given: object = text
    if not isinstance(given, str) or not given.strip():
        why = "is empty" if isinstance(given, str) else "is not a text"
        way_out = 'write for example "pS6@48h" or "auc(pS6)"'
        raise InputError(Problem(what=f"readout {given!r:.60}", why=why, way_out=way_out))
    parser = _Parser(text)
    tree = parser.sum()
    parser.end()
    if not any(True for _ in quantities(tree)):
        parser.fail(0, "names no readout", 'write for example "pS6@48h"')
    return expression_of(tree, text)


class _Parser(Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text, "readout")
        self._depth = 0
        self._terms = 0

    def end(self) -> None:
        """Refuse what is left."""
        self._space()
        self._refuse_comparison()
        super().end()

    def _refuse_comparison(self) -> None:
        if self._text.startswith(COMPARISONS, self._place):
            way_out = "write first_passage(X > 100) or fraction(X@6h > 100)"
            why = f"a comparison is only allowed in {' and '.join(COMPARING)} only"
            self.fail(self._place, why, way_out)

    def sum(self) -> Tree:
        left = self._product()
        while sign := self._sign("+", "-"):
            left = Binary(sign, left, self._product())
        return left

    def _product(self) -> Tree:
        left = self._unary()
        while sign := self._sign("*", "/"):
            left = Binary(sign, left, self._unary())
        return left

    def _unary(self) -> Tree:
        if self._sign("-"):
            return Negative(self._deeper(self._unary))
        return self._power()

    def _power(self) -> Tree:
        base = self._postfix()
        return Binary("^", base, self._deeper(self._unary)) if self._sign("^") else base

    def _postfix(self) -> Tree:
        tree = self._atom()
        while sign := self._sign("@", "["):
            place = self._place - 1
            if sign == "@":
                time = self._time()
                if not is_timed(tree):
                    way_out = "@ goes with a time course, inside the function: mean(X@6h)"
                    self.fail(place, f"{canonical_text(tree)} is not a time course", way_out)
                tree = at_time(tree, time)
            else:
                changes = self._changes()
                if not any(True for _ in quantities(tree)):
                    self.fail(place, f"{canonical_text(tree)} is the same in every condition")
                inner = {(type(c), _name(c)) for q in quantities(tree) for c in q.changes}
                twice = [_name(c) for c in changes if (type(c), _name(c)) in inner]
                if twice:
                    self.fail(place, f"{twice[0]} is changed twice")
                tree = under(tree, changes)
        return tree

    def _atom(self) -> Tree:
        self._space()
        self._terms += 1
        if self._terms > _MOST_TERMS:
            self.fail(self._place, f"more than {_MOST_TERMS} terms", "split it into several")
        if self._sign("("):
            tree = self._deeper(self.sum)
            self._expect(")")
            return tree
        if self._at(_NUMBER):
            return self._number_or_span()
        place, quoted = self._place, self._at(QUOTED)
        name = self._name()
        if name is None:
            way_out = "write a readout's name, a number or a function"
            self.fail(place, f"{self._next()} where a value should be", way_out)
        if not quoted and self._sign("("):
            tree = self._deeper(lambda: self._function(name, place))
            self._expect(")")
            return tree
        return Quantity(name)

    def _function(self, name: str, place: int) -> Tree:
        """A function's tree; its opening parenthesis was read."""
        if name not in _FUNCTIONS:
            way_out = f"{nearest(name, _FUNCTIONS)} A name with parentheses goes in quotes"
            self.fail(place, f"{name!r} is no function", way_out)
        start = self._place
        of = self._comparison(name) if name in COMPARING else self.sum()
        if name in POINTWISE:
            return Pointwise(name, of)
        if name in OF_COURSE:
            if not is_timed(of):
                why = f"{canonical_text(of)} is not a time course, and {name} needs one"
                self.fail(
                    start,
                    why,
                    f"leave the @ out: {name}({'X > 100' if name in COMPARING else 'X'})",
                )
            return OfCourse(name, of, self._window(name))
        if not any(True for _ in quantities(of)):
            self.fail(start, f"{canonical_text(of)} is the same in every replicate")
        if is_ensemble(of):
            why = f"{canonical_text(of)} is already one number for all replicates"
            way_out = f"apply {name} to the replicates of one condition: {name}(X@6h)"
            self.fail(start, why, way_out)
        return OfEnsemble(name, of, self._probability() if name == "quantile" else None)

    def _comparison(self, name: str) -> Tree:
        left = self.sum()
        place = self._place
        sign = self._sign(*COMPARISONS)
        if not sign:
            way_out = f"write {name}({'X' if name == 'first_passage' else 'X@6h'} > 100)"
            self.fail(place, f"{name} needs a comparison", way_out)
        return Compare(sign, left, self.sum())

    def _window(self, name: str) -> tuple[TimeSpec, TimeSpec] | None:
        if not self._sign(","):
            return None
        start = self._time()
        self._space()
        if not self._sign(","):
            way_out = f"write {name}(X, 6h, 24h), or leave the window out"
            self.fail(self._place, "a window has a start and an end", way_out)
        return start, self._time()

    def _probability(self) -> float:
        if not self._sign(","):
            self.fail(self._place, "quantile needs a probability", "write quantile(X@6h, 0.9)")
        self._space()
        place = self._place
        value = self._number()
        if not 0 < value < 1:
            why = f"{number_text(value)} is not between 0 and 1"
            self.fail(place, why, "write 0.9 for 90 %")
        return value

    def _time(self) -> TimeSpec:
        self._space()
        place = self._place
        if not self._at(_NUMBER):
            self.fail(place, f"{self._next()} where a time should be", "write 48h, 30 min or 7d")
        time = self._number_or_span()
        return time.time if isinstance(time, Span) else time.value

    def _number_or_span(self) -> Constant | Span:
        """A number, or a time where a unit follows."""
        value = self._number()
        self._space()
        place = self._place
        unit = self._taken(NAME)
        if unit is None:
            return Constant(value)
        if unit[0] not in UNITS:
            way_out = "units of time are ms, s, min, h and d"
            self.fail(place, f"{unit[0]!r} after a number is not a unit of time", way_out)
        return Span(number_text(value) + UNITS[unit[0]])

    def _number(self) -> float:
        place = self._place
        match = self._taken(_NUMBER)
        if match is None:
            self.fail(place, f"{self._next()} where a number should be")
        value = float(match[0])
        if not math.isfinite(value):
            self.fail(place, f"{match[0]} is too large")
        return value

    def _changes(self) -> ConditionKey:
        """What stands in brackets; the opening one was read."""
        changes: list[Change] = []
        while True:
            self._space()
            place = self._place
            change = self.change()
            if any((type(c), _name(c)) == (type(change), _name(change)) for c in changes):
                self.fail(place, f"{_name(change)} is changed twice")
            changes.append(change)
            if not self._sign(","):
                self._expect("]")
                return tuple(changes)

    def _deeper(self, read: Callable[[], Tree]) -> Tree:
        self._depth += 1
        if self._depth > _DEEPEST:
            self.fail(self._place, f"nested more than {_DEEPEST} deep")
        tree = read()
        self._depth -= 1
        return tree

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            self._refuse_comparison()
            self.fail(self._place, f"{self._next()} where {sign!r} should be")


def _name(change: Change) -> str:
    return str(getattr(change, "name", ""))
