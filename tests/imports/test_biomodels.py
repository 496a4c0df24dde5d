"""Published models: all load, run under `ode` and agree with COPASI; under `ssa` they run as
molecules, or are refused with reasons and ways out."""

import importlib.util
import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import simnet as sn
from simnet.network.stochastic import stochastic_problems

ROOT = Path(__file__).resolve().parents[2]
MODELS = sorted((ROOT / "tests" / "data" / "biomodels").glob("*.xml"))
AS_MOLECULES: dict[str, dict[str, Any]] = {
    "448": {"copies": 10},
    "580": {"copies": 10},
    "581": {"copies": 10},
    "582": {"copies": 10},
    "640": {"copies": 10},
    "823": {"copies": 1},
    "867": {"volume": "1 pL"},
}
"""Models of which SSA is possible once amounts are molecules."""


@pytest.fixture(scope="module")
def page() -> Any:
    """docs/importing.py, which makes the table and COPASI's values."""
    spec = importlib.util.spec_from_file_location("importing", ROOT / "docs" / "importing.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["importing"] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def expected(page: Any) -> Any:
    return json.loads(page.EXPECTED.read_text(encoding="utf-8"))


def test_there_are_models() -> None:
    assert len(MODELS) == 15


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore:event dose.*can step over:simnet.errors.SimnetWarning")
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_the_ode_agrees_with_copasi(path: Path, page: Any, expected: Any) -> None:
    network = sn.load(path)
    theirs = {i: v for i, v in expected[path.name].items() if i in network.species_index}
    mine = page.ours(network, sorted({s.id for s in network.species}))
    for still in mine.keys() - theirs.keys():  # what nothing changes is not in COPASI's course
        assert (mine[still] == mine[still][0]).all()
    assert len(theirs) >= 3
    assert page.distance(mine, theirs) < 1e-6


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_ssa_has_its_reasons_and_ways_out(path: Path) -> None:
    network = sn.load(path)
    problems = list(stochastic_problems(network))
    assert problems
    assert all(p.why and p.way_out for p in problems)
    with pytest.raises(sn.UnsupportedError):
        sn.simulate(network, t_end=1, method="ssa", seed=1, workers=0)


@pytest.mark.parametrize("number", AS_MOLECULES)
def test_as_molecules_ssa_runs(number: str) -> None:
    (path,) = (p for p in MODELS if f"0000{number}_" in p.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sn.SimnetWarning)
        network = sn.load(path, **AS_MOLECULES[number])
    assert not list(stochastic_problems(network))
    ids = [s.id for s in network.species]
    run = sn.simulate(network, t_end=0.2, points=2, method="ssa", seed=1, readouts=ids, workers=0)
    assert (run.values == run.values.round()).all()


def test_the_table_lists_every_model(page: Any) -> None:
    rows = re.findall(r"^\| (\S+) \| SBML Level", page.PAGE.read_text(encoding="utf-8"), flags=re.M)
    assert rows == [path.stem for path in MODELS]


@pytest.mark.verify
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_copasi_itself_still_says_so(path: Path, page: Any, expected: Any) -> None:
    pytest.importorskip("basico", reason="copasi-basico is not installed (the group rivals)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = page.copasi(path)
    assert theirs.keys() == expected[path.name].keys()
    arrays = {name: page.np.array(values) for name, values in theirs.items()}
    assert page.distance(arrays, expected[path.name]) < 1e-6
