"""Places for the nodes of a graph: in layers from top to bottom, with few crossings.

The method of Sugiyama, Tagawa and Toda (1981, doi:10.1109/TSMC.1981.4308636): edges of cycles are
turned, nodes get layers, long edges bend in every layer, and each layer is ordered by the medians
of its neighbours.
"""

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

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
