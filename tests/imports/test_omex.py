"""COMBINE archives: which of their models is loaded."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import simnet as sn

Archive = Callable[..., Path]
SEDML = (
    '<sedML xmlns="http://sed-ml.org/sed-ml/level1/version4" level="1" version="4">'
    '<listOfModels><model id="m" source="./{}" language="urn:sedml:language:sbml"/>'
    "</listOfModels></sedML>"
)


def other(decay: str) -> str:
    return decay.replace('id="decay"', 'id="other"')


def test_the_only_model(archive: Archive, decay_sbml: str) -> None:
    path = archive(
        {"models/decay.xml": decay_sbml, "run.py": "raise SystemExit"},
        [("./models/decay.xml", "sbml.level-3.version-2", False), (".", "omex", False)],
    )
    network = sn.load(path)
    assert network.id == "decay"
    run = sn.simulate(network, t_end=1, points=2, workers=0)
    assert run.readout("B")[0, -1] == pytest.approx(40 * (1 - 0.6065306597), rel=1e-5)


@pytest.mark.parametrize("master", ["a.xml", "b.xml"])
def test_the_master(archive: Archive, decay_sbml: str, master: str) -> None:
    path = archive(
        {"a.xml": decay_sbml, "b.xml": other(decay_sbml)},
        [(name, "sbml", name == master) for name in ("a.xml", "b.xml")],
    )
    assert sn.load(path).id == {"a.xml": "decay", "b.xml": "other"}[master]


def test_the_one_that_sedml_uses(archive: Archive, decay_sbml: str) -> None:
    path = archive(
        {"x/a.xml": decay_sbml, "x/b.xml": other(decay_sbml), "x/run.sedml": SEDML.format("b.xml")},
        [("x/a.xml", "sbml", False), ("x/b.xml", "sbml", False), ("x/run.sedml", "sed-ml", True)],
    )
    assert sn.load(path).id == "other"


def test_one_network_in_both_kinetics(archive: Archive, decay_sbml: str) -> None:
    members = {"n.xml": decay_sbml, "n-ssa.xml": other(decay_sbml)}
    assert sn.load(archive(members, [(name, "sbml", False) for name in members])).id == "decay"


def test_two_models_and_no_master(archive: Archive, decay_sbml: str) -> None:
    members = {"a.xml": decay_sbml, "b.xml": other(decay_sbml)}
    path = archive(members, [(name, "sbml", False) for name in members])
    with pytest.raises(sn.ModelError, match=r"2 SBML models and no master.*unpack it"):
        sn.load(path)


def test_what_is_no_archive(tmp_path: Path, archive: Archive, decay_sbml: str) -> None:
    path = tmp_path / "x.omex"
    for content in (b"", b"PK\x03\x04", decay_sbml.encode()):
        path.write_bytes(content)
        with pytest.raises(sn.ModelError, match="not a readable archive"):
            sn.load(path)
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("a.xml", decay_sbml)
    with pytest.raises(sn.ModelError, match=r"has no manifest\.xml"):
        sn.load(path)
    with pytest.raises(sn.ModelError, match=r"has no SBML; it contains: a\.csv"):
        sn.load(archive({"a.csv": "1"}, [("a.csv", "csv", False)]))
    with pytest.raises(sn.ModelError, match=r"gone\.xml: is in the manifest and not"):
        sn.load(archive({}, [("gone.xml", "sbml", True)]))
    with pytest.raises(sn.InputError, match="No such file"):
        sn.load(tmp_path / "missing.omex")
