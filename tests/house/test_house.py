"""How large the house is, and whether its rooms lead anywhere but into each other."""

import ast
import graphlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

Graph = dict[str, set[str]]


def module_name(path: Path, root: Path) -> str:
    """As it is imported: simnet.screen for simnet/screen/__init__.py."""
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(node: ast.AST, *, later: bool) -> Iterator[str]:
    """What code imports, by full name; with `later` also in functions and for types only."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield str(node.module)
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif not later and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    elif not later and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        for child in node.orelse:
            yield from imported(child, later=later)
    else:
        for child in ast.iter_child_nodes(node):
            yield from imported(child, later=later)


def graph(trees: dict[str, ast.Module], *, later: bool) -> Graph:
    """Module -> modules of the package that it imports. Importing a name from a package counts for
    the package where the name is no module of its own."""
    found = {}
    for name, tree in trees.items():
        names = set(imported(tree, later=later)) & trees.keys() - {name}
        parents = {n.rpartition(".")[0] for n in names}
        found[name] = names - parents
    return found


def one_importer(edges: Graph) -> set[str]:
    """Modules that only one other imports, which lies in the same folder."""
    importers: Graph = defaultdict(set)
    for name, targets in edges.items():
        for target in targets:
            importers[target].add(name)
    return {
        name
        for name, (first, *others) in ((n, sorted(i)) for n, i in importers.items())
        if not others and "." in folder(name) and folder(first) == folder(name)
    }


def folder(module: str) -> str:
    """The package that a module lies in."""
    return module.rpartition(".")[0]


@pytest.fixture(scope="module")
def sources(repository: Path) -> dict[str, str]:
    """Every module of simnet, by name."""
    root = repository / "simnet"
    files = sorted(root.rglob("*.py"))
    return {module_name(path, root): path.read_text(encoding="utf-8") for path in files}


@pytest.fixture(scope="module")
def trees(sources: dict[str, str]) -> dict[str, ast.Module]:
    return {name: ast.parse(text) for name, text in sources.items()}


def test_no_two_modules_need_each_other(trees: dict[str, ast.Module]) -> None:
    """Not within a folder either; import-linter sees to the floors."""
    graphlib.TopologicalSorter(graph(trees, later=False)).prepare()


def test_its_size(sources: dict[str, str], limits: dict[str, Any]) -> None:
    lines = {name: len(text.splitlines()) for name, text in sources.items()}
    longest = max(lines, key=lambda name: lines[name])
    house = limits["house"]
    assert len(sources) <= house["files"]
    assert sum(lines.values()) <= house["lines"]
    assert lines[longest] <= house["longest"], longest


def test_few_modules_are_one_neighbours_only(
    trees: dict[str, ast.Module], limits: dict[str, Any]
) -> None:
    found = one_importer(graph(trees, later=True))
    assert limits["apart"].keys() <= found, "no longer needed in the table"
    alone = sorted(found - limits["apart"].keys())
    assert len(alone) <= limits["house"]["one_importer"], alone


def test_a_class_has_a_name_of_its_own(
    trees: dict[str, ast.Module], limits: dict[str, Any]
) -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for name, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name)
    several = {name for name, modules in places.items() if len(modules) > 1}
    assert limits["namesakes"].keys() <= several, "no longer needed in the table"
    found = {name: places[name] for name in sorted(several - limits["namesakes"].keys())}
    assert len(found) <= limits["house"]["same_name"], found


SMALL = {
    "p": "",
    "p.f": "",
    "p.f.a": "from p.f.b import x",
    "p.f.b": "def f():\n    from p.f.a import y",
    "p.f.c": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import p.f.b",
    "p.g": "",
    "p.g.d": "from p.f import c",
}


def test_the_graph_is_read_as_meant() -> None:
    trees = {name: ast.parse(text) for name, text in SMALL.items()}
    now, later = (graph(trees, later=later) for later in (False, True))
    assert {name: names for name, names in now.items() if names} == {
        "p.f.a": {"p.f.b"},
        "p.g.d": {"p.f.c"},
    }
    assert later["p.f.b"] == {"p.f.a"}
    assert later["p.f.c"] == {"p.f.b"}
    assert one_importer(later) == {"p.f.a"}
    graphlib.TopologicalSorter(now).prepare()
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(later).prepare()
