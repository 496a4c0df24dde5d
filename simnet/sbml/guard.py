"""What is refused before it is read: files that would exhaust memory, time or libsbml's stack.

libsbml follows nested elements and function definitions by recursion in C, so a file that is
nested deep enough, or whose functions call themselves, would end this process.
"""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, TypeAlias

import libsbml

from simnet.errors import ModelError, Problem
from simnet.network.expression import Call, Expression, Symbol, walk
from simnet.network.network import Assignment
from simnet.sbml.members import children, formulas, members, nodes
from simnet.sbml.wide import WIDEST, Shape, flat, grouped

LARGEST_FILE = 32 * 2**20
"""Bytes of an SBML file: some 100,000 reactions. Reading one takes 60 times as much memory, 2 GB."""
DEEPEST = 200
"""Elements of XML inside each other; a formula's operators are elements."""
LARGEST_FORMULAS = 1_000_000
"""Operators and operands of all formulas together, once function definitions are put in."""
LARGEST_RULE = 100_000
"""Those of one assignment rule with the rules that it reads put in, as roadrunner does."""
DEEPEST_RULE = 2_000
"""Levels of the same; roadrunner follows them by recursion, and 5,000 end the process."""


def require_size(size: int, name: str) -> None:
    """Raise ModelError where a file of `size` bytes is too large to be read."""
    if size > LARGEST_FILE:
        raise ModelError(
            Problem(
                what=name,
                why=f"is larger than {LARGEST_FILE >> 20} MB ({size / 2**20:.0f} MB), "
                "the most that is read",
                way_out="leave out annotations and layout, or split the model",
            )
        )


def text_of(path: Path) -> str:
    """The text of a file that is not too large.

    Raises:
        ModelError: it is, or it is no text in UTF-8.
    """
    require_size(path.stat().st_size, str(path))
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        utf_16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        why = "is in UTF-16, not in UTF-8" if utf_16 else "not a text file in UTF-8"
        way_out = "save it as UTF-8" if utf_16 else ""
        raise ModelError(Problem(what=str(path), why=why, way_out=way_out)) from None


def harmless(content: str, name: str) -> str:
    """The text, with wide formulas in groups (see `wide`).

    Raises:
        ModelError: it is too large, declares entities, or is nested too deep.
    """
    require_size(len(content), name)
    if "<!DOCTYPE" in content or "<!ENTITY" in content:
        raise ModelError(Problem(what=name, why="declares XML entities, which SBML does not need"))
    data = content.encode(errors="replace")
    shape = Shape(data)
    if shape.depth > DEEPEST or shape.width > WIDEST:
        data = grouped(flat(data))
        shape, content = Shape(data), data.decode()
    if shape.depth > DEEPEST:
        raise ModelError(
            Problem(
                what=f"{name}, line {shape.line}",
                why=f"elements are nested more than {DEEPEST} deep",
                way_out="use assignment rules for parts of the formula",
            )
        )
    return content


def require_expandable(model: Any, name: str) -> None:
    """Raise ModelError where formulas are too large or too deep with function definitions put in."""
    functions = _Functions(model)
    total = 0
    for where, node in formulas(model):
        size, depth = functions.measure(node, ())
        total += size.get("", 0)
        if total > LARGEST_FORMULAS or depth.get("", 0) > DEEPEST:
            raise ModelError(
                Problem(
                    what=f"{name}, {where}",
                    why="its function definitions make formulas of more than "
                    f"{LARGEST_FORMULAS:,} terms, or more than {DEEPEST} levels deep",
                    way_out="use assignment rules in their place",
                )
            )


