"""The record holds what repeats a run, as plain JSON."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.experiment.change import Knockout, Set
from simnet.experiment.condition import Condition
from simnet.experiment.run import Run
from simnet.experiment.schedule import At
from simnet.experiment.variability import LogNormal
from simnet.network.network import Network, Parameter
from simnet.results.record import _SCHEMA_1, SCHEMA, Record, make_record
from simnet.results.trajectories import Trajectories

RunMaker = Callable[..., Trajectories]


def record_of(network: Network, conditions: tuple[Condition, ...] = (Condition(),)) -> Record:
    return make_record(
        network=network,
        engine_version="2.10.0",
        conditions=conditions,
        readouts=["GLUT1"],
        run=Run(
            t_end=np.float64(172800),
            points=97,
            method="ssa",
            replicates=100,
            seed=0,
            engine="roadrunner",
            rtol=1e-8,
            atol=1e-10,
        ),
    )


@pytest.fixture
def network() -> Network:
    return Network(
        id="toy",
        compartments=(),
        species=(),
        parameters=(Parameter(id="k", value=1.0),),
        assignments=(),
        reactions=(),
    )


def test_holds_what_repeats_the_run(network: Network) -> None:
    record = record_of(network)
    run = record.run
    assert (run.method, run.engine, run.seed, run.replicates) == ("ssa", "roadrunner", 0, 100)
    assert (run.t_end, run.points, run.rtol, run.atol) == (172800.0, 97, 1e-8, 1e-10)
    assert record.network_digest == network.digest
    assert record.versions["roadrunner"] == "2.10.0"
    assert record.versions["numpy"] == np.__version__
    assert record.versions.keys() == {"simnet", "python", "numpy", "roadrunner"}
    made = datetime.fromisoformat(record.created)
    assert made.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=1)


def test_another_network_has_another_digest(network: Network) -> None:
    other = replace(network, parameters=(Parameter(id="k", value=2.0),))
    assert record_of(other).network_digest != record_of(network).network_digest


def test_json_there_and_back(make_run: RunMaker) -> None:
    record = make_run().record
    again = Record.from_json(json.loads(json.dumps(record.to_json(), allow_nan=False)))
    assert again == record


def test_records_of_schema_1_are_read(repository: Path) -> None:
    """One of an SSA run with cells, and one of an ODE run, from when the run's fields were the
    record's."""
    stored = repository / "tests" / "data" / "stored_before_run"
    ssa = json.loads((stored / "run" / "record.json").read_text())["record"]
    assert ssa["schema"] == 1
    record = Record.from_json(ssa)
    assert record.run == Run(
        t_end=10.0,
        points=3,
        method="ssa",
        replicates=2,
        seed=7,
        variability={"kf": LogNormal(cv=0.2)},
        engine="compiled/lockstep",
        rtol=1e-8,
    )
    assert record.schema == SCHEMA
    assert Record.from_json(json.loads(json.dumps(record.to_json()))) == record
    del ssa["max_step"], ssa["allow_negative"]  # from before these were there
    assert Record.from_json(ssa) == record
    ode = Record.from_json(json.loads((stored / "ode" / "record.json").read_text())["record"])
    assert (ode.run.rtol, ode.run.atol, ode.run.max_step) == (1e-9, 1e-12, 0.5)


def test_conditions_come_back_with_the_content_that_keys_the_seeds(make_run: RunMaker) -> None:
    run = make_run()
    again = Record.from_json(json.loads(json.dumps(run.record.to_json()))).as_conditions()
    assert [c.content("s") for c in again] == [c.content("s") for c in run.conditions]
    assert [c.name for c in again] == [c.name for c in run.conditions]


def test_numpy_scalars_become_plain_numbers(network: Network) -> None:
    condition = Condition(
        changes=(Set("k", np.float32(0.5)),),
        schedule=(At(np.int64(3600), Set("k", 1)),),
        equilibrate=np.float64(60),
    )
    record = record_of(network, (condition,))
    json.dumps(record.to_json())
    assert record.conditions[0]["changes"] == ["k=0.5"]
    assert record.conditions[0]["schedule"] == ["3600: k=1"]


def test_a_record_of_schema_1_is_brought_to_the_present_form(network: Network) -> None:
    condition = Condition(changes=(Set("k", 2.0),), schedule=(At("1 h", Knockout("X")),))
    now = record_of(network, (condition,))
    then = {
        **condition.record(),
        "changes": [{"change": "Set", "name": "k", "value": 2.0}],
        "schedule": [{"at": "1 h", "changes": [{"change": "Knockout", "name": "X"}]}],
    }
    data = now.to_json()
    run = data.pop("run")
    data |= {name: run[name] for name in _SCHEMA_1}
    assert Record.from_json(data | {"schema": 1, "conditions": [then]}) == now


def test_a_newer_schema_is_refused_and_the_writer_named(network: Network) -> None:
    data = record_of(network).to_json() | {"schema": SCHEMA + 1, "shape": "unheard of"}
    data["versions"] = {"simnet": "9.9"}
    with pytest.raises(InputError, match=r"simnet 9\.9: install that or newer"):
        Record.from_json(data)


def test_every_missing_and_unknown_field_is_named(network: Network) -> None:
    data = record_of(network).to_json()
    del data["created"], data["run"]
    data["colour"] = "blue"
    with pytest.raises(InputError) as caught:
        Record.from_json(data)
    assert [p.what for p in caught.value.problems] == [
        "record: created",
        "record: run",
        "record: colour",
    ]


@pytest.mark.parametrize(
    "damage",
    [
        {"run": {"points": 3}},
        {"run": 7},
        {"conditions": [{"label": "x"}]},
        {"conditions": [3]},
        {"versions": 7},
    ],
)
def test_fields_of_the_wrong_kind_are_refused(network: Network, damage: dict[str, object]) -> None:
    with pytest.raises(InputError, match="record"):
        Record.from_json(record_of(network).to_json() | damage)


def test_fields_of_the_run_are_checked_as_well(network: Network) -> None:
    data = record_of(network).to_json()
    del data["run"]["seed"]
    with pytest.raises(InputError, match="record: seed: missing"):
        Record.from_json(data)
    data = record_of(network).to_json()
    data["run"] |= {"points": "many", "rtol": -1}
    with pytest.raises(InputError) as caught:
        Record.from_json(data)
    assert len(caught.value.problems) == 2
