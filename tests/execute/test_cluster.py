"""A Dask cluster of two worker processes: the bits of a serial run, whatever becomes of a worker."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.catalogue.claims import CLAIM_COLUMNS
from simnet.engines.base import Task
from simnet.errors import InputError, MissingToolError, SimnetWarning
from simnet.execute import cluster as module
from simnet.execute.base import Backend, Job, Outcome, Replicate, is_cluster
from simnet.execute.cluster import Cluster, abandon, packed, run_chunk, unpacked, versions
from simnet.execute.processes import Processes, close_workers
from simnet.execute.threads import Serial
from simnet.experiment.change import Scale
from simnet.experiment.program import Program
from simnet.network.network import Network
from simnet.screen.run import run_screen
from simnet.screen.screen import Screen

pytestmark = pytest.mark.thorough

HERE = str(Path(__file__).parent)


@pytest.fixture(scope="module", autouse=True)
def _fake_engine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(HERE)  # the Dask workers start with this path
        yield
    close_workers()


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A Client of a cluster with two workers of one thread."""
    if find_spec("distributed") is None:
        if os.environ.get("CI"):
            pytest.fail("dask is missing, and CI must run the cluster's tests")
        pytest.skip("dask is not installed: pip install '.[dask]'")
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as started,
        Client(started, set_as_default=False) as connected,
    ):
        yield connected


def make_task(*orders: str) -> Task:
    network = Network(
        id="none", compartments=(), species=(), parameters=(), assignments=(), reactions=()
    )
    return Task(network=network, method="ssa", engine="fake_engine:FAKE", symbols=orders)


def make_jobs(number: int, each: int) -> Iterator[Job]:
    nothing = Program(amounts={}, settings={}, segments=())
    for i in range(number):
        replicates = [Replicate(index=k, seed=i * each + k) for k in range(each)]
        yield Job(index=i, program=nothing, replicates=replicates)


def outcomes(backend: Backend, task: Task, number: int, each: int = 1) -> list[Outcome]:
    got: list[Outcome] = []
    backend.run(task, make_jobs(number, each), got.append)
    places = [(i, k) for i in range(number) for k in range(each)]
    assert sorted((o.job, o.replicate.index) for o in got) == places
    return sorted(got, key=lambda o: (o.job, o.replicate.index))


# ------------------------------------------------------------------ the same as elsewhere


@pytest.mark.parametrize(
    "call",
    [
        pytest.param({"method": "ode"}, id="ode"),
        pytest.param({"method": "ssa", "engine": "roadrunner"}, id="roadrunner"),
        pytest.param({"method": "ssa", "engine": "compiled"}, id="compiled"),
        pytest.param({"method": "ode", "variability": {"kf": sn.LogNormal(cv=0.3)}}, id="cells"),
    ],
)
def test_bits_are_those_of_a_serial_run(
    client: Any, binding: Network, call: dict[str, Any]
) -> None:
    if len(call) > 1:
        call = {**call, "replicates": 70, "seed": 3}
    serial = sn.simulate(binding, t_end=9, points=4, workers=0, **call)
    for workers in (client, client.scheduler.address):
        there = sn.simulate(binding, t_end=9, points=4, workers=workers, **call)
        np.testing.assert_array_equal(there.values, serial.values)
        assert there.seeds == serial.seeds


def test_jobs_cut_into_chunks_come_back_whole(client: Any) -> None:
    got = outcomes(Cluster(scheduler=client), make_task(), 40, each=7)
    expected = outcomes(Serial(), make_task(), 40, each=7)
    np.testing.assert_array_equal(
        np.stack([o.values for o in got if o.values is not None]),
        np.stack([o.values for o in expected if o.values is not None]),
    )


