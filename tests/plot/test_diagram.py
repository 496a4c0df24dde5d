"""What acts on what, read off the reactions, and the drawing of it."""

import itertools
import re
import xml.etree.ElementTree as ElementTree

import pytest

import simnet as sn
from simnet.network.expression import Number, RateLaw
from simnet.network.network import Molecule, Network, Reaction, Species
from simnet.plot.diagram import draw_diagram, place
from simnet.plot.influences import influences

_SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def hypoxia() -> Network:
    return sn.load("hypoxia")


def test_the_edges_of_hypoxia(hypoxia: Network) -> None:
    """Those that everybody knows of, and none that only holds in a complex."""
    edges = {(e.source, e.kind, e.target) for e in influences(hypoxia).edges}
    assert {
        ("VHL", "destroys", "HIF1A"),
        ("PHD2", "changes", "HIF1A"),
        ("HIF1A", "changes", "PHD2"),
        ("HIF1A", "changes", "VEGF"),
        ("VEGF", "changes", "VEGFR2"),
        ("VEGFR1", "destroys", "VEGF"),
        ("axitinib", "sets", "VEGFR2"),
        ("VEGFR2", "sets", "Vessel"),
        ("perfusion", "sets", "O2"),
        ("O2", "sets", "HIF1A"),
    } <= edges
    assert ("ARNT", "destroys", "HIF1A") not in edges
    assert not any(source == "MCT4" and target == "HIF1A" for source, _, target in edges)


def test_a_gene_is_drawn_with_its_protein(hypoxia: Network) -> None:
    nodes = {node.name: node for node in influences(hypoxia).nodes}
    assert nodes["GLUT1"].also == ("SLC2A1_gene", "SLC2A1_mRNA")
    assert "SLC2A1_mRNA" not in nodes
    assert not nodes["HIF1A"].also


def _network(
    reactions: dict[str, tuple[str, str]], molecules: tuple[Molecule, ...] = ()
) -> Network:
    names = sorted({s for sides in reactions.values() for side in sides for s in side.split()})
    return Network(
        id="n",
        compartments=(),
        species=tuple(Species(id=s, name=s, compartment="c", initial=1, molecules=(s,)) for s in names),
        parameters=(),
        assignments=(),
        reactions=tuple(
            Reaction(
                id=id_,
                reactants=tuple((s, 1) for s in before.split()),
                products=tuple((s, 1) for s in after.split()),
                law=RateLaw(rate=Number(place + 1), orders=tuple((s, 1) for s in before.split())),
            )
            for place, (id_, (before, after)) in enumerate(reactions.items())
        ),
        molecules=molecules,
    )  # fmt: skip


def test_kinds_of_edges() -> None:
    network = _network(
        {"made": ("A", "A B"), "lost": ("C B", "C"), "turned": ("B", "D"), "fed": ("", "A")}
    )
    edges = {(e.source, e.kind, e.target) for e in influences(network).edges}
    assert edges == {("A", "makes", "B"), ("C", "destroys", "B"), ("B", "becomes", "D")}


def test_cells_that_are_copies_are_drawn_once() -> None:
    bases = ("A", "B", "C")
    reactions = {f"make_{cell}": (f"A_{cell}", f"A_{cell} B_{cell}") for cell in ("near", "far")}
    reactions |= {f"lose_{cell}": (f"C_{cell}", "") for cell in ("near", "far")}
    reactions |= {f"born_{cell}": ("", f"A_{cell}") for cell in ("near", "far")}
    molecules = tuple(
        Molecule(name=f"{base}_{cell}", sites="")
        for cell, base in itertools.product(("near", "far"), bases)
    )
    found = influences(_network(reactions, molecules))
    assert found.cells == ("near", "far")
    assert {node.name for node in found.nodes} == set(bases)
    assert [(e.source, e.kind, e.target) for e in found.edges] == [("A", "makes", "B")]


def test_places_do_not_overlap() -> None:
    sizes = {f"n{i}": (60.0 + 5 * i, 20.0) for i in range(12)}
    edges = [(f"n{i}", f"n{(i * 5 + 3) % 12}") for i in range(12)] + [("n0", "n11"), ("n2", "n2")]
    placed = place(sizes, edges)
    for a, b in itertools.combinations(sizes, 2):
        (xa, ya), (xb, yb) = placed.nodes[a], placed.nodes[b]
        apart_x = abs(xa - xb) >= (sizes[a][0] + sizes[b][0]) / 2
        assert apart_x or abs(ya - yb) >= 20, (a, b)
    for (source, target), points in zip(edges, placed.edges, strict=True):
        assert (points[0], points[-1]) == (placed.nodes[source], placed.nodes[target])


@pytest.mark.parametrize("name", sn.packaged_names())
def test_a_drawing_is_legible(name: str) -> None:
    """Well-formed, every molecule named once, of a size that fits a page, boxes apart."""
    text = draw_diagram(sn.load(name))
    root = ElementTree.fromstring(text)
    width, height = (float(root.attrib[side]) for side in ("width", "height"))
    assert width < 2000
    assert height < 2000
    shown = [t.text for t in root.iter(f"{_SVG}text")]
    for node in influences(sn.load(name)).nodes:
        assert shown.count(node.name) == 1, node.name
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", text)


def test_names_are_escaped() -> None:
    network = _network({"made": ("A", "A B")})
    assert "<b>" not in draw_diagram(
        Network(
            **{**{f: getattr(network, f) for f in network.__dataclass_fields__}, "title": "<b>"}
        )
    )
