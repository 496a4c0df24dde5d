"""The exported files in other people's tools: they open, and they give the same numbers.

Small networks here, whose exact distribution is known; the packaged one in `make verify`. AMICI is
not among them: it needs a sympy that PySB does not allow in the same environment.
"""

import importlib
import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import libsbml
import numpy as np
import pandas as pd
import pytest

import simnet as sn
from simnet.execute.exporters import headline_experiments, write_archive
from simnet.network.network import Network
from simnet.sbml.antimony import sbml_to_antimony
from simnet.sbml.write import to_sbml
from simnet.verify.master_equation import solve

pytestmark = pytest.mark.thorough

Write = Callable[..., Path]
Elsewhere = Callable[[str, Path], str]
Members = Callable[[Path], dict[str, bytes]]

PACKAGED = sn.packaged_names()
NETWORKS: list[Any] = [
    "dosed",
    *(pytest.param(name, marks=pytest.mark.verify) for name in PACKAGED),
]

ODE_TOLERANCE = 1e-9
AGREE = 1e-5
"""Relative difference of two ODE solvers, each at a relative tolerance of 1e-9."""

BOUND = 4.06
"""Standard errors; passed by chance in 5e-5 of tests where both are right."""


def installed(name: str) -> Any:
    """A peer, which `make verify` and CI have installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if os.environ.get("CI"):
            pytest.fail(f"{name}: {error}; CI installs the group `rivals`")
        pytest.skip(f"{name}: {error}; pip install --group rivals")


class Case:
    """A network at one horizon, with one input set, and what it gives here under ODE."""

    def __init__(self, network: Network, end: float, inputs: dict[str, float]) -> None:
        self.network, self.end, self.inputs, self.points = network, end, inputs, 5
        own = {r.name for r in network.readouts if r.symbol != r.name}
        self.ids = [s.id for s in network.species if s.id not in own]  # of that name: a readout
        self.amounts = self.simulated(network)

    def simulated(self, network: Network) -> Any:
        run = sn.simulate(
            network,
            t_end=self.end,
            points=self.points,
            changes=[sn.Set(name, value) for name, value in self.inputs.items()],
            readouts=self.ids,
            rtol=ODE_TOLERANCE,
            workers=0,
        )
        return run.values[0, 0]

    def assert_same(self, amounts: Any) -> None:
        np.testing.assert_allclose(amounts, self.amounts, rtol=AGREE, atol=1e-5)


@pytest.fixture(scope="module", params=NETWORKS)
def case(request: pytest.FixtureRequest, dosed: Network) -> Case:
    if request.param == "dosed":
        return Case(dosed, 20.0, {"k": 0.02})
    network = sn.load(request.param)
    time_course = headline_experiments(network, t_end=None, replicates=None, seed=1, ssa=True)[0]
    return Case(network, 4 * 3600.0, dict(time_course.settings[-1]))


class Copasi:
    """A file open in COPASI."""

    def __init__(self, path: Path) -> None:
        self.basico = installed("basico")
        self.model = self.basico.load_model(str(path))
        assert self.model is not None

    def __enter__(self) -> "Copasi":
        return self

    def __exit__(self, *_: object) -> None:
        self.basico.remove_datamodel(self.model)

    def run(self, ids: list[str], end: float, points: int, **options: Any) -> Any:
        """Amounts (T, S)."""
        table = self.basico.run_time_course(
            model=self.model,
            duration=end,
            intervals=points - 1,
            use_numbers=True,
            use_sbml_id=True,
            update_model=False,
            **options,
        )
        assert table is not None
        return table[ids].to_numpy()


def test_copasi_ode(case: Case, write: Write) -> None:
    with Copasi(write(case.network)) as copasi:
        for name, value in case.inputs.items():
            copasi.basico.set_parameters(name, exact=True, initial_value=value, model=copasi.model)
        method = {
            "name": "Deterministic (LSODA)",
            "Relative Tolerance": ODE_TOLERANCE,
            "Absolute Tolerance": 1e-10,
        }
        copasi.basico.set_task_settings("Time-Course", {"method": method}, model=copasi.model)
        case.assert_same(copasi.run(case.ids, case.end, case.points))


def test_bngsim_ode(case: Case, write: Write) -> None:
    bngsim = installed("bngsim")
    model = bngsim.Model.from_sbml(str(write(case.network)))
    for name, value in case.inputs.items():
        model.set_param(name, value)
    # A compiler would take many minutes and gigabytes for the code of a large network.
    found = bngsim.Simulator(model, method="ode", codegen=False).run(
        t_span=(0.0, case.end), n_points=case.points, rtol=ODE_TOLERANCE, atol=1e-9
    )
    columns = [list(found.species_names).index(i) for i in case.ids]
    sizes = np.array([sizes_of(case.network)[i] for i in case.ids])
    case.assert_same(np.asarray(found.species)[:, columns] * sizes)


def sizes_of(network: Network) -> dict[str, float]:
    """The volume of each species' compartment: bngsim gives concentrations."""
    return {s.id: network.compartment_by_id[s.compartment].size for s in network.species}


