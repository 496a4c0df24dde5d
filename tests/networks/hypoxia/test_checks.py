"""The checks on magnitude 1-6 of `hypoxia` (its README says what was tuned to which).

Common protocol: ODE, default parameters, from rest at 20 % O2 under the oxygen clamp. The ranges are
those asked for; the integrator's error (1e-8) is far below their width.
"""

from collections.abc import Callable

import numpy as np
import pytest

import simnet as sn

HYPOXIA = sn.Set("O2_percent", 1)
NO_SYNTHESIS = sn.Set("HIF1A_synthesis", 0)


def at(found: dict, name: str, hours: float) -> float:
    """A readout at a time in hours."""
    return float(np.interp(hours, found["t"], found[name]))


def fold(found: dict, name: str) -> float:
    """A readout at the end over its value at rest."""
    return float(found[name][-1] / found[name][0])


@pytest.fixture(scope="module")
def two_days(run: Callable) -> dict:
    """48 h at 1 % O2 from rest at 20 %."""
    return run(48, HYPOXIA)


@pytest.fixture(scope="module")
def four_hours(run: Callable) -> dict[float, float]:
    """Total HIF1A after 4 h at each O2 (percent), over its value after 4 h without any."""
    levels = (0, 0.5, 1.4, 2.1)
    ends = [
        run(4, sn.Set("O2_percent", level), readouts=["HIF1A"])["HIF1A"][-1] for level in levels
    ]
    return {level: float(end / ends[0]) for level, end in zip(levels, ends, strict=True)}


def half_life(found: dict) -> float:
    """Minutes in which HIF1A falls to half of what it was at time 0."""
    left = found["HIF1A"] / found["HIF1A"][0]
    return float(np.interp(-0.5, -left, found["t"])) * 60


def test_1_response_to_oxygen(four_hours: dict[float, float]) -> None:
    """Check 1. Total HIF1A after 4 h at a given O2, over 4 h at 0 %: it crosses a half between
    1.4 % and 2.1 % (it falls with O2, so the two ends decide), and is at least 0.70 at 0.5 %."""
    assert four_hours[2.1] < 0.5 < four_hours[1.4]
    assert four_hours[0.5] >= 0.70


def test_2_half_life_in_normoxia(network: sn.Network) -> None:
    """Check 2. At rest at 20 % O2, synthesis of HIF1A is stopped: half is left after 5-8 min.
    Not tuned to."""
    found = decay(network, 0)
    assert 5 <= half_life(found) <= 8


def test_2_half_life_on_return_from_hypoxia(network: sn.Network) -> None:
    """Check 2, second part. 4 h at 1 % O2; then at once 20 % O2 and no synthesis: half of what
    was there is left after 2-8 min. Not tuned to (see the README)."""
    found = decay(network, 4)
    assert 2 <= half_life(found) <= 8


def decay(network: sn.Network, hours: float) -> dict:
    """HIF1A in the hour after `hours` at 1 % O2, at 20 % and without synthesis; two points a minute."""
    hypoxia = [sn.At(0, HYPOXIA)] if hours else []
    trajectories = sn.simulate(
        network,
        t_end=f"{hours + 1} h",
        points=round((hours + 1) * 120) + 1,
        equilibrate="240 h",
        schedule=[*hypoxia, sn.At(f"{hours} h", sn.Set("O2_percent", 20), NO_SYNTHESIS)],
        readouts=["HIF1A"],
        workers=0,
    )
    time = trajectories.times / 3600 - hours
    after = time >= -1e-9
    return {"t": time[after], "HIF1A": trajectories.values[0, 0, after, 0]}


def test_3_transporters(two_days: dict) -> None:
    """Check 3. 48 h at 1 % O2 over rest at 20 %, total protein: MCT4 at least 3x, GLUT1 at least
    2x, MCT1 within 0.9-1.1x."""
    assert fold(two_days, "MCT4") >= 3
    assert fold(two_days, "GLUT1") >= 2
    assert 0.9 <= fold(two_days, "MCT1") <= 1.1


def test_4_hif_rises_and_falls(two_days: dict) -> None:
    """Check 4. Under constant 1 % O2 total HIF1A peaks at 2-8 h, and at 24 h it is at least 30 %
    below the peak. One point an hour: the peak's time is known to an hour."""
    hif = two_days["HIF1A"]
    peak = int(np.argmax(hif))
    assert 2 <= two_days["t"][peak] <= 8
    assert at(two_days, "HIF1A", 24) <= 0.7 * hif[peak]


def test_5_vegfa_mrna(two_days: dict) -> None:
    """Check 5. VEGFA mRNA at its peak within 48 h at 1 % O2 over rest: 6-14x. Its transcription
    (transcripts made per second) at its peak: 2.5-4x."""
    assert 6 <= two_days["VEGFA_mRNA"].max() / two_days["VEGFA_mRNA"][0] <= 14
    assert 2.5 <= two_days["VEGFA_transcription"].max() / two_days["VEGFA_transcription"][0] <= 4


def test_5_without_the_stabiliser(run: Callable) -> None:
    """Check 5, third part. Without HuR (knocked out for 240 h at 20 % O2, ten of its half-lives),
    VEGFA mRNA at its peak at 1 % O2 over that rest: 2.5-4x."""
    found = run(48, HYPOXIA, before=[sn.Knockout("HUR")], rest=240, readouts=["VEGFA_mRNA"])
    assert 2.5 <= found["VEGFA_mRNA"].max() / found["VEGFA_mRNA"][0] <= 4


RESPONDERS = ("GLUT1", "MCT4", "PDK1", "CA9", "LDHA_mRNA", "VEGFA_transcription")


def test_6_with_hif(two_days: dict) -> None:
    """Check 6, control. With HIF1A, 48 h at 1 % O2 over rest is at least 1.5x. Not tuned to, but
    for GLUT1 and MCT4 (check 3) and the transcription of VEGFA (check 5)."""
    for name in RESPONDERS:
        assert fold(two_days, name) >= 1.5, name


def test_6_without_hif(run: Callable) -> None:
    """Check 6. HIF1A knocked out at 20 % O2 for 1,000 h (a new rest: LDHA mRNA has a half-life of a
    day, GLUT1 of 20 h), then 48 h at 1 % O2: 0.95-1.05x of that rest. Not tuned to."""
    found = run(48, HYPOXIA, before=[sn.Knockout("HIF1A")], rest=1000, readouts=RESPONDERS)
    for name in RESPONDERS:
        assert 0.95 <= fold(found, name) <= 1.05, name
