"""`simnet doctor`: what is right is said to be, and what is broken is found and told how to mend."""

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simnet.arrays import TimesByReadouts
from simnet.cli import doctor
from simnet.engines.base import Task
from simnet.engines.table import ENGINES
from simnet.experiment.program import Program
from simnet.verify import canaries


def findings(ran: Any) -> dict[str, dict[str, str]]:
    return {finding["what"]: finding for finding in json.loads(ran.out)}


def test_a_sound_installation(cli: Callable[..., Any]) -> None:
    ran = cli("doctor", "--json")
    assert ran.code == 0, ran.out
    found = findings(ran)
    assert {finding["state"] for finding in found.values()} <= {"fine", "absent"}
    assert found["roadrunner: birth-death: Fano factor 1"]["state"] == "fine"
    assert found["reference: birth at a periodic rate"]["state"] == "fine"
    assert "roadrunner" in found["versions"]["found"]


class _Quiet:
    """An engine whose noise is gone, as that of a net rate."""

    def __init__(self, task: Task) -> None:
        pass

    def run(self, program: Program, seed: int) -> TimesByReadouts:
        return np.array([[0.0], [10.0 + seed % 2]])


def test_an_engine_without_noise_is_found(
    cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = replace(ENGINES["roadrunner"], name="quiet", prepare=_Quiet)
    monkeypatch.setitem(ENGINES, "quiet", quiet)
    monkeypatch.setattr(canaries, "WORKERS", 0)  # a worker process would not know it
    monkeypatch.setattr(canaries, "available_engines", lambda: ("quiet",))
    monkeypatch.setattr(doctor, "LOOKS", (doctor._engines,))
    ran = cli("doctor")
    assert ran.code == 3
    assert "WRONG" in ran.out
    assert "At least one check failed." in ran.out


def test_a_missing_package_is_named(
    cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(name: str) -> str:
        if name == "bionetgen":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr("importlib.metadata.version", gone)
    monkeypatch.setattr(doctor, "LOOKS", (doctor._python,))
    ran = cli("doctor")
    assert ran.code == 3
    assert "bionetgen not installed" in ran.out
    assert "pip install bionetgen" in ran.out


@pytest.fixture
def simnet_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A distribution named `simnet`, with the command that is given."""

    def install(command: str) -> None:
        folder = tmp_path / "simnet-2.3.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: simnet\nVersion: 2.3\n")
        (folder / "entry_points.txt").write_text(f"[console_scripts]\nsimnet = {command}\n")
        monkeypatch.syspath_prepend(tmp_path)

    monkeypatch.setattr(doctor, "LOOKS", (doctor._python, doctor._name))
    return install


def test_another_project_named_simnet_is_wrong(
    cli: Callable[..., Any], simnet_installed: Callable[[str], None]
) -> None:
    ours = version("simnet-bio")
    simnet_installed("simnet.main:run")
    ran = cli("doctor", "--json")
    assert ran.code == 3
    found = findings(ran)
    assert f"simnet {ours}," in found["versions"]["found"]
    foreign = found["distribution simnet"]
    assert foreign["state"] == "wrong"
    assert "2.3 of another project" in foreign["found"]
    assert "pip uninstall simnet simnet-bio" in foreign["mend"]


def test_ours_under_its_former_name_is_told_from_it(
    cli: Callable[..., Any], simnet_installed: Callable[[str], None]
) -> None:
    simnet_installed("simnet.cli.app:main")
    ran = cli("doctor", "--json")
    assert ran.code == 0
    former = findings(ran)["distribution simnet"]
    assert former["state"] == "absent"
    assert "former name" in former["found"]


def test_in_a_bare_checkout_the_checkout_is_installed(
    cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(name: str) -> str:
        if name in ("simnet-bio", "pysb"):
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr("importlib.metadata.version", gone)
    monkeypatch.setattr(doctor, "LOOKS", (doctor._python,))
    (mend,) = [finding["mend"] for finding in findings(cli("doctor", "--json")).values()]
    assert mend.startswith("pip install pysb, and in simnet's checkout: pip install ")
    assert mend.endswith(" .")


def test_without_perl(cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    monkeypatch.setattr(doctor, "LOOKS", (doctor._perl, doctor._bionetgen))
    ran = cli("doctor")
    assert ran.code == 0
    assert "install Perl" in ran.out


def test_without_the_extension(cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simnet.engines.compiled.available", lambda: False)
    monkeypatch.setattr(canaries, "available_engines", lambda: ("compiled",))
    monkeypatch.setattr(doctor, "LOOKS", (doctor._engines,))
    ran = cli("doctor")
    assert ran.code == 0
    assert "not built" in ran.out
    assert "install simnet with a C compiler" in ran.out
