"""Files of screens and studies: what reading one refuses, and that both take the same table."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

import simnet as sn
from simnet.execute.spec_file import read_toml
from simnet.screen.spec_file import screen_from_data
from simnet.sensitivity.study_file import study_from_data

RUN = """
network = "hypoxia"
readouts = ["HIF1A@2h"]
t_end = "3 h"
equilibrate = "2 h"
seed = 3
replicates = 5
rtol = 1e-7
engine = "auto"
timeout = "1 min"
allow_negative = false
background = ["MCT4=knockout", "VHL_koff=x2"]
changes = ["O2_percent=1, HIF1A=knockdown 0.9"]
schedule = ["1h: axitinib=10nM", "from 90 min for 0.5h: O2_percent=2", "every 1h from 0, 2 times: VHL=add 1"]
"""
BACKGROUND = (sn.Knockout("MCT4"), sn.Scale("VHL_koff", 2.0))
CHANGES = (sn.Set("O2_percent", 1.0), sn.Knockdown("HIF1A", 0.9))
SCHEDULE = (
    sn.At("1h", sn.Dose("axitinib", nM=10.0)),
    sn.Pulse("90 min", "0.5h", sn.Set("O2_percent", 2.0)),
    sn.Repeat(0, "1h", 2, sn.Add("VHL", 1.0)),
)


def refused(data: dict[str, Any], read: Any = screen_from_data) -> list[str]:
    with pytest.raises(sn.InputError) as caught:
        read(data)
    return [str(problem) for problem in caught.value.problems]


def test_a_table_that_a_screen_takes_a_study_takes() -> None:
    data = tomllib.loads(RUN)
    study = study_from_data(data | {"method": "ssa", "analysis": "morris"})
    assert study.background == BACKGROUND
    assert study.changes == CHANGES
    assert study.schedule == SCHEDULE
    screen = screen_from_data(data | {"method": "ssa"})
    (_, arm) = screen.arms
    assert arm.condition.background == BACKGROUND
    assert arm.condition.changes == CHANGES
    assert arm.condition.schedule == SCHEDULE
    same = ("t_end", "equilibrate", "seed", "replicates", "rtol", "engine", "timeout")
    assert [getattr(screen, name) for name in same] == [getattr(study, name) for name in same]


def test_what_a_screen_can_say() -> None:
    data: dict[str, Any] = {
        "network": "hypoxia",
        "readouts": "HIF1A@2h",
        "t_end": "3 h",
        "variability": ["MCT4=lognormal 0.3", "VHL=uniform 2"],
        "method": "ssa",
        "precision": {"relative": 0.1},
        "changes": [
            "axitinib=1|10nM",
            "1h: sunitinib=5|50 nM",
            "from the start: HIF1A=knockout",
            "O2_percent=5; 2h: O2_percent=1, VHL=x2",
        ],
    }
    screen = screen_from_data(data)
    assert [arm.name for arm in screen.arms] == [
        "control",
        "axitinib 1 nM",
        "axitinib 10 nM",
        "sunitinib 5 nM at 1h",
        "sunitinib 50 nM at 1h",
        "HIF1A knock-out from the start",
        "O2_percent=5, O2_percent=1, VHL x2 at 2h",
    ]
    assert screen.arms[5].condition.background == (sn.Knockout("HIF1A"),)
    assert screen.variability == {"MCT4": sn.LogNormal(cv=0.3), "VHL": sn.Uniform(fold=2)}
    assert screen.precision == sn.Precision(relative=0.1)
    del data["changes"]
    listed = {
        "conditions": [
            "HIF1A=knockout; 1h: O2_percent=1",
            {"label": "treated", "changes": ["from the start: MCT4=knockout", "axitinib=10nM"]},
            {"changes": "VHL=x2"},
        ]
    }
    screen = screen_from_data(data | listed)
    assert [arm.name for arm in screen.arms][1:] == [
        "HIF1A knock-out + O2_percent=1 at 1h",
        "treated",
        "VHL x2",
    ]
    assert screen.arms[2].condition.background == (sn.Knockout("MCT4"),)


def test_all_mistakes_at_once() -> None:
    told = refused(
        {
            "netwrk": "hypoxia",
            "method": "sda",
            "points": 1.5,
            "t_end": [3],
            "combinations": "pair",
            "conditions": [{"label": 3, "chnages": ["a"]}],
            "precision": {"relativ": 3},
            "schedule": ["a=1"],
            "background": ["b"],
            "variability": ["c=wide"],
        }
    )
    begins = [
        'network: is missing; write network = "hypoxia", or the name of a file',
        "netwrk: is unknown; did you mean network?",
        "method: 'sda' is not 'ode' or 'ssa'; did you mean ssa?",
        "points: 1.5 is not a whole number",
        "t_end: [3] is not a number or a text",
        "combinations: 'pair' is not 'singles', 'pairs' or 'grid'; did you mean pairs?",
        "conditions[0].changes: is missing; write conditions = [",
        "conditions[0].label: 3 is not a text",
        "conditions[0].chnages: is unknown; did you mean changes?",
        "precision.relativ: is unknown; did you mean relative",
        "background 'b': column 1: 'b' where NAME=VALUE or a time should be",
        "schedule 'a=1': needs a time; write \"24h: NAME=VALUE\"",
        "variability 'c=wide': column 3: 'wide' is not a distribution",
        "combinations: cannot be combined with conditions; remove one of the two",
    ]
    assert len(told) == len(begins), told
    for begin in begins:
        assert any(text.startswith(begin) for text in told), begin


@pytest.mark.parametrize("read", [screen_from_data, study_from_data])
@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"changes": [{"dose": "axitinib", "nM": [1, 10]}]}, 'changes = ["O2_percent=1", "24h: '),
        ({"changes": {"O2_percent": 1}}, 'changes = ["O2_percent=1", "24h: axitinib=10nM"'),
        ({"schedule": [{"at": "1 h", "changes": {"k": 1}}]}, 'schedule = ["24h: O2_percent=20"]'),
        ({"background": [{"set": "O2_percent", "value": 1}]}, 'background = ["HIF1A=knockout"]'),
    ],
)
def test_tables_of_before_show_the_new_form(read: Any, before: dict[str, Any], now: str) -> None:
    (told,) = refused({"network": "hypoxia", "readouts": "HIF1A@2h"} | before, read)
    assert f"write {now}" in told


def test_what_a_study_refuses() -> None:
    told = refused(
        {"network": 3, "groups": 3, "settings": {"step": "x"}, "index_precision": {"tolerance": 7}},
        study_from_data,
    )
    assert told == [
        'readouts: is missing; write readouts = ["HIF1A@4h"]',
        'network: 3 is not a text; write network = "hypoxia", or the name of a file',
        "groups: 3 is not a table or 'molecules'",
        "settings.step: 'x' is not a number",
        "tolerance=7.0: not between 0 and 1",
    ]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"simulate": "ssa"}, 'write method="ssa", and analysis="sobol"'),
        ({"method": "sobol"}, 'write analysis="sobol"'),
        ({"precision": {"tolerance": 0.1}}, "write index_precision=IndexPrecision(...)"),
    ],
)
def test_keys_of_a_study_of_before(before: dict[str, Any], now: str) -> None:
    (told,) = refused({"network": "hypoxia", "readouts": "HIF1A@2h"} | before, study_from_data)
    assert now in told


def test_a_network_is_loaded_as_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "own.ant").write_text("A -> B; k*A; A = 2 ; k = 0.1; B = 0")
    data = {"network": "own.ant", "copies": 10, "changes": ["k=x2"], "readouts": "A", "t_end": 1}
    (tmp_path / "plan.toml").write_text("\n".join(f"{k} = {v!r}" for k, v in data.items()))
    screen = screen_from_data(read_toml(tmp_path / "plan.toml"))
    assert [s.initial for s in screen.network.species] == [20, 0]


def test_a_network_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text('network = "model.xml"\n')
    assert read_toml(path) == {"network": "model.xml"}
    (tmp_path / "model.xml").touch()
    assert read_toml(path) == {"network": str(tmp_path / "model.xml")}


@pytest.mark.parametrize("content", [b"network = ", b"\xff"])
def test_what_is_not_toml_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(content)
    with pytest.raises(sn.InputError, match=r"plan\.toml: is not TOML"):
        read_toml(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(sn.InputError, match=r"plan\.toml: cannot be read: No such file"):
        read_toml(tmp_path / "plan.toml")


def test_the_tables_of_a_precision() -> None:
    data = {"network": "hypoxia", "readouts": ["HIF1A@2h"], "precision": {"relativ": 0.1}}
    (text,) = refused(data, study_from_data)
    assert text.startswith("precision.relativ: is unknown; did you mean relative")
    data |= {"changes": ["HIF1A=knockout"], "method": "ssa", "t_end": "3 h"}
    plan = screen_from_data(data | {"precision": {"relative": 0.1, "maximum": 1e3}})
    assert plan.precision == sn.Precision(relative=0.1, maximum=1000)
    assert plan.precision.sizes() == (128, 256, 512, 1000)
