"""How long a study will take, from a few of its rows."""

import time

import numpy as np

from simnet.execute.arguments import worker_processes
from simnet.execute.backends import processors, threads_for
from simnet.execute.cluster import Workers
from simnet.execute.run import Gathered, run_jobs
from simnet.sensitivity.rows import plan_of
from simnet.sensitivity.study import SensitivityStudy

_TRIED = 4


def seconds_for(study: SensitivityStudy, evaluations: int, workers: Workers = None) -> float:
    """Wall time that so many evaluations will take, in seconds.

    A few rows, spread over the design, are run one after the other (nothing of them is kept); the
    first of them also prepares the model, and counts as that.

    Raises:
        InputError, UnsupportedError: the study cannot be run.
    """
    here = worker_processes(workers)  # a cluster's speed is not known: the estimate is for here
    design = study.design()
    rows = np.unique(np.linspace(0, design.rows - 1, _TRIED).astype(np.int64))
    one = None if here is None else min(here, 1)
    plan = plan_of(study, design, rows, one)
    came: list[float] = [time.perf_counter()]

    def receive(gathered: Gathered) -> None:
        came.append(time.perf_counter())

    jobs = (plan.job(c * len(study.brackets), 0, 1, index=c) for c in range(len(rows)))
    run_jobs(plan, jobs, workers=1 if one is None else one, receive=receive, checked=False)
    taken = np.diff(came)
    each = float(np.mean(taken[1:])) if len(taken) > 1 else float(taken[0])
    return float(taken[0]) + evaluations * each / min(threads_for(workers), processors())
