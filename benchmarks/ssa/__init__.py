"""Engines for exact SSA, ours and other people's, one file each.

A file has `prepare(case) -> Run`, which imports its engine itself, and `DISTRIBUTION`, the package
whose version is shown. It raises ImportError where the engine is missing, and `Refused` where it
cannot do the network.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

FinalAmounts: TypeAlias = Any
"""(n, S) amounts at the horizon, in the order of `case.species`."""

Run: TypeAlias = Callable[[int, int], FinalAmounts]
"""(n, seed) -> final amounts of n new trajectories."""


class Refused(Exception):
    """The engine cannot do this network, and says why."""


ENGINES = (
    "roadrunner",
    "compiled",
    "bngsim",
    "rebop",
    "copasi",
    "gillespy2",
    "run_network",
)
