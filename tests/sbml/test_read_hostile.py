"""Files that are broken or hostile: a clear error in bounded time and memory, and nothing else."""

import os
import resource
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.engines.table import ENGINES
from simnet.execute.processes import close_workers
from simnet.network.network import Network
from simnet.sbml.guard import DEEPEST, LARGEST_FILE
from simnet.sbml.read import from_sbml

pytestmark = pytest.mark.thorough

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")

BOMB = """<?xml version="1.0"?>
<!DOCTYPE sbml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">
<model id="x" name="&b;"/></sbml>"""

FILE = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">
<model id="small" substanceUnits="item" timeUnits="second" extentUnits="item">
{functions}
<listOfCompartments><compartment id="c" size="{size}" constant="true"/></listOfCompartments>
<listOfSpecies><species id="X" compartment="c" initialAmount="{amount}" name="{name}"
 hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false"/></listOfSpecies>
<listOfParameters><parameter id="k" value="{k}" constant="true">{notes}</parameter>{parameters}
</listOfParameters>
{initial}{rules}
<listOfReactions><reaction id="r" reversible="false"><listOfReactants>
<speciesReference species="X" stoichiometry="{stoichiometry}" constant="true"/></listOfReactants>
<kineticLaw>{law}</kineticLaw></reaction></listOfReactions>{events}</model></sbml>"""
PARTS = {
    "functions": "", "size": "1", "amount": "5", "name": "X", "k": "1", "notes": "",
    "parameters": "", "initial": "", "rules": "", "stoichiometry": "1", "events": "",
}  # fmt: skip
LAW = "<apply><times/><ci>k</ci><ci>X</ci></apply>"


def math(content: str) -> str:
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{content}</math>'


def file(law: str = LAW, **parts: str) -> str:
    return FILE.format(law=math(law), **(PARTS | parts))


def simulate(network: Network, method: str) -> sn.Trajectories:
    return sn.simulate(network, t_end=1, points=3, method=method, seed=1, workers=0)  # type: ignore[arg-type]


# ------------------------------------------------------------------ no SBML at all


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "x, line"),
        (b"\x00\xff\xfe\x00binary", "not a text file"),
        (np.random.default_rng(1).bytes(100_000), "not a text file"),
        (b"plain text", "x.xml|x, line"),
        (b"<sbml", "x, line"),
        (b"<html><body/></html>", "x, line|no SBML"),
        (BOMB.encode(), "XML entities"),
        (file().encode("utf-16"), "is in UTF-16, not in UTF-8; save it as UTF-8"),
        (file().encode("utf-16-le"), "x, line"),  # no mark of its order: zeros between letters
        (file().replace("UTF-8", "UTF-16").encode(), "x, line"),
        (file(name="Å").encode("latin-1"), "not a text file"),
        (b"\x1f\x8b\x08\x00" + bytes(50), "not a text file"),
        (
            b'<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"/>',
            "no SBML model",
        ),
    ],
)
def test_what_is_no_sbml(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(content)
    with pytest.raises(sn.ModelError, match=says):
        sn.load(path)


def test_a_mark_of_utf_8_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(file(name="Å").encode("utf-8-sig"))
    assert sn.load(path).species[0].name == "Å"


def test_files_that_were_cut_off(repository: Path, tmp_path: Path) -> None:
    content = (repository / "sbml" / "hypoxia.xml").read_bytes()
    path = tmp_path / "cut.xml"
    for share in (0.0001, 0.01, 0.1, 0.3, 0.5, 0.77, 0.9, 0.99, 0.99999):
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(sn.ModelError, match=r"cut, line \d+|not a text file|no SBML model"):
            sn.load(path)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(sn.InputError, match="No such file"):
        sn.load(tmp_path / "missing.xml")


def test_a_directory_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(sn.InputError, match="no packaged network or file"):
        sn.load(tmp_path)
    (tmp_path / "folder.xml").mkdir()
    with pytest.raises(sn.InputError, match=r"Is a directory|Permission denied"):
        sn.load(tmp_path / "folder.xml")


def test_unknown_names_get_the_nearest() -> None:
    with pytest.raises(sn.UnknownNameError, match="did you mean hypoxia"):
        sn.load("hypoxya")


def test_other_objects() -> None:
    with pytest.raises(sn.InputError, match="PySB model"):
        sn.load(42)


# ------------------------------------------------------------------ entities


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """An address, and what was asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}", asked
        web.shutdown()
        thread.join()


