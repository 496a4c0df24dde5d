"""COMBINE archives: what is in them, that it is the same each time, and what is refused."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simnet as sn
from simnet.catalogue.protocols import read_headlines
from simnet.cli.app import main
from simnet.execute.exporters import expected, headline_experiments, write_archive
from simnet.network.expression import Call, Symbol
from simnet.network.network import Network
from simnet.sbml.omex import MARKDOWN, About, Member, write_omex
from simnet.sbml.sedml import Experiment, absolute_tolerance, sedml_text
from simnet.sbml.write import to_sbml

Members = Callable[[Path], dict[str, bytes]]
Elsewhere = Callable[[str, Path], str]


@pytest.fixture(scope="module")
def archive(dosed: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "dosed.omex"
    write_archive(
        dosed,
        path,
        t_end="20 s",
        replicates=50,
        creators=["A. Modeler & Co"],
        licence="CC0-1.0",
        workers=0,
    )
    return path


def test_what_is_in_it(archive: Path, dosed: Network, members: Members) -> None:
    found = members(archive)
    assert set(found) == {
        "README.md",
        "dosed-ssa.xml",
        "dosed.xml",
        "expected/dose_schedule.csv",
        "expected/replicates.csv",
        "expected/time_course.csv",
        "experiments.sedml",
        "manifest.xml",
        "metadata.rdf",
    }
    assert found["dosed.xml"].decode() == to_sbml(dosed, "continuous")
    assert found["dosed-ssa.xml"].decode() == to_sbml(dosed, "discrete")
    readme = found["README.md"].decode()
    for name in set(found) - {"README.md", "manifest.xml", "metadata.rdf"}:
        assert f"`{name}`" in readme, name


def test_amounts_below_zero(tmp_path: Path) -> None:
    """X(20) = 1 - 0.5*20."""
    source, path = tmp_path / "m.ant", tmp_path / "m.omex"
    source.write_text("model m\n species X; X=1; z=0; z'=1\n drain: X => ; 0.5\nend\n")
    network = sn.load(source)
    with pytest.raises(sn.SimulationError, match="allow_negative=True"):
        write_archive(network, path, t_end=20, workers=0)
    made = write_archive(network, path, t_end=20, workers=0, allow_negative=True)
    (course,) = made.experiments
    table = expected(network, course, allow_negative=True)
    assert table["X"].iloc[-1] == pytest.approx(-9.0, rel=1e-6)


def test_members_are_the_same_each_time(
    archive: Path, dosed: Network, members: Members, tmp_path: Path
) -> None:
    again = tmp_path / "again.omex"
    write_archive(
        dosed,
        again,
        t_end="20 s",
        replicates=50,
        creators=["A. Modeler & Co"],
        licence="CC0-1.0",
        workers=2,
    )
    assert members(again) == members(archive)
    write_archive(dosed, again, t_end="20 s", replicates=50, seed=2, workers=0)
    assert members(again)["expected/replicates.csv"] != members(archive)["expected/replicates.csv"]


def test_libcombine_reads_manifest_and_metadata(archive: Path, elsewhere: Elsewhere) -> None:
    code = """
import sys, libcombine
archive = libcombine.CombineArchive()
assert archive.initializeFromArchive(sys.argv[1])
print(archive.getMasterFile().getLocation())
for i in range(archive.getNumEntries()):
    entry = archive.getEntry(i)
    print(entry.getLocation(), entry.getFormat().rpartition("/")[2])
about = archive.getMetadataForLocation(".")
print(about.getNumCreators(), about.getCreator(0).getOrganization())
"""
    lines = elsewhere(code, archive).splitlines()
    assert lines[0] == "experiments.sedml"
    assert "dosed.xml sbml.level-3.version-2" in lines
    assert "experiments.sedml sed-ml.level-1.version-4" in lines
    assert lines[-1] == "1 A. Modeler & Co"


def test_metadata_of_packaged_and_of_own_networks(archive: Path, members: Members) -> None:
    text = members(archive)["metadata.rdf"].decode()
    assert "A dimer &lt;and&gt; a drug" in text
    assert "https://identifiers.org/spdx:CC0-1.0" in text
    assert "celrep" not in text  # nobody's paper but the packaged networks'


def test_sedml_is_what_was_asked_for(archive: Path, elsewhere: Elsewhere, tmp_path: Path) -> None:
    code = """