def require_short_chains(rules: Iterable[Assignment]) -> None:
    """Raise ModelError where assignment rules, ordered, read each other in too long a chain."""
    sizes: dict[str, int] = {}
    lengths: dict[str, int] = {}
    levels: dict[str, int] = {}
    for rule in rules:
        parts = list(walk(rule.expression))
        sizes[rule.id] = sum(sizes.get(p.id, 1) if isinstance(p, Symbol) else 1 for p in parts)
        read = [p.id for p in parts if isinstance(p, Symbol)]
        lengths[rule.id] = 1 + max((lengths.get(name, 0) for name in read), default=0)
        levels[rule.id] = _levels(rule.expression, levels)
        if levels[rule.id] > DEEPEST_RULE:
            raise ModelError(
                Problem(
                    what=f"assignment rule for {rule.id}",
                    why=f"is nested more than {DEEPEST_RULE:,} deep, with the rules that it reads "
                    "put in",
                    way_out="make the formulas of these rules less deep",
                )
            )
        if sizes[rule.id] > LARGEST_RULE or lengths[rule.id] > DEEPEST:
            raise ModelError(
                Problem(
                    what=f"assignment rule for {rule.id}",
                    why=f"has {sizes[rule.id]:,} terms, with the rules that it reads put in, over "
                    f"{lengths[rule.id]} levels",
                    way_out=f"at most {LARGEST_RULE:,} terms and {DEEPEST} levels are read",
                )
            )


def _levels(expression: Expression, of_rules: Mapping[str, int]) -> int:
    """Levels that roadrunner follows: of a sum or product, as many as it has terms in a group."""
    deepest, pending = 0, [(expression, 1)]
    while pending:
        part, at = pending.pop()
        deepest = max(deepest, at + of_rules.get(part.id, 0) if isinstance(part, Symbol) else at)
        if isinstance(part, Call):
            below = min(len(part.args), 2 * WIDEST) if part.op in ("plus", "times") else 1
            pending += [(arg, at + below) for arg in part.args]
    return deepest


Measures: TypeAlias = tuple[dict[str, int], dict[str, int]]
"""Size and depth of a formula after expansion. Each is linear in (for depth: a maximum over) those
of a function's arguments, and is kept as {argument: factor, "": constant}."""


class _Functions:
    """Measures formulas; functions come after those that they call."""

    def __init__(self, model: Any) -> None:
        definitions = {f.getId(): f for f in members(model.getListOfFunctionDefinitions())}
        calls = {name: _called(f.getBody()) & definitions.keys() for name, f in definitions.items()}
        try:
            order = list(TopologicalSorter(calls).static_order())
        except CycleError as error:
            ring = " -> ".join(error.args[1])
            why = "function definitions call each other in a ring"
            raise ModelError(Problem(what=ring, why=why)) from None
        self.arguments: dict[str, tuple[str, ...]] = {}
        self.bodies: dict[str, Measures] = {}
        for name in order:
            f = definitions[name]
            arguments = tuple(f.getArgument(i).getName() for i in range(f.getNumArguments()))
            body = f.getBody()
            self.bodies[name] = (
                ({"": 1}, {"": 1}) if body is None else self.measure(body, arguments)
            )
            self.arguments[name] = arguments

    def measure(self, node: Any, arguments: tuple[str, ...]) -> Measures:
        kind = libsbml.ASTNode.getType(node)
        if kind == libsbml.AST_NAME and node.getName() in arguments:
            return {node.getName(): 1}, {node.getName(): 0}
        parts = [self.measure(child, arguments) for child in children(node)]
        if kind == libsbml.AST_FUNCTION and node.getName() in self.bodies:
            return self.expanded(node.getName(), parts)
        size, depth = {"": 1}, {"": 1}
        for inner, below in parts:
            _put_in(size, inner, 1)
            _reach_down(depth, below, 1)
        return size, depth

    def expanded(self, name: str, parts: list[Measures]) -> Measures:
        own, deep = self.bodies[name]
        size, depth = {"": own.get("", 0)}, {"": deep.get("", 0)}
        for argument, (inner, below) in zip(self.arguments[name], parts, strict=False):
            _put_in(size, inner, own.get(argument, 0))
            _reach_down(depth, below, deep.get(argument, 0))
        return size, depth


def _put_in(size: dict[str, int], inner: dict[str, int], times: int) -> None:
    for key, factor in inner.items():
        size[key] = size.get(key, 0) + factor * times


def _reach_down(depth: dict[str, int], below: dict[str, int], levels: int) -> None:
    for key, deeper in below.items():
        depth[key] = max(depth.get(key, 0), deeper + levels)


def _called(node: Any) -> set[str]:
    """Names of the functions that a formula calls."""
    calls = (n for n in nodes(node) if libsbml.ASTNode.getType(n) == libsbml.AST_FUNCTION)
    return {call.getName() for call in calls}
