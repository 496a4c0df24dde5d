"""`draw_diagram`: what acts on what in a network, as a plain SVG."""

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import TypeAlias

from simnet.network.network import Network
from simnet.plot.influences import Edge, Influences, Kind, Node, influences

# Places for the nodes of a graph: in layers from top to bottom, with few crossings.
#
# The method of Sugiyama, Tagawa and Toda (1981, doi:10.1109/TSMC.1981.4308636): edges of cycles are
# turned, nodes get layers, long edges bend in every layer, and each layer is ordered by the medians
# of its neighbours.


Point: TypeAlias = tuple[float, float]
_Key: TypeAlias = Hashable
_SWEEPS = 30
_SETTLING = 60
_WIDEST = 9  # nodes in a layer


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Centres of the nodes, and for each edge the points that it passes."""

    nodes: dict[str, Point]
    edges: list[list[Point]]
    width: float
    height: float


def place(
    sizes: Mapping[str, Point],
    edges: Sequence[tuple[str, str]],
    *,
    gap: float = 22.0,
    between: float = 64.0,
) -> Placed:
    """Lay out a graph.

    Args:
        sizes: width and height of each node.
        edges: from, to.
        gap: least distance of neighbours in a layer.
        between: distance of one layer's lower edge from the next one's upper edge.
    """
    layer = _layers(list(sizes), edges)
    depth = max(layer.values(), default=0) + 1
    rows: list[list[_Key]] = [[] for _ in range(depth)]
    for name in sizes:
        rows[layer[name]].append(name)
    chains: list[list[_Key]] = []
    links: list[tuple[_Key, _Key]] = []
    for number, (source, target) in enumerate(edges):
        low, high = sorted((source, target), key=lambda name: layer[name])
        chain: list[_Key] = [low]
        for level in range(layer[low] + 1, layer[high]):
            bend = (number, level)
            rows[level].append(bend)
            chain.append(bend)
        chain.append(high)
        links += itertools.pairwise(chain)
        chains.append(chain if low == source else chain[::-1])
    _order(rows, links)
    widths = {key: sizes[key][0] if isinstance(key, str) else 4.0 for row in rows for key in row}
    xs = _abscissas(rows, links, widths, gap)
    left = min((xs[k] - widths[k] / 2 for k in xs), default=0.0)
    top = 0.0
    ys: dict[_Key, float] = {}
    for row in rows:
        tall = max((sizes[key][1] for key in row if isinstance(key, str)), default=0.0)
        ys |= dict.fromkeys(row, top + tall / 2)
        top += tall + between
    points = {key: (xs[key] - left, ys[key]) for row in rows for key in row}
    return Placed(
        nodes={name: points[name] for name in sizes},
        edges=[[points[key] for key in chain] for chain in chains],
        width=max((xs[k] + widths[k] / 2 for k in xs), default=0.0) - left,
        height=max(top - between, 0.0),
    )


def _layers(names: list[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest way from a source, cycles cut; a layer that is too wide overflows downwards."""
    order = {name: i for i, name in enumerate(_acyclic_order(names, edges))}
    forward: dict[str, set[str]] = {name: set() for name in names}
    for a, b in edges:
        low, high = sorted((a, b), key=lambda name: order[name])
        forward[low].add(high)
    layer = dict.fromkeys(names, 0)
    for name in sorted(names, key=lambda name: order[name]):
        for after in forward[name]:
            layer[after] = max(layer[after], layer[name] + 1)
    # Sources stand right above what they act on.
    for name in sorted(names, key=lambda name: -order[name]):
        below = [layer[after] for after in forward[name]]
        if below and not any(name in to for to in forward.values()):
            layer[name] = min(below) - 1
    counts: dict[int, int] = {}
    moved: dict[str, int] = {}
    for name in sorted(names, key=lambda name: (layer[name], order[name])):
        at = max([layer[name], *(moved[b] + 1 for b in moved if name in forward[b])])
        while counts.get(at, 0) >= _WIDEST:
            at += 1
        counts[at] = counts.get(at, 0) + 1
        moved[name] = at
    used = {at: i for i, at in enumerate(sorted(counts))}
    return {name: used[at] for name, at in moved.items()}


