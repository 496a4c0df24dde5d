"""GillesPy2's SSACSolver, which compiles C++ for each network and starts a process for each call."""

import os
import re
import sysconfig
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from cases import Case

from simnet.network.expression import symbols
from simnet.sbml.write import to_sbml
from ssa import Refused

DISTRIBUTION = "gillespy2"


def prepare(case: Case) -> Any:
    import gillespy2 as peer

    network = case.network
    read = {name for r in network.reactions for name in symbols(r.law.rate)}
    if read & network.assignment_by_id.keys():
        raise Refused("laws read assignment rules, which its SSA solvers have not")
    shown = tuple(r for r in network.readouts if r.symbol in network.species_index)
    text = to_sbml(replace(network, assignments=(), readouts=shown), "discrete")
    # It starts scons with the interpreter that the environment's link points to.
    os.environ["PYTHONPATH"] = sysconfig.get_paths()["purelib"]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = Path(folder) / "model.xml"
        file.write_text(re.sub(r' sbml:units="\w+"', "", text))
        model, errors = peer.import_SBML(str(file))
    if model is None:
        raise Refused(f"does not load: {errors}")
    model.timespan(peer.TimeSpan.linspace(t=case.horizon, num_points=2))
    try:
        solver = peer.SSACSolver(model=model)
    except peer.SimulationError as error:
        raise Refused(f"its C++ does not build: {str(error)[-120:]}") from error

    def run(n: int, seed: int) -> Any:
        results = model.run(solver=solver, number_of_trajectories=n, seed=seed + 1)
        trajectories = results if n > 1 else [results]
        return np.array([[t[s][-1] for s in case.species] for t in trajectories])

    return run
