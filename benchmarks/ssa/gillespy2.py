"""GillesPy2's SSACSolver, which compiles C++ for each network and starts a process for each call.

In that C++ amounts are whole numbers, and so are numbers such as the 150 of `p/150`: they would be
divided without a remainder. Numbers in laws are therefore given as parameters.
"""

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

from simnet.network.expression import Call, Expression, Number, Symbol, symbols
from simnet.network.network import Network, Parameter
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
    bare = replace(with_named_numbers(network), assignments=(), readouts=shown)
    text = to_sbml(bare, "discrete")
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


def with_named_numbers(network: Network) -> Network:
    """The network with a parameter for every number in a law."""
    numbers: dict[float, str] = {}

    def named(expression: Expression) -> Expression:
        match expression:
            case Number(value=value):
                return Symbol(numbers.setdefault(value, f"number{len(numbers)}"))
            case Call(op=op, args=args):
                return Call(op, tuple(named(arg) for arg in args))
        return expression

    reactions = tuple(
        replace(r, law=replace(r.law, rate=named(r.law.rate))) for r in network.reactions
    )
    parameters = tuple(Parameter(id=name, value=value) for value, name in numbers.items())
    return replace(network, reactions=reactions, parameters=(*network.parameters, *parameters))
