"""Loading a file runs nothing that it holds and reads no other file; Python runs where it is named.
(Entities, and files that exhaust memory or the stack: tests/sbml/test_read_hostile.py.)"""

import os
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import simnet as sn
from simnet.network.network import Network
from simnet.rules import bionetgen, bngl
from simnet.sbml import omex
from simnet.sbml.antimony import antimony_to_sbml
from simnet.sbml.read import from_sbml

Archive = Callable[..., Path]
ENTRY = [("decay.xml", "sbml", True)]

# ------------------------------------------------------------------ SBML


COMP = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core"
 xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" level="3" version="1"
 comp:required="true"><model id="whole"><listOfParameters>
<parameter id="q" value="1" constant="true"/></listOfParameters><comp:listOfSubmodels>
<comp:submodel comp:id="s" comp:modelRef="part"/></comp:listOfSubmodels></model>{}</sbml>"""
INSIDE = """<comp:listOfModelDefinitions><comp:modelDefinition id="part"><listOfParameters>
<parameter id="p" value="42" constant="true"/></listOfParameters></comp:modelDefinition>
</comp:listOfModelDefinitions>"""
OUTSIDE = """<comp:listOfExternalModelDefinitions><comp:externalModelDefinition comp:id="part"
 comp:source="{}"/></comp:listOfExternalModelDefinitions>"""


@pytest.mark.parametrize("scheme", ["file:", "", "http://127.0.0.1:9/"])
def test_submodels_in_other_files_are_refused(tmp_path: Path, scheme: str) -> None:
    (tmp_path / "secret.xml").write_text(COMP.format(INSIDE))
    with pytest.raises(sn.ModelError, match="reads another file"):
        from_sbml(COMP.format(OUTSIDE.format(f"{scheme}{tmp_path / 'secret.xml'}")))


def test_submodels_in_the_same_file_are_put_together() -> None:
    network = from_sbml(COMP.format(INSIDE))
    assert {p.id: p.value for p in network.parameters} == {"q": 1, "s__p": 42}


# ------------------------------------------------------------------ Antimony


@pytest.mark.parametrize(
    "line",
    [
        'import "{}"',
        'import"{}"',
        "import\t\n '{}'",
        'import /* now */ "{}"',
        'x = 1; import "{}"',
        '/* "*/ import "{}" /* " */',
        '// note "\nimport "{}" // "',
        '# note "\nimport "{}" # "',
        'model n\n notes ``` a " quote ```\nend\nimport "{}" // "',
    ],
)
def test_antimony_imports_nothing(tmp_path: Path, line: str) -> None:
    (tmp_path / "secret.ant").write_text("model secret\n leak = 42\nend\n")
    path = tmp_path / "model.ant"
    path.write_text(
        line.format(tmp_path / "secret.ant") + "\nmodel m\n A -> B; k*A\n k=1; A=2\nend\n"
    )
    with pytest.raises(sn.ModelError, match="import: reads another file"):
        antimony_to_sbml(path)


def test_a_nuclear_import_is_no_import(tmp_path: Path) -> None:
    path = tmp_path / "model.ant"
    path.write_text(
        'model m // import into the nucleus\n R is "import"; R: A -> B; k*A\n k=1; A=2\nend\n'
    )
    assert 'name="import"' in antimony_to_sbml(path)


# ------------------------------------------------------------------ BNGL


MODEL = """
begin model
begin parameters
  k 1
  {parameters}
end parameters
begin seed species
  A() 3
end seed species
begin reaction rules
  A() -> 0 k
  {rules}
end reaction rules
end model
{actions}
"""
PLAIN = {"parameters": "", "rules": "", "actions": ""}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What BioNetGen would have got; it is not run."""
    given: list[str] = []

    def keep(command: list[str], cwd: str, **_: object) -> subprocess.CompletedProcess[str]:
        given.append((Path(cwd) / command[-1]).read_text(encoding="utf-8"))
        (Path(cwd) / "model.net").write_text(
            "begin parameters\n1 k 1\nend parameters\nbegin species\n1 A() 3\nend species\n"
            "begin reactions\n1 1 0 k #_R1\nend reactions\n"
        )
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(bionetgen.subprocess, "run", keep)
    return given


ACTIONS = [
    'system("touch {}");',
    "generate_network({{overwrite=>system('touch {}')}})",
    "generate_network({{max_iter=>`touch {}`}})",
    "generate_network({{max_stoich=>{{A=>system('touch {}')}}}})",
    "simulate_ode({{t_end=>(sub{{`touch {}`}})->()}})",
    "begin actions\n system('touch {}')\nend actions",
    "begin protocol\n system('touch {}')\nend protocol",
    "$x = `touch {}`;",
    'setOption("SpeciesLabel",`touch {}`)',
    "version(`touch {}`)",
]


