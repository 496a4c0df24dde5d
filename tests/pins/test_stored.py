"""Results in tests/data/stored, as simnet 0.1 wrote them on 2026-12-01: they load, they are what they
were, they can be run again or gone on with, and the same call gives the same today.

The files are never written anew; where a form changes, one of the new form comes beside the old.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn

Pinned = Callable[[str, Any], None]


@pytest.mark.parametrize("name", ["counts", "reference", "ode"])
def test_trajectories(name: str, stored: Path, pinned: Pinned) -> None:
    pinned(f"stored {name}", sn.Trajectories.load(stored / name).values)


@pytest.mark.parametrize("name", ["counts", "reference"])
def test_counts_are_the_same_run_again(name: str, stored: Path) -> None:
    before = sn.Trajectories.load(stored / name)
    again = sn.rerun(before, workers=0)
    np.testing.assert_array_equal(again.values, before.values)
    assert again.conditions == before.conditions
    assert again.seeds == before.seeds


def test_an_ode_is_run_again_to_its_tolerance(stored: Path) -> None:
    before = sn.Trajectories.load(stored / "ode")
    again = sn.rerun(before, workers=0)
    np.testing.assert_allclose(again.values, before.values, rtol=1e-6)
    assert again.record.run == before.record.run
    assert again.record.run.max_step == 1.0


def _screen(gene: sn.Network, **other: Any) -> sn.Screen:
    """The screen that was stored."""
    return sn.Screen(
        network=gene,
        changes=[
            sn.Knockdown("PROT", 0.9),
            sn.Dose("drug", nM=[1, 10]),
            (sn.At("5 s", sn.Add("P", 20)),),
        ],
        combinations="pairs",
        readouts=["P@20s", "auc(D)", "M"],
        t_end="20 s",
        points=5,
        method="ssa",
        seed=4,
        background=sn.Set("O2", 1.0),
        variability={"k_translate": sn.LogNormal(cv=0.3)},
        **{"replicates": 6, **other},
    )


def test_a_screen(gene: sn.Network, stored: Path, pinned: Pinned) -> None:
    before = sn.ScreenResult.load(stored / "screen")
    assert before.complete
    assert len(before.conditions) == 10
    assert before.readouts == ("P@20s", "auc(D)", "M")
    pinned("stored screen", before.frame()["value"])
    effects = before.effects().query("condition == 'drug 10 nM' and readout == 'P@20s'").iloc[0]
    assert effects["control_mean"] == before.values("control", "P@20s").mean()
    assert effects["treated_mean"] == before.values("drug 10 nM", "P@20s").mean()
    pinned("stored screen", sn.run_screen(_screen(gene), workers=0).frame()["value"])


def test_a_screen_is_gone_on_with(gene: sn.Network, stored: Path, tmp_path: Path) -> None:
    folder = tmp_path / "screen"
    shutil.copytree(stored / "screen", folder)
    ran: list[tuple[int, int]] = []
    sn.run_screen(_screen(gene), out=folder, workers=0, progress=lambda *done: ran.append(done))
    assert not ran
    more = sn.run_screen(
        _screen(gene, replicates=8), out=folder, workers=0,
        progress=lambda *done: ran.append(done),
    )  # fmt: skip
    assert ran[-1] == (80, 80)
    assert ran[0][0] > 60
    before = sn.ScreenResult.load(stored / "screen")
    values = more.values("control", "P@20s")
    np.testing.assert_array_equal(values[:6], before.values("control", "P@20s"))


STUDIES: dict[str, dict[str, Any]] = {
    "sobol": {"analysis": "sobol", "samples": 8, "method": "ssa", "replicates": 2},
    "local": {"analysis": "local"},
}


def _study(gene: sn.Network, name: str) -> sn.SensitivityStudy:
    """The study that was stored."""
    return sn.SensitivityStudy(
        network=gene,
        readouts=("P@10s", "P@10s[drug=10nM] / P@10s"),
        points=9,
        seed=7,
        changes=(sn.Set("O2", 1.0),),
        **STUDIES[name],
    )


@pytest.mark.parametrize("name", STUDIES)
def test_a_study(name: str, gene: sn.Network, stored: Path, pinned: Pinned) -> None:
    before = sn.StudyResult.load(stored / name)
    assert before.complete
    pinned(f"stored {name}, design", before.design.matrix)
    for readout, outputs in before.outputs.items():
        pinned(f"stored {name}, {readout}", outputs.estimate)
    pinned(f"stored {name}, indices", before.frame()["estimate"])
    now = sn.run_study(_study(gene, name), workers=0)
    np.testing.assert_array_equal(now.design.matrix, before.design.matrix)
    # counts to the bit, concentrations and indices to what numerics allow
    exact = name == "sobol"
    for readout, outputs in before.outputs.items():
        np.testing.assert_allclose(
            now.outputs[readout].estimate, outputs.estimate, rtol=0 if exact else 1e-5
        )
    keys = ["readout", "index", "factor"]
    both = before.frame().merge(now.frame(), on=keys, suffixes=("", "_now"))
    assert len(both) == len(before.frame()) == len(now.frame())
    scale = np.nanmax(np.abs(both["estimate"]))
    np.testing.assert_allclose(
        both["estimate_now"], both["estimate"], rtol=0, atol=scale * (1e-9 if exact else 1e-4)
    )


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_is_gone_on_with(name: str, gene: sn.Network, stored: Path, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(stored / name, folder)
    ran: list[tuple[int, int]] = []
    sn.run_study(_study(gene, name), out=folder, workers=0, progress=lambda *done: ran.append(done))
    assert not ran
    runs = [
        sorted(p.name for p in (place / name / "runs").iterdir()) for place in (stored, tmp_path)
    ]
    assert runs[0] == runs[1]


def test_values_of_claims(stored: Path, tmp_path: Path, pinned: Pinned) -> None:
    """Of a study whose protocols have a schedule in the form of before, which is an error now."""
    folder = tmp_path / "claims"
    shutil.copytree(stored / "claims", folder)
    text = (folder / "protocols.toml").read_text()
    before, now = '[{ at = "50 s", changes = ["k=10"] }]', '["50 s: k=10"]'
    assert before in text
    (folder / "protocols.toml").write_text(text.replace(before, now))
    found = sn.robustness(
        sn.load(folder / "chain.xml"), sets=8, folder=folder, out=folder / "values.jsonl", run=False
    )
    assert found.done == 8
    assert found.ran.all()
    pinned("stored claims, design", found.design)
    pinned("stored claims, values", found.values)
