"""`simnet doctor`: what is right is said to be, and what is broken is found and told how to mend."""

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
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
    assert found["reference: birth at a rate that swings in time"]["state"] == "fine"
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
    assert "Something is wrong." in ran.out


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


def test_without_perl(cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    monkeypatch.setattr(doctor, "LOOKS", (doctor._perl, doctor._bionetgen))
    ran = cli("doctor")
    assert ran.code == 0
    assert "install perl" in ran.out


def test_without_the_extension(cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simnet.engines.compiled.available", lambda: False)
    monkeypatch.setattr(canaries, "available_engines", lambda: ("compiled",))
    monkeypatch.setattr(doctor, "LOOKS", (doctor._engines,))
    ran = cli("doctor")
    assert ran.code == 0
    assert "not built" in ran.out
    assert "install a C compiler" in ran.out
