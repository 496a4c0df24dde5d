"""A small model in each format, and archives made of members."""

import stat
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

import simnet as sn
from simnet.network.network import Network

Archive = Callable[..., Path]


@pytest.fixture(scope="session")
def decay_sbml(
    make_network: Callable[..., Network], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """A -> B at k = 0.5 from 40 A, as SBML."""
    network = make_network("decay", {"A": 40, "B": 0}, {"k": 0.5}, [("A", "B", "k")])
    path = tmp_path_factory.mktemp("models") / "decay.xml"
    return sn.write_sbml(network, path).read_text(encoding="utf-8")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Make model.omex of members (name, content); `entries` are (location, format, master)."""

    def make(
        members: dict[str, str | bytes],
        entries: Iterable[tuple[str, str, bool]] = (),
        **more: object,
    ) -> Path:
        path = tmp_path / "model.omex"
        lines = "".join(
            f'<content location="{place}" format="http://identifiers.org/combine.specifications/{kind}"'
            f' master="{str(master).lower()}"/>'
            for place, kind, master in entries
        )
        manifest = (
            '<?xml version="1.0"?><omexManifest '
            f'xmlns="http://identifiers.org/combine.specifications/omex-manifest">{lines}</omexManifest>'
        )
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            for name, content in {"manifest.xml": manifest, **members}.items():
                out.writestr(name, content)
            if link := more.get("link"):
                info = zipfile.ZipInfo(str(link))
                info.create_system = 3
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
                out.writestr(info, "/etc/passwd")
        return path

    return make


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of compiled networks of the test's own."""
    monkeypatch.setenv("SIMNET_CACHE", str(tmp_path / "cache"))