def _acyclic_order(names: list[str], edges: Sequence[tuple[str, str]]) -> list[str]:
    """An order in which few edges go back (Eades, Lin and Smyth 1993,
    doi:10.1016/0020-0190(93)90079-O)."""
    left = {(a, b) for a, b in edges if a != b}
    rest, first, last = list(names), [], []
    while rest:
        sinks = [n for n in rest if not any(a == n for a, _ in left)]
        sources = [n for n in rest if n not in sinks and not any(b == n for _, b in left)]
        if sinks:
            last += sinks[::-1]
        elif not sources:
            weight = {n: sum(a == n for a, _ in left) - sum(b == n for _, b in left) for n in rest}
            sources = [max(rest, key=lambda n: weight[n])]
        gone = set(sinks) if sinks else set(sources)
        if not sinks:
            first += sources
        rest = [n for n in rest if n not in gone]
        left = {(a, b) for a, b in left if a not in gone and b not in gone}
    return first + last[::-1]


def _order(rows: list[list[_Key]], links: Sequence[tuple[_Key, _Key]]) -> None:
    """Order each layer by the means of its neighbours' places, down and up; the best is kept."""
    above: dict[_Key, list[_Key]] = {}
    below: dict[_Key, list[_Key]] = {}
    for a, b in links:
        above.setdefault(b, []).append(a)
        below.setdefault(a, []).append(b)
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for i in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            neighbours = above if down else below
            fixed = {key: p for p, key in enumerate(rows[i - 1 if down else i + 1])}
            own = {key: p for p, key in enumerate(rows[i])}

            def mean(key: _Key, to: dict[_Key, list[_Key]] = neighbours) -> float:
                places = [fixed[k] for k in to.get(key, ()) if k in fixed]  # noqa: B023
                return sum(places) / len(places) if places else own[key]  # noqa: B023

            rows[i].sort(key=mean)
        if (now := _crossings(rows, below)) < fewest:
            best, fewest = [list(row) for row in rows], now
    rows[:] = best


def _crossings(rows: list[list[_Key]], below: Mapping[_Key, list[_Key]]) -> int:
    found = 0
    for upper, lower in itertools.pairwise(rows):
        place = {key: p for p, key in enumerate(lower)}
        ends = [sorted(place[k] for k in below.get(key, ()) if k in place) for key in upper]
        seen: list[int] = []
        for group in ends:
            found += sum(1 for end in group for other in seen if other > end)
            seen += group
    return found


def _abscissas(
    rows: list[list[_Key]],
    links: Sequence[tuple[_Key, _Key]],
    widths: Mapping[_Key, float],
    gap: float,
) -> dict[_Key, float]:
    """Every node near the mean of its neighbours, the order and the gaps kept."""
    near: dict[_Key, list[_Key]] = {}
    for a, b in links:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    xs: dict[_Key, float] = {}
    for row in rows:
        x = 0.0
        for key in row:
            xs[key] = x + widths[key] / 2
            x += widths[key] + gap
        for key in row:
            xs[key] -= x / 2
    for step in range(_SETTLING):
        for row in rows if step % 2 == 0 else rows[::-1]:
            wanted = [
                sum(xs[k] for k in near[key]) / len(near[key]) if key in near else xs[key]
                for key in row
            ]
            spaces = [(widths[a] + widths[b]) / 2 + gap for a, b in itertools.pairwise(row)]
            xs.update(zip(row, _spread(wanted, spaces), strict=True))
    return xs


def _spread(wanted: list[float], spaces: list[float]) -> list[float]:
    """The nearest places to the wanted ones, in least squares, with the spaces kept: neighbours
    that are too close form a block with a common mean."""
    offset = [0.0]
    for space in spaces:
        offset.append(offset[-1] + space)
    blocks: list[tuple[float, int]] = []
    for value, shift in zip(wanted, offset, strict=True):
        mean, count = value - shift, 1
        while blocks and blocks[-1][0] > mean:
            other, n = blocks.pop()
            mean, count = (other * n + mean * count) / (n + count), n + count
        blocks.append((mean, count))
    flat = [mean for mean, count in blocks for _ in range(count)]
    return [mean + shift for mean, shift in zip(flat, offset, strict=True)]


_COLOURS: dict[Kind, str] = {
    "makes": "#009E73",
    "destroys": "#D55E00",
    "changes": "#0072B2",
    "becomes": "#222222",
    "binds": "#8a8a8a",
    "sets": "#9467bd",
}
_WORDS: dict[Kind, str] = {
    "makes": "makes",
    "destroys": "destroys or removes",
    "changes": "changes the state of",
    "becomes": "becomes",
    "binds": "binds",
    "sets": "sets a rate or value of",
}
_FILLS = {"molecule": "#ffffff", "quantity": "#f3ecfa", "input": "#e8f4e8", "drug": "#fdeee3"}
_LINE, _MARGIN, _LETTER = 17.0, 24.0, 7.9
_MOST = 6  # rates and values that one thing sets, drawn as lines
_Group = tuple[Node, ...]