import sys, zipfile, libsedml
text = zipfile.ZipFile(sys.argv[1]).read("experiments.sedml").decode()
document = libsedml.readSedMLFromString(text)
print(document.getNumErrors(), document.getLevel(), document.getVersion())
for i in range(document.getNumSimulations()):
    course = document.getSimulation(i)
    algorithm = course.getAlgorithm()
    parameters = [
        (p.getKisaoID(), p.getValue()) for p in algorithm.getListOfAlgorithmParameters()
    ]
    print(course.getId(), algorithm.getKisaoID(), course.getOutputEndTime(), parameters)
for i in range(document.getNumTasks()):
    task = document.getTask(i)
    print(task.getId(), getattr(task, "getResetModel", lambda: "plain")())
"""
    lines = elsewhere(code, archive).splitlines()
    assert lines[0] == "0 1 4"
    cvode = "KISAO:0000019 20.0 [('KISAO:0000209', '1e-9'), ('KISAO:0000211', '1e-08')]"
    assert f"simulation_time_course {cvode}" in lines
    assert f"simulation_dose_schedule {cvode}" in lines
    assert "simulation_replicates KISAO:0000241 20.0 [('KISAO:0000488', '1')]" in lines
    assert "task_time_course plain" in lines
    assert "task_dose_schedule False" in lines
    assert "task_replicates True" in lines


def test_theabsolute_tolerance_is_small_beside_the_smallest_amount(dosed: Network) -> None:
    """SED-ML has one for all species."""
    tiny = replace(dosed.species[0], initial=2e-21)
    network = replace(dosed, species=(tiny, *dosed.species[1:]), substance_unit="mol")
    assert absolute_tolerance(dosed) == "1e-08"
    assert absolute_tolerance(network) == "2e-29"


def test_expected_results_are_those_of_simulate(
    archive: Path, dosed: Network, members: Members
) -> None:
    found = members(archive)
    course = pd.read_csv(io.BytesIO(found["expected/time_course.csv"]))
    run = sn.simulate(dosed, t_end="20 s", workers=0)
    np.testing.assert_allclose(course.D, run.readout("D")[0], rtol=1e-6, atol=1e-6)
    replicates = pd.read_csv(io.BytesIO(found["expected/replicates.csv"]))
    cells = sn.simulate(dosed, t_end="20 s", method="ssa", replicates=50, seed=1, workers=0)
    np.testing.assert_allclose(replicates.D_mean, cells.readout("D").mean(axis=0), rtol=1e-8)
    np.testing.assert_allclose(replicates.D_sd[1:], cells.readout("D").std(axis=0, ddof=1)[1:])


def test_stretches_are_one_run_that_goes_on(dosed: Network) -> None:
    """A change between stretches takes effect there, and only there."""
    schedule = Experiment(
        id="x", meaning="", stretch=10.0, settings=({"k": 0.01}, {"k": 0.0}), steps=10
    )
    found = expected(dosed, schedule)
    alone = sn.simulate(dosed, t_end=10, points=11, workers=0, rtol=1e-9).readout("D")[0]
    np.testing.assert_allclose(found.D[:11], alone, rtol=1e-6, atol=1e-9)
    left = alone[-1] * np.exp(-0.1 * (found.time[10:] - 10))
    np.testing.assert_allclose(found.D[10:], left, rtol=1e-6)


def test_headlines_of_packaged_networks_name_parameters_and_are_whole() -> None:
    for name in sn.packaged_names():
        network = sn.load(name)
        made = headline_experiments(network, t_end=None, replicates=None, seed=3, ssa=True)
        assert [e.id for e in made] == ["time_course", "dose_schedule", "replicates"]
        for experiment in made:
            for values in experiment.settings:
                assert values.keys() <= network.parameter_by_id.keys()
        assert made[2].seed == 3
        assert made[2].replicates >= 50
    assert set(read_headlines()) >= set(sn.packaged_names())


def test_titles_say_how_many_cells_were_asked_for() -> None:
    network = sn.load("symbiosis")
    for asked, said in ((None, "50 pairs of cells"), (10, "10 pairs of cells")):
        made = headline_experiments(network, t_end=None, replicates=asked, seed=3, ssa=True)
        (cells,) = [e for e in made if e.method == "ssa"]
        assert cells.meaning.startswith(said)


def test_mistakes_are_told_at_once(dosed: Network, tmp_path: Path) -> None:
    with pytest.raises(sn.InputError, match="there is no folder"):
        write_archive(dosed, tmp_path / "no" / "x.omex", t_end=1)
    with pytest.raises(sn.InputError, match=r"length must be given.*t_end"):
        write_archive(dosed, tmp_path / "x.omex")
    for wrong, says in (
        ({"replicates": 0}, "replicates=0: not a whole number"),
        ({"t_end": 0}, "t_end=0: must be positive"),
        ({"path": None}, "is not a path"),
        ({"network": "dosed"}, "not a Network"),
    ):
        given: dict[str, Any] = {"network": dosed, "path": tmp_path / "x.omex", "t_end": 1, **wrong}
        with pytest.raises(sn.InputError, match=says):
            write_archive(**given)
    with pytest.raises(sn.InputError) as caught:
        Experiment(
            id="x",
            meaning="",
            stretch=0,
            settings=({"k": 1.0}, {}),
            steps=0,
            replicates=0,
            method="ssa",
            seed=-1,
        )
    assert len(caught.value.problems) == 6
    with pytest.raises(sn.InputError, match="nothing is set between"):
        Experiment(id="x", meaning="", stretch=1, settings=({}, {}))


def test_what_fails_leaves_an_earlier_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "x.omex"
    member = Member(location="a.txt", content="a", format=MARKDOWN)
    write_omex(target, [member], About(title="first"), master="a.txt")
    before = target.read_bytes()
    monkeypatch.setattr("simnet.sbml.omex._WRITE", "raise SystemExit('no room')")
    with pytest.raises(sn.ModelError, match="no room"):
        write_omex(target, [member], About(title="second"), master="a.txt")
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["x.omex"]
    with pytest.raises(sn.InputError, match="cannot be written"):
        write_omex(tmp_path / "no" / "x.omex", [member], About(title="x"), master="a.txt")


def test_one_creator_is_not_its_letters(dosed: Network, tmp_path: Path, members: Members) -> None:
    write_archive(dosed, tmp_path / "x.omex", t_end=1, workers=0, creators="A. Modeler")
    assert ">A. Modeler<" in members(tmp_path / "x.omex")["metadata.rdf"].decode()


def test_a_network_without_ssa_says_why(dosed: Network, tmp_path: Path, members: Members) -> None:
    net_rate = Call("minus", (Call("times", (Symbol("k"), Symbol("A"))), Symbol("kr")))
    law = replace(dosed.reactions[0].law, rate=net_rate, orders=())
    network = replace(
        dosed,
        reactions=(replace(dosed.reactions[0], law=law),),
        drugs=(),
        parameters=tuple(replace(p, unit=None) for p in dosed.parameters),
    )
    made = write_archive(network, tmp_path / "x.omex", t_end=1, workers=0)
    assert made.no_ssa is not None
    assert "can be negative" in made.no_ssa
    found = members(tmp_path / "x.omex")
    assert "dosed-ssa.xml" not in found
    assert "can be negative" in found["README.md"].decode()
    assert [e.id for e in made.experiments] == ["time_course"]


def test_sedml_finds_species_and_parameters(dosed: Network) -> None:
    experiment = Experiment(id="x", meaning="a < b", stretch=1.0)
    text = sedml_text(dosed, [experiment], {"ode": "dosed.xml"})
    assert "listOfSpecies/sbml:species[@id=&apos;D&apos;]" in text
    assert "a &lt; b" in text


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["export", *arguments])
    return int(ended.value.code or 0)


def test_the_command(
    dosed: Network, tmp_path: Path, capsys: pytest.CaptureFixture[str], members: Members
) -> None:
    source = str(sn.write_sbml(dosed, tmp_path / "dosed.xml"))
    target = tmp_path / "out.omex"
    options = ["--t-end", "2 s", "--replicates", "3", "--workers", "0"]
    assert run(source, "--to", str(target), *options) == 0
    out = capsys.readouterr().out
    assert "dosed, 7 files" in out
    assert "replicates: 3 replicates from the initial state" in out
    assert b"KISAO:0000241" in members(target)["experiments.sedml"]
    assert run(source, "--to", str(target), "--kinetics", "discrete") == 2
    assert "--kinetics: only --to with .xml or .ant takes it" in capsys.readouterr().err
    assert run(source, "--to", str(tmp_path / "x.xml"), "--licence", "MIT") == 2
    assert "--licence: only --to with .omex takes it" in capsys.readouterr().err
    assert run(source, "--to", str(tmp_path / "no" / "x.omex"), "--t-end", "1") == 2
    assert "there is no folder" in capsys.readouterr().err
