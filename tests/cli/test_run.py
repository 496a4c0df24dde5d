"""`simnet run`: what it prints, saves and draws, and what Ctrl-C leaves."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simnet as sn

SSA = ["--method", "ssa", "--t-end", "20", "--points", "5", "--workers", "0", "--seed", "3"]


def test_the_table_names_the_engine(cli: Callable[..., Any], model: Path) -> None:
    ran = cli("run", model, *SSA, "--replicates", "4")
    assert ran.code == 0, ran.err
    header = ran.out.splitlines()[0]
    assert "birth_death" in header
    assert "compiled/lockstep 1" in header
    assert "4 replicates" in header
    assert "seed 3" in header
    assert "sd at end" in ran.out
    assert ran.err == ""


def test_what_has_no_unit_has_no_column_of_units(cli: Callable[..., Any], tmp_path: Path) -> None:
    bare = tmp_path / "bare.ant"
    bare.write_text("model bare\n species X; X = 8; k = 1\n R: X -> ; k*X\nend\n")
    ran = cli("run", bare, "--t-end", "2", "--equilibrate", "50", "--workers", "0")
    assert ran.code == 0, ran.err
    first, heads = ran.out.splitlines()[:2]
    assert first.endswith("t = 2 after 50 of equilibration")
    assert heads.split() == ["readout", "start", "end", "fold", "change"]
    drug = cli("run", bare, "--t-end", "2", "--change", "X=10nM")
    assert "declares no drugs" in drug.err
    assert "X=10" in drug.err
    expression = cli("run", bare, "--t-end", "2", "--readout", "X@1 / X@0")
    assert "screens, sensitivity studies and claims" in expression.err


def test_the_longest_step_is_kept(cli: Callable[..., Any], model: Path) -> None:
    ran = cli("run", model, "--t-end", "5", "--workers", "0", "--max-step", "500 ms", "--json")
    assert json.loads(ran.out)["record"]["run"]["max_step"] == 0.5


def test_several_replicates_mean_ssa(cli: Callable[..., Any], model: Path) -> None:
    ran = cli("run", model, "--t-end", "5", "--replicates", "2", "--workers", "0", "--json")
    assert json.loads(ran.out)["record"]["run"]["method"] == "ssa"


def test_out_is_what_the_api_gives(cli: Callable[..., Any], model: Path, tmp_path: Path) -> None:
    ran = cli("run", model, *SSA, "--replicates", "5", "--out", "cells", "--plot")
    assert ran.code == 0, ran.err
    names = {path.name for path in (tmp_path / "cells").iterdir()}
    assert names == {
        "record.json", "trajectories.parquet", "network.xml", "summary.csv",
        "birth_death.png", "birth_death.svg",
    }  # fmt: skip
    assert all(name in ran.out for name in names)
    saved = sn.Trajectories.load(tmp_path / "cells")
    direct = sn.simulate(
        sn.load(model), t_end=20, points=5, method="ssa", replicates=5, seed=3, workers=0
    )
    np.testing.assert_array_equal(saved.values, direct.values)
    table = pd.read_csv(tmp_path / "cells" / "summary.csv")
    np.testing.assert_allclose(table["mean"], direct.summary()["mean"])
    again = cli("run", model, *SSA, "--out", "cells")
    assert again.code == 0, again.err


def test_a_folder_with_other_data_is_refused_before_the_run(
    cli: Callable[..., Any], model: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    ran = cli("run", model, *SSA, "--out", "mine")
    assert ran.code == 2
    assert "other data" in ran.err


def test_plot_without_out(cli: Callable[..., Any], model: Path, tmp_path: Path) -> None:
    assert cli("run", model, "--t-end", "5", "--workers", "0", "--plot").code == 0
    assert (tmp_path / "simnet-birth_death.png").read_bytes().startswith(b"\x89PNG")


def test_json_and_csv(cli: Callable[..., Any], model: Path) -> None:
    ran = cli("run", model, *SSA, "--replicates", "3", "--json")
    data = json.loads(ran.out)
    assert data["record"]["run"]["seed"] == 3
    assert data["finished"] == 3
    assert [row["time"] for row in data["summary"]] == [0, 5, 10, 15, 20]
    ran = cli("run", model, *SSA, "--replicates", "3", "--csv")
    table = pd.read_csv(io.StringIO(ran.out))
    assert table["mean"].tolist() == [row["mean"] for row in data["summary"]]


def test_without_a_unit_of_time_the_end_must_be_given(
    cli: Callable[..., Any], squared: Path
) -> None:
    ran = cli("run", squared)
    assert ran.code == 2
    assert "--t-end" in ran.err
    ran = cli("run", squared, "--t-end", "5", "--workers", "0")
    assert ran.code == 0, ran.err


def test_ssa_of_an_undeclared_law_is_refused(cli: Callable[..., Any], squared: Path) -> None:
    ran = cli("run", squared, *SSA)
    assert ran.code == 2
    assert "pair" in ran.err
    assert cli("run", squared, *SSA, "--kinetics", "continuous").code == 0


def test_a_network_at_rest_is_advised(cli: Callable[..., Any]) -> None:
    ran = cli("run", "hypoxia", "--workers", "0", "--t-end", "1 h", "--readout", "O2")
    assert ran.code == 0, ran.err
    assert "--equilibrate" in ran.err


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
@pytest.mark.parametrize("given", [["--out", "cells"], []])
def test_ctrl_c_leaves_what_is_done(model: Path, tmp_path: Path, given: list[str]) -> None:
    # A shell starts background jobs with SIGINT ignored, and that would be inherited.
    start = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from simnet.cli.app import main; main()"
    )
    command = [
        sys.executable, "-c", start, "run", str(model), "--method", "ssa",
        "--t-end", "100000", "--replicates", "100000", "--workers", "1", "--seed", "1", *given,
    ]  # fmt: skip
    for patience in (3, 10, 30):  # seconds; a busy machine may not finish a replicate in the first
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
            start_new_session=True,
        )  # fmt: skip
        try:
            time.sleep(patience)
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers as well
            _, told = process.communicate(timeout=20)
        finally:
            process.kill()
        if "finished replicates" in told:
            break
    assert process.returncode == 130
    (line,) = told.splitlines()
    (folder,) = tmp_path.iterdir()
    assert folder.name in line
    run = sn.Trajectories.load(folder)
    done = int(run.finished.sum())
    assert 0 < done < 100000
    assert f"{done:,} finished replicates of 100000" in line
    assert (folder / "summary.csv").is_file()


def test_a_large_error_is_told_with_the_way_out(cli: Callable[..., Any], tmp_path: Path) -> None:
    """Exponential growth is the worst case of an integrator."""
    growth = tmp_path / "growth.ant"
    growth.write_text("model growth\nspecies X; X = 1; => X; X\nend\n")
    careless = cli("run", growth, "--t-end", "20", "--workers", 0, "--rtol", "1e-3")
    assert careless.code == 0
    assert "X (control): with tolerances 10 times tighter it changes by" in careless.err
    careful = cli("run", growth, "--t-end", "20", "--workers", 0, "--rtol", "1e-9")
    assert careful.code == 0
    assert "tighter" not in careful.err
