"""What is refused before it is read: files that would exhaust memory, time or libsbml's stack.

libsbml follows nested elements and function definitions by recursion in C, so a file that is
nested deep enough, or whose functions call themselves, would end this process.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from xml.parsers import expat

import libsbml

from simnet.errors import ModelError, Problem
from simnet.network.expression import ASSOCIATIVE, Call, Expression, Symbol, walk
from simnet.network.network import Assignment
from simnet.sbml.elements import children, formulas, members, nodes

# Sums and other operators of many arguments, in SBML text: made flat, then put into groups.
#
# libsbml makes a sum of n terms a tree of n levels, and follows trees by recursion in C, as
# roadrunner's compiler does: 5,000 terms end the process. In groups of groups, 100,000 terms are 93
# levels. What is written within the widths below stays as it is, to the letter.


WIDEST = 32
"""Arguments of an operator that are not put into groups."""
PIECES = WIDEST - 1
"""Pieces of a piecewise that are not put into its otherwise: roadrunner compiles n pieces in a time
that grows with n^3, and 3,000 exhaust memory."""

_SIGNED = ("plus", "minus")

Item = TypeVar("Item")


def groups(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Parts of at most WIDEST items, of equal length but for one."""
    count = -(-len(items) // WIDEST)
    ends = [len(items) * i // count for i in range(count + 1)]
    return (items[low:high] for low, high in pairwise(ends))


class Shape:
    """What a text looks like to its readers.

    Attributes:
        depth: elements of XML inside each other.
        line: where it is deepest.
        width: most arguments of an operator of ASSOCIATIVE, or children of a piecewise.
    """

    def __init__(self, data: bytes) -> None:
        self.depth = self.line = self.width = 0
        open_: list[list[int]] = []  # per element: its children, and whether it is counted
        parser = expat.ParserCreate()

        def start(tag: str, attributes: object) -> None:
            if open_:
                open_[-1][0] += 1
                if open_[-1][0] == 1 and tag.rpartition(":")[2] in ASSOCIATIVE:
                    open_[-1] = [0, 1]
            open_.append([0, int(tag.endswith("piecewise"))])
            if len(open_) > self.depth:
                self.depth, self.line = len(open_), parser.CurrentLineNumber

        def end(tag: str) -> None:
            children, counted = open_.pop()
            if counted and children > self.width:
                self.width = children

        parser.StartElementHandler, parser.EndElementHandler = start, end
        _parse(parser, data)


def flat(data: bytes) -> bytes:
    """Sums within sums made one, and so for the other operators of ASSOCIATIVE. In a long chain
    ((a - b) + c) - d becomes a + -b + c + -d."""
    edits: list[tuple[int, int, bytes]] = []
    calls = _calls(data)
    _mark_long(calls)
    for call in calls:
        if not call.starts or call.end_tag is None:
            continue
        above, prefix = call.above, call.prefix.encode()
        merges = above is not None and (
            above.name == call.name != "minus"
            or (above.name == "plus" and call.splits)
            or (above.splits and above.starts[0] == call.start and call.name in _SIGNED)
        )
        if call.splits:
            opening = b"" if merges else b"<%sapply><%splus/>" % (prefix, prefix)
            edits.append((call.start, call.starts[0], opening))
            edits.append((call.starts[1],) * 2 + (b"<%sapply><%sminus/>" % (prefix, prefix),))
            if not merges:
                edits.append((call.end_tag[0],) * 2 + (b"</%sapply>" % prefix,))
        elif merges and call.name != "minus":
            edits += [(call.start, call.starts[0], b""), (*call.end_tag, b"")]
    return _edited(data, edits)


def _mark_long(calls: Sequence["_MathCall"]) -> None:
    """Mark the differences that lie in a chain of more than WIDEST sums and differences."""
    for call in calls:
        if call.name in _SIGNED and call.above is not None and call.above.name in _SIGNED:
            call.chain = call.above.chain + 1
        part: _MathCall | None = call if call.chain > WIDEST else None
        while part is not None and part.name in _SIGNED and not part.long:
            part.long, part = True, part.above


def grouped(data: bytes) -> bytes:
    """Arguments beyond WIDEST in groups, in groups of groups, ..."""
    edits: list[tuple[int, int, bytes]] = []
    for call in _calls(data):
        if len(call.starts) <= WIDEST or call.end_tag is None:
            continue
        if call.name == "piecewise":
            edits += _in_otherwise(call, call.end_tag[0])
            continue
        prefix, name = call.prefix.encode(), call.name.encode()
        opening = b"<%sapply><%s%s/>" % (prefix, prefix, name)
        closing = b"</%sapply>" % prefix
        bounds = [*call.starts, call.end_tag[0]]
        opened = dict.fromkeys(bounds, 0)
        closed = dict.fromkeys(bounds, 0)
        firsts = list(range(len(call.starts)))
        while len(firsts) > WIDEST:
            parts = [part[0] for part in groups(firsts)]
            for first, after in pairwise([*parts, len(call.starts)]):
                opened[bounds[first]] += 1
                closed[bounds[after]] += 1
            firsts = parts
        edits += [(at, at, closing * closed[at] + opening * opened[at]) for at in bounds]
    return _edited(data, edits)


def _in_otherwise(call: "_MathCall", end: int) -> list[tuple[int, int, bytes]]:
    """Pieces beyond PIECES, in the otherwise of those before them."""
    prefix = call.prefix.encode()
    at = call.starts[PIECES:-1:PIECES]
    opening = b"<%sotherwise><%spiecewise>" % (prefix, prefix)
    closing = b"</%spiecewise></%sotherwise>" % (prefix, prefix)
    return [*((start, start, opening) for start in at), (end, end, closing * len(at))]


class _MathCall:
    """An `apply` of an operator of ASSOCIATIVE or of minus, or a piecewise: byte offsets of its
    parts, and the one whose argument it is."""

    def __init__(
        self, prefix: str, name: str, start: int, above: "_MathCall | None" = None
    ) -> None:
        self.prefix, self.name, self.start, self.above = prefix, name, start, above
        self.chain, self.long = 1, False
        self.starts: list[int] = []
        self.end_tag: tuple[int, int] | None = None

    @property
    def splits(self) -> bool:
        """Whether it is a difference that becomes a sum."""
        return self.name == "minus" and self.long and len(self.starts) == 2


def _calls(data: bytes) -> list[_MathCall]:
    """Those of a document, in the order in which they begin."""
    found: list[_MathCall] = []
    open_: list[tuple[str, int, list[_MathCall]]] = []
    parser = expat.ParserCreate()

    def start(tag: str, attributes: object) -> None:
        at = parser.CurrentByteIndex
        prefix, _, name = tag.rpartition(":")
        if open_:
            outer, begun, holder = open_[-1]
            if holder:
                holder[0].starts.append(at)
            elif outer == "apply" and (name in ASSOCIATIVE or name == "minus") and begun >= 0:
                above = open_[-2][2] if len(open_) > 1 else []
                call = _MathCall(prefix and prefix + ":", name, begun, *above)
                holder.append(call)
                found.append(call)
            open_[-1] = (outer, -1, holder)  # only a first child can be the operator
        holder = []
        if name == "piecewise":
            holder.append(_MathCall(prefix and prefix + ":", name, at))
            found.extend(holder)
        open_.append((name, at, holder))

    def end(tag: str) -> None:
        _, _, holder = open_.pop()
        if holder:
            at = parser.CurrentByteIndex
            holder[0].end_tag = (at, data.index(b">", at) + 1)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    _parse(parser, data)
    return found


def _parse(parser: expat.XMLParserType, data: bytes) -> None:
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        return  # that is libsbml's to say


def _edited(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """With each piece from the first offset to the second replaced."""
    parts, done = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        parts += [data[done:start], new]
        done = max(done, end)
    return b"".join([*parts, data[done:]])


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
        why = (
            f"is larger than {LARGEST_FILE >> 20} MB ({size / 2**20:.0f} MB), the most that is read"
        )
        way_out = "leave out annotations and layout, or split the model"
        raise ModelError(Problem(what=name, why=why, way_out=way_out))


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
        what, why = f"{name}, line {shape.line}", f"elements are nested more than {DEEPEST} deep"
        way_out = "use assignment rules for parts of the formula"
        raise ModelError(Problem(what=what, why=why, way_out=way_out))
    return content


def require_expandable(model: Any, name: str) -> None:
    """Raise ModelError where formulas are too large or too deep with function definitions put in."""
    functions = _Functions(model)
    total = 0
    for where, node in formulas(model):
        size, depth = functions.measure(node, ())
        total += size.get("", 0)
        if total > LARGEST_FORMULAS or depth.get("", 0) > DEEPEST:
            why = (
                f"its function definitions make formulas of more than {LARGEST_FORMULAS:,} terms, or "
                f"more than {DEEPEST} levels deep"
            )
            way_out = "use assignment rules in their place"
            raise ModelError(Problem(what=f"{name}, {where}", why=why, way_out=way_out))


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
        why = ""
        if levels[rule.id] > DEEPEST_RULE:
            why = f"is nested more than {DEEPEST_RULE:,} deep, with the rules that it reads put in"
            way_out = "make the formulas of these rules less deep"
        elif sizes[rule.id] > LARGEST_RULE or lengths[rule.id] > DEEPEST:
            why = (
                f"has {sizes[rule.id]:,} terms, with the rules that it reads put in, over "
                f"{lengths[rule.id]} levels"
            )
            way_out = f"at most {LARGEST_RULE:,} terms and {DEEPEST} levels are read"
        if why:
            what = f"assignment rule for {rule.id}"
            raise ModelError(Problem(what=what, why=why, way_out=way_out))


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
            why = "function definitions are recursive"
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
