"""The explicit list of packages in pyproject.toml against the tree."""

import tomllib
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def setuptools_table(repository: Path) -> dict[str, Any]:
    with (repository / "pyproject.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)["tool"]["setuptools"]
    return table


def packages_in(folder: Path, package: str) -> set[str]:
    """Names of the folders with an ``__init__.py`` in `folder`, which is installed as `package`."""
    return {
        ".".join([package, *init.parent.relative_to(folder).parts])
        for init in folder.rglob("__init__.py")
    }


def test_packages_are_the_folders(repository: Path, setuptools_table: dict[str, Any]) -> None:
    found: set[str] = set()
    for package, folder in setuptools_table["package-dir"].items():
        found |= packages_in(repository / folder, package)
    listed = set(setuptools_table["packages"])
    assert not found - listed, "add these to tool.setuptools.packages in pyproject.toml"
    assert not listed - found, "these are in tool.setuptools.packages and have no __init__.py"


def test_packages_are_sorted_and_listed_once(setuptools_table: dict[str, Any]) -> None:
    listed = setuptools_table["packages"]
    assert listed == sorted(set(listed))


def test_no_module_is_in_a_folder_without_init(
    repository: Path, setuptools_table: dict[str, Any]
) -> None:
    stray = [
        str(module.relative_to(repository))
        for folder in setuptools_table["package-dir"].values()
        for module in (repository / folder).rglob("*.py")
        if not (module.parent / "__init__.py").exists()
    ]
    assert not stray, "no wheel would hold these: their folder has no __init__.py"
