"""The compiled engine: bits that do not depend on company, segments, and the reference engine."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simnet.engines.base import Limits, Task
from simnet.engines.reference import ReferenceSimulator
from simnet.experiment.action import AddAmount, Assign, ScaleValue, SetValue
from simnet.experiment.program import Program, Segment
from simnet.network.expression import Call, Number, RateLaw, Symbol, Time
from simnet.network.network import Assignment, Network, Parameter, Reaction, Species

Make = Callable[..., Any]


def _never() -> bool:
    return False


def _values(simulator: Any, program: Program, streams: list[bytes], threads: int = 1) -> Any:
    results = simulator.run_batch(program, streams, limits=Limits(), stop=_never, threads=threads)
    assert not [r for r in results if isinstance(r, str)]
    return np.array(results)


def test_bits_are_the_same_for_any_threads_blocks_and_lanes(
    binding: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    engine, run = simulator(binding, kernel=kernel), program(binding)
    whole = _values(engine, run, streams(45))
    assert np.array_equal(_values(engine, run, streams(45), threads=2), whole)
    assert np.array_equal(_values(engine, run, streams(45), threads=7), whole)
    ones = [_values(engine, run, [stream])[0] for stream in streams(45)]
    assert np.array_equal(np.array(ones), whole)
    order = np.random.default_rng(1).permutation(45)
    shuffled = _values(engine, run, [streams(45)[i] for i in order])
    assert np.array_equal(shuffled, whole[order])
    assert len({values.tobytes() for values in whole}) > 30


def _gene(make_network: Make) -> Network:
    """A gene with self-repression, a dimer, and a species that can be held."""
    base: Network = make_network(
        "gene",
        {"G": 1, "M": 2, "P": 10, "D": 0},
        {"a": 2.0, "g": 0.3, "t": 1.5, "d": 0.1, "b": 0.01, "u": 0.2, "K": 15.0},
        [
            ("M", "", "g"),
            ("M", "M + P", "t"),
            ("P", "", "d"),
            ("P + P", "D", "b"),
            ("D", "P + P", "u"),
        ],
    )
    hill = Call(
        "divide",
        (
            Call("times", (Symbol("a"), Symbol("G"))),
            Call(
                "plus",
                (
                    Number(1),
                    Call("power", (Call("divide", (Symbol("total"), Symbol("K"))), Number(2))),
                ),
            ),
        ),
    )
    total = Call("plus", (Symbol("P"), Call("times", (Number(2), Symbol("D")))))
    return replace(
        base,
        assignments=(Assignment(id="total", expression=total),),
        reactions=(
            *base.reactions,
            Reaction(id="made", reactants=(), products=(("M", 1),), law=RateLaw(rate=hill)),
        ),
    )


_SEGMENTS = (
    Segment(start=-6.0, end=0.0),
    Segment(start=0.0, end=4.0, settings={"a": 4.0}, outputs=np.array([0.0, 3.0])),
    Segment(
        start=4.0,
        end=7.0,
        acts=(AddAmount("P", 12.0), ScaleValue("M", 0.5)),
        held=frozenset({"M"}),
        outputs=np.array([4.0, 6.5]),
    ),
    Segment(
        start=7.0,
        end=10.0,
        settings={"total": 30.0},
        acts=(SetValue("D", 3.0),),
        held=frozenset({"total"}),
        outputs=np.array([7.0, 10.0]),
    ),
)


def test_means_and_variances_agree_with_the_reference(
    kernel: str, make_network: Make, simulator: Make, program: Make, streams: Make
) -> None:
    """Equilibration, settings, acts, a held species and a held expression. 30 z-values for means
    and 30 for variances, each below 4.5: a false alarm once in 2,000 seeds."""
    network = _gene(make_network)
    symbols = ("G", "M", "P", "D", "total")
    run = program(network, *_SEGMENTS)
    found = _values(simulator(network, kernel=kernel, symbols=symbols), run, streams(6000))
    task = Task(network=network, method="ssa", engine="reference", symbols=symbols)
    reference = ReferenceSimulator(task)
    expected = np.array([reference.run(run, seed) for seed in range(400)])
    for power in (1, 2):
        centre = expected.mean(axis=0) if power == 2 else 0.0
        a, b = (found - centre) ** power, (expected - centre) ** power
        error = np.sqrt(a.var(axis=0) / len(a) + b.var(axis=0) / len(b))
        off = np.abs(a.mean(axis=0) - b.mean(axis=0))
        assert (off <= 4.5 * error + 1e-12).all()


def test_both_kernels_agree_closely(
    make_network: Make, simulator: Make, program: Make, streams: Make
) -> None:
    """60 z-values below 4.8: a false alarm once in 10,000 seeds."""
    network, run = _gene(make_network), None
    run = program(network, *_SEGMENTS)
    a = _values(simulator(network, kernel="lockstep"), run, streams(20_000))
    b = _values(simulator(network, kernel="rejection"), run, streams(20_000, first=20_000))
    for first, second in ((a, b), ((a - a.mean(axis=0)) ** 2, (b - b.mean(axis=0)) ** 2)):
        error = np.sqrt((first.var(axis=0) + second.var(axis=0)) / len(a))
        off = np.abs(first.mean(axis=0) - second.mean(axis=0))
        assert (off <= 4.8 * error + 1e-12).all()


def test_an_event_may_set_a_parameter_from_the_state(
    decay: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    """From then on replicates differ in their settings: X molecules decay at a rate X/1000."""
    network = replace(decay, species=(replace(decay.species[0], initial=100.0),))
    rate = Call("divide", (Symbol("X"), Number(1000.0)))
    run = program(
        network,
        Segment(start=0.0, end=5.0, outputs=np.array([0.0])),
        Segment(start=5.0, end=9.0, acts=(Assign((("g", rate),)),), outputs=np.array([5.0, 9.0])),
    )
    values = _values(simulator(network, kernel=kernel, symbols=("X", "g")), run, streams(600))
    assert len(np.unique(values[:, 1, 1])) > 10
    assert np.array_equal(values[:, 1, 1], values[:, 1, 0] / 1000.0)
    alive = np.exp(-4.0 * values[:, 1, 1])
    z = (values[:, 2, 0] - values[:, 1, 0] * alive).sum() / np.sqrt(
        (values[:, 1, 0] * alive * (1 - alive)).sum()
    )
    assert abs(z) < 4  # 1 in 15,000 seeds


def test_readouts_may_depend_on_time_and_on_settings(
    birth_death: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    ramp = Call("plus", (Call("times", (Symbol("k"), Time())), Symbol("X")))
    constant = Call("times", (Symbol("k"), Number(3)))
    network = replace(
        birth_death,
        assignments=(
            Assignment(id="ramp", expression=ramp),
            Assignment(id="threefold", expression=constant),
        ),
    )
    symbols = ("X", "ramp", "threefold", "g")
    values = _values(
        simulator(network, kernel=kernel, symbols=symbols), program(network), streams(20)
    )
    assert np.array_equal(values[:, :, 1], values[:, :, 0] + np.linspace(0, 10, 5))
    assert (values[:, :, 2] == 3.0).all()
    assert (values[:, :, 3] == 0.1).all()


def test_nothing_fires_where_a_reactant_has_run_out(
    decay: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    """0 -> at rate g whatever is there, and one that needs two: both stop in time."""
    first = Reaction(id="flat", reactants=(("X", 1),), products=(), law=RateLaw(rate=Symbol("g")))
    pair = Reaction(id="pair", reactants=(("Y", 2),), products=(), law=RateLaw(rate=Symbol("g")))
    network = replace(
        decay,
        species=(
            replace(decay.species[0], initial=3.0),
            Species(id="Y", name="Y", compartment="cell", initial=5.0),
        ),
        reactions=(first, pair),
    )
    values = _values(
        simulator(network, kernel=kernel, symbols=("X", "Y")),
        program(network, end=1e4),
        streams(40),
    )
    assert (values[:, -1, 0] == 0).all()
    assert (values[:, -1, 1] == 1).all()


@pytest.mark.parametrize("constant", [-1.0, float("inf")])
def test_a_rate_that_is_none_only_matters_where_the_reaction_can_fire(
    constant: float, decay: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    network = replace(decay, parameters=(Parameter(id="g", value=constant),))
    run = program(network, Segment(start=0.0, end=5.0, outputs=np.array([5.0])))
    assert (_values(simulator(network, kernel=kernel), run, streams(3)) == 0).all()
    with_one = replace(run, amounts={"X": 1.0})
    (reason, *_) = simulator(network, kernel=kernel).run_batch(
        with_one, streams(3), limits=Limits(), stop=_never
    )
    assert reason == f"reaction r0: propensity {constant:g} at t=0, with X=1"


def test_a_network_without_reactions_keeps_its_state(
    decay: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    network = replace(decay, reactions=())
    run = program(
        network,
        Segment(start=0.0, end=1.0, outputs=np.array([0.0])),
        Segment(start=1.0, end=1.0, acts=(AddAmount("X", 4.0),), outputs=np.array([1.0])),
    )
    values = _values(simulator(network, kernel=kernel), run, streams(3))
    assert values[:, :, 0].tolist() == [[0.0, 4.0]] * 3


def test_no_replicates_are_no_results(binding: Network, simulator: Make, program: Make) -> None:
    run = program(binding)
    assert simulator(binding).run_batch(run, [], limits=Limits(), stop=_never) == []
