"""COPASI's direct method, by its own task: `run_time_course` of basico would add its tables.

It gets our continuous file: where a file counts items it applies the factor of pairs itself.
"""

import tempfile
from typing import Any

import numpy as np
from cases import INTERVALS, Case

import simnet as sn
from ssa import Refused

DISTRIBUTION = "python-copasi"


def prepare(case: Case) -> Any:
    import basico
    import COPASI

    with tempfile.TemporaryDirectory() as folder:
        file = sn.write_sbml(case.network, f"{folder}/model.xml", kinetics="continuous")
        model = basico.load_model(str(file))
    task = model.getTask("Time-Course")
    task.setMethodType(COPASI.CTaskEnum.Method_directMethod)
    problem, method = task.getProblem(), task.getMethod()
    problem.setStepNumber(INTERVALS)
    problem.setDuration(case.horizon)
    problem.setTimeSeriesRequested(True)
    method.getParameter("Use Random Seed").setBoolValue(True)
    columns: list[int] = []

    def run(n: int, seed: int) -> Any:
        found = np.empty((n, len(case.species)))
        for i in range(n):
            method.getParameter("Random Seed").setUIntValue(seed * 100_000 + i)
            if not task.process(True):
                raise Refused(COPASI.CCopasiMessage.getAllMessageText()[-200:])
            series = task.getTimeSeries()
            if not columns:
                places = {series.getSBMLId(c, model): c for c in range(series.getNumVariables())}
                columns.extend(places[s] for s in case.species)
            step = series.getRecordedSteps() - 1
            found[i] = [series.getData(step, c) for c in columns]
        return found

    return run
