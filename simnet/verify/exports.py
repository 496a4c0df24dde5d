"""What simnet exports, run by another tool: tellurium gets a network's COMBINE archive and its
Antimony text, and has to give what simnet gives.

tellurium brings a libsbml of its own, so it runs in a process of its own: this module as a program.
"""

import json
import math
import os
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import SimnetError
from simnet.execute.exporters import write_archive
from simnet.network.network import Network
from simnet.results.record import versions_of
from simnet.sbml.antimony import run_apart, sbml_to_antimony
from simnet.sbml.sedml import RTOL, Experiment, absolute_tolerance
from simnet.sbml.write import to_sbml

TOLERANCE = 1e-4
"""Relative difference that two ODE solvers may have, each at a relative tolerance of 1e-9: stiff
models amplify it."""
ANTIMONY = "Antimony"
LONGEST = 900.0
"""Seconds that tellurium may take."""
_REPLICATES = 5
"""That tellurium runs them is checked, not their means: engines are compared for that."""
_MARK = "RESULT"


@dataclass(frozen=True, kw_only=True)
class ExportCheck:
    """Exported files, run by tellurium and compared with what they should give.

    Attributes:
        tool: "tellurium" and its version.
        differences: by what was run, an experiment of the archive (its id) or "Antimony": the largest
            difference in any readout at any time, relative to that readout's largest value.
        replicates: stochastic replicates of the archive that ran.
        left_out: what was not run, with the reason.
    """

    tool: str
    differences: dict[str, float]
    replicates: int
    left_out: dict[str, str]

    @property
    def agree(self) -> bool:
        """Whether every difference is below `TOLERANCE`."""
        return all(difference <= TOLERANCE for difference in self.differences.values())

    @property
    def largest(self) -> float:
        """The largest difference; 0 where nothing was run."""
        return max(self.differences.values(), default=0.0)


def check_exports(network: Network, t_end: float) -> ExportCheck:
    """Run a network's archive and its Antimony text in tellurium, and compare with simnet's ODE.

    Args:
        network: from `load`.
        t_end: length of the experiments, in the network's time unit.
    """
    tool = f"tellurium {versions_of('tellurium')['tellurium']}"
    try:
        with tempfile.TemporaryDirectory(prefix="simnet-") as folder:
            path = Path(folder) / "network.omex"
            made = write_archive(network, path, t_end=t_end, replicates=_REPLICATES, workers=0)
            tables = _tables(path)
            course = made.experiments[0]
            spec = {
                "archive": str(path),
                "antimony": sbml_to_antimony(to_sbml(network)),
                "end": course.end,
                "steps": course.steps,
                "symbols": [r.symbol for r in network.readouts],
                "tolerances": (float(RTOL), float(absolute_tolerance(network))),
            }
            text = run_apart(
                ["-m", __name__],
                json.dumps(spec),
                what="tellurium",
                fault="failed",
                folder=folder,
                longest=LONGEST,
            )
    except SimnetError as error:
        return ExportCheck(
            tool=tool, differences={}, replicates=0, left_out={"exports": str(error)}
        )
    found = json.loads(text.partition(_MARK)[2])
    differences, replicates = {}, 0
    for experiment in made.experiments if "archive" in found else ():
        runs = {name: np.array(values) for name, values in found["archive"].items()}
        if experiment.method == "ssa":
            replicates += runs[f"{experiment.id}_t"].shape[1]
        else:
            got = _of_archive(network, experiment, runs)
            differences[experiment.id] = _difference(got, tables[experiment.id], experiment.steps)
    if "antimony" in found:
        got = np.array(found["antimony"])
        differences[ANTIMONY] = _difference(got, tables[course.id], course.steps)
    return ExportCheck(
        tool=tool, differences=differences, replicates=replicates, left_out=found["failed"]
    )


def _tables(path: Path) -> dict[str, FloatArray]:
    """The archive's expected results by experiment: (R, T)."""
    import pandas as pd

    with zipfile.ZipFile(path) as archive:
        return {
            Path(name).stem: pd.read_csv(archive.open(name)).drop(columns="time").to_numpy().T
            for name in archive.namelist()
            if name.startswith("expected/")
        }


def _of_archive(
    network: Network, experiment: Experiment, runs: Mapping[str, FloatArray]
) -> FloatArray:
    """(R, T) readouts of an experiment, from one run after the other, each with start and end."""
    volumes = {s.id: network.compartment_by_id[s.compartment].size for s in network.species}
    rows = []
    for readout in network.readouts:
        stretches = runs[f"{experiment.id}__{readout.name}"].reshape(-1, experiment.steps + 1)
        values = np.append(stretches[:, :-1].ravel(), stretches[-1, -1])
        rows.append(values * volumes.get(readout.symbol, 1.0))  # tellurium has concentrations
    return np.array(rows)


def _difference(got: FloatArray, expected: FloatArray, steps: int) -> float:
    """The largest difference, relative to the largest value of its readout; infinite where a value
    is missing. Starts of stretches are left out: what is set there shows a step later in tellurium,
    and at once in the expected results."""
    if got.shape != expected.shape:
        return math.inf
    compared = np.arange(expected.shape[1]) % steps != 0
    compared[-1] = True
    scale = np.abs(expected).max(axis=1, keepdims=True)
    scale[scale == 0] = 1.0
    difference = (np.abs(got - expected) / scale)[:, compared]
    return float(difference.max(initial=0.0)) if np.isfinite(difference).all() else math.inf


def main() -> None:
    """As a program: what to run as JSON on standard input, what tellurium gives on standard output."""
    os.environ["MPLBACKEND"] = "Agg"
    import tellurium

    spec = json.load(sys.stdin)
    found: dict[str, Any] = {"failed": {}}

    def archive() -> Any:
        runs = tellurium.executeCombineArchive(spec["archive"], createOutputs=False)
        (run,) = runs.values()
        return {name: np.asarray(values).tolist() for name, values in run["dataGenerators"].items()}

    def antimony() -> Any:
        model = tellurium.loada(spec["antimony"])
        relative, absolute = spec["tolerances"]
        model.integrator.relative_tolerance = relative
        model.integrator.absolute_tolerance = absolute
        return model.simulate(0, spec["end"], spec["steps"] + 1, spec["symbols"]).T.tolist()

    for what, run in (("archive", archive), ("antimony", antimony)):
        try:
            found[what] = run()
        except Exception as error:  # noqa: BLE001 - reported, whatever it is
            found["failed"][what] = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    sys.stdout.write(_MARK + json.dumps(found))


if __name__ == "__main__":
    main()