@pytest.mark.usefixtures("perl")
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.filterwarnings("ignore:x. actions are ignored:simnet.errors.SimnetWarning")
def test_no_action_of_a_bngl_file_runs(action: str, tmp_path: Path, written: list[str]) -> None:
    mark = tmp_path / "ran"
    bngl.from_bngl(MODEL.format(**PLAIN | {"actions": action.format(mark)}), "x")
    (text,) = written
    assert "touch" not in text
    assert text.count("(") == 3  # A(), A() and our own generate_network
    assert text.rstrip().endswith("generate_network({overwrite=>1})")
    assert not mark.exists()


@pytest.mark.usefixtures("perl")
def test_bionetgen_would_have_run_it(tmp_path: Path) -> None:
    """That the danger is real: given the file itself, BioNetGen evaluates the action as Perl."""
    mark = tmp_path / "ran"
    file = tmp_path / "x.bngl"
    file.write_text(MODEL.format(**PLAIN | {"actions": ACTIONS[1].format(mark)}))
    subprocess.run(
        ["perl", bionetgen.bionetgen_program(), "x.bngl"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert mark.exists()
    mark.unlink()
    assert len(bngl.from_bngl(file.read_text(encoding="utf-8"), "x").reactions) == 1
    assert not mark.exists()


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        (
            {
                "rules": "end reaction rules\nend model\nreadFile({file=>'x'})\nbegin model\nbegin reaction rules"
            },
            None,
        ),
        ({"parameters": 'x TFUN("/etc/passwd")'}, "another file"),
        ({"parameters": "x tfun('/etc/passwd', k)"}, "another file"),
        ({"parameters": "x `id`"}, "characters that BNGL does not use"),
        ({"parameters": "x 1; \x00"}, "characters"),
        ({"rules": "1 begin actions"}, "not allowed here"),
        ({"parameters": "begin actions\n system('id')\n end actions"}, "not allowed here"),
        ({"actions": "begin include\n file\nend include"}, "this block is not supported"),
    ],
)
@pytest.mark.filterwarnings("ignore:x. actions are ignored:simnet.errors.SimnetWarning")
def test_blocks_hold_a_model_and_nothing_else(
    parts: dict[str, str], says: str | None, written: list[str]
) -> None:
    text = MODEL.format(**PLAIN | parts)
    if says is None:
        bngl.from_bngl(text, "x")
        assert "readFile" not in written[0]
    else:
        with pytest.raises(sn.ModelError, match=says):
            bngl.from_bngl(text, "x")


def test_actions_that_would_change_the_model_are_told(written: list[str]) -> None:
    action = 'setParameter("k",5)\nreadFile({file=>"other.bngl"})'
    with pytest.warns(sn.SimnetWarning, match=r"are ignored.*setParameter.*readFile"):
        bngl.from_bngl(MODEL.format(**PLAIN | {"actions": action}), "x")


@pytest.mark.usefixtures("perl")
def test_rules_without_end_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bngl, "LONGEST", 1.0)
    chain = (
        MODEL.format(**PLAIN)
        .replace("A()", "A(l,r)", 1)
        .replace("A() -> 0 k", "A(l) + A(r) -> A(l!1).A(r!1) k")
    )
    with pytest.raises(sn.ModelError, match=r"longer than 1 s.*max_stoich"):
        bngl.from_bngl(chain, "x")


# ------------------------------------------------------------------ OMEX


