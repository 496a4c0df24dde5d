"""What importing simnet loads, and who may import the networks."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

HEAVY = {
    "antimony",
    "bionetgen",
    "libsbml",
    "matplotlib",
    "pandas",
    "pyarrow",
    "pydantic",
    "pysb",
    "roadrunner",
    "scipy",
    "sympy",
    "tellurium",
}


def run_python(code: str, cwd: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def modules_after(statement: str, cwd: Path) -> set[str]:
    """Top-level names in ``sys.modules`` of a new interpreter after `statement`."""
    code = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    ran = run_python(code, cwd)
    assert ran.returncode == 0, ran.stderr
    return {name.partition(".")[0] for name in json.loads(ran.stdout)}


@pytest.mark.parametrize("module", ["simnet", "simnet.cli.app"])
def test_import_loads_nothing_heavy(module: str, tmp_path: Path) -> None:
    assert not modules_after(f"import {module}", tmp_path) & HEAVY


def test_loading_a_packaged_network_needs_neither_pysb_nor_roadrunner(tmp_path: Path) -> None:
    loaded = modules_after("import simnet; simnet.load('hypoxia')", tmp_path)
    assert not loaded & {"pysb", "bionetgen", "roadrunner", "tellurium"}


def test_networks_at_top_level_is_refused(repository: Path) -> None:
    ran = run_python("import networks", repository)
    assert ran.returncode != 0
    last_line = ran.stderr.strip().splitlines()[-1]
    assert last_line.startswith("ImportError")
    assert "simnet.load" in last_line or "simnet.networks" in last_line


def imports_of(file: Path, package: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that `file`, a module in `package`, imports statically."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            dotted = "." * node.level + (node.module or "")
            source = resolve_name(dotted, package)
            for alias in node.names:
                yield node.lineno, f"{source}.{alias.name}"


def imports_in(folder: Path, package: str) -> Iterator[tuple[str, str]]:
    """Place (file:line) and name of all static imports in `folder`, installed as `package`."""
    for file in sorted(folder.rglob("*.py")):
        relative = file.relative_to(folder)
        for line, name in imports_of(file, ".".join([package, *relative.parent.parts])):
            yield f"{folder.name}/{relative.as_posix()}:{line}", name


def test_simnet_imports_no_network(repository: Path) -> None:
    found = [
        f"{place} imports {name}"
        for place, name in imports_in(repository / "simnet", "simnet")
        if name.startswith(("networks.", "simnet.networks", "simnet.exported"))
        or name == "networks"
    ]
    assert not found, "a network is loaded by name, with importlib"


def test_networks_import_pysb_and_themselves(repository: Path) -> None:
    allowed = sys.stdlib_module_names | {"pysb"}
    found = [
        f"{place} imports {name}"
        for place, name in imports_in(repository / "networks", "simnet.networks")
        if name.partition(".")[0] not in allowed and not name.startswith("simnet.networks.")
    ]
    assert not found


def test_networks_name_themselves_relatively(repository: Path) -> None:
    # An absolute `simnet.networks` is invisible to mypy and to the import floors.
    found = [
        f"{file.relative_to(repository)}:{node.lineno}"
        for file in sorted((repository / "networks").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and node.level == 0
        and (node.module or "").startswith("simnet")
    ]
    assert not found, "write `from .._modules import ...`"
