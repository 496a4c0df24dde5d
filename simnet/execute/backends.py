"""Which backend runs an engine's jobs."""

import os

from simnet.engines.base import Engine
from simnet.execute.arguments import worker_processes
from simnet.execute.base import Backend
from simnet.execute.cluster import Cluster, Workers, is_cluster
from simnet.execute.processes import Processes
from simnet.execute.serial import Serial
from simnet.execute.threads import Threads


def backend_for(engine: Engine, workers: Workers, timeout: float | None) -> Backend:
    """Where an engine's jobs run.

    Args:
        engine: one that runs many replicates at once does so in threads of this process.
        workers: as in `simulate`.
        timeout: seconds that a replicate may take.

    Raises:
        InputError: neither a number of workers nor a cluster.
    """
    if is_cluster(workers):
        return Cluster(scheduler=workers, timeout=timeout)
    if engine.batches:
        return Threads(threads=threads_for(workers), timeout=timeout)
    count = worker_processes(workers)
    if count == 0:
        return Serial()
    return Processes(workers=count or processors(), timeout=timeout)


def threads_for(workers: Workers) -> int:
    """Threads in place of worker processes: `workers=0`, which means this process alone, has one."""
    count = worker_processes(workers)
    return processors() if count is None else max(count, 1)


def processors() -> int:
    """Processors that this process may use: a batch job is often given some of the machine's."""
    allowed = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return len(allowed(0)) if allowed else os.cpu_count() or 1
