"""What a study refuses, all at once, and what it makes of what is left open."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.network.network import Network
from simnet.readouts.parser import parse_readout
from simnet.sensitivity.rows import course_of
from simnet.sensitivity.study import SensitivityStudy
from simnet.sensitivity.study_file import example_study, study_from_file


def refused(**given: Any) -> list[str]:
    with pytest.raises(sn.InputError) as error:
        SensitivityStudy(**given)
    return [str(problem) for problem in error.value.problems]


def test_all_mistakes_at_once(birth_death: Network) -> None:
    found = refused(
        network=birth_death,
        readouts=("X", "Y@3", "cv(X)@3", "X@("),
        analysis="sobl",
        seed=-1,
        rtol=1.0,
        replicates=5,
        changes=(sn.Set("q", 1.0),),
    )
    for words in (
        "analysis='sobl'",
        "seed=-1",
        "rtol=1.0",
        "replicates=5: ODE runs are deterministic",
        "'q' is not in birth_death",
        "readout X: is a time course",
        "readout cv(X@3): cv needs",
        "readout 'X@('",
    ):
        assert any(words in problem for problem in found), words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"network": "hypoxia"}, "not a Network"),
        ({"readouts": ()}, "readouts: none given"),
        ({"readouts": ("X@3", "X@3")}, "is given twice"),
        (
            {"readouts": ("X@5",), "t_end": 3},
            "5 is after the end of the run",
        ),
        ({"samples": 100}, "use 128"),
        ({"samples": 0}, "samples=0"),
        ({"groups": "genes"}, "groups='genes'"),
        ({"settings": "levels"}, "not numbers by name"),
        ({"schedule": sn.Set("k", 1.0)}, "is not an entry of a schedule"),
        ({"exclude": 3}, "exclude: 3: is not a name"),
        ({"changes": None}, "None"),
        ({"index_precision": sn.Precision(relative=0.1)}, "write IndexPrecision"),
        ({"precision": sn.IndexPrecision()}, "write index_precision=IndexPrecision"),
        ({"precision": sn.Precision(relative=0.1)}, "all rows have equal numbers"),
        ({"method": "sobol"}, 'write analysis="sobol"'),
        ({"simulate": "ssa"}, 'write method="ssa"'),
        ({"sample": 16}, "did you mean samples"),
        ({"times": (0, 3)}, "give t_end and points"),
        ({"replicates_per_cell": 2}, "have to be independent"),
        ({"fold": None}, "no parameter can be varied"),
        ({"parameters": ("k_*",)}, "matches nothing"),
        ({"method": "ssa", "replicates": 1}, "needs the variance of each row"),
        ({"method": "both"}, "method='both': unknown"),
        ({"readouts": ("sd(X)@3",), "method": "ssa", "replicates": 2}, "needs 3 replicates"),
        ({"parameters": ("k",), "changes": (sn.Set("k", 2.0),)}, "set by the experiment"),
        ({"settings": {"order": 2.0}}, "setting 'order' of sobol"),
        ({"analysis": "prcc", "groups": {"all": ["k", "g"]}}, "no index of a group"),
        ({"equilibrate": -1}, "equilibrate=-1"),
        ({"method": []}, "method=[]: unknown"),
        ({"analysis": []}, "analysis=[]: unknown"),
        ({"settings": {"second_order": "yes"}}, "second_order='yes': not a finite number"),
        ({"groups": {"all": "k_*"}}, "group all: 'k_*': is not a list"),
        ({"groups": {"all": 3}}, "group all: 3: is not a list"),
    ],
)
def test_mistakes(birth_death: Network, given: dict[str, Any], words: str) -> None:
    study: dict[str, Any] = {"network": birth_death, "readouts": ("X@3",), "fold": 2}
    assert any(words in problem for problem in refused(**(study | given)))


def test_only_a_study_is_run() -> None:
    with pytest.raises(sn.InputError, match="study='hypoxia': not a SensitivityStudy"):
        sn.run_study("hypoxia")  # type: ignore[arg-type]


def test_what_is_left_open(birth_death: Network) -> None:
    study = SensitivityStudy(network=birth_death, readouts=("X@3", "X@8[k=x2] / X@8"), fold=2)
    assert (study.analysis, study.size, study.end, study.runs) == ("sobol", 512, 8.0, 1)
    assert study.evaluations == 2 * 512 * 5
    assert study.tolerance == 1e-6
    assert {0.0, 3.0, 8.0} <= set(study.output_times.tolist())
    bracket = SensitivityStudy(network=birth_death, readouts=("X@8[k=2] / X@8",), fold=2)
    assert bracket.space.names == ("g", "dummy")
    assert [(i.name, i.reason) for i in bracket.space.left_out] == [("k", "the experiment sets it")]
    local = SensitivityStudy(
        network=birth_death, readouts=("X@3",), fold=2, analysis="local", method="ssa"
    )
    assert (local.runs, local.own_settings, local.tolerance) == (20, {"step": 0.2}, 1e-8)
    area = SensitivityStudy(network=birth_death, readouts=("auc(X)",), fold=2)
    assert area.end == 48 * 3600
    hypoxia = sn.load("hypoxia")
    rested = SensitivityStudy(network=hypoxia, readouts=("HIF1A@4h",), analysis="morris")
    assert rested.before == "72 h"
    assert "O2_percent" in rested.space.names
    step = SensitivityStudy(
        network=hypoxia,
        readouts=("HIF1A@4h",),
        analysis="morris",
        changes=sn.Set("O2_percent", 1.0),
        equilibrate=0,
        groups="molecules",
    )
    assert step.before is None
    assert "O2_percent" not in step.space.names
    assert len(step.space.labels) < len(step.space.names)
    assert step.digest != rested.digest


@pytest.mark.parametrize(
    ("readout", "course"),
    [
        ("X@5", "X"),
        ("auc(X, 1, 5)", "X"),
        ("cv(X)@5", "cv(X)"),
        ("X@5 / X@0", "X / X@0"),
        ("X@5[k=2] / X@5", "X[k=2] / X"),
        ("log2(max(X))", "log2(X)"),
        ("first_passage(X > 5)", None),
        ("X@5 / 2s", None),
    ],
)
def test_the_course_of_a_readout(readout: str, course: str | None) -> None:
    found = course_of(parse_readout(readout), "s")
    assert (None if found is None else str(found)) == course


def test_a_file_is_the_same_study(
    birth_death: Network, tmp_path: Path, make_network: Callable[..., Network]
) -> None:
    sn.write_sbml(birth_death, tmp_path / "model.xml")
    (tmp_path / "study.toml").write_text(
        """
        network = "model.xml"
        readouts = ["X@3"]
        fold = 2
        analysis = "morris"
        samples = 8
        background = "g=x0.5"
        changes = ["X=add 3", "1 s: k=2", "from the start: k=x1"]
        schedule = ["2 s: X=7"]
        groups = { all = ["k", "g"] }
        [index_precision]
        tolerance = 0.1
        """
    )
    study = study_from_file(tmp_path / "study.toml", {"samples": 4})
    assert study.changes == (sn.Add("X", 3.0),)
    assert study.background == (sn.Scale("g", 0.5), sn.Scale("k", 1.0))
    assert study.schedule == (sn.At("2 s", sn.Set("X", 7.0)), sn.At("1 s", sn.Set("k", 2.0)))
    assert (study.size, study.index_precision.tolerance) == (4, 0.1)
    assert study.space.labels == ("all", "dummy")
    example = example_study(study.network, str(tmp_path / "model.xml"))
    (tmp_path / "example.toml").write_text(example)
    again = study_from_file(tmp_path / "example.toml")
    assert (again.analysis, again.fold) == ("morris", 2)


def test_the_example_of_a_packaged_network_is_a_study(tmp_path: Path) -> None:
    network = sn.load("hypoxia")
    (tmp_path / "study.toml").write_text(example_study(network, "hypoxia"))
    study = study_from_file(tmp_path / "study.toml")
    assert study.network.digest == network.digest
    assert not {i.parameter for i in network.inputs} & set(study.space.names)
    assert np.isfinite(study.design().matrix).all()


def test_numpys_numbers_leave_no_trace(birth_death: Network) -> None:
    asked: dict[str, Any] = {"network": birth_death, "readouts": "X@3", "fold": 2}
    plain = SensitivityStudy(**asked, analysis="prcc", seed=3, samples=64)
    study = SensitivityStudy(**asked, analysis="prcc", seed=np.int64(3), samples=np.int64(64))
    assert study.digest == plain.digest
    assert {type(study.seed), type(study.size)} == {int}


def test_none_is_told_where_a_value_is_needed(birth_death: Network) -> None:
    found = refused(network=birth_death, readouts=None, seed=None)
    assert any(text.startswith("seed=None: the rows of a design follow") for text in found)
    assert any(text.startswith("readouts: none given") for text in found)
    assert len(refused(network=birth_death, readouts=("X@3",), t_end=0, fold=2)) == 1