@pytest.mark.parametrize("after", ["", "<!-- " + "x" * 5000 + " -->\n"])
def test_entities_read_and_fetch_nothing(
    after: str, tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    """Also where the declaration comes late in the file."""
    address, asked = server
    secret = tmp_path / "secret.txt"
    secret.write_text("a-secret")
    first, _, rest = file(name="&leak;").partition("\n")
    for target in (secret.as_uri(), f"{address}/entity"):
        for doctype in (
            f'<!DOCTYPE sbml [<!ENTITY leak SYSTEM "{target}">]>',
            f'<!DOCTYPE sbml SYSTEM "{target}">',
            f'<!DOCTYPE sbml [<!ENTITY % out SYSTEM "{target}"> %out;]>',
        ):
            with pytest.raises(sn.ModelError, match="XML entities") as caught:
                from_sbml(f"{first}\n{after}{doctype}\n{rest}")
            assert "a-secret" not in str(caught.value)
    assert asked == []


def test_an_undeclared_entity_and_an_include(tmp_path: Path) -> None:
    with pytest.raises(sn.ModelError, match="line"):
        from_sbml(file(name="&leak;"))
    (tmp_path / "secret.txt").write_text("a-secret")
    address = (tmp_path / "secret.txt").as_uri()
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{address}"/>'
    notes = f'<notes><p xmlns="http://www.w3.org/1999/xhtml">{include}</p></notes>'
    assert "a-secret" not in repr(from_sbml(file(notes=notes)))


# ------------------------------------------------------------------ too large, too deep


def test_100_megabytes_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    parameter = b'<parameter id="p%08d" value="1" constant="true"/>\n'
    head, tail = file(parameters="HERE").encode().split(b"HERE")
    with path.open("wb") as out:
        out.write(head)
        for block in range(100):
            out.writelines(parameter % (block * 20_000 + i) for i in range(20_000))
        out.write(tail)
    assert path.stat().st_size > 95 * 2**20
    with pytest.raises(sn.ModelError, match=r"large.xml: is larger than 32 MB \(\d+ MB\)"):
        sn.load(path)
    with pytest.raises(sn.ModelError, match="is larger than 32 MB"):
        from_sbml(" " * (LARGEST_FILE + 1))


def in_a_process(code: str, *arguments: str, memory: int = 4 << 30, seconds: int = 60) -> str:
    """Run code in a process of limited memory and time; what it prints."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=seconds,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)),
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert run.returncode == 0, f"exit code {run.returncode}: {run.stderr[-500:]}"
    return run.stdout


LOAD = """
    import sys
    from pathlib import Path
    import simnet as sn
    try:
        network = sn.load(sys.argv[1])
        print("loaded", len(network.parameters))
    except sn.ModelError as error:
        print(error)
"""


@linux
@pytest.mark.verify
def test_the_largest_file_that_is_read_takes_bounded_time_and_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    line = '<parameter id="p{:08d}" value="1" constant="true"/>\n'
    count = (LARGEST_FILE - 5000) // len(line.format(0))
    path.write_text(file(parameters="".join(line.format(i) for i in range(count))))
    printed = in_a_process(LOAD, str(path), memory=4 << 30, seconds=600)
    assert printed.strip() == f"loaded {count + 1}"


def nested(depth: int) -> str:
    return "<apply><divide/>" * depth + "<ci>X</ci>" + "<cn>1</cn></apply>" * depth


@linux
@pytest.mark.parametrize("depth", [DEEPEST, 2_000, 200_000])
def test_deep_formulas_do_not_end_the_process(depth: int, tmp_path: Path) -> None:
    """libsbml follows them by recursion in C: without a limit 20,000 levels are a segmentation
    fault."""
    path = tmp_path / "deep.xml"
    path.write_text(file(nested(depth)))
    assert f"nested more than {DEEPEST} deep" in in_a_process(LOAD, str(path))


@linux
def test_deep_notes_do_not_end_the_process(tmp_path: Path) -> None:
    path = tmp_path / "deep.xml"
    inner = "<p>" * 200_000 + "</p>" * 200_000
    body = f'<body xmlns="http://www.w3.org/1999/xhtml">{inner}</body>'
    path.write_text(file(notes=f"<notes>{body}</notes>"))
    assert f"nested more than {DEEPEST} deep" in in_a_process(LOAD, str(path))


@pytest.mark.parametrize("method", ["ode", "ssa"])
def test_formulas_as_deep_as_allowed_run(method: str) -> None:
    run = simulate(from_sbml(file(nested(DEEPEST - 10))), method)
    assert np.isfinite(run.values).all()


def functions(bodies: dict[str, str]) -> str:
    items = "".join(
        f'<functionDefinition id="{name}">'
        + math(f"<lambda><bvar><ci>x</ci></bvar>{body}</lambda>")
        + "</functionDefinition>"
        for name, body in bodies.items()
    )
    return f"<listOfFunctionDefinitions>{items}</listOfFunctionDefinitions>"


def call(name: str, argument: str = "<ci>x</ci>") -> str:
    return f"<apply><ci>{name}</ci>{argument}</apply>"


@linux
@pytest.mark.parametrize(
    ("bodies", "says"),
    [
        (
            {
                "f0": "<ci>x</ci>",
                **{f"f{i}": f"<apply><plus/>{call(f'f{i - 1}') * 2}</apply>" for i in range(1, 41)},
                "f": call("f40"),
            },
            "more than 1,000,000 terms",
        ),
        (
            {
                "f0": "<ci>x</ci>",
                **{f"f{i}": f"<apply><sin/>{call(f'f{i - 1}')}</apply>" for i in range(1, 400)},
                "f": call("f399"),
            },
            "200 levels deep",
        ),
        ({"f": call("g"), "g": call("f")}, "recursive"),
        ({"f": call("f")}, "recursive"),
    ],
    ids=["doubling", "chain", "ring of two", "ring of one"],
)
def test_function_definitions_that_explode(
    bodies: dict[str, str], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "functions.xml"
    path.write_text(file(call("f", "<ci>X</ci>"), functions=functions(bodies)))
    assert says in in_a_process(LOAD, str(path))


def test_arguments_that_double_in_each_other() -> None:
    """square(square(...(X))): small definitions, and 2^30 terms."""
    square = {"f": "<apply><times/><ci>x</ci><ci>x</ci></apply>"}
    law = "<ci>X</ci>"
    for _ in range(30):
        law = call("f", law)
    with pytest.raises(sn.ModelError, match="more than 1,000,000 terms"):
        from_sbml(file(law, functions=functions(square)))
    assert from_sbml(file(call("f", call("f", "<ci>X</ci>")), functions=functions(square)))


@pytest.mark.parametrize(
    ("length", "operands", "accepted"),
    [(15, 2, True), (40, 2, False), (100, 1, True), (5_000, 1, False)],
)
def test_rules_that_read_rules(length: int, operands: int, accepted: bool) -> None:
    """roadrunner puts rules into each other: a chain that doubles would take it forever."""
    names = [f"a{i}" for i in range(length)]
    parameters = "".join(f'<parameter id="{a}" constant="false"/>' for a in names)
    formulas = ["<ci>k</ci>"] + [
        f"<apply><plus/>{f'<ci>{a}</ci>' * operands}<cn>1</cn></apply>" for a in names[:-1]
    ]
    rules = "".join(
        f'<assignmentRule variable="{a}">{math(f)}</assignmentRule>'
        for a, f in zip(names, formulas, strict=True)
    )
    law = f"<apply><times/><ci>{names[-1]}</ci><ci>X</ci></apply>"
    text = file(law, parameters=parameters, rules=f"<listOfRules>{rules}</listOfRules>")
    if accepted:
        assert len(from_sbml(text).assignments) == length
    else:
        with pytest.raises(sn.ModelError, match="with the rules that it reads put in"):
            from_sbml(text)


# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("parts", "method", "says"),
    [
        ({"amount": "NaN"}, "ode", "X: has no value"),
        ({"amount": "NaN"}, "ssa", "X: has no value"),
        ({"amount": "INF"}, "ssa", "initial amount inf"),
        ({"amount": "-5"}, "ssa", "initial amount -5"),
        ({"amount": "1e300"}, "ssa", r"up to 2\^53"),
        ({"amount": "1e400"}, "load", "must be a double"),
        ({"amount": "many"}, "load", "must be a double"),
        ({"k": "NaN"}, "ode", "k: has no value"),
        ({"k": "NaN"}, "ssa", "k: has no value"),
        ({"k": "INF"}, "ssa", r"rate law k\*X: is inf at the start"),
        ({"k": "1e308"}, "ssa", r"rate law k\*X: is inf at the start"),
        ({"k": "-1"}, "ssa", "can be negative"),
        ({"stoichiometry": "NaN"}, "ssa", "stoichiometry nan"),
        ({"stoichiometry": "INF"}, "ssa", "stoichiometry inf"),
        ({"stoichiometry": "1e30"}, "ssa", r"stoichiometry 1e\+30"),
        ({"stoichiometry": "-1"}, "ssa", "stoichiometry -1"),
        ({"law": "<apply><divide/><ci>X</ci><ci>c</ci></apply>", "size": "0"}, "ode", "size 0"),
        ({"law": "<apply><divide/><ci>X</ci><ci>c</ci></apply>", "size": "-1"}, "ssa", "size -1"),
        ({"law": '<cn type="rational">1<sep/>0</cn>'}, "ssa", "is inf at the start"),
        ({"law": '<cn type="e-notation">1<sep/>99999</cn>'}, "load", "exponential"),
        ({"law": '<cn type="integer">99999999999999999999999</cn>'}, "load", "integer"),
        ({"law": "<notanumber/>"}, "ssa", "nan at the start"),
        ({"law": "<apply><factorial/><cn>1000</cn></apply>"}, "ssa", "is inf at the start"),
        ({"law": "<apply><minus/><cn>1</cn><cn>1</cn><cn>1</cn></apply>"}, "load", "arguments"),
        ({"law": "<apply><sin/><cn>1</cn><cn>1</cn></apply>"}, "load", "number of arguments"),
        ({"law": "<apply><divide/><ci>X</ci></apply>"}, "load", "wrong number of arguments"),
        ({"law": "<apply><power/><ci>X</ci></apply>"}, "load", "wrong number of arguments"),
        ({"law": "<piecewise/>"}, "load", "wrong number of arguments"),
        ({"law": "<apply><min/></apply>"}, "ssa", "no arguments"),
        ({"law": ""}, "ssa", "this function is not supported"),
        ({"law": call("nowhere", "<ci>X</ci>")}, "ssa", "this function is not supported"),
        (
            {"rules": '<listOfRules><assignmentRule variable="k"/></listOfRules>'},
            "ssa",
            "has no formula",
        ),
        (
            {
                "initial": '<listOfInitialAssignments><initialAssignment symbol="k"/>'
                "</listOfInitialAssignments>"
            },
            "ssa",
            "has no formula",
        ),
    ],
)
def test_numbers_and_formulas_that_are_none(parts: dict[str, str], method: str, says: str) -> None:
    def attempt() -> None:
        simulate(from_sbml(file(**parts)), method)  # type: ignore[arg-type]

    with pytest.raises(sn.InputError, match=says):
        attempt()


def test_a_value_that_is_missing_can_be_given() -> None:
    network = from_sbml(file(k="NaN"))
    run = sn.simulate(network, t_end=1, points=3, workers=0, changes=sn.Set("k", 0.0))
    assert (run.readout("X") == 5).all()


@pytest.mark.parametrize("version", [1, 2])
def test_empty_lists(version: int) -> None:
    """L3V2 allows them, L3V1 does not; with nothing to show there is nothing to run."""
    empty = f"""<sbml xmlns="http://www.sbml.org/sbml/level3/version{version}/core" level="3"
     version="{version}"><model id="m"><listOfCompartments/><listOfSpecies/><listOfReactions/>
     <listOfRules/><listOfEvents/></model></sbml>"""
    if version == 1:
        with pytest.raises(sn.ModelError, match="cannot be empty"):
            from_sbml(empty)
        return
    for method in ("ode", "ssa"):
        with pytest.raises(sn.InputError, match="network m: has no readouts"):
            simulate(from_sbml(empty), method)


# ------------------------------------------------------------------ crashes inside an engine


def test_a_crash_takes_one_replicate_along(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, binding: Network
) -> None:
    """A crash in roadrunner's own code, in two replicates of ten: the parent lives, says which, and
    keeps the others. The workers import the engine from a module of its own."""
    options: dict[str, Any] = {
        "t_end": 5,
        "points": 3,
        "method": "ssa",
        "replicates": 10,
        "seed": 3,
    }
    plain = sn.simulate(binding, workers=0, engine="roadrunner", **options)
    crashed = [3, 8]
    module = tmp_path / "crashing_engine.py"
    module.write_text(
        "from simnet.engines.base import Engine\n"
        "from simnet.engines.roadrunner import RoadRunnerSimulator\n"
        "class Crashing(RoadRunnerSimulator):\n"
        "    def run(self, program, seed):\n"
        "        values = super().run(program, seed)\n"
        f"        if seed in {[int(plain.seeds[0][i]) for i in crashed]}:\n"
        "            for model in self.models.values():\n"
        "                model.runner.integrator.syncWithModel(None)  # a null pointer\n"
        "        return values\n"
        "ENGINE = Engine(name='crashing_engine:ENGINE', methods=frozenset({'ssa'}), prepare=Crashing,\n"
        "                version=lambda: '1')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    name = "crashing_engine:ENGINE"
    import crashing_engine  # type: ignore[import-not-found]

    monkeypatch.setitem(ENGINES, name, crashing_engine.ENGINE)
    close_workers()
    try:
        with pytest.warns(sn.SimnetWarning, match="replicates failed"):
            run = sn.simulate(binding, workers=2, engine=name, **options)
    finally:
        close_workers()
    assert [failure.replicate for failure in run.failures] == crashed
    assert all("SIGSEGV" in failure.reason for failure in run.failures)
    finished = [i for i in range(10) if i not in crashed]
    np.testing.assert_array_equal(run.values[0, finished], plain.values[0, finished])
