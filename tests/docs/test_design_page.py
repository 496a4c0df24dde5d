"""What the page on the design says of places in the code is so."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PLACE = re.compile(r"`([\w.]+)`(?: of its class)?,? (?:in )?`(simnet/[\w/]+\.py)`")


def defined(tree: ast.Module) -> Iterator[str]:
    """Functions, classes, constants and methods (`Class.method`) of a module."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        if isinstance(node, ast.ClassDef):
            methods = [item.name for item in node.body if isinstance(item, ast.FunctionDef)]
            yield from methods
            yield from (f"{node.name}.{method}" for method in methods)


def test_places_in_the_design_page_exist(repository: Path) -> None:
    page = (repository / "docs/contributing/design.md").read_text(encoding="utf-8")
    places = PLACE.findall(page)
    assert len(places) >= 18
    missing = [
        f"{name} in {path}"
        for name, path in places
        if name not in set(defined(ast.parse((repository / path).read_text(encoding="utf-8"))))
    ]
    assert not missing