@pytest.mark.parametrize(
    "orders",
    [
        pytest.param(["state-error:1:below zero"], id="a replicate fails"),
        pytest.param(["exit:2:7"], id="a replicate ends its process"),
        pytest.param(["bug:prepare:oops"], id="a bug while preparing"),
        pytest.param(["sleep:1:30"], id="a replicate takes too long"),
    ],
)
def test_failures_are_the_outcomes_of_local_processes(client: Any, orders: list[str]) -> None:
    task = make_task(*orders)
    there = outcomes(Cluster(scheduler=client, timeout=1.0), task, 4)
    here = outcomes(Processes(workers=1, timeout=1.0), task, 4)
    assert any(o.failure for o in here)
    assert [o.failure for o in there] == [o.failure for o in here]


def test_errors_of_preparing_are_raised(client: Any) -> None:
    with pytest.raises(InputError, match=r"^the model: is wrong$"):
        outcomes(Cluster(scheduler=client), make_task("input-error:prepare:the model"), 3)


def test_what_engines_print_comes_along(client: Any) -> None:
    (one,) = outcomes(Cluster(scheduler=client), make_task("print:all:hello"), 1)
    assert set(one.messages) == {"hello to 1", "hello to 2", "hello from Python"}


# --------------------------------------------------------------------------- the cluster


def test_both_workers_work_beside_engines_in_processes_of_their_own(client: Any) -> None:
    got = outcomes(Cluster(scheduler=client), make_task("pid:all:", "sleep:all:0.1"), 30)
    engines = {int(o.values[0, 0]) for o in got if o.values is not None}
    assert len(engines) == 2
    assert not engines & set(client.run(os.getpid).values())


def test_a_killed_worker_costs_only_what_it_had_not_finished(client: Any, tmp_path: Path) -> None:
    victim = next(iter(client.run(os.getpid).values()))
    number = 100
    got: dict[int, Any] = {}

    def deliver(outcome: Outcome) -> None:
        assert outcome.job not in got
        got[outcome.job] = outcome.values
        if len(got) == 30:
            os.kill(victim, signal.SIGKILL)

    task = make_task("sleep:all:0.02", f"count:all:{tmp_path / 'runs'}")
    Cluster(scheduler=client).run(task, make_jobs(number, 1), deliver)
    for seed in range(number):
        np.testing.assert_array_equal(got[seed], np.random.default_rng(seed).random((3, 2)))
    runs = len(list((tmp_path / "runs").iterdir()))
    # A chunk of half a second has at most 25; the victim had one under way, and maybe one to give.
    assert number <= runs <= number + 50
    client.wait_for_workers(2)
    assert victim not in client.run(os.getpid).values()


def test_a_chunk_that_workers_die_of_is_a_failure(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.cluster.scheduler, "allowed_failures", 0)
    monkeypatch.setattr(module, "run_chunk", lambda *_, **__: os._exit(3))
    (one,) = outcomes(Cluster(scheduler=client), make_task(), 1)
    assert one.failure.startswith("1 Dask workers died while running it")


@pytest.mark.usefixtures("client")  # only where there is Dask
def test_a_cluster_without_workers_is_waited_for() -> None:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as empty,
        Client(empty, set_as_default=False) as connected,
    ):
        later = threading.Timer(0.5, empty.scale, [1])
        later.start()
        with pytest.warns(SimnetWarning, match="has no workers yet: waiting"):
            got = outcomes(Cluster(scheduler=connected), make_task(), 3)
        later.join()
    assert not any(o.failure for o in got)


def test_a_screen_runs_there(client: Any, binding: Network, tmp_path: Path) -> None:
    plan = Screen(
        network=binding,
        changes=[Scale("kf", 0.5), Scale("kr", 2.0)],
        readouts=["C"],
        t_end=9,
        method="ssa",
        replicates=40,
        seed=1,
    )
    there = run_screen(plan, workers=client, out=tmp_path / "there").frame()
    assert there.equals(run_screen(plan, workers=0).frame())


