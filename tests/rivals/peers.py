"""Other people's engines behind one call: (case, n) -> readouts by name, each (n, T).

Loaded by conftest.py. Each function imports its peer itself and raises ImportError where it is
missing, or Refused where the peer cannot do the model.
"""

import copy
import re
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import simnet as sn
from simnet.network.expression import symbols
from simnet.network.values import assigner, initial_values

Samples = dict[str, Any]  # by readout, (n, T)


class Refused(Exception):
    """A peer cannot do this model, and says why."""


@dataclass(frozen=True)
class Case:
    """A model at one horizon, with `intervals` equal steps to it."""

    name: str
    network: sn.Network
    model: Any  # of PySB
    t_end: float
    intervals: int
    readouts: tuple[str, ...]

    @property
    def plain(self) -> sn.Network:
        """The network with ids for names, which peers show and escape each in their own way."""
        species = tuple(replace(s, name=s.id) for s in self.network.species)
        return replace(self.network, species=species)

    def text(self, kinetics: Any, folder: str, network: sn.Network | None = None) -> Path:
        """Our SBML of it, as a file."""
        return sn.write_sbml(network or self.plain, Path(folder) / "model.xml", kinetics=kinetics)

    def readouts_of(self, species: Any) -> Samples:
        """Readouts (n, T) of species amounts (n, T, S), by the network's own assignments."""
        ids = [s.id for s in self.network.species]
        assign = assigner(self.network)
        values: dict[str, Any] = dict(initial_values(self.network))
        found = {name: np.empty(species.shape[:2]) for name in self.readouts}
        for place in np.ndindex(*species.shape[:2]):
            values.update(zip(ids, species[place].tolist(), strict=True))
            assign(values, 0.0)
            for name in self.readouts:
                found[name][place] = values[self.network.readout_by_name[name].symbol]
        return found


def simnet(case: Case, n: int) -> Samples:
    """Ours: roadrunner's Gillespie from `simulate`."""
    run = sn.simulate(
        case.network,
        t_end=case.t_end,
        points=case.intervals + 1,
        method="ssa",
        replicates=n,
        seed=2026,
        readouts=list(case.readouts),
    )
    assert not run.failures
    return {name: run.readout(name) for name in case.readouts}


def bngsim(case: Case, n: int) -> Samples:
    """bngsim's SSA on our discrete SBML."""
    import bngsim as peer

    with tempfile.TemporaryDirectory() as folder:
        model = peer.Model.from_sbml(str(case.text("discrete", folder)))
    simulator = peer.Simulator(model, method="ssa")
    found = simulator.run_replicates(
        n, t_span=(0.0, case.t_end), n_points=case.intervals + 1, seed=1, squeeze=True
    )
    columns = _columns(case, list(found.species_names))
    sizes = [case.network.compartment_by_id[s.compartment].size for s in case.network.species]
    amounts = np.asarray(found.species)[:, :, columns] * sizes  # it gives concentrations
    return case.readouts_of(np.round(amounts))


def copasi(case: Case, n: int) -> Samples:
    """COPASI's direct method on our *continuous* SBML: in files that count items it applies the
    combinatorial factor itself."""
    import basico

    with tempfile.TemporaryDirectory() as folder:
        model = basico.load_model(str(case.text("continuous", folder)))
    try:
        runs = []
        for seed in range(1, n + 1):
            table = basico.run_time_course(
                model=model,
                duration=case.t_end,
                intervals=case.intervals,
                method="directMethod",
                use_seed=True,
                seed=seed,
                use_numbers=True,
                update_model=False,
            )
            runs.append(table)
        if any(table is None or len(table) != case.intervals + 1 for table in runs):
            raise Refused("the run broke off")
        columns = _columns(case, list(runs[0].columns))
        species = np.array([table.to_numpy()[:, columns] for table in runs])
    finally:
        basico.remove_datamodel(model)
    return case.readouts_of(np.round(species))


def gillespy2(case: Case, n: int) -> Samples:
    """GillesPy2's NumPySSASolver on our discrete SBML, without what it has no place for:
    assignments that no law reads, and units of numbers."""
    import gillespy2 as peer

    network = case.plain
    read = {name for r in network.reactions for name in symbols(r.law.rate)}
    if read & network.assignment_by_id.keys():
        raise Refused("laws read assignment rules, which its SSA solvers have not")
    shown = tuple(r for r in network.readouts if r.symbol in network.species_index)
    network = replace(network, assignments=(), readouts=shown)
    with tempfile.TemporaryDirectory() as folder:
        file = case.text("discrete", folder, network)
        file.write_text(re.sub(r' sbml:units="\w+"', "", file.read_text(encoding="utf-8")))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it uses parts of ast that go
            model, errors = peer.import_SBML(str(file))
    if model is None:
        raise Refused(f"does not load: {errors}")
    model.timespan(peer.TimeSpan.linspace(t=case.t_end, num_points=case.intervals + 1))
    results = model.run(solver=peer.NumPySSASolver, number_of_trajectories=n, seed=1)
    ids = [s.id for s in case.network.species]
    return case.readouts_of(np.array([[run[i] for i in ids] for run in results]).swapaxes(1, 2))


def run_network(case: Case, n: int) -> Samples:
    """BioNetGen's own simulator, on the network that BioNetGen makes from the rules."""
    from pysb.bng import generate_network
    from pysb.pathfinder import get_path

    binary = next(Path(get_path("bng")).parent.rglob("bin/run_network"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.net"
        file.write_text(generate_network(copy.deepcopy(case.model)))

        def run(seed: int) -> Any:
            out = Path(folder) / f"run{seed}"
            step = repr(case.t_end / case.intervals)
            options = ["-o", out, "-p", "ssa", "-h", seed, "--cdat", 1, "--fdat", 0, "-g", file]
            command = [str(part) for part in (binary, *options, file, step, case.intervals)]
            ran = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
            if ran.returncode:
                raise Refused(f"run_network: {ran.stderr[-200:] or ran.stdout[-200:]}")
            observables, species = (out.with_suffix(end) for end in (".gdat", ".cdat"))
            names = observables.read_text(encoding="utf-8").splitlines()[0].lstrip("# ").split()
            found = names, np.loadtxt(observables), np.loadtxt(species)[:, 1:]
            observables.unlink()
            species.unlink()
            return found

        with ThreadPoolExecutor(2) as threads:
            runs = list(threads.map(run, range(1, n + 1)))
    names = runs[0][0]
    observed = np.array([table for _, table, _ in runs])
    species = np.array([table for *_, table in runs])
    if species.shape[2] < len(case.network.species):
        raise Refused(f"it has {species.shape[2]} species, where we have more")
    found = case.readouts_of(species[:, :, : len(case.network.species)])  # in BioNetGen's order
    own = {name: observed[:, :, names.index(name)] for name in case.readouts if name in names}
    return found | own


def _columns(case: Case, names: Sequence[str]) -> list[int]:
    missing = [s.id for s in case.network.species if s.id not in names]
    if missing:
        raise Refused(f"its results lack {', '.join(missing[:5])}")
    return [names.index(s.id) for s in case.network.species]


PEERS: dict[str, Callable[[Case, int], Samples]] = {
    "bngsim": bngsim,
    "COPASI": copasi,
    "GillesPy2": gillespy2,
    "run_network": run_network,
}
