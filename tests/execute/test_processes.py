"""Worker processes: the same outcomes as in this process, whatever dies, hangs or prints."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from simnet.engines.base import Task
from simnet.errors import InputError
from simnet.execute.base import Backend, Job, Outcome, Replicate
from simnet.execute.processes import Processes, close_workers
from simnet.execute.threads import Serial, Threads, resolve_engine
from simnet.experiment.program import Program
from simnet.network.network import Network

HERE = Path(__file__).parent
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(autouse=True)
def _fake_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))


@pytest.fixture(autouse=True, scope="module")
def _no_worker_stays() -> Iterator[None]:
    yield
    close_workers()


def make_task(*orders: str) -> Task:
    network = Network(
        id="none", compartments=(), species=(), parameters=(), assignments=(), reactions=()
    )
    return Task(
        network=network,
        method="ssa",
        engine="fake_engine:FAKE",
        symbols=orders,
    )


def jobs(count: int) -> list[Job]:
    nothing = Program(amounts={}, settings={}, segments=())
    replicates = [Replicate(index=i, seed=i) for i in range(count)]
    return [Job(index=0, program=nothing, replicates=replicates)]


def outcomes(backend: Backend, task: Task, count: int) -> list[Outcome]:
    got: list[Outcome] = []
    backend.run(task, jobs(count), got.append)
    assert sorted(o.replicate.index for o in got) == list(range(count))
    return sorted(got, key=lambda o: o.replicate.index)


def failures(got: list[Outcome]) -> dict[int, str]:
    assert all((o.values is None) == bool(o.failure) for o in got)
    return {o.replicate.index: o.failure for o in got if o.failure}


def pids(workers: int, count: int = 1) -> list[int]:
    got = outcomes(Processes(workers=workers), make_task("pid:all:"), count)
    return [int(o.values[0, 0]) for o in got if o.values is not None]


def runs(pid: int) -> bool:
    """Whether a process runs; one that ended and waits for its parent does not."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
            not in "ZX"
        )
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


# ------------------------------------------------------------------ same outcomes


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_outcomes_are_those_of_this_process(workers: int) -> None:
    task = make_task("state-error:2:A is -1", "bug:5:lost")
    here = outcomes(Serial(), task, 9)
    there = outcomes(Processes(workers=workers), task, 9)
    assert failures(here) == failures(there)
    assert set(failures(here)) == {2, 5}
    assert failures(here)[2] == "A is -1"
    assert failures(here)[5].startswith("KeyError: 'lost' (fake_engine.py:")
    for one, other in zip(here, there, strict=True):
        np.testing.assert_equal(one.values, other.values)


def test_nothing_to_run() -> None:
    for backend in (Serial(), Processes(workers=2)):
        assert outcomes(backend, make_task("input-error:prepare:x"), 0) == []


def test_20_megabytes_each() -> None:
    task = make_task("big:all:2600000")
    got = outcomes(Processes(workers=2), task, 3)
    for one, other in zip(got, outcomes(Serial(), task, 3), strict=True):
        np.testing.assert_array_equal(one.values, other.values)


def test_two_threads_at_once() -> None:
    tasks = [make_task(f"state-error:{i}:bad") for i in range(2)]
    got: list[list[Outcome]] = [[], []]

    def run(i: int) -> None:
        got[i] = outcomes(Processes(workers=2), tasks[i], 100)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(2):
        assert failures(got[i]) == {i: "bad"}
        for one, other in zip(got[i], outcomes(Serial(), tasks[i], 100), strict=True):
            np.testing.assert_equal(one.values, other.values)


def test_mistakes_are_refused_together() -> None:
    with pytest.raises(InputError) as raised:
        Processes(workers=0, timeout=0.0)
    assert [p.what for p in raised.value.problems] == ["workers=0", "timeout=0.0"]
    with pytest.raises(InputError, match="threads=0: must be at least 1"):
        Threads(threads=0)


@pytest.mark.parametrize("name", ["no_such_module:X", "fake_engine:NONE", "fake_engine:Fake"])
def test_engine_of_ones_own_that_is_none(name: str) -> None:
    with pytest.raises(InputError, match=name):
        resolve_engine(name)


# -------------------------------------------------------------------------- deaths


def test_a_worker_that_dies_once_costs_nothing(tmp_path: Path) -> None:
    task = make_task(f"exit-once:3:{tmp_path / 'died'}")
    got = outcomes(Processes(workers=2), task, 8)
    assert not failures(got)
    assert len(list((tmp_path / "died").iterdir())) == 2
    np.testing.assert_array_equal(got[3].values, outcomes(Serial(), make_task(), 4)[3].values)


