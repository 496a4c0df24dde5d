"""Expected firings against closed forms."""

import math

import pytest

import simnet as sn
from simnet.execute.cost import expected_firings
from simnet.network.expression import RateLaw, Symbol
from simnet.network.network import Compartment, Input, Network, Parameter, Reaction, Species

K, G, START = 3.0, 0.2, 4.0


def network(start: float = START) -> Network:
    return Network(
        id="birth_death",
        compartments=(Compartment(id="cell", size=1.0),),
        species=(
            Species(id="X", name="X", compartment="cell", initial=start),
            Species(id="firings_birth", name="taken", compartment="cell", initial=0.0),
        ),
        parameters=(Parameter(id="k", value=K), Parameter(id="g", value=G)),
        assignments=(),
        reactions=(
            Reaction(id="birth", reactants=(), products=(("X", 1),), law=RateLaw(rate=Symbol("k"))),
            Reaction(
                id="death",
                reactants=(("X", 1),),
                products=(),
                law=RateLaw(rate=Symbol("g"), orders=(("X", 1),)),
                rules=("lose", "forget"),
            ),
        ),
        inputs=(Input(name="supply", parameter="k", baseline=K),),
    )


def left(start: float, made: float, time: float) -> float:
    """Copies of X after a time."""
    return made / G + (start - made / G) * math.exp(-G * time)


def firings(**run: object) -> dict[str, float]:
    table = expected_firings(network(), **run)  # type: ignore[arg-type]
    return dict(zip(table["reaction"], table["firings"], strict=True))


def test_birth_and_death() -> None:
    found = firings(t_end=10)
    assert found["birth"] == pytest.approx(K * 10, rel=1e-6)
    assert found["death"] == pytest.approx(K * 10 + START - left(START, K, 10), rel=1e-5)


def test_a_change_in_time_is_followed() -> None:
    found = firings(t_end=10, schedule=sn.At(4, sn.Set("supply", 9.0)))
    end = left(left(START, K, 4), 9.0, 6)
    assert found["birth"] == pytest.approx(K * 4 + 9 * 6, rel=1e-6)
    assert found["death"] == pytest.approx(K * 4 + 9 * 6 + START - end, rel=1e-5)


def test_equilibration_is_not_counted() -> None:
    found = firings(t_end=10, equilibrate=200)
    assert found["birth"] == pytest.approx(found["death"], rel=1e-5)
    assert found["birth"] == pytest.approx(K * 10, rel=1e-5)


def test_a_fast_transient_is_counted_once() -> None:
    found = firings(t_end=1e6, changes=[sn.Set("k", 0.0), sn.Set("g", 1e3)])
    assert found == pytest.approx({"birth": 0.0, "death": START}, abs=1e-4)


def test_the_table() -> None:
    table = expected_firings(network(), t_end=10)
    assert list(table.columns) == ["reaction", "rules", "firings", "share"]
    assert table["firings"].is_monotonic_decreasing
    assert table["share"].sum() == pytest.approx(1)
    assert set(table["rules"]) == {"", "lose, forget"}


def test_mistakes_are_those_of_a_run() -> None:
    with pytest.raises(sn.InputError, match="nothing"):
        expected_firings(network(), t_end=10, changes=sn.Set("nothing", 1))
