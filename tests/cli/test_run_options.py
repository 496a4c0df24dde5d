"""Options of a run: the same in run, screen and sensitivity, one for each field of `Run`."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import simnet as sn
from simnet.cli.run_options import OPTIONS
from simnet.sensitivity.study_file import study_from_data

ODE = ["--rtol", "1e-9", "--atol", "1e-12", "--max-step", "0.5", "--workers", "0"]
CELLS = ["--variability", "lost=lognormal 0.3", "--replicates", "4", "--method", "ode"]
SCREEN = """
network = "{network}"
t_end = 5
method = "ssa"
replicates = 10
readouts = "X@5"
changes = "made=x2"
"""


def test_every_field_has_an_option() -> None:
    """Times of one's own and cells that are shared are for Python; --change and --at make two."""
    options = OPTIONS.keys() - {"change", "at"} | {"changes", "schedule"}
    assert options == {f.name for f in fields(sn.Run)} - {"times", "replicates_per_cell"}


def test_a_run(cli: Any, model: Path) -> None:
    ran = cli("run", model, "--t-end", 5, *ODE, *CELLS, "--seed", 0, "--json")
    assert ran.code == 0, ran.err
    run = json.loads(ran.out)["record"]["run"]
    assert (run["rtol"], run["atol"], run["max_step"], run["seed"]) == (1e-9, 1e-12, 0.5, 0)
    assert (run["method"], run["replicates"]) == ("ode", 4)
    assert run["variability"] == ["lost=lognormal 0.3"]
    wrong = cli("run", model, "--t-end", 5, "--precision", 0.1, "--replicates", 3)
    assert wrong.code == 2
    assert "precision determines the number of replicates" in wrong.err


def test_a_precision_means_ssa(cli: Any, model: Path) -> None:
    ran = cli("run", model, "--t-end", 40, "--points", 2, "--precision", 0.2, "--workers", 1, "--json")  # fmt: skip
    assert ran.code == 0, ran.err
    run = json.loads(ran.out)["record"]["run"]
    assert (run["method"], run["replicates"]) == ("ssa", 128)


def test_a_screen_whose_plan_is_overridden(cli: Any, model: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(SCREEN.format(network=model))
    ran = cli("screen", "plan.toml", *ODE, *CELLS, "--background", "made=x0.5", "--json")
    assert ran.code == 0, ran.err
    record = json.loads(ran.out)["run"]
    assert (record["run"]["rtol"], record["run"]["max_step"]) == (1e-9, 0.5)
    assert record["run"]["replicates"] == 4
    assert [c["background"] for c in record["conditions"]] == [["made=x0.5"]] * 2


def test_a_study_of_cells(cli: Any, model: Path) -> None:
    ran = cli(
        *("sensitivity", model, "--readout", "X@5", "--analysis", "morris", "--samples", 4),
        *("--fold", 2, "--points", 5, "--seed", 0),
        *ODE,
        *CELLS,
        "--json",
    )
    assert ran.code == 0, ran.err
    about = json.loads(ran.out)["study"]
    assert (about["method"], about["replicates"], about["rtol"]) == ("ode", 4, 1e-9)
    assert about["variability"] == ["lost=lognormal 0.3"]


def test_a_study_file_says_the_same(model: Path) -> None:
    study = study_from_data(
        {
            "network": str(model),
            "readouts": "X@5",
            "fold": 2,
            "variability": ["lost=lognormal 0.3"],
            "replicates": 4,
            "max_step": 0.5,
            "atol": 1e-12,
            "index_precision": {"tolerance": 0.1},
        }
    )
    assert study.variability == {"lost": sn.LogNormal(cv=0.3)}
    assert (study.runs, study.max_step, study.index_precision.tolerance) == (4, 0.5, 0.1)