def test_a_replicate_that_always_kills_is_recorded(tmp_path: Path) -> None:
    task = make_task(f"count:1:{tmp_path / 'tries'}", "exit:1:7", "kill:4:")
    got = outcomes(Processes(workers=2), task, 8)
    failed = failures(got)
    assert set(failed) == {1, 4}
    assert "exit code 7" in failed[1]
    assert "about to fall over" in failed[1]
    assert got[1].messages == ("about to fall over",)
    assert "SIGKILL" in failed[4]
    assert len(list((tmp_path / "tries").iterdir())) == 2


def test_too_long_is_ended_and_not_tried_again(tmp_path: Path) -> None:
    task = make_task(f"count:1:{tmp_path / 'tries'}", "sleep:1:60")
    got = outcomes(Processes(workers=2, timeout=1.0), task, 6)
    assert failures(got) == {1: "took longer than 1 s (timeout)"}
    assert len(list((tmp_path / "tries").iterdir())) == 1


def test_a_worker_killed_while_idle_is_replaced() -> None:
    close_workers()
    (first,) = pids(workers=1)
    os.kill(first, signal.SIGKILL)
    assert pids(workers=1) != [first]


# ----------------------------------------------------------------------- preparing


@pytest.mark.parametrize("backend", [Serial(), Processes(workers=2)])
def test_a_refused_model_is_raised(backend: Backend) -> None:
    with pytest.raises(InputError) as raised:
        outcomes(backend, make_task("input-error:prepare:k1"), 3)
    assert raised.value.problems[0].what == "k1"


@pytest.mark.parametrize("backend", [Serial(), Processes(workers=2)])
def test_a_bug_in_preparing_fails_all(backend: Backend) -> None:
    failed = failures(outcomes(backend, make_task("bug:prepare:lost"), 3))
    assert set(failed) == {0, 1, 2}
    assert all(f.startswith("preparing the model: KeyError: 'lost'") for f in failed.values())


def test_dying_of_the_model_ends(tmp_path: Path) -> None:
    once = make_task(f"exit-once:prepare:{tmp_path / 'once'}")
    assert not failures(outcomes(Processes(workers=2), once, 3))
    always = make_task(f"count:prepare:{tmp_path / 'always'}", "exit:prepare:4")
    failed = failures(outcomes(Processes(workers=2), always, 5))
    assert set(failed) == set(range(5))
    assert "preparing the model: the worker process ended with exit code 4" in failed[4]
    assert len(list((tmp_path / "always").iterdir())) <= 4  # twice for each worker


# ------------------------------------------------------------------------ messages


def test_what_is_printed_goes_to_its_replicate() -> None:
    task = make_task("print:3:three", "printf:5:five", "state-error:3:bad", "flood:7:100000")
    got = outcomes(Processes(workers=2), task, 9)
    printed = {o.replicate.index: o.messages for o in got if o.messages}
    assert set(printed) == {3, 5, 7}
    assert set(printed[3]) == {"three to 2", "three to 1", "three from Python"}
    assert printed[5] == ("five from C",)
    assert "left out" in printed[7][0]
    assert printed[7][-1] == "the end"


def test_what_is_printed_while_preparing_comes_with_the_first() -> None:
    got = outcomes(Processes(workers=1), make_task("print:prepare:model"), 3)
    assert [len(o.messages) for o in got] == [3, 0, 0]


def test_what_a_refused_model_prints_is_not_the_next_ones() -> None:
    close_workers()
    one = Processes(workers=1)
    with pytest.raises(InputError):
        outcomes(one, make_task("print:prepare:refused", "input-error:prepare:k1"), 1)
    assert [o.messages for o in outcomes(one, make_task(), 2)] == [(), ()]


# --------------------------------------------------------------- workers that stay


def test_workers_and_models_stay(tmp_path: Path) -> None:
    close_workers()
    assert len(set(pids(1, 2) + pids(1, 2))) == 1

    def prepared(name: str) -> int:
        folder = tmp_path / name
        outcomes(Processes(workers=1), make_task(f"count:prepare:{folder}"), 2)
        return len(list(folder.iterdir()))

    assert [prepared(name) for name in "aabcdae"] == [1, 1, 1, 1, 1, 1, 1]
    assert prepared("b") == 2  # the one not used for longest made room


@linux
def test_close_workers_leaves_none() -> None:
    before = pids(2, 20)
    assert any(runs(pid) for pid in before)
    close_workers()
    assert not any(runs(pid) for pid in before)


