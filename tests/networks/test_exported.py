"""The committed SBML files: what the rules give today, and free of any complaint."""

import json
import subprocess
import sys
from pathlib import Path

import libsbml
import pytest

import simnet as sn
from simnet.sbml.read import from_sbml

NAMES = sn.packaged_names()
FILES = [f"{name}{flavour}.xml" for name in NAMES for flavour in ("", "-ssa")]


def test_there_are_networks() -> None:
    assert "hypoxia" in NAMES


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
def test_compiling_again_gives_the_same_bytes(
    name: str, repository: Path, perl: None, tmp_path: Path
) -> None:
    from simnet.rules.packaged import write_exported

    write_exported(tmp_path, [name])
    for file in (f"{name}.xml", f"{name}-ssa.xml"):
        assert (tmp_path / file).read_bytes() == (repository / "sbml" / file).read_bytes()


def test_provenance_names_the_tools_and_the_digests(repository: Path) -> None:
    record = json.loads((repository / "sbml" / "PROVENANCE.json").read_text(encoding="utf-8"))
    assert sorted(record) == sorted(NAMES)
    for name, entry in record.items():
        assert {"simnet", "pysb", "bionetgen", "python-libsbml"} <= set(entry["versions"])
        assert entry["digest"] == sn.load(name).digest


@pytest.mark.parametrize("file", FILES)
def test_libsbml_finds_nothing(file: str, repository: Path) -> None:
    """All categories, units among them: no error, no warning."""
    document = libsbml.readSBMLFromFile(str(repository / "sbml" / file))
    for category in range(libsbml.LIBSBML_CAT_SBML, libsbml.LIBSBML_CAT_MODELING_PRACTICE + 1):
        document.setConsistencyChecks(category, True)
    document.checkConsistency()
    found = [document.getError(i).getMessage() for i in range(document.getNumErrors())]
    assert found == []


@pytest.mark.parametrize("name", NAMES)
def test_both_files_hold_the_same_network(name: str, repository: Path) -> None:
    texts = [
        (repository / "sbml" / f"{name}{x}.xml").read_text(encoding="utf-8") for x in ("", "-ssa")
    ]
    continuous, discrete = (from_sbml(text) for text in texts)
    assert continuous == discrete
    assert 'kinetics="continuous"' in texts[0]
    assert 'kinetics="discrete"' in texts[1]
    assert "<listOfEvents" not in texts[1]


def test_loading_a_packaged_network_imports_no_engine_and_no_pysb() -> None:
    code = (
        "import sys, simnet; simnet.load('hypoxia'); "
        "print([m for m in ('pysb', 'roadrunner', 'tellurium', 'sympy') if m in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    network = sn.load(name)
    for parameter in network.parameters:
        assert parameter.unit, parameter.id
        assert parameter.meaning, parameter.id
        assert parameter.source, parameter.id
        assert parameter.confidence, parameter.id
        if parameter.lower is not None and parameter.upper is not None:
            assert parameter.lower <= parameter.value <= parameter.upper, parameter.id


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_readable(name: str) -> None:
    network = sn.load(name)
    ids = list(network.ids())
    assert len(set(ids)) == len(ids)
    assert all(not i.startswith("_") for i in ids)
    assert all(readout.meaning and readout.unit for readout in network.readouts)
    assert all(molecule.meaning for molecule in network.molecules)