def draw_diagram(network: Network) -> str:
    """What acts on what in a network, read off its reactions, as SVG text.

    A gene, its mRNA and its protein are one box. Molecules with the same edges share a box. Cells
    that are copies of each other are drawn once; what each of them has is marked with a second
    frame. What sets very many rates (the size of a cell) is told below the drawing instead. `simnet.plot.influences` says when there is an edge.
    """
    found = influences(network)
    groups = _groups(found)
    member = {node.name: group[0].name for group in groups for node in group}
    edges = list(
        dict.fromkeys(
            Edge(source=member[e.source], target=member[e.target], kind=e.kind)
            for e in found.edges
            if member[e.source] != member[e.target]
        )
    )
    told = _told(edges)
    edges = [e for e in edges if e.kind != "sets" or e.source not in told]
    sizes = {group[0].name: _size(group) for group in groups}
    placed = place(sizes, [(e.source, e.target) for e in edges])
    body = [_edge(edge, points, sizes) for edge, points in zip(edges, placed.edges, strict=True)]
    body += [_box(group, placed.nodes[group[0].name], sizes[group[0].name]) for group in groups]
    return _document(network, found, placed, body, edges, told)


def _told(edges: Sequence[Edge]) -> dict[str, list[str]]:
    """Targets by source, of sources with too many edges of the last kind to be drawn."""
    targets: dict[str, list[str]] = {}
    for edge in edges:
        if edge.kind == "sets":
            targets.setdefault(edge.source, []).append(edge.target)
    return {source: of for source, of in targets.items() if len(of) > _MOST}


def _groups(found: Influences) -> list[_Group]:
    """Nodes whose edges are the same: they are drawn as one box."""
    edges: dict[str, set[tuple[str, str, str]]] = {node.name: set() for node in found.nodes}
    for edge in found.edges:
        edges[edge.source].add(("to", edge.kind, edge.target))
        edges[edge.target].add(("from", edge.kind, edge.source))
    alike: dict[object, list[Node]] = {}
    for node in found.nodes:
        own = frozenset(edges[node.name])
        alike.setdefault((node.kind, node.copied, bool(node.also), own), []).append(node)
    return [tuple(nodes) for nodes in alike.values()]


def _size(group: _Group) -> Point:
    lines = [node.name for node in group]
    return max(map(len, lines)) * _LETTER + 18, _LINE * len(lines) + 10


def _box(group: _Group, at: Point, size: Point) -> str:
    x, y = at[0] - size[0] / 2, at[1] - size[1] / 2
    kind, (width, height) = group[0].kind, size
    also = "; ".join(f"{n.name}: with {', '.join(n.also)}" for n in group if n.also)
    shape = 'rx="9"' if kind == "molecule" else 'rx="2"'
    look = f'{shape} fill="{_FILLS[kind]}" stroke="#444"'
    parts = [f"<g><title>{escape(also or f'{kind} ' + ', '.join(n.name for n in group))}</title>"]
    if group[0].copied:
        box = f'x="{x + 4:.1f}" y="{y + 4:.1f}" width="{width:.1f}" height="{height:.1f}"'
        parts.append(f"<rect {box} {look}/>")
    box = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    bold = ' stroke-width="2.2"' if group[0].also else ""
    parts.append(f"<rect {box} {look}{bold}/>")
    for row, node in enumerate(group):
        baseline = y + 5 + _LINE * (row + 0.74)
        text = f'<text x="{at[0]:.1f}" y="{baseline:.1f}">{escape(node.name)}</text>'
        parts.append(text)
    return "".join([*parts, "</g>"])


