"""The checks on magnitude 10 and 11 for SSA means (`make verify`: some 20 minutes).

120 days of rest would be 6e8 firings a cell: the cells start from the rest of the ODE, rounded to
whole molecules. What holds GLUT2 still is a sum of species, which SSA cannot hold: that part of
check 11 is of the ODE alone.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import t as student

import simnet as sn
from simnet.claims.suite import whole_rest

REST, DAYS, CELLS = "120 d", 14, 16
AXITINIB, RAPAMYCIN = sn.Dose("axitinib", nM=10), sn.Dose("rapamycin", nM=100)
ARMS = {"vehicle": (), "axitinib": (AXITINIB,), "both": (AXITINIB, RAPAMYCIN)}
FOLDS = {
    "10 O2_distal": ("axitinib", "vehicle", "O2_distal", 0, 1 / 3),
    "10 GLUT1_distal": ("axitinib", "vehicle", "GLUT1_distal", 2, math.inf),
    "10 MCT4_distal": ("axitinib", "vehicle", "MCT4_distal", 2, math.inf),
    "11 pS6_proximal": ("both", "axitinib", "pS6_proximal", 0, 0.1),
    "11 GLUT2_proximal": ("both", "axitinib", "GLUT2_proximal", 1, math.inf),
    "11 glucose_distal": ("both", "axitinib", "glucose_distal", 0, 0.9),
    "11 uptake of the distal layer": ("both", "axitinib", "glucose_uptake_layer_distal", 0, 0.95),
}
"""Check: an arm over another, of which readout, between which bounds."""
LAYERS = {"10 pS6": ("pS6", 5), "10 MCT1_membrane": ("MCT1_membrane", 1.15)}
"""Check: the proximal over the distal cell under axitinib, at least."""


def log_ratio(top: np.ndarray, bottom: np.ndarray, level: float = 0.99) -> tuple[float, float]:
    """Interval of the ratio of two means of independent samples, by the delta method."""
    width = math.sqrt(sum((x.std(ddof=1) / x.mean()) ** 2 / len(x) for x in (top, bottom)))
    middle, reach = top.mean() / bottom.mean(), student.isf((1 - level) / 2, len(top) - 1) * width
    return middle * math.exp(-reach), middle * math.exp(reach)


@pytest.mark.verify
def test_checks_10_and_11_for_means(
    network: sn.Network, keep_figures: Callable[[str, object], None]
) -> None:
    """A check fails where the 99 % interval of its mean lies outside of what is asked. Of each cell
    it is the mean over the last day: under rapamycin pS6 is one token in 26 cells."""
    start = whole_rest(network, REST)
    names = [fold[2] for fold in FOLDS.values()]
    names += [f"{name}_{cell}" for name, _ in LAYERS.values() for cell in ("proximal", "distal")]
    names += ["lactate_flux_proximal", "lactate_flux_distal"]
    arms = {}
    for seed, (arm, changes) in enumerate(ARMS.items()):
        run = sn.simulate(
            network,
            t_end=f"{DAYS} d",
            points=24 * DAYS + 1,
            method="ssa",
            engine="compiled/lockstep",  # 16 cells side by side
            replicates=CELLS,
            seed=seed,
            changes=[*start, *changes],
            readouts=list(dict.fromkeys(names)),
        )
        assert run.finished.all()
        arms[arm] = {r.name: run.readout(r.name)[:, -24:].mean(axis=1) for r in run.readouts}
    found: dict[str, tuple[float, float]] = {}
    wanted: dict[str, tuple[float, float]] = {}
    for check, (arm, other, name, low, high) in FOLDS.items():
        found[check] = log_ratio(arms[arm][name], arms[other][name])
        wanted[check] = (low, high)
    for check, (name, low) in LAYERS.items():
        drug = arms["axitinib"]
        found[check] = log_ratio(drug[f"{name}_proximal"], drug[f"{name}_distal"])
        wanted[check] = (low, math.inf)
    fluxes = {
        "10 lactate_flux_proximal": (arms["axitinib"]["lactate_flux_proximal"], (0, math.inf)),
        "10 lactate_flux_distal": (arms["axitinib"]["lactate_flux_distal"], (-math.inf, 0)),
        "11 lactate_flux_proximal, difference": (
            arms["both"]["lactate_flux_proximal"] - arms["axitinib"]["lactate_flux_proximal"],
            (-math.inf, 0),
        ),
    }
    for check, (values, bounds) in fluxes.items():
        reach = student.isf(0.005, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
        found[check] = (values.mean() - reach, values.mean() + reach)
        wanted[check] = bounds
    for check, (low, high) in found.items():
        print(f"{check:40s} {low:.4g} to {high:.4g}, asked {wanted[check]}")
    keep_figures(
        "checks-symbiosis", {check: [*found[check], *map(str, wanted[check])] for check in found}
    )
    outside = [
        check
        for check, (low, high) in found.items()
        if high < wanted[check][0] or low > wanted[check][1]
    ]
    assert outside == []
