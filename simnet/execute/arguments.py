"""Arguments that many verbs take, each checked alone: times, seeds, workers."""

from typing import cast

from simnet.errors import InputError, Problem
from simnet.execute.cluster import Workers, is_cluster
from simnet.experiment.numbers import root_seed as root_seed
from simnet.experiment.numbers import whole_number


def worker_processes(workers: Workers) -> int | None:
    """The number of worker processes; None for as many as there are processors, and for a cluster.

    Raises:
        InputError: neither a whole number of at least 0 nor a cluster.
    """
    if workers is None or is_cluster(workers):
        return None
    if not isinstance(workers, str):
        return whole_number(cast(int, workers), "workers", 0)
    raise InputError(
        Problem(
            what=f"workers={workers!r}",
            why="neither a number nor the address of a Dask scheduler",
            way_out='write it as "tcp://host:8786"',
        )
    )
