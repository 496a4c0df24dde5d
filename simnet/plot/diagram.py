"""`draw_diagram`: what acts on what in a network, as a plain SVG."""

import itertools
from collections.abc import Sequence
from html import escape
from textwrap import wrap

from simnet.network.network import Network
from simnet.plot.influences import Edge, Influences, Kind, Node, influences
from simnet.plot.layers import Placed, Point, place

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
