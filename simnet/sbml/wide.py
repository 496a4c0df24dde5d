"""Sums and other operators of many arguments, in SBML text: made flat, then put into groups.

libsbml makes a sum of n terms a tree of n levels, and follows trees by recursion in C, as
roadrunner's compiler does: 5,000 terms end the process. In groups of groups, 100,000 terms are 93
levels. What is written within the widths below stays as it is, to the letter.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar
from xml.parsers import expat

from simnet.network.expression import ASSOCIATIVE

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


def _mark_long(calls: Sequence["_Call"]) -> None:
    """Mark the differences that lie in a chain of more than WIDEST sums and differences."""
    for call in calls:
        if call.name in _SIGNED and call.above is not None and call.above.name in _SIGNED:
            call.chain = call.above.chain + 1
        part: _Call | None = call if call.chain > WIDEST else None
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


def _in_otherwise(call: "_Call", end: int) -> list[tuple[int, int, bytes]]:
    """Pieces beyond PIECES, in the otherwise of those before them."""
    prefix = call.prefix.encode()
    at = call.starts[PIECES:-1:PIECES]
    opening = b"<%sotherwise><%spiecewise>" % (prefix, prefix)
    closing = b"</%spiecewise></%sotherwise>" % (prefix, prefix)
    return [*((start, start, opening) for start in at), (end, end, closing * len(at))]


class _Call:
    """An `apply` of an operator of ASSOCIATIVE or of minus, or a piecewise: byte offsets of its
    parts, and the one whose argument it is."""

    def __init__(self, prefix: str, name: str, start: int, above: "_Call | None" = None) -> None:
        self.prefix, self.name, self.start, self.above = prefix, name, start, above
        self.chain, self.long = 1, False
        self.starts: list[int] = []
        self.end_tag: tuple[int, int] | None = None

    @property
    def splits(self) -> bool:
        """Whether it is a difference that becomes a sum."""
        return self.name == "minus" and self.long and len(self.starts) == 2


def _calls(data: bytes) -> list[_Call]:
    """Those of a document, in the order in which they begin."""
    found: list[_Call] = []
    open_: list[tuple[str, int, list[_Call]]] = []
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
                call = _Call(prefix and prefix + ":", name, begun, *above)
                holder.append(call)
                found.append(call)
            open_[-1] = (outer, -1, holder)  # only a first child can be the operator
        holder = []
        if name == "piecewise":
            holder.append(_Call(prefix and prefix + ":", name, at))
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
