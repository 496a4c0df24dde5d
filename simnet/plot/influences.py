"""What acts on what in a network, read off its reactions: molecules, quantities, inputs and drugs.

Every edge has reactions behind it. A gene, its mRNA and its protein are one node where the one is
made by the other only; cells that are copies of each other are drawn once.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from simnet.network.expression import Expression, symbols
from simnet.network.network import Network, Reaction

Kind = Literal["makes", "destroys", "changes", "becomes", "binds", "sets"]
KINDS: tuple[Kind, ...] = ("makes", "destroys", "changes", "becomes", "binds", "sets")
_PART = re.compile(r"\s*%\s*")
_BOND = re.compile(r"=\d+|!\d+")


@dataclass(frozen=True, kw_only=True)
class Node:
    """A molecule (with its gene and mRNA as `also`), a computed quantity, an input or a drug;
    `copied` if each cell has its own."""

    name: str
    kind: Literal["molecule", "quantity", "input", "drug"]
    also: tuple[str, ...] = ()
    copied: bool = False


@dataclass(frozen=True, kw_only=True)
class Edge:
    """`source` does what `kind` says to `target`; what binds has no direction."""

    source: str
    target: str
    kind: Kind


@dataclass(frozen=True, kw_only=True)
class Influences:
    """Nodes and edges, and the names of the cells that were drawn as one."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    cells: tuple[str, ...] = ()


def influences(network: Network) -> Influences:
    """What acts on what.

    An edge says what a reaction does: it makes or destroys the target while the source stays, or
    has it in a complex; it changes the target's state; the source becomes the target; the two
    bind; or it sets the target: the rate of a reaction that changes it, or the formula of a
    quantity, reads the source. Quantities are named expressions that are made of three things or
    more and read at several places, such as the oxygen of a tissue.
    """
    cells, base = _copies(network)
    hubs = _hubs(network)
    for hub in hubs:
        stem, _, last = hub.rpartition("_")
        if last in cells:
            base[hub] = stem
    edges = {
        Edge(source=base.get(e.source, e.source), target=base.get(e.target, e.target), kind=e.kind)
        for e in _edges(network, hubs)
    }
    molecules = list(dict.fromkeys(base.get(name, name) for name in _molecules(network)))
    made_of = {s.id: s.molecules or (s.id,) for s in network.species}
    born = {base.get(m, m) for r in network.reactions for m in _turnover(r, made_of)[1]}
    part_of = _expressed(molecules, edges, born)
    drawn = (
        Edge(source=part_of.get(e.source, e.source), target=part_of.get(e.target, e.target), kind=e.kind)
        for e in edges
    )  # fmt: skip
    edges = set(_distinct(e for e in drawn if e.source != e.target))
    nodes = _nodes(network, molecules, part_of, hubs, base, edges)
    order = {node.name: place for place, node in enumerate(nodes)}
    ordered = sorted(
        (e for e in edges if e.source in order and e.target in order),
        key=lambda e: (order[e.source], order[e.target], e.kind),
    )
    return Influences(nodes=tuple(nodes), edges=tuple(ordered), cells=cells)


def _nodes(
    network: Network,
    molecules: list[str],
    part_of: dict[str, str],
    hubs: list[str],
    base: dict[str, str],
    edges: set[Edge],
) -> list[Node]:
    shared = set(base.values())
    also: dict[str, list[str]] = {}
    for name in molecules:
        if name in part_of:
            also.setdefault(part_of[name], []).append(name)
    linked = {end for e in edges for end in (e.source, e.target)}
    drugs = {d.parameter: d.name for d in network.drugs}
    nodes = [
        Node(name=name, kind="molecule", also=tuple(also.get(name, ())), copied=name in shared)
        for name in molecules
        if name not in part_of
    ]
    for name in dict.fromkeys(base.get(hub, hub) for hub in hubs):
        nodes.append(Node(name=name, kind="quantity", copied=name in shared))
    nodes += [Node(name=d, kind="drug") for d in drugs.values() if d in linked]
    nodes += [
        Node(name=i.name, kind="input")
        for i in network.inputs
        if i.name in linked and i.parameter not in drugs
    ]
    return nodes


