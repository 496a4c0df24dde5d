"""ODE evaluations of a sensitivity study beside a loop over a loaded RoadRunner."""

import time

import numpy as np
from bare import looped, runner_for
from clock import cpu_seconds
from page import Section, ratios, rounded

import simnet as sn
from simnet.sensitivity.run import run_study
from simnet.sensitivity.study import SensitivityStudy

ROUNDS = 3


def sections(quick: bool) -> list[Section]:
    """Evaluations per second."""
    rows = []
    for name in ("hypoxia",) if quick else ("hypoxia", "lactate_mtor"):
        rows.append(_row(name, 4 if quick else 8))
    return [
        Section(
            title="Evaluations of a sensitivity study",
            text="Morris under ODE, 6 h, in one process: evaluations per second of CPU, of a loop over "
            "a loaded RoadRunner with the same rows and tolerances, and of `run_study`, its indices "
            "among it (asked: 0.8 of the loop or more). `symbiosis` is not among them: under some rows of "
            "its design CVODE stalls.",
            head=("network", "evaluations", "bare / s⁻¹", "study / s⁻¹", "study over bare"),
            rows=rows,
        )
    ]


def _row(name: str, samples: int) -> tuple[str, ...]:
    network = sn.load(name)
    readout = network.readouts[1].name
    study = SensitivityStudy(
        network=network,
        readouts=(f"{readout}@6h",),
        analysis="morris",
        samples=samples,
        t_end="6 h",
        equilibrate=0,
        seed=1,
    )
    design = study.design(samples)
    names = design.space.names[:-1]  # without the dummy, which no model reads
    rows = [dict(zip(names, row[:-1].tolist(), strict=True)) for row in design.matrix]
    symbol = network.readout_by_name[readout].symbol
    runner = runner_for(network, "ode", [symbol], rtol=1e-6)
    times = np.array([0.0, 21_600.0])
    alone, ours = [], []
    for _ in range(ROUNDS):
        began = cpu_seconds()
        looped(runner, rows, times)
        alone.append(len(rows) / (cpu_seconds() - began))
        began = cpu_seconds()
        run_study(study, workers=0)
        ours.append(len(rows) / (cpu_seconds() - began))
    relative = [b / a for a, b in zip(alone, ours, strict=True)]
    return name, f"{len(rows):,}", rounded(alone), rounded(ours), ratios(relative)


def sobol(quick: bool) -> list[Section]:
    """512 samples of `lactate_mtor`, end to end, on all processors: minutes to hours."""
    network = sn.load("lactate_mtor")
    study = SensitivityStudy(
        network=network,
        readouts=(f"{network.readouts[1].name}@6h",),
        analysis="sobol",
        samples=8 if quick else 512,
        seed=1,
    )
    began = time.perf_counter()
    result = run_study(study)
    took = time.perf_counter() - began
    rows = [(str(study.size), f"{result.design.rows:,}", f"{took:,.0f}")]
    return [
        Section(
            title="Sobol indices of lactate_mtor",
            text="From the study to its indices, wall time on all processors.",
            head=("samples", "evaluations", "s"),
            rows=rows,
        )
    ]
