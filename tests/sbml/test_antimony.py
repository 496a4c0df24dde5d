"""Antimony files, and what else a process may have imported."""

import locale
import subprocess
import sys
from pathlib import Path

import pytest

import simnet as sn
from simnet.sbml import antimony

PAIRING = """
model pairing
  species A, D
  A = 5; D = 0; k = 0.01; kr = 0.1
  pair: 2 A => D; k*A*(A - 1)
  part: D => 2 A; kr*D
end
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pairing.ant"
    path.write_text(PAIRING)
    return path


def test_a_file_becomes_a_network(file: Path) -> None:
    network = sn.load(file)
    assert [s.id for s in network.species] == ["A", "D"]
    assert [r.id for r in network.reactions] == ["pair", "part"]
    assert network.document is None


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_ends_of_lines_are_those_of_any_system(file: Path, end: str) -> None:
    lines = sn.load(file)
    file.write_bytes(PAIRING.replace("\n", end).encode())
    assert sn.load(file) == lines


def test_what_is_no_antimony_is_told(tmp_path: Path) -> None:
    path = tmp_path / "wrong.ant"
    path.write_text("model x\n a -> ; k*** \nend")
    with pytest.raises(sn.ModelError, match=r"wrong\.ant.*line 2"):
        sn.load(path)


def test_a_formula_that_ends_the_reader_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20,000 subtractions do; here the reader ends itself."""
    monkeypatch.setattr(antimony, "_CONVERT", "import os, signal; os.kill(os.getpid(), 11)")
    with pytest.raises(sn.ModelError, match=r"pairing\.ant: .*ended by signal 11; .*split it"):
        sn.load(file)


def test_files_are_read_where_libsedml_came_after_libsbml(file: Path, tmp_path: Path) -> None:
    """libsedml takes over libsbml's class of syntax trees."""
    code = (
        "import libsbml, libsedml, simnet as sn\n"
        f"assert len(sn.load({str(file)!r}).reactions) == 2\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_text_is_utf8_whatever_the_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """COPASI, once imported, sets the process's locale to C, and a user's may be another."""
    for name, value in (("LC_ALL", "C"), ("PYTHONCOERCECLOCALE", "0"), ("PYTHONUTF8", "0")):
        monkeypatch.setenv(name, value)
    path = tmp_path / "umlaut.ant"
    text = 'model x\n A -> ; k*A; A = 10; k = 1\n A is "Zelle µ–ö"\nend'
    path.write_text(text, encoding="utf-8")
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, "C")
    try:
        network = sn.load(path)
    finally:
        locale.setlocale(locale.LC_ALL, before)
    assert network.species[0].name == "Zelle µ–ö"
