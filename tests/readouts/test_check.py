"""Expressions against a network, and the output times that they need."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.network.expression import Symbol
from simnet.network.network import Assignment, Drug, Input, Network, Readout
from simnet.readouts.check import grid, problems
from simnet.readouts.parser import parse_readout


@pytest.fixture(scope="module")
def network(make_network: Callable[..., Network]) -> Network:
    """A and two species of one pattern, a drug, an input, a readout of an observable."""
    made = make_network(
        "small", {"A": 3, "B1": 1, "B2": 1}, {"k": 1.0, "dr": 0.0}, [("A", "B1", "k")]
    )
    species = tuple(replace(s, name="B()") if s.id != "A" else s for s in made.species)
    return replace(
        made,
        species=species,
        assignments=(Assignment(id="obs", expression=Symbol("B1")),),
        readouts=(Readout(name="pS6", symbol="obs"),),
        inputs=(Input(name="oxygen", parameter="k", baseline=1.0),),
        drugs=(Drug(name="rapamycin", parameter="dr", target="A", affinity=1.0, unit="nM"),),
    )


@pytest.mark.parametrize(
    "text",
    ["pS6@48h", "A@2d", "obs@1", "k@1", "B1@1", "auc(pS6, 1, 2h)[rapamycin=100nM, oxygen=0.5]"],
)
def test_what_a_network_can_answer(text: str, network: Network) -> None:
    assert problems(parse_readout(text), network, "48 h") == []


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("pS7@1", ["readout pS7@1: 'pS7' is not in small; did you mean pS6?"]),
        (
            '"B()"@1',
            ["'B()' is the pattern of several species (ambiguous); name one: B1, B2"],
        ),
        (
            "A@49h",
            ["49h is after the end of the run, 48 h; run longer"],
        ),
        ("A@172801", ["172801 is after the end of the run"]),
        ("auc(A, 6h, 3d)", ["3d is after the end of the run"]),
        ("auc(A, 6h, 6h)", ["the window from 6h to 6h is empty"]),
        ("auc(A, 2h, 60min)", ["the window from 2h to 60min is empty"]),
        ("A@1[rapamycine=1nM]", ["[rapamycine=1nM]: small has no such drug; did you mean rapamy"]),
        ("A@1[rapamycin=10]", ["[rapamycin=10]: 'rapamycin' is not in small; a dose has a unit: "]),
        ("A@1[A=knockdown 90]", ["fraction is above 1; write a fraction: 0.9 for 90 %"]),
        ("P@1[Q=2] + P@3d", ["'P' is not in small", "3d is after", "[Q=2]: 'Q' is not in small"]),
    ],
)
def test_all_that_is_wrong_is_said(text: str, messages: list[str], network: Network) -> None:
    found = [str(problem) for problem in problems(parse_readout(text), network, "48 h")]
    assert len(found) == len(messages), found
    for said, message in zip(found, messages, strict=True):
        assert message in said


def test_times_are_held_against_output_times(network: Network) -> None:
    times = np.array([0.0, 3600.0, 7200.0])
    asked = parse_readout("A@1h + auc(A, 0, 3h)")
    assert problems(asked, network) == []
    (problem,) = problems(asked, network, times=times)
    assert "3h is not among the output times, which go from 0 to 7200 s" in str(problem)


def test_a_network_without_a_unit_of_time_has_no_hours(network: Network) -> None:
    bare = replace(network, time_unit=None)
    (problem,) = problems(parse_readout("A@6h"), bare, 10)
    assert "readout A@6h: 6h: the model states no unit of time" in str(problem)
    (problem,) = problems(
        parse_readout("first_passage(A > 1) / 1h"), bare, 10, times=np.arange(3.0)
    )
    assert "1h" in str(problem)
    assert problems(parse_readout("A@6"), bare, 10) == []


# ---------------------------------------------------------------- output times
def test_values_at_times_need_those_times_only() -> None:
    asked = [parse_readout("A@6h"), parse_readout("cv(A)@20min / A@6h")]
    np.testing.assert_array_equal(grid(asked, "12 h"), [0, 1200, 21600, 43200])


def test_courses_need_an_even_grid_and_the_named_times_exactly() -> None:
    times = grid([parse_readout("auc(A, 0.1, 0.7)"), parse_readout("A@0.35")], 1.0, points=11)
    assert (np.diff(times) > 0.01).all()  # 0.7 and linspace's 0.7000000000000001 are one
    assert {0.0, 0.1, 0.35, 0.7, 1.0} <= set(times.tolist())
    assert len(times) == 12
    np.testing.assert_allclose(times, sorted([*np.linspace(0, 1, 11), 0.35]))


def test_times_are_in_the_unit_of_the_network() -> None:
    np.testing.assert_array_equal(
        grid([parse_readout("A@6h")], "1 d", time_unit="min"), [0, 360, 1440]
    )


def test_a_grid_that_cannot_be_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        grid([parse_readout("A@49h"), parse_readout("auc(A, 2, 1)")], "48 h", points=1)
    assert [problem.why for problem in caught.value.problems] == [
        "49h is after the end of the run, 48 h",
        "the window from 2 to 1 is empty",
        "not a whole number of at least 2",
    ]
    with pytest.raises(InputError, match="must be positive"):
        grid([parse_readout("A@0")], 0)
