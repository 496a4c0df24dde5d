"""`load`: the cache, its damage, several processes at once, and life without perl."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn

MODULE = """
from pysb import Initial, Model, Monomer, Observable, Parameter, Rule
def build():
    model = Model("own", _export=False)
    def add(c):
        model.add_component(c)
        return c
    x = add(Monomer("X", ["s"], {"s": ["u", "p"]}, _export=False))
    k = add(Parameter("k", 0.5, _export=False))
    n = add(Parameter("n", 10, _export=False))
    add(Rule("go", x(s="u") >> x(s="p"), k, _export=False))
    add(Observable("done", x(s="p"), _export=False))
    model.add_initial(Initial(x(s="u"), n, _export=False))
    return model
model = build()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, not made yet."""
    monkeypatch.setenv("SIMNET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def model(draft: Any) -> Any:
    d = draft("cached")
    x = d.monomer("X", s=["u", "p"])
    d.rule("go", x(s="u") | x(s="p"), 0.3, 0.7)
    d.observable("done", x(s="p"))
    d.start(x(s="u"), 10)
    return d.model


def no_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr("simnet.rules.compile.compile_model", fail)


def test_from_the_cache_as_when_fresh(
    model: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = sn.load(model)
    (file,) = folder.iterdir()
    no_compiling(monkeypatch)
    again = sn.load(model)
    assert again == fresh
    assert again.digest == fresh.digest
    assert [p.name for p in folder.iterdir()] == [file.name]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "not XML at all",
        lambda text: text.replace("<listOfReactions>", "<listOfNothing>", 1),
        lambda text: "<?xml version='1.0'?><html/>",
    ],
)
def test_a_damaged_file_is_compiled_again(model: Any, folder: Path, damage: Any) -> None:
    fresh = sn.load(model)
    (file,) = folder.iterdir()
    good = file.read_text(encoding="utf-8")
    file.write_text(damage(good), encoding="utf-8")
    assert sn.load(model) == fresh
    assert file.read_text(encoding="utf-8") == good


def test_a_file_whose_numbers_were_changed_is_compiled_again(model: Any, folder: Path) -> None:
    """It is still SBML, and says of itself that it is another network."""
    fresh = sn.load(model)
    (file,) = folder.iterdir()
    good = file.read_text(encoding="utf-8")
    assert 'value="0.3"' in good
    file.write_text(good.replace('value="0.3"', 'value="0.4"'), encoding="utf-8")
    assert sn.load(model) == fresh


def test_other_bytes_are_damage_too(model: Any, folder: Path) -> None:
    fresh = sn.load(model)
    (file,) = folder.iterdir()
    file.write_bytes(b"\xff\xfe\x00")
    assert sn.load(model) == fresh


def test_a_changed_model_is_another_entry(model: Any, folder: Path) -> None:
    before = sn.load(model)
    model.parameters["k_go"].value = 0.4
    after = sn.load(model)
    assert len(list(folder.iterdir())) == 2
    assert after.digest != before.digest
    assert after.parameter_by_id["k_go"].value == 0.4


def test_a_cache_that_cannot_be_written_costs_time_only(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("SIMNET_CACHE", str(tmp_path / "file" / "cache"))
    assert len(sn.load(model).species) == 2


def script(text: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", text],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


@pytest.mark.thorough
def test_two_processes_at_once(perl: None, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "own_model.py").write_text(MODULE, encoding="utf-8")
    text = 'import simnet as sn; print(sn.load("own_model:model").digest)'
    running = [script(text, PYTHONPATH=str(tmp_path)) for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0], outputs
    assert len({out for out, _ in outputs}) == 1
    assert [p.suffix for p in folder.iterdir()] == [".xml"]  # and no half-written file is left


def test_by_module_and_attribute(
    perl: None, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model, or a function that makes one; looked for in the working folder as well."""
    (tmp_path / "own_model_2.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    assert sn.load("own_model_2:model") == sn.load("own_model_2:build")
    assert sys.path == path
    with pytest.raises(sn.UnknownNameError, match="did you mean model"):
        sn.load("own_model_2:modle")
    with pytest.raises(sn.UnknownNameError, match="no_such_module"):
        sn.load("no_such_module:model")


def test_a_module_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "failing_model.py").write_text("1 / 0", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(sn.ModelError, match="running it failed: ZeroDivisionError"):
        sn.load("failing_model:model")


@pytest.mark.parametrize("source", ["hypoxai", "nothing.xml", 3, None])
def test_what_is_no_network(source: object) -> None:
    with pytest.raises(sn.InputError):
        sn.load(source)


def test_without_perl(tmp_path: Path) -> None:
    """Rules cannot be compiled, and the error says that packaged networks need none; they do not.

    In a process of its own, for PySB looks for its tools once.
    """
    (tmp_path / "own_model.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    text = """
import simnet as sn
net = sn.load("hypoxia")
print(len(net.reactions) > 10, len(sn.simulate(net, t_end=60, points=2, workers=0).times))
import own_model
for source in (own_model.model, "own_model:model"):
    try:
        sn.load(source)
    except sn.MissingToolError as error:
        print(error)
"""
    process = script(
        text,
        PYTHONPATH=str(tmp_path),
        SIMNET_CACHE=str(tmp_path / "cache"),
        PATH=str(tmp_path / "bin"),
    )
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    first, *errors = out.splitlines()
    assert first == "True 2"
    assert len(errors) == 2
    assert all("perl" in e and "packaged networks need none" in e for e in errors)


def test_without_perl_a_cached_model_still_loads(
    perl: None, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_model_3.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    monkeypatch.chdir(tmp_path)
    first = sn.load("own_model_3:model").digest
    text = 'import simnet as sn; print(sn.load("own_model_3:model").digest)'
    second = script(text, PYTHONPATH=str(tmp_path), PATH=str(tmp_path / "bin"))
    out, err = second.communicate(timeout=120)
    assert out.strip() == first, err


def test_loading_a_packaged_network_imports_no_compiler() -> None:
    text = """
import sys, simnet as sn
sn.load("hypoxia")
print([name for name in ("pysb", "roadrunner", "tellurium", "pandas") if name in sys.modules])
"""
    out, err = script(text).communicate(timeout=120)
    assert out.strip() == "[]", err


def test_a_network_is_returned_as_it_is(model: Any) -> None:
    network = sn.load(model)
    assert sn.load(network) is network
    np.testing.assert_equal(len(network.reactions), 2)