def test_claims_and_robustness_run_there(client: Any, binding: Network, tmp_path: Path) -> None:
    (tmp_path / "protocols.toml").write_text(
        '[protocols.alone]\nmeaning = ""\nrest = "1 s"\nt_end = "9 s"\nevery = "3 s"\n'
    )
    claim = "less,a book,alone,C@9s[kf=0] / C@0s,at most,1,,F"
    (tmp_path / "claims.csv").write_text(f"{','.join(CLAIM_COLUMNS)}\n{claim}\n")
    ssa: dict[str, Any] = {"folder": tmp_path, "method": "ssa", "replicates": 40, "seed": 1}
    there = sn.run_claims(binding, workers=client, out=tmp_path / "there", **ssa)
    here = sn.run_claims(binding, workers=0, **ssa)
    assert there.frame().equals(here.frame())
    for arm, courses in here.courses.items():
        np.testing.assert_array_equal(there.courses[arm].values, courses.values)
    address = client.scheduler.address
    varied = sn.robustness(binding, sets=8, folder=tmp_path, workers=address)
    np.testing.assert_array_equal(
        varied.values, sn.robustness(binding, sets=8, folder=tmp_path, workers=0).values
    )


def test_ctrl_c_ends_the_run_everywhere(client: Any, tmp_path: Path) -> None:
    taken = count()
    runs = tmp_path / "runs"
    seen = []

    def jobs() -> Iterator[Job]:
        for job in make_jobs(100_000, 1):
            next(taken)
            yield job

    def deliver(outcome: Outcome) -> None:
        seen.append(outcome)
        if len(seen) == 40:
            seen.append(len(list(runs.iterdir())))
            raise KeyboardInterrupt

    task = make_task("sleep:all:0.02", f"count:all:{runs}")
    with pytest.raises(KeyboardInterrupt):
        Cluster(scheduler=client).run(task, jobs(), deliver)
    assert next(taken) < 300  # taken as they are needed
    time.sleep(1.5)
    # Four chunks of up to 25 replicates were under way: two never begin, two end early.
    assert len(list(runs.iterdir())) <= seen[-1] + 30


def test_an_abandoned_chunk_ends_early(tmp_path: Path) -> None:
    task = make_task(f"count:all:{tmp_path / 'runs'}")
    abandon("over")
    chunk = packed(list(make_jobs(50, 1)))
    answer = run_chunk(
        packed(task), "key", chunk, call="over", timeout=None, expected=versions(task.engine)
    )
    assert unpacked(answer)[1] == []
    assert not (tmp_path / "runs").exists()


# ------------------------------------------------------------------------------- refusals


def test_other_versions_on_the_workers_are_refused(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "versions", lambda engine: {"simnet": "0.0.1", engine: "1"})
    with pytest.raises(InputError, match=r"simnet on a Dask worker: version .*, and 0\.0\.1 here"):
        outcomes(Cluster(scheduler=client), make_task(), 3)


def test_a_scheduler_that_does_not_answer(
    client: Any, birth_death: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONNECTING", 0.5)
    with pytest.raises(InputError, match="no Dask scheduler responds there") as refused:
        sn.simulate(birth_death, t_end=1, workers="tcp://127.0.0.1:9")
    assert "workers='tcp://127.0.0.1:9'" in str(refused.value)


def test_a_closed_client_is_refused(client: Any, birth_death: Network) -> None:
    from distributed import Client

    with Client(client.scheduler.address, set_as_default=False) as closed:
        pass
    with pytest.raises(InputError, match="its connection is closed"):
        sn.simulate(birth_death, t_end=1, workers=closed)


def test_missing_dask_is_named(birth_death: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingToolError, match=r"pip install '\.\[dask\]'"):
        sn.simulate(birth_death, t_end=1, workers="tcp://127.0.0.1:9")


@pytest.mark.parametrize("workers", ["2", "localhost:8786", 1.5, -1])
def test_workers_that_are_none(birth_death: Network, workers: Any) -> None:
    assert not is_cluster(workers)
    with pytest.raises(InputError, match="workers="):
        sn.simulate(birth_death, t_end=1, workers=workers)
