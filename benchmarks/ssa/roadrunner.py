"""libRoadRunner alone: fixed grid, nonnegative off, the file as it is."""

from typing import Any

import numpy as np
from cases import INTERVALS, Case

DISTRIBUTION = "libroadrunner"


def prepare(case: Case) -> Any:
    """Without optimisation of the compiled laws: the same speed, a third of the loading."""
    import roadrunner as peer

    config = peer.Config
    config.setValue(config.LLVM_BACKEND, config.LLJIT)
    config.setValue(config.LLJIT_OPTIMIZATION_LEVEL, config.NONE)
    runner = peer.RoadRunner(case.text)
    runner.setIntegrator("gillespie")
    runner.integrator.variable_step_size = False
    runner.integrator.nonnegative = False
    runner.timeCourseSelections = ["time", *case.species]

    def run(n: int, seed: int) -> Any:
        found = np.empty((n, len(case.species)))
        for i in range(n):
            runner.reset()
            runner.integrator.seed = seed * 100_000 + i
            found[i] = runner.simulate(0, case.horizon, INTERVALS + 1)[-1, 1:]
        return found

    return run
