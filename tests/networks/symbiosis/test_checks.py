"""The checks on magnitude 10-12 of `symbiosis` (its README says what was tuned to which).

Common protocol: ODE, default parameters, from the vehicle's rest; every arm starts there.
"""

from collections.abc import Callable

import numpy as np
import pytest

import simnet as sn

DAY = 14


@pytest.mark.thorough
def test_10_axitinib(arms: dict) -> None:
    """Check 10. Axitinib 10 nM, day 14, against its own vehicle arm."""
    drug, none = arms["axitinib"], arms["vehicle"]
    assert drug["O2_distal"][DAY] <= none["O2_distal"][DAY] / 3
    for name in ("GLUT1_distal", "MCT4_distal"):
        assert drug[name][DAY] >= 2 * none[name][DAY], name
    assert drug["pS6_proximal"][DAY] >= 5 * drug["pS6_distal"][DAY]
    assert drug["MCT1_membrane_proximal"][DAY] >= 1.15 * drug["MCT1_membrane_distal"][DAY]
    assert drug["lactate_flux_distal"][DAY] < 0 < drug["lactate_flux_proximal"][DAY]


def test_11_axitinib_and_rapamycin(arms: dict) -> None:
    """Check 11. Both drugs against axitinib, day 14. Uptake of the distal layer is that of all its
    cells; lactate import is import less export."""
    both, one = arms["both"], arms["axitinib"]
    assert both["pS6_proximal"][DAY] <= 0.10 * one["pS6_proximal"][DAY]
    assert both["GLUT2_proximal"][DAY] > one["GLUT2_proximal"][DAY]
    assert both["glucose_distal"][DAY] <= 0.90 * one["glucose_distal"][DAY]
    uptake = "glucose_uptake_layer_distal"
    assert both[uptake][DAY] <= 0.95 * one[uptake][DAY]
    assert both["lactate_flux_proximal"][DAY] < one["lactate_flux_proximal"][DAY]


@pytest.mark.verify  # claim S11f says the same in `make test`
def test_11_without_the_rise_of_glut2(run: Callable, arms: dict) -> None:
    """Check 11, second part. GLUT2 held at what it is at rest, in both arms: rapamycin no longer
    lowers glucose at the distal cell (at most 2 %)."""
    held = [
        sn.Clamp(f"GLUT2_{cell}", float(arms["vehicle"][f"GLUT2_{cell}"][0]))
        for cell in ("proximal", "distal")
    ]
    one = run(DAY, sn.Set("axitinib_nM", 10), *held)
    both = run(DAY, sn.Set("axitinib_nM", 10), sn.Set("rapamycin_nM", 100), *held)
    assert both["glucose_distal"][DAY] >= 0.98 * one["glucose_distal"][DAY]


def test_12_tumour_burden(arms: dict) -> None:
    """Check 12. Over 28 days, of the start."""
    start = arms["vehicle"]["tumour_burden"][0]
    burden = {name: arm["tumour_burden"] / start for name, arm in arms.items()}
    axitinib, perfusion = burden["axitinib"], arms["axitinib"]["perfusion"]
    nadir = int(np.argmin(axitinib))
    assert nadir <= DAY
    assert axitinib[nadir] <= 0.85
    assert axitinib[-1] >= axitinib[nadir] + 0.05
    assert perfusion[nadir:].max() <= 1.15 * perfusion.min()
    assert burden["both"][-1] <= axitinib[-1] - 0.05
    assert burden["axitinib, MCT4 loss"][-1] <= axitinib[-1] - 0.05
    assert burden["rapamycin"][-1] < burden["vehicle"][-1]


def test_pools_stay_in_range(arms: dict) -> None:
    """Pyruvate below 3 mM and lactate below 50 mM, in every arm at every time."""
    for arm in arms.values():
        for cell in ("proximal", "distal"):
            assert arm[f"pyruvate_{cell}"].max() < 3
            assert arm[f"lactate_{cell}"].max() < 50
            assert arm[f"lactate_medium_{cell}"].max() < 50


def test_the_vehicle_is_at_rest(arms: dict) -> None:
    """Perfusion is 1 within 2 %, and no readout drifts by 2 % in 28 days."""
    vehicle = arms["vehicle"]
    assert np.allclose(vehicle["perfusion"], 1, atol=0.02)
    for name, values in vehicle.items():
        assert np.max(np.abs(values / (values[0] or 1) - 1)) < 0.02 or values.max() == 0, name