def _molecules(network: Network) -> list[str]:
    if network.molecules:
        return [m.name for m in network.molecules]
    return [s.id for s in network.species]


def _controlled(network: Network) -> dict[str, str]:
    """Inputs and drugs, by their parameter."""
    inputs = {i.parameter: i.name for i in network.inputs}
    return {**inputs, **{d.parameter: d.name for d in network.drugs}}


def _hubs(network: Network) -> list[str]:
    """Named expressions that are drawn: of three sources or more, and read at three places, or at
    two where they are a readout."""
    users: Counter[str] = Counter()
    for assignment in network.assignments:
        users.update(set(symbols(assignment.expression)))
    rules = {(r.rules or (r.id,), name) for r in network.reactions for name in symbols(r.law.rate)}
    users.update(name for _, name in rules)
    made_of = {s.id: s.molecules or (s.id,) for s in network.species}
    named, shown = _controlled(network), {r.symbol for r in network.readouts}
    return [
        a.id
        for a in network.assignments
        if a.kind == "expression"
        and users[a.id] >= (2 if a.id in shown else 3)
        and len(_readers(a.expression, network, made_of, named)) >= 3
    ]


def _copies(network: Network) -> tuple[tuple[str, ...], dict[str, str]]:
    """Cells whose molecules are the same but for the last word of their names."""
    found: dict[str, dict[str, str]] = {}
    for molecule in network.molecules:
        stem, _, last = molecule.name.rpartition("_")
        if stem:
            found.setdefault(last, {})[stem] = molecule.sites
    for own in found.values():
        alike = tuple(other for other, its in found.items() if its == own)
        if len(alike) > 1 and len(own) > 2:
            return alike, {f"{stem}_{cell}": stem for cell in alike for stem in found[cell]}
    return (), {}


def _edges(network: Network, hubs: list[str]) -> Iterator[Edge]:
    made_of = {s.id: s.molecules or (s.id,) for s in network.species}
    pattern = {s.id: s.name for s in network.species}
    named = _controlled(network)

    def size(reaction: Reaction) -> int:
        sides = (*reaction.reactants, *reaction.products)
        return sum(len(made_of[s]) * n for s, n in sides)

    # A rule makes many reactions: in the smallest of them nothing is present but what it needs.
    # What is lost (or made) at one rate, alone and in complexes, is not due to its partners there.
    smallest: dict[tuple[object, ...], Reaction] = {}
    for reaction in network.reactions:
        lost, gained = _turnover(reaction, made_of)
        key: tuple[object, ...] = (reaction.rules or reaction.id,)
        if lost or gained:
            stays = {s for s, _ in reaction.reactants} & {s for s, _ in reaction.products}
            helpers = frozenset(m for s in stays for m in made_of[s])
            key = (reaction.law.rate, frozenset(lost), frozenset(gained), helpers)
        else:
            key += (len(reaction.reactants) - len(reaction.products),)
        if key not in smallest or size(reaction) < size(smallest[key]):
            smallest[key] = reaction
    stops = {**named, **{hub: hub for hub in hubs}}
    for hub in hubs:
        formula = network.assignment_by_id[hub].expression
        for source in _readers(formula, network, made_of, stops):
            yield Edge(source=source, target=hub, kind="sets")
    for reaction in smallest.values():
        targets: set[str] = set()
        for edge, hit in _acts(reaction, made_of, pattern):
            targets |= hit
            if edge is not None:
                yield edge
        taking_part = {m for s, _ in reaction.reactants for m in made_of[s]}
        for source in _readers(reaction.law.rate, network, made_of, stops):
            if source not in taking_part:
                for target in targets:
                    yield Edge(source=source, target=target, kind="sets")


def _turnover(
    reaction: Reaction, made_of: dict[str, tuple[str, ...]]
) -> tuple[Counter[str], Counter[str]]:
    """Molecules that a reaction loses, and those that it makes."""
    old = Counter(m for s, n in reaction.reactants for m in made_of[s] * n)
    new = Counter(m for s, n in reaction.products for m in made_of[s] * n)
    return old - new, new - old


