"""How many modules somebody passes who follows a task from call to result."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import simnet as sn

Task = Callable[[sn.Network, Path], object]


def ssa_run(network: sn.Network, folder: Path) -> object:
    return sn.simulate(
        network, t_end="1 h", points=2, method="ssa", replicates=4, seed=1, workers=0
    )


def ode_run(network: sn.Network, folder: Path) -> object:
    return sn.simulate(network, t_end="1 h", points=2, workers=0)


def screen_effect(network: sn.Network, folder: Path) -> object:
    screen = sn.Screen(
        network=network,
        changes=[sn.Knockdown("HIF1A", 0.9)],
        readouts="GLUT1@4h",
        t_end="4 h",
        method="ode",
        seed=1,
    )
    return sn.run_screen(screen, workers=0).effects()


def sobol_index(network: sn.Network, folder: Path) -> object:
    study = sn.SensitivityStudy(
        network=network,
        readouts="HIF1A@4h",
        analysis="sobol",
        samples=8,
        t_end="4 h",
        parameters=["HIF1A_*"],
        seed=1,
    )
    return sn.run_study(study, workers=0).frame()


def sbml_export(network: sn.Network, folder: Path) -> object:
    return sn.write_sbml(network, folder / "out.xml")


TASKS: dict[str, Task] = {
    "SSA run": ssa_run,
    "ODE run": ode_run,
    "screen effect": screen_effect,
    "Sobol index": sobol_index,
    "SBML export": sbml_export,
}


@pytest.fixture(scope="module")
def hypoxia() -> sn.Network:
    return sn.load("hypoxia")


def passed(task: Task, network: sn.Network, folder: Path) -> set[str]:
    """Modules of simnet in which a function runs the second time: the first time imports and fills
    caches."""
    root = Path(sn.__file__).parent
    seen: set[str] = set()

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name != "<module>":
            seen.add(frame.f_code.co_filename)

    task(network, folder)
    sys.setprofile(profile)
    try:
        task(network, folder)
    finally:
        sys.setprofile(None)
    files = {Path(name) for name in seen}
    return {f.relative_to(root).as_posix() for f in files if f.is_relative_to(root)}


@pytest.mark.filterwarnings("ignore::simnet.SimnetWarning")
@pytest.mark.parametrize("name", TASKS)
def test_a_task_passes_few_modules(
    name: str, hypoxia: sn.Network, limits: dict[str, Any], tmp_path: Path
) -> None:
    modules = passed(TASKS[name], hypoxia, tmp_path)
    assert len(modules) <= limits["trace"][name], sorted(modules)


def test_what_is_passed_is_seen(hypoxia: sn.Network, tmp_path: Path) -> None:
    modules = passed(sbml_export, hypoxia, tmp_path)
    assert "sbml/write.py" in modules
    assert not any(name.startswith("execute/") for name in modules)
