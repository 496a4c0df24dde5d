"""Trap (i): rows. roadrunner's SSA reports every jump, or fewer, unless told the very times."""

from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.engines.table import ENGINES

SSA_ENGINES = [name for name, engine in ENGINES.items() if "ssa" in engine.methods]


@pytest.fixture(scope="module")
def birth_death(draft: Any) -> Any:
    d = draft("birth_death")
    x = d.monomer("X")
    d.rule("birth", None >> x(), 10)
    d.rule("death", x() >> None, 0.1)
    d.observable("X_total", x())
    d.start(x(), 0)
    return d.model


def test_roadrunner_by_itself_gives_other_rows(birth_death: Any, pysb_export: Any) -> None:
    """PySB's file with roadrunner's defaults: a row for each jump, so replicates do not align."""
    import roadrunner

    runner = roadrunner.RoadRunner(pysb_export(birth_death))
    runner.setIntegrator("gillespie")
    rows = []
    for seed in (1, 2):
        runner.reset()
        runner.integrator.seed = seed
        rows.append(len(runner.simulate(0, 30)))
    assert rows[0] != rows[1]


@pytest.mark.parametrize("engine", SSA_ENGINES)
@pytest.mark.parametrize("equilibrate", [None, 5.0])
def test_ours_gives_exactly_the_rows_asked_for(
    birth_death: Any, engine: str, equilibrate: float | None
) -> None:
    """Also with changes on the grid, off it, two at once, and at the very end."""
    schedule = [
        sn.At(0.0, sn.Set("k_birth", 5)),
        sn.At(10.0, sn.Set("k_birth", 20)),
        sn.At(10.0, sn.Add("X", 3)),
        sn.At(13.37, sn.Set("k_birth", 0)),
        sn.At(30.0, sn.Add("X", 1000)),
    ]
    found = sn.simulate(
        sn.load(birth_death),
        t_end=30,
        points=7,
        method="ssa",
        replicates=20,
        seed=1,
        workers=0,
        schedule=schedule,
        equilibrate=equilibrate,
        engine=engine,
    )
    np.testing.assert_array_equal(found.times, [0, 5, 10, 15, 20, 25, 30])
    values = found.readout("X_total")
    assert values.shape == (20, 7)
    assert np.isfinite(values).all()
    assert (values[:, -1] >= 1000).all()


def test_two_points_are_two_rows(birth_death: Any) -> None:
    for method in ("ode", "ssa"):
        found = sn.simulate(
            sn.load(birth_death), t_end="1 min", points=2, method=method, seed=1, workers=0
        )
        assert found.times.tolist() == [0, 60]
        assert found.readout("X_total").shape == (1, 2)
