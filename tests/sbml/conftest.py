"""What the tests of SBML share."""

from collections.abc import Callable
from pathlib import Path

import pytest

import simnet as sn


@pytest.fixture
def antimony(tmp_path: Path) -> Callable[[str], sn.Network]:
    """The network of the lines of an Antimony model."""

    def load(lines: str) -> sn.Network:
        path = tmp_path / "m.ant"
        path.write_text(f"model m()\n{lines}\nend\n", encoding="utf-8")
        return sn.load(path)

    return load