def test_no_more_workers_than_replicates() -> None:
    close_workers()
    assert len(set(pids(workers=50, count=2))) <= 2


def test_environment_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    close_workers()
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    (got,) = outcomes(Processes(workers=1), make_task("threads::", "warn:0:harmless"), 1)
    assert got.values is not None
    assert got.values[0, 0] == 1
    assert "UserWarning: harmless" in got.messages[0]


# ---------------------------------------------------------------- the calling thread


def test_an_error_of_deliver_ends_the_call() -> None:
    ident = threading.get_ident()

    def deliver(outcome: Outcome) -> None:
        assert threading.get_ident() == ident
        raise LookupError("stop")

    start = time.monotonic()
    with pytest.raises(LookupError, match="stop"):
        Processes(workers=2).run(make_task("sleep:1:600"), jobs(4), deliver)
    assert time.monotonic() - start < 300  # it does not wait for the one that sleeps
    assert not failures(outcomes(Processes(workers=2), make_task(), 4))


@pytest.fixture
def start_script(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start an unguarded script from a folder with a trap in it."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "numpy.py").write_text("raise SystemExit('the wrong numpy')")
    started: list[subprocess.Popen[str]] = []

    def start(code: str) -> subprocess.Popen[str]:
        head = f"""\
            import sys, time
            sys.path.insert(0, {str(HERE)!r})
            from simnet.execute.base import Job, Replicate
            from simnet.execute.processes import Processes
            from simnet.engines.base import Task
            from simnet.experiment.program import Program
            from simnet.network.network import Network
            def say(*words):
                print(*words, flush=True)
            def run(workers, count, *orders):
                network = Network(id="none", compartments=(), species=(), parameters=(),
                                  assignments=(), reactions=())
                task = Task(network=network, method="ssa", engine="fake_engine:FAKE",
                            symbols=orders)
                program = Program(amounts={{}}, settings={{}}, segments=())
                replicates = [Replicate(index=i, seed=i) for i in range(count)]
                Processes(workers=workers).run(
                    task, [Job(index=0, program=program, replicates=replicates)],
                    lambda o: say("got", o.replicate.index, int(o.values[0, 0]), o.failure))
        """
        script = tmp_path / "script.py"
        script.write_text(textwrap.dedent(head) + textwrap.dedent(code))
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-X", "dev", script],
            cwd=tmp_path / "elsewhere",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


StartScript = Callable[[str], subprocess.Popen[str]]


def test_unguarded_script(start_script: StartScript) -> None:
    out, err = start_script("run(2, 5, 'pid:all:')").communicate(timeout=30)
    assert err == ""
    assert sorted(line.split()[1] for line in out.splitlines()) == list("01234")


@linux
def test_ctrl_c(start_script: StartScript, tmp_path: Path) -> None:
    busy = tmp_path / "busy"
    orders = [
        f"{verb}:{seed}:{x}" for seed in (1, 2) for verb, x in (("count", busy), ("hold", 60))
    ]
    # A job in the background of a shell inherits that Ctrl-C is ignored, and these tests may be one.
    script = start_script(f"""
        import signal
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            run(2, 9, "pid:all:", *{orders!r})
        except KeyboardInterrupt:
            say("interrupted")
    """)
    wait_for(lambda: busy.exists() and len(list(busy.iterdir())) == 2)
    workers = [int(path.name.partition("-")[0]) for path in busy.iterdir()]
    assert all(runs(pid) for pid in workers)
    os.killpg(script.pid, signal.SIGINT)  # as a terminal does: to the workers as well
    out, err = script.communicate(timeout=50)  # 0.01 s on a quiet machine; jobs hold for 60
    assert (err, script.returncode) == ("", 0)
    lines = [line.split() for line in out.splitlines()]
    assert [line[:2] for line in lines] == [["got", "0"], ["interrupted"]]
    assert not any(runs(pid) for pid in workers)


@linux
def test_workers_end_with_their_parent(start_script: StartScript, tmp_path: Path) -> None:
    busy = tmp_path / "busy"
    script = start_script(f"""
        run(2, 2, "pid:all:", "sleep:all:0.5")
        run(1, 1, "pid:all:", "count:0:{busy}", "hold:0:60")
    """)
    assert script.stdout is not None
    workers = {int(script.stdout.readline().split()[2]) for _ in range(2)}
    wait_for(lambda: busy.exists() and any(busy.iterdir()))
    assert all(runs(pid) for pid in workers)
    script.kill()  # it cannot say goodbye
    script.wait()
    wait_for(lambda: not any(runs(pid) for pid in workers), seconds=5)
