"""SED-ML Level 1 Version 4 of experiments on the two SBML files of a network.

libsedml takes over libsbml's class of syntax trees in a process that imports both, so it is run in
a process of its own, by `sedml_process`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from simnet.network.network import Network
from simnet.sbml.apart import run_apart
from simnet.sbml.experiments import Experiment

CVODE = "KISAO:0000019"
GILLESPIE = "KISAO:0000241"
SEED = "KISAO:0000488"
RTOL = "1e-9"
"""Of ODE experiments."""
RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE = "KISAO:0000209", "KISAO:0000211"


def sedml_text(
    network: Network, experiments: Sequence[Experiment], files: Mapping[str, str]
) -> str:
    """The SED-ML text.

    Args:
        network: whose readouts are recorded.
        experiments: what is run.
        files: the SBML file for "ode" and for "ssa", by method.

    Raises:
        ModelError: libsedml finds fault with it.
    """
    spec = {
        "name": network.title or network.id,
        "experiments": [_spec(network, experiment, files) for experiment in experiments],
        "readouts": [_readout(network, r.name, r.symbol) for r in network.readouts],
    }
    process = ["-m", "simnet.sbml.sedml_process"]
    return run_apart(process, json.dumps(spec), what="writing SED-ML", fault="libsedml failed")


def absolute_tolerance(network: Network) -> str:
    """One for all species, as SED-ML has it: 1e-8 molecules, or of the smallest amount that is
    there at the start, which may be 1e-21 mol."""
    smallest = min((s.initial for s in network.species if s.initial > 0), default=1.0)
    return f"{1e-8 * min(smallest, 1.0):g}"


def _spec(network: Network, experiment: Experiment, files: Mapping[str, str]) -> dict[str, Any]:
    ode = experiment.method == "ode"
    settings = {
        name: [values[name] for values in experiment.settings] for name in experiment.settings[0]
    }
    return {
        "id": experiment.id,
        "meaning": experiment.meaning,
        "source": files[experiment.method],
        "algorithm": CVODE if ode else GILLESPIE,
        "parameters": (
            {RELATIVE_TOLERANCE: RTOL, ABSOLUTE_TOLERANCE: absolute_tolerance(network)}
            if ode
            else {SEED: str(experiment.seed)}
        ),
        "stretch": experiment.stretch,
        "steps": experiment.steps,
        "settings": {_target(network, name): values for name, values in settings.items()},
        "stretches": len(experiment.settings),
        "replicates": experiment.replicates,
    }


def _readout(network: Network, name: str, symbol: str) -> dict[str, str]:
    return {"name": name, "target": _target(network, symbol)}


def _target(network: Network, name: str) -> str:
    """Where an id is in the SBML file, as XPath."""
    if name in network.species_index:
        where = "listOfSpecies/sbml:species"
    elif name in network.compartment_by_id:
        where = "listOfCompartments/sbml:compartment"
    else:
        where = "listOfParameters/sbml:parameter"
    return f"/sbml:sbml/sbml:model/sbml:{where}[@id='{name}']"