def test_antimony_round_trip(case: Case, tmp_path: Path) -> None:
    path = tmp_path / f"{case.network.id}.ant"
    path.write_text(sbml_to_antimony(to_sbml(case.network)), encoding="utf-8")
    back = sn.load(str(path))
    assert [s.id for s in back.species] == [s.id for s in case.network.species]
    assert [s.initial for s in back.species] == [s.initial for s in case.network.species]
    values = {p.id: p.value for p in case.network.parameters}
    assert {p.id: p.value for p in back.parameters} == values
    assert len(back.reactions) == len(case.network.reactions)
    case.assert_same(case.simulated(back))


TELLURIUM = """
import json, os, sys, tempfile, zipfile
os.environ["MPLBACKEND"] = "Agg"
from tellurium.sedml.tesedml import SEDMLCodeFactory
folder = tempfile.mkdtemp()
zipfile.ZipFile(sys.argv[1]).extractall(folder)
factory = SEDMLCodeFactory(os.path.join(folder, "experiments.sedml"), workingDir=folder)
held = {}
exec(factory.toPython(), held)
labels = {}
for generator in factory.doc.getListOfDataGenerators():
    target = generator.getVariable(0).getTarget()
    if target:
        labels[target.split("'")[1]] = generator.getName()
found = {}
for name, runs in held.items():
    if name.startswith("task_"):
        found[name[5:]] = [
            {
                labels.get(c.strip("[]"), c): [float(x) for x in run[c]]  # [A]: see the README
                for c in run.colnames
            }
            for run in runs
        ]
print("RESULT" + json.dumps(found))
"""


@pytest.fixture(scope="module", params=NETWORKS[:2])  # larger ones take tellurium many minutes
def run_by_tellurium(
    request: pytest.FixtureRequest,
    dosed: Network,
    elsewhere: Elsewhere,
    members: Members,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, Any], dict[str, pd.DataFrame], Any]:
    """What tellurium gives for an archive's experiments, what is expected, and what was written."""
    path = tmp_path_factory.mktemp("tellurium") / "x.omex"
    if request.param == "dosed":
        made = write_archive(dosed, path, t_end="20 s", replicates=400, workers=0)
    else:
        made = write_archive(sn.load(request.param), path)
    found = json.loads(elsewhere(TELLURIUM, path).partition("RESULT")[2])
    tables = {
        Path(name).stem: pd.read_csv(io.BytesIO(content))
        for name, content in members(path).items()
        if name.startswith("expected/")
    }
    return found, tables, made


def test_tellurium_runs_the_archive(
    run_by_tellurium: tuple[dict[str, Any], dict[str, pd.DataFrame], Any],
) -> None:
    found, tables, made = run_by_tellurium
    assert set(found) == set(tables) == {e.id for e in made.experiments}
    for experiment in (e for e in made.experiments if e.method == "ode"):
        table, n = tables[experiment.id], experiment.steps
        assert len(found[experiment.id]) == len(experiment.settings)
        for number, run in enumerate(found[experiment.id]):
            rows = table.iloc[number * n : (number + 1) * n]  # without the end: a change is there
            for readout in rows.columns.drop("time"):
                # a stretch starts as the one before it ended; what is set then shows a step later
                got, want = np.array(run[readout])[1:-1], rows[readout].to_numpy()[1:]
                np.testing.assert_allclose(
                    got, want, rtol=AGREE, atol=AGREE * 1e-3 * np.abs(want).max(), err_msg=readout
                )


