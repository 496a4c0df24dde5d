"""A loop over a loaded RoadRunner as a user would write it, with the settings that simnet uses."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import simnet as sn
from simnet.sbml.write import to_sbml


def runner_for(
    network: sn.Network,
    method: str,
    symbols: Sequence[str],
    *,
    rtol: float = 1e-8,
    atol: float = 1e-8,
) -> Any:
    """A RoadRunner that takes these readouts."""
    import roadrunner

    runner = roadrunner.RoadRunner(
        to_sbml(network, "discrete" if method == "ssa" else "continuous")
    )
    if method == "ssa":
        runner.setIntegrator("gillespie")
        runner.integrator.variable_step_size = False
        runner.integrator.nonnegative = True
    else:
        runner.setIntegrator("cvode")
        runner.integrator.relative_tolerance = rtol
        runner.integrator.absolute_tolerance = atol
    runner.timeCourseSelections = ["time", *symbols]
    return runner


def looped(
    runner: Any, settings: Sequence[Mapping[str, float]], times: Any, *, seeds: bool = False
) -> Any:
    """(n, R) last values, one run for each of the settings."""
    found = []
    listed = [float(t) for t in times]
    for number, values in enumerate(settings):
        runner.resetToOrigin()
        for name, value in values.items():
            runner[name] = value
        if seeds:
            runner.integrator.seed = number + 1
        found.append(runner.simulate(times=listed)[-1, 1:].copy())
    return np.array(found)
