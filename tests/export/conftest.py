"""What the tests of exported files share."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from simnet.network.network import Drug, Network, Parameter
from simnet.sbml.write import to_sbml


@pytest.fixture(scope="session")
def dosed(dimer: Network) -> Network:
    """2 A <-> D with 20 A, and a drug that takes D away: everything has its unit."""
    units = {"k": "1/(item s)", "kr": "1/s"}
    parameters = [replace(p, unit=units[p.id]) for p in dimer.parameters]
    drug = Parameter(id="drug_nM", value=0.0, unit="nM", source="assumed")
    a, d = dimer.species
    return replace(
        dimer,
        id="dosed",
        title="A dimer <and> a drug",
        species=(replace(a, initial=20.0), d),
        parameters=(*parameters, drug),
        drugs=(Drug(name="drug", parameter="drug_nM", target="D", affinity=1.0, unit="nM"),),
    )


@pytest.fixture(scope="session")
def members() -> Callable[[Path], dict[str, bytes]]:
    """Reads the members of an archive, by name."""

    def read(path: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    return read


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], str]:
    """Runs Python in a process of its own, for libraries that change libsbml's classes; the path is
    its first argument, what it prints the result."""

    def run(code: str, path: Path) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, str(path)],
            capture_output=True,
            encoding="utf-8",
            check=False,
            cwd=tmp_path_factory.mktemp("elsewhere"),
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    return run


@pytest.fixture(scope="session")
def write(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes a network's SBML in some kinetics to a file."""

    def to_file(network: Network, kinetics: str = "continuous") -> Path:
        path = tmp_path_factory.mktemp("sbml") / f"{network.id}.xml"
        path.write_text(to_sbml(network, kinetics), encoding="utf-8")  # type: ignore[arg-type]
        return path

    return to_file