def test_tellurium_gives_the_same_means(
    run_by_tellurium: tuple[dict[str, Any], dict[str, pd.DataFrame], Any], dosed: Network
) -> None:
    found, tables, made = run_by_tellurium
    (experiment,) = (e for e in made.experiments if e.method == "ssa")
    runs, last = found["replicates"], tables["replicates"].iloc[-1]
    n = experiment.replicates
    assert len(runs) == n
    assert len({tuple(np.ravel(list(run.values()))) for run in runs}) > 0.9 * n  # not one seed
    readouts = [name.removesuffix("_mean") for name in last.index if name.endswith("_mean")]
    for name in readouts:
        ends, spread = np.array([run[name][-1] for run in runs]), last[f"{name}_sd"]
        if spread == 0:
            assert np.ptp(ends) == 0, name
            continue
        error = np.hypot(ends.std(ddof=1), spread) / n**0.5
        # each readout a test of its own: some thirty of them raise the false alarms to 2e-3
        assert abs(ends.mean() - last[f"{name}_mean"]) < BOUND * error, name
    if "D" in readouts:  # the small network, whose distribution is known
        of_mean, of_sd = deviations(np.array([run["D"][-1] for run in runs]), *exact(dosed, 20.0))
        assert abs(of_mean) < BOUND
        assert abs(of_sd) < BOUND


SSA_RUNS = 1000


def exact(network: Network, end: float) -> tuple[float, float]:
    """Mean and sd of D at the end, from the master equation."""
    (found,) = solve(network, np.array([end]), ("D",))
    mean = float(found.weights @ found.values["D"])
    return mean, float((found.weights @ (found.values["D"] - mean) ** 2) ** 0.5)


def deviations(sample: Any, mean: float, sd: float) -> tuple[float, float]:
    """How far the mean, and the sd, are from the exact ones, in standard errors.

    The sd of a sample has the standard error sd sqrt((kurtosis - 1) / (4 n)), with the sample's own
    kurtosis.
    """
    n, found = len(sample), sample.std(ddof=1)
    kurtosis = ((sample - sample.mean()) ** 4).mean() / sample.var() ** 2
    return (
        (sample.mean() - mean) / (sd / n**0.5),
        (found - sd) / (sd * ((kurtosis - 1) / (4 * n)) ** 0.5),
    )


@pytest.fixture(scope="module")
def few(dosed: Network) -> Network:
    """Five monomers at most: where the two kinetics differ much."""
    a, d = dosed.species
    return replace(dosed, id="few", species=(replace(a, initial=5.0), d))


def copasi_sample(path: Path, end: float) -> Any:
    """D at the end of SSA_RUNS runs of COPASI's direct method."""
    with Copasi(path) as copasi:
        return np.array(
            [
                copasi.run(["D"], end, 2, method="directMethod", use_seed=True, seed=seed)[-1, 0]
                for seed in range(1, SSA_RUNS + 1)
            ]
        )


def test_copasi_ssa_takes_the_continuous_file(few: Network, write: Write) -> None:
    of_mean, of_sd = deviations(copasi_sample(write(few, "continuous"), 20.0), *exact(few, 20.0))
    assert abs(of_mean) < BOUND
    assert abs(of_sd) < BOUND


@pytest.mark.verify
def test_copasi_ssa_corrects_the_discrete_file_once_more(few: Network, write: Write) -> None:
    """Why the table of the docs sends COPASI to the continuous file."""
    of_mean, _ = deviations(copasi_sample(write(few, "discrete"), 20.0), *exact(few, 20.0))
    assert of_mean < -BOUND


@pytest.mark.parametrize("kinetics", ["discrete", "continuous"])
def test_bngsim_ssa_takes_both_files(few: Network, write: Write, kinetics: str) -> None:
    """It knows mass action by its form, k*A^2, and takes the falling factorial itself."""
    bngsim = installed("bngsim")
    model = bngsim.Model.from_sbml(str(write(few, kinetics)))
    found = bngsim.Simulator(model, method="ssa").run_replicates(
        SSA_RUNS * 4, t_span=(0.0, 20.0), n_points=2, seed=1, squeeze=True
    )
    column = list(found.species_names).index("D")
    sample = np.asarray(found.species)[:, -1, column] * sizes_of(few)["D"]
    of_mean, of_sd = deviations(np.round(sample), *exact(few, 20.0))
    assert abs(of_mean) < BOUND
    assert abs(of_sd) < BOUND


def test_libsbml_reads_both_kinetics(case: Case) -> None:
    for kinetics in ("continuous", "discrete"):
        document = libsbml.readSBMLFromString(to_sbml(case.network, kinetics))  # type: ignore[arg-type]
        assert document.getNumErrors() == 0
        model = document.getModel()
        assert model.getNumReactions() == len(case.network.reactions)
        assert all(not r.getReversible() for r in model.getListOfReactions())
