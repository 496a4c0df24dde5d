"""The checks on magnitude 7-9 of `lactate_mtor` (its README says what was tuned to which).

Common protocol: ODE, default parameters, from rest in the default medium.
"""

from collections.abc import Callable

import numpy as np
import pytest

import simnet as sn

STARVED = (sn.Set("O2_percent", 8), sn.Set("glucose_mM", 0.1))
FED = (*STARVED, sn.Set("lactate_mM", 10), sn.Set("glutamine_mM", 2))
CB839 = sn.Set("CB839_nM", 1000)
AKG = sn.Set("permeable_aKG_nM", 1e6)


def test_7_three_are_needed(factorial: dict[tuple[bool, bool, bool], float]) -> None:
    """Check 7. Lactate (10 mM) x glutamine (2 mM) x MCT1, 0.1 mM glucose, 8 % O2, 48 h: pS6 with
    all three is at least 3x the next highest. MCT1 is knocked out 1,000 h before."""
    high = factorial.pop((True, True, True))
    assert high >= 3 * max(factorial.values())
    factorial[True, True, True] = high


def test_8_through_glutaminase(
    run: Callable, factorial: dict[tuple[bool, bool, bool], float]
) -> None:
    """Check 8. In that medium CB-839 (1 uM, 48 h) leaves at most a fifth of pS6, and permeable aKG
    (1 mM) on top restores at least 0.70. Not tuned to."""
    high = factorial[True, True, True]
    assert run(48, *FED, CB839, readouts=["pS6"])["pS6"][-1] <= 0.20 * high
    assert run(48, *FED, CB839, AKG, readouts=["pS6"])["pS6"][-1] >= 0.70 * high


def test_9_rapamycin(rapamycin: dict) -> None:
    """Check 9. Rapamycin 100 nM, 48 h: pS6 below 0.10; GLUT2 mRNA at least 3x, protein 1.5-10x;
    glucose uptake at least 1.15x; pS6 falls with a half-time of 10-40 min."""
    fold = {name: values[-1] / values[0] for name, values in rapamycin.items() if name != "t"}
    assert fold["pS6"] < 0.10
    assert fold["GLUT2_mRNA"] >= 3
    assert 1.5 <= fold["GLUT2"] <= 10
    assert fold["glucose_uptake"] >= 1.15
    left = rapamycin["pS6"] / rapamycin["pS6"][0]
    assert 10 <= np.interp(-0.5, -left, rapamycin["t"]) * 60 <= 40


def test_the_repressor_can_be_turned_off(run: Callable) -> None:
    """The hypothesis is one parameter: without it rapamycin raises neither GLUT2 nor uptake by 1 %
    (GLUT2 is then high from the start)."""
    off = run(1000, sn.Set("SLC2A2_repression", 0), readouts=["GLUT2"])["GLUT2"][-1]
    both = run(
        1000,
        sn.Set("SLC2A2_repression", 0),
        sn.Set("rapamycin_nM", 100),
        readouts=["GLUT2"],
    )["GLUT2"][-1]
    assert both == pytest.approx(off, rel=0.01)


def test_the_fast_arm_can_be_turned_off(
    run: Callable, factorial: dict[tuple[bool, bool, bool], float]
) -> None:
    """Without anaplerotic coupling lactate no longer makes pS6 high."""
    off = run(48, *FED, sn.Set("anaplerotic_coupling", 0), readouts=["pS6"])["pS6"][-1]
    assert off < factorial[True, True, True] / 3


def test_genotypes_and_drugs(run: Callable) -> None:
    """Constitutive RagB-GTP keeps pS6 without glutamine; AZD3965 acts as the loss of MCT1 does;
    torin blocks both substrates, rapamycin leaves more of 4E-BP1."""
    hungry = (*STARVED, sn.Set("lactate_mM", 10), sn.Set("glutamine_mM", 0))
    locked = run(48, *hungry, sn.Set("RagB_locked", 1), readouts=["pS6"])["pS6"][-1]
    wild = run(48, *hungry, readouts=["pS6"])["pS6"][-1]
    assert locked > 5 * wild
    fed = run(48, *FED, readouts=["pS6", "lactate_import"])
    blocked = run(48, *FED, sn.Set("AZD3965_nM", 100), readouts=["pS6", "lactate_import"])
    assert blocked["pS6"][-1] < fed["pS6"][-1] / 3
    assert blocked["lactate_import"][-1] < 0.2 * fed["lactate_import"][-1]
    torin, rapa = (
        run(4, sn.Set(f"{drug}_nM", 100), readouts=["pS6", "p4EBP1"])
        for drug in ("torin", "rapamycin")
    )
    assert torin["pS6"][-1] < 0.1 * torin["pS6"][0]
    assert torin["p4EBP1"][-1] < rapa["p4EBP1"][-1]


def test_pools_stay_in_range(rapamycin: dict) -> None:
    """Pyruvate below 3 mM, lactate in the cell below 50 mM."""
    assert rapamycin["pyruvate"].max() < 3
    assert rapamycin["lactate"].max() < 50
