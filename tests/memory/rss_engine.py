"""roadrunner, which says after each replicate how much memory its process holds.

Named as "rss_engine:MEASURED", so that a worker process imports it.
"""

import os
from pathlib import Path
from typing import cast

import numpy as np

from simnet.arrays import TimesByReadouts
from simnet.engines.base import Engine, Simulator, Task
from simnet.engines.table import ENGINES
from simnet.experiment.program import Program

_PAGE = os.sysconf("SC_PAGE_SIZE")


class Measured:
    """Gives (1, 3): the process's number, its resident memory in bytes, and the last readout."""

    def __init__(self, task: Task) -> None:
        self.simulator = cast(Simulator, ENGINES["roadrunner"].prepare(task))

    def run(self, program: Program, seed: int) -> TimesByReadouts:
        last = self.simulator.run(program, seed)[-1, -1]
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
        return np.array([[os.getpid(), pages * _PAGE, last]])


MEASURED = Engine(
    name="measured", methods=frozenset({"ssa"}), prepare=Measured, version=lambda: "1"
)
