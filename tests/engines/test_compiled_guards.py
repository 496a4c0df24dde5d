"""What stops a replicate, and only that one: limits, cancellation, and states that are none."""

import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from itertools import count
from typing import Any

import numpy as np
import pytest

from simnet.engines import compiled
from simnet.engines.base import Limits
from simnet.errors import MissingToolError, UnsupportedError
from simnet.experiment.action import AddAmount, SetValue
from simnet.experiment.program import Segment
from simnet.network.expression import Call, Expression, Number, RateLaw, Symbol, Time
from simnet.network.network import Assignment, Network, Reaction, StateEvent

Make = Callable[..., Any]


def _never() -> bool:
    return False


def _with_law(network: Network, law: Expression) -> Network:
    """The first reaction with another law."""
    first, *others = network.reactions
    return replace(network, reactions=(replace(first, law=RateLaw(rate=law)), *others))


def _less(limit: float) -> Expression:
    return Call("times", (Symbol("k"), Call("minus", (Number(limit), Symbol("X")))))


def test_a_negative_propensity_stops_its_replicate_alone(
    birth_death: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    """Births at k*(6.5 - X): a replicate fails when it reaches 7, and about half never do."""
    network = _with_law(birth_death, _less(6.5))
    run = program(network, end=1.0)
    engine = simulator(network, kernel=kernel)
    results = engine.run_batch(run, streams(200), limits=Limits(), stop=_never)
    failed = [r for r in results if isinstance(r, str)]
    assert 0 < len(failed) < 200
    assert all(r.startswith("reaction r0: propensity -0.5 at t=") for r in failed)
    assert all(r.endswith(", with X=7") for r in failed)
    for result, stream in zip(results, streams(200), strict=True):
        (alone,) = engine.run_batch(run, [stream], limits=Limits(), stop=_never)
        assert alone == result if isinstance(result, str) else np.array_equal(alone, result)


def test_no_number_is_no_propensity(
    birth_death: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    """k/(X - 3)^2, infinite at X = 3; and ln(2.5 - X), no number from 3 on."""
    gone = Call("minus", (Symbol("X"), Number(3)))
    pole = Call("divide", (Symbol("k"), Call("power", (gone, Number(2)))))
    log = Call("ln", (Call("minus", (Number(2.5), Symbol("X"))),))
    for law, value in ((pole, "inf"), (Call("plus", (Number(1), log)), "nan")):
        network = _with_law(birth_death, law)
        results = simulator(network, kernel=kernel).run_batch(
            program(network, end=50.0), streams(20), limits=Limits(), stop=_never
        )
        failed = {r.partition(" at ")[0] for r in results if isinstance(r, str)}
        assert {r.replace("-nan", "nan") for r in failed} == {f"reaction r0: propensity {value}"}


@pytest.mark.parametrize("made", [1, 2])
def test_a_count_that_cannot_grow_stops_its_replicate(
    made: int, birth_death: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    """From 2^53 on, a double that is one molecule larger is the same double."""
    birth = Reaction(
        id="birth", reactants=(), products=(("X", made),), law=RateLaw(rate=Symbol("k"))
    )
    network = replace(birth_death, reactions=(birth,))
    run = replace(program(network, end=1e6), amounts={"X": 2.0**53 - 3 * made})
    traced = compiled.Batch(
        simulator(network, kernel=kernel),
        run,
        streams(2),
        limits=Limits(firings=100),
        stop=_never,
        threads=1,
    )
    traced.whole()
    assert traced.block.firings.tolist() == [3, 3]
    assert all(
        str(r).startswith("reaction birth: a count has reached 9.0072e+15 at t=")
        for r in traced.results()
    )


def test_the_limit_of_firings_is_exact(
    birth_death: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    """Over segments; a replicate that is done within the limit is left alone."""
    network = birth_death
    segments = (
        Segment(start=0.0, end=5.0, outputs=np.array([0.0])),
        Segment(start=5.0, end=10.0, outputs=np.array([10.0])),
    )
    run = program(network, *segments)
    free = compiled.Batch(
        simulator(network, kernel=kernel),
        run,
        streams(60),
        limits=Limits(),
        stop=_never,
        threads=1,
    )
    free.whole()
    firings, most = free.block.firings, int(np.median(free.block.firings))
    limited = compiled.Batch(
        simulator(network, kernel=kernel),
        run,
        streams(60),
        limits=Limits(firings=most),
        stop=_never,
        threads=2,
    )
    limited.whole()
    stopped = np.array([isinstance(r, str) for r in limited.results()])
    assert (limited.block.firings == np.minimum(firings, most)).all()
    assert stopped[firings > most].all()
    assert not stopped[firings < most].any()
    reason = next(r for r in limited.results() if isinstance(r, str))
    assert reason.startswith(f"{most} firings are the limit, reached at t=")
    assert "; reaction r" in reason
    assert ", with X=" in reason


def test_wall_time_stops_a_replicate_that_would_not_end(
    birth_death: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    results = simulator(birth_death, kernel=kernel).run_batch(
        program(birth_death, end=1e15),
        streams(3),
        limits=Limits(seconds=0.01),
        stop=_never,
        threads=2,
    )
    assert all(isinstance(r, str) and r.startswith("its wall time is used up at") for r in results)


def test_a_run_that_would_not_end_stops_when_asked(
    birth_death: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    asked = count()
    results = simulator(birth_death, kernel=kernel).run_batch(
        program(birth_death, end=1e15),
        streams(40),
        limits=Limits(),
        stop=lambda: next(asked) >= 2,
        threads=2,
    )
    assert all(isinstance(r, str) and r.startswith("stopped at t=") for r in results)


@pytest.mark.verify
def test_it_stops_within_a_fifth_of_a_second(
    birth_death: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    """The best of five: the machine may be busy."""
    took = []
    for _ in range(5):
        asked: list[float] = []

        def stop(asked: list[float] = asked) -> bool:
            asked.append(time.monotonic())
            return True

        simulator(birth_death, kernel=kernel).run_batch(
            program(birth_death, end=1e15), streams(40), limits=Limits(), stop=stop, threads=2
        )
        took.append(time.monotonic() - asked[0])
    assert min(took) < 0.2


def test_ctrl_c_stops_the_kernels(
    birth_death: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    def interrupted() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulator(birth_death, kernel=kernel).run_batch(
            program(birth_death, end=1e15), streams(2), limits=Limits(), stop=interrupted
        )


def test_an_amount_that_is_none_stops_its_replicate_alone(
    birth_death: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    run = program(
        birth_death,
        Segment(start=0.0, end=20.0, outputs=np.array([0.0])),
        Segment(start=20.0, end=21.0, acts=(AddAmount("X", -8.0),), outputs=np.array([20.0])),
    )
    results = simulator(birth_death, kernel=kernel).run_batch(
        run, streams(100), limits=Limits(), stop=_never
    )
    failed = [r for r in results if isinstance(r, str)]
    assert 0 < len(failed) < 100
    assert all("which is not a possible amount" in r for r in failed)


def test_what_the_tables_cannot_hold_is_refused(
    birth_death: Network, simulator: Make, program: Make, streams: Make
) -> None:
    timed = Assignment(id="tide", expression=Call("sin", (Time(),)))
    smooth = replace(_with_law(birth_death, Symbol("tide")), assignments=(timed,))
    lattice = _with_law(birth_death, Call("factorial", (Symbol("X"),)))
    for network, why, other in (
        (smooth, "time", "reference"),
        (lattice, "factorial", "roadrunner"),
    ):
        (problem,) = compiled.COMPILED.obstacles(network, program(network))
        assert why in problem.why
        assert other in problem.way_out
        with pytest.raises(UnsupportedError, match="r0"):
            simulator(network).run_batch(program(network), streams(1), limits=Limits(), stop=_never)
    held = Segment(start=0.0, end=1.0, settings={"tide": 1.0}, held=frozenset({"tide"}))
    flat = program(smooth, held)
    assert not compiled.COMPILED.obstacles(smooth, flat)
    results = simulator(smooth).run_batch(flat, streams(3), limits=Limits(), stop=_never)
    assert not any(isinstance(result, str) for result in results)
    jump = StateEvent(
        id="e", trigger=Call("ge", (Symbol("X"), Number(5))), assignments=(("k", Number(0)),)
    )
    eventful = replace(birth_death, state_events=(jump,))
    (problem,) = compiled.COMPILED.obstacles(eventful, program(eventful))
    assert "events on state" in problem.why
    assert not compiled.COMPILED.obstacles(birth_death, program(birth_death))


def test_without_the_extension_there_is_no_engine(
    birth_death: Network, simulator: Make, program: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(birth_death, id="other")  # nobody has asked about this one
    assert compiled.available()
    monkeypatch.setattr(
        compiled, "find_spec", lambda name: None if name.endswith("_ssa") else find_spec(name)
    )
    assert not compiled.available()
    with pytest.raises(MissingToolError, match="C extension"):
        simulator(other)
    (problem,) = compiled.COMPILED.obstacles(other, program(other))
    assert "C extension" in problem.why


def test_a_value_set_between_segments_may_be_large(
    birth_death: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    run = program(
        birth_death,
        Segment(start=0.0, end=0.0, acts=(SetValue("X", 1e6),), outputs=np.array([0.0])),
    )
    (result,) = simulator(birth_death, kernel=kernel).run_batch(
        run, streams(1), limits=Limits(), stop=_never
    )
    assert result.tolist() == [[1e6]]