def _acts(
    reaction: Reaction, made_of: dict[str, tuple[str, ...]], pattern: dict[str, str]
) -> Iterator[tuple[Edge | None, set[str]]]:
    """The edges of one reaction, and the molecules that it changes."""
    before, after = Counter(dict(reaction.reactants)), Counter(dict(reaction.products))
    used, made = before - after, after - before
    unchanged = {m for s in before & after for m in made_of[s]}
    lost, gained = map(set, _turnover(reaction, made_of))
    staying = {m for s in used for m in made_of[s]} & {m for s in made for m in made_of[s]}
    actors = unchanged | (staying if lost or gained else set())
    if lost and gained:
        for target in gained:
            yield from ((Edge(source=m, target=target, kind="becomes"), {target}) for m in lost)
            yield from ((Edge(source=m, target=target, kind="changes"), {target}) for m in actors)
    elif lost or gained:
        kind: Kind = "destroys" if lost else "makes"
        for target in lost or gained:
            yield None, {target}
            yield from ((Edge(source=m, target=target, kind=kind), {target}) for m in actors)
    elif sum(used.values()) > sum(made.values()):
        sides = [set(made_of[s]) for s in used]
        for place, side in enumerate(sides):
            for one in side:
                for other in set().union(*sides[place + 1 :]) - side:
                    first, second = sorted((one, other))
                    yield Edge(source=first, target=second, kind="binds"), set()
    elif sum(used.values()) == sum(made.values()):
        changed = _changed(used, made, pattern) & staying
        for target in changed:
            yield None, {target}
            for actor in (unchanged | staying) - {target}:
                yield Edge(source=actor, target=target, kind="changes"), {target}


def _changed(used: Counter[str], made: Counter[str], pattern: dict[str, str]) -> set[str]:
    """Molecules that look different, their bonds' numbers aside."""

    def looks(side: Counter[str]) -> Counter[str]:
        return Counter(
            _BOND.sub("=bound", part)
            for s, n in side.items()
            for part in _PART.split(pattern[s]) * n
        )

    old, new = looks(used), looks(made)
    return {part.partition("(")[0] for part in (old - new) + (new - old)}


def _readers(
    rate: Expression,
    network: Network,
    made_of: dict[str, tuple[str, ...]],
    named: dict[str, str],
) -> set[str]:
    """Molecules, inputs and drugs that a rate reads, through expressions and observables."""
    found: set[str] = set()
    seen: set[str] = set()
    pending = list(symbols(rate))
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in named:
            found.add(named[name])
        elif name in made_of:
            found |= set(made_of[name])
        elif (assignment := network.assignment_by_id.get(name)) is not None:
            inside = list(symbols(assignment.expression))
            if inside and all(symbol in made_of for symbol in inside):
                found |= set.intersection(*(set(made_of[symbol]) for symbol in inside))
            else:
                pending.extend(inside)
    return found


def _expressed(molecules: list[str], edges: Iterable[Edge], born: set[str]) -> dict[str, str]:
    """Genes and mRNAs, by the protein that they are drawn with: a gene is never made, an mRNA by
    one gene only, and each makes one thing, which nothing else makes."""
    makers: dict[str, set[str]] = {}
    products: dict[str, set[str]] = {}
    for edge in edges:
        if edge.kind == "makes":
            makers.setdefault(edge.target, set()).add(edge.source)
            products.setdefault(edge.source, set()).add(edge.target)
    into: dict[str, str] = {}
    for gene in (name for name in molecules if name not in born):
        chain = [gene]
        while len(made := products.get(chain[-1], set())) == 1:
            (product,) = made
            if makers[product] != {chain[-1]} or product in chain:
                break
            chain.append(product)
        into |= dict.fromkeys(chain[:-1], chain[-1])
    return into


def _distinct(edges: Iterable[Edge]) -> Iterator[Edge]:
    """One edge from one node to another: the most telling one; a rate only where nothing else is."""
    strongest: dict[tuple[str, str], Edge] = {}
    for edge in edges:
        ends = (edge.source, edge.target)
        known = strongest.get(ends)
        if known is None or KINDS.index(edge.kind) < KINDS.index(known.kind):
            strongest[ends] = edge
    for (source, target), edge in strongest.items():
        back = strongest.get((target, source))
        if edge.kind == "binds" and back is not None and back.kind != "sets":
            continue  # what it does is said by the other edge
        yield edge
