"""On PyPI `simnet` is another project: nothing we write tells anybody to install it."""

import re
import subprocess
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

INSTALLS = re.compile(
    r"(?:pip3?|pipx|uv|conda|mamba|poetry|pixi)[\"',\s]+(?:pip[\"',\s]+)?(?:install|add|run|tool)\b"
    r"[^\n`;|&]*?[\s\"'`=]simnet(?:-bio)?(?![\w./-])(?!'s)"
)
"""A command that installs a distribution of that name, with or without extras and versions. Nothing
is on PyPI under ours either, as long as nothing is released."""


@pytest.mark.parametrize(
    "told",
    [
        "pip install simnet",
        "pip install 'simnet[dask]'",
        "way_out='pip install \"simnet[dask]\"'",
        "`pip install --force-reinstall simnet`, then",
        "pip install -U numpy simnet==0.1",
        "uv pip install simnet>=1",
        'run(sys.executable, "-m", "pip", "install", "simnet")',
        "pipx install simnet",
        "uv tool install simnet-bio",
        "pip install simnet-bio",
    ],
)
def test_what_is_looked_for_is_found(told: str) -> None:
    assert INSTALLS.search(told)


@pytest.mark.parametrize(
    "told",
    [
        "pip install '.[dask]' in simnet's checkout",
        "pip install -e path/to/simnet",
        "pip uninstall simnet simnet-bio",
        "pip install simnet_tools",
    ],
)
def test_what_is_right_is_let_be(told: str) -> None:
    assert not INSTALLS.search(told)


def test_nothing_tells_to_install_another_project(repository: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout
    files = [repository / name for name in filter(None, listed.split("\0"))]
    found, read = [], 0
    for file in files:
        if file == Path(__file__) or not file.is_file():
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        read += 1
        found += [f"{file.relative_to(repository)}: {m[0]}" for m in INSTALLS.finditer(text)]
    assert read > 300
    assert found == []


def test_the_distribution_has_a_name_of_its_own() -> None:
    assert version("simnet-bio")
    (command,) = entry_points(group="console_scripts", name="simnet")
    assert command.dist is not None
    assert command.dist.name == "simnet-bio"
