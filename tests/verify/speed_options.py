"""Courses of the semantic suite's cases: `python speed_options.py FOLDER quick|plain OUT.npz`.

Each case runs as simnet loads it, a file as it is or the text of its Network; "plain" is without any
of our speed options. A process for each, since roadrunner keeps compiled models by their text.
"""

import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import roadrunner

import simnet as sn
from simnet.engines import roadrunner_model
from simnet.engines.roadrunner import _bare
from simnet.sbml.write import sbml_text


def course(text: str, *, as_it_is: bool) -> np.ndarray:
    """(11, 1 + all there is) from 0 to 10; the first row is what the model starts with."""
    runner = roadrunner_model.runner_of(text, as_it_is=as_it_is)
    model = runner.model
    runner.timeCourseSelections = [
        "time",
        *model.getFloatingSpeciesIds(),
        *model.getBoundarySpeciesIds(),
        *model.getGlobalParameterIds(),
        *model.getCompartmentIds(),
        *model.getReactionIds(),
    ]
    return np.array(runner.simulate(0.0, 10.0, 11))


def main(folder: str, how: str, out: str) -> None:
    """Write what came of each case: its course, or the error as a text."""
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    config = roadrunner.Config
    config.setValue(config.ROADRUNNER_DISABLE_PYTHON_DYNAMIC_PROPERTIES, True)
    if how == "plain":
        roadrunner_model._quick_to_load = lambda config, as_it_is: nullcontext()
    found = {}
    for file in sorted(Path(folder).glob("*/[0-9]*.xml")):
        try:
            network = sn.load(file)
        except Exception:  # noqa: BLE001 - what cannot be read is for other tests
            continue
        as_it_is = network.document is not None
        text = network.document.text if as_it_is else sbml_text(_bare(network, "ode"), "continuous")
        try:
            found[file.stem] = course(text, as_it_is=as_it_is)
        except RuntimeError as error:
            found[file.stem] = np.array(str(error))
    np.savez(out, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
