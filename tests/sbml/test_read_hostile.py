"""Files that are broken or hostile: a clear error, and nothing else."""

from pathlib import Path

import pytest

import simnet as sn

BOMB = """<?xml version="1.0"?>
<!DOCTYPE sbml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">
<model id="x" name="&b;"/></sbml>"""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "x, line"),
        (b"\x00\xff\xfe\x00binary", "not a text file"),
        (b"plain text", "x.xml|x, line"),
        (b"<sbml", "x, line"),
        (b"<html><body/></html>", "x, line|no SBML"),
        (BOMB.encode(), "XML entities"),
        (
            b'<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"/>',
            "no SBML model",
        ),
    ],
)
def test_what_is_no_sbml(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "x.xml"
    file.write_bytes(content)
    with pytest.raises(sn.ModelError, match=says):
        sn.load(file)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(sn.InputError, match="No such file"):
        sn.load(tmp_path / "missing.xml")


def test_a_directory_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(sn.InputError, match="no packaged network or file"):
        sn.load(tmp_path)


def test_unknown_names_get_the_nearest() -> None:
    with pytest.raises(sn.UnknownNameError, match="did you mean hypoxia"):
        sn.load("hypoxya")


def test_other_objects() -> None:
    with pytest.raises(sn.InputError, match="PySB model"):
        sn.load(42)