@pytest.mark.parametrize(
    "name", ["../out.xml", "a/../../out.xml", "/etc/out.xml", "..\\out.xml", "C:/out.xml"]
)
def test_members_that_point_out(
    archive: Archive, decay_sbml: str, tmp_path: Path, name: str
) -> None:
    path = archive({"decay.xml": decay_sbml, name: "x"}, ENTRY)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(sn.ModelError, match="points out of the archive"):
        sn.load(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_manifest_cannot_point_out_either(
    archive: Archive, decay_sbml: str, tmp_path: Path
) -> None:
    (tmp_path / "secret.xml").write_text(decay_sbml)
    for place in ("../secret.xml", str(tmp_path / "secret.xml"), f"file://{tmp_path}/secret.xml"):
        with pytest.raises(sn.ModelError, match="in the manifest and not in the archive"):
            sn.load(archive({}, [(place, "sbml", True)]))


def test_links_are_refused(archive: Archive, decay_sbml: str) -> None:
    with pytest.raises(sn.ModelError, match=r"link\.xml: is a link"):
        sn.load(archive({"decay.xml": decay_sbml}, ENTRY, link="link.xml"))


def test_entities_in_the_manifest(archive: Archive, decay_sbml: str) -> None:
    manifest = (
        '<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]><omexManifest>&a;</omexManifest>'
    )
    with pytest.raises(sn.ModelError, match="XML entities"):
        sn.load(archive({"decay.xml": decay_sbml, "manifest.xml": manifest}, ENTRY))


def test_a_bomb_is_refused_before_it_is_unpacked(archive: Archive, decay_sbml: str) -> None:
    path = archive({"decay.xml": decay_sbml, "zeros.csv": b"\0" * 20_000_000}, ENTRY)
    with pytest.raises(sn.ModelError, match=r"zeros\.csv: expands 1,0\d\d-fold"):
        sn.load(path)


def test_a_bomb_that_lies_about_its_size(
    archive: Archive, decay_sbml: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory says 100 bytes; no more than that, or than the limit, is ever unpacked."""
    path = archive({"decay.xml": decay_sbml + " " * 3_000_000}, ENTRY)
    with zipfile.ZipFile(path) as whole:
        size = whole.getinfo("decay.xml").file_size
    data = path.read_bytes()
    assert data.count(struct.pack("<L", size)) == 2
    path.write_bytes(data.replace(struct.pack("<L", size), struct.pack("<L", 100)))
    with pytest.raises(sn.ModelError):
        sn.load(path)
    path = archive({"decay.xml": decay_sbml + os.urandom(40_000).hex()}, ENTRY)
    monkeypatch.setattr("simnet.sbml.guard.LARGEST_FILE", 50_000)
    with pytest.raises(sn.ModelError, match="larger than"):
        sn.load(path)


def test_too_many_members_and_names_twice(
    archive: Archive, decay_sbml: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive({"decay.xml": decay_sbml}, ENTRY)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as out:
        out.writestr("decay.xml", "another")
    with pytest.raises(sn.ModelError, match="two members of one name"):
        sn.load(path)
    monkeypatch.setattr(omex, "MOST_MEMBERS", 1)
    with pytest.raises(sn.ModelError, match="more than 1 members"):
        sn.load(archive({"decay.xml": decay_sbml}, ENTRY))


# ------------------------------------------------------------------ Python


PYSB = """
from pathlib import Path
Path({mark!r}).touch()
from pysb import Initial, Model, Monomer, Observable, Parameter, Rule
Model()
Monomer("X")
Parameter("k", 0.5)
Parameter("n", 10)
Rule("go", X() >> None, k)
Observable("X_copies", X())
Initial(X(), n)
"""


@pytest.mark.usefixtures("perl", "own_cache")
def test_a_python_file_that_is_named_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    path = tmp_path / "my_model.py"
    path.write_text(PYSB.format(mark=str(mark)))
    network = sn.load(path)
    assert mark.exists()
    assert [r.name for r in network.readouts] == ["X_copies"]
    assert sn.load(str(path)) == network


def test_a_python_file_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("1/0")
    with pytest.raises(sn.ModelError, match="running it failed: ZeroDivisionError"):
        sn.load(path)
    path.write_text("x = 1")
    with pytest.raises(sn.UnknownNameError, match="no PySB model 'model'"):
        sn.load(path)


@pytest.mark.usefixtures("perl", "own_cache")
def test_a_file_of_several_models_is_asked_for_one(tmp_path: Path) -> None:
    text = PYSB.format(mark=str(tmp_path / "ran")).replace("Model()", 'Model("first")')
    path = tmp_path / "several.py"
    path.write_text(f"{text}\nother = Model('other', _export=False)\n")
    with pytest.raises(sn.UnknownNameError, match=r"first, other \(give several\.py:NAME\)"):
        sn.load(path)
    assert sn.load(f"{path}:first").id == "first"


def test_what_a_python_file_lacks(tmp_path: Path) -> None:
    path = tmp_path / "lacking.py"
    path.write_text("import simnet_no_such_module")
    with pytest.raises(sn.UnknownNameError, match=r"no_such_module.*install it"):
        sn.load(path)


@pytest.mark.parametrize("end", [".xml", ".sbml", ".net", ".bngl", ".omex", ".txt", ""])
def test_python_under_another_name_does_not_run(tmp_path: Path, end: str) -> None:
    mark = tmp_path / "ran"
    path = tmp_path / f"model{end}"
    path.write_text(PYSB.format(mark=str(mark)))
    with pytest.raises(sn.ModelError):
        sn.load(path)
    assert not mark.exists()


def test_python_in_an_archive_does_not_run(
    archive: Archive, decay_sbml: str, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    path = archive(
        {"decay.xml": decay_sbml, "model.py": PYSB.format(mark=str(mark))},
        [*ENTRY, ("model.py", "python", False)],
    )
    assert isinstance(sn.load(path), Network)
    assert not mark.exists()
