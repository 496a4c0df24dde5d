"""bngsim (the C++ core of PyBioNetGen), in one process."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from cases import INTERVALS, Case

DISTRIBUTION = "bngsim"
COMPILED_UP_TO = 2000
"""Reactions. It ignores generated C for large networks; compiling that of W4 (3,749) may take
minutes and many gigabytes."""


def prepare(case: Case) -> Any:
    import bngsim as peer

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.xml"
        file.write_text(case.text)
        model = peer.Model.from_sbml(str(file))
    small = len(case.network.reactions) <= COMPILED_UP_TO
    simulator = peer.Simulator(model, method="ssa", codegen=None if small else False)
    sizes = [case.network.compartment_by_id[s.compartment].size
             for s in case.network.species if not s.fixed]  # fmt: skip
    columns: list[int] = []

    def run(n: int, seed: int) -> Any:
        found = simulator.run_replicates(
            n,
            t_span=(0.0, case.horizon),
            n_points=INTERVALS + 1,
            seed=seed * 100_000,
            num_processors=1,
            squeeze=True,
        )
        if not columns:
            names = list(found.species_names)
            columns.extend(names.index(s) for s in case.species)
        last = np.asarray(found.species).reshape(n, INTERVALS + 1, -1)[:, -1]
        return last[:, columns] * sizes  # it gives concentrations

    return run