def _edge(edge: Edge, points: Sequence[Point], sizes: dict[str, Point]) -> str:
    """A smooth line through the points, from box to box."""
    ends = list(points)
    down = ends[-1][1] >= ends[0][1]
    sign = 1 if down else -1
    ends[0] = _leave(ends[0], ends[1][0], sizes[edge.source], sign)
    ends[-1] = _leave(ends[-1], ends[-2][0], sizes[edge.target], -sign)
    path = [f"M{ends[0][0]:.1f},{ends[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in itertools.pairwise(ends):
        bend = (y1 - y0) / 2
        path.append(f"C{x0:.1f},{y0 + bend:.1f} {x1:.1f},{y1 - bend:.1f} {x1:.1f},{y1:.1f}")
    colour = _COLOURS[edge.kind]
    dash = ' stroke-dasharray="5 4"' if edge.kind == "sets" else ""
    tip = "" if edge.kind == "binds" else f' marker-end="url(#{edge.kind})"'
    told = escape(f"{edge.source} {_WORDS[edge.kind]} {edge.target}")
    return (
        f'<path d="{" ".join(path)}" fill="none" stroke="{colour}" stroke-width="1.6"'
        f"{dash}{tip}><title>{told}</title></path>"
    )


def _leave(at: Point, towards: float, size: Point, sign: int) -> Point:
    """Where an edge leaves a box: on the side that it goes to, a little towards the other end."""
    reach = 0.36 * size[0]
    shift = max(-reach, min(reach, (towards - at[0]) * 0.25))
    return at[0] + shift, at[1] + sign * (size[1] / 2 + 2)


def _document(
    network: Network,
    found: Influences,
    placed: Placed,
    body: list[str],
    edges: list[Edge],
    told: dict[str, list[str]],
) -> str:
    used = [kind for kind in _COLOURS if any(e.kind == kind for e in edges)]
    columns = int(max(placed.width, 620.0) / 7)
    legend, below = _legend(found, used, told, columns, placed.height + 30)
    width, height = max(placed.width, 620.0) + 2 * _MARGIN, below + 2 * _MARGIN
    title = network.title or network.id
    markers = "".join(map(_marker, used))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" role="img" '
            'font-family="DejaVu Sans, Verdana, sans-serif" font-size="13" text-anchor="middle">',
            f"<title>{escape(title)}</title>",
            f"<defs>{markers}</defs>",
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
            f'<g transform="translate({_MARGIN:.0f},{_MARGIN:.0f})">',
            *body,
            legend,
            "</g>",
            "</svg>",
            "",
        ]
    )


def _marker(kind: Kind) -> str:
    """The tip of an edge: a bar where something is lost, else an arrow."""
    shape = '<path d="M5,0 L8,0 L8,10 L5,10 z"' if kind == "destroys" else '<path d="M0,1 L9,5 L0,9 z"'  # fmt: skip
    return (
        f'<marker id="{kind}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="6.5" '
        f'markerHeight="6.5" orient="auto-start-reverse">{shape} fill="{_COLOURS[kind]}"/></marker>'
    )


def _legend(
    found: Influences, used: list[Kind], told: dict[str, list[str]], columns: int, top: float
) -> tuple[str, float]:
    """What the lines and boxes mean, and where it ends."""
    parts, x, y = ['<g text-anchor="start" font-size="12" fill="#333">'], 0.0, top
    for kind in used:
        dash = ' stroke-dasharray="5 4"' if kind == "sets" else ""
        tip = "" if kind == "binds" else f' marker-end="url(#{kind})"'
        parts.append(
            f'<path d="M{x:.0f},{y - 4:.0f} h26" stroke="{_COLOURS[kind]}" '
            f'stroke-width="1.6"{dash}{tip}/><text x="{x + 34:.0f}" y="{y:.0f}">{_WORDS[kind]}</text>'
        )
        x += 190
        if x > 500:
            x, y = 0.0, y + 20
    y, x = y + (20 if x else 0), 0.0
    kinds = {node.kind for node in found.nodes}
    for name in (k for k in _FILLS if k in kinds):
        round_ = "7" if name == "molecule" else "2"
        parts.append(
            f'<rect x="{x:.0f}" y="{y - 12:.0f}" width="26" height="14" rx="{round_}" '
            f'fill="{_FILLS[name]}" stroke="#444"/><text x="{x + 34:.0f}" y="{y:.0f}">{name}</text>'
        )
        x += 190 if name == "molecule" else 120
    notes = ["a thick frame: with its gene and mRNA"] if any(n.also for n in found.nodes) else []
    if found.cells:
        notes.append(f"a double frame: one in each cell ({', '.join(found.cells)})")
    for source, targets in told.items():
        line = f"not drawn: {source} {_WORDS['sets']} {', '.join(targets)}"
        notes += wrap(line, columns, subsequent_indent="    ")
    for note in notes:
        y += 20
        parts.append(f'<text x="0" y="{y:.0f}">{escape(note)}</text>')
    return "".join([*parts, "</g>"]), y
