"""Laws as lines of a table: what is recognised, and that every line has the law's value."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from twins import Rows

from simnet.engines.compiled_laws import Multiplicand, Varying, decomposed
from simnet.engines.compiled_tables import MOST_IN_LOCKSTEP, kernel_of, tables
from simnet.network.expression import Call, Expression, Number, RateLaw, Symbol
from simnet.network.network import Assignment, Network, Reaction
from simnet.network.values import assigner, rate_functions

Make = Callable[..., Any]
_A, _B, _K = Symbol("A"), Symbol("B"), Symbol("k")


def _of(op: str, *args: Expression | float) -> Expression:
    return Call(op, tuple(Number(a) if isinstance(a, (int, float)) else a for a in args))


@pytest.fixture(scope="module")
def base(make_network: Make) -> Network:
    network: Network = make_network(
        "laws", {"A": 5, "B": 7, "C": 2}, {"k": 0.3, "K": 4.0}, [("A + B", "C", "k")]
    )
    half = _of("divide", _A, _of("plus", _A, Symbol("K")))
    return replace(
        network,
        assignments=(
            Assignment(id="twice", expression=_of("times", 2.0, _K)),
            Assignment(id="half", expression=half),
        ),
    )


_MASS_ACTION = [  # reactants, law as it stands in a file, factors
    ((), _K, ()),
    ((("A", 1),), _of("times", _K, _A), (Multiplicand("A", 0),)),
    (
        (("A", 1),),
        _of("divide", _of("times", _A, Symbol("twice")), Symbol("K")),
        (Multiplicand("A", 0),),
    ),
    (
        (("A", 2),),
        _of("times", _K, _A, _of("minus", _A, 1.0), 0.5),
        (Multiplicand("A", 0), Multiplicand("A", 1)),
    ),
    ((("A", 1), ("B", 1)), _of("times", _K, _A, _B), (Multiplicand("A", 0), Multiplicand("B", 0))),
    (
        (("A", 1),),
        _of("times", _K, _of("power", _A, 2.0)),
        (Multiplicand("A", 0), Multiplicand("A", 0)),
    ),
]
_OTHERS = [
    ((("A", 2),), _of("times", _K, _of("power", _A, 2.0))),  # one A is not enough
    ((("A", 1),), _K),
    ((("C", 1),), _of("times", _K, _A, _B)),
    ((("A", 1), ("B", 1), ("C", 1)), _of("times", _K, _A, _B, Symbol("C"))),
    ((("A", 2), ("B", 1)), _of("times", _K, _A, _of("minus", _A, 1.0), _B)),
    ((("A", 3),), _of("times", _A, _of("minus", _A, 1.0), _of("minus", _A, 2.0))),
    ((("B", 1),), _of("times", Symbol("half"), _B, _K)),
    ((("A", 1),), _of("divide", _of("times", _K, _A), _of("plus", Symbol("K"), _A))),
    ((("A", 1),), _of("divide", _of("times", _K, _A, _B), _of("times", _A, Symbol("half")))),
    ((), _of("power", _of("divide", _A, Symbol("K")), 2.5)),
]


def _reaction(reactants: Any, law: Expression) -> Reaction:
    return Reaction(id="r", reactants=reactants, products=(("B", 1),), law=RateLaw(rate=law))


@pytest.mark.parametrize(("reactants", "law", "factors"), _MASS_ACTION)
def test_mass_action_is_recognised_however_it_is_written(
    base: Network, reactants: Any, law: Expression, factors: tuple[Multiplicand, ...]
) -> None:
    found = decomposed(_reaction(reactants, law), Varying(base), set(), whole=False)
    assert found.rest is None
    assert found.factors == factors


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(("reactants", "law"), [(r, e) for r, e, _ in _MASS_ACTION] + _OTHERS)
def test_every_line_has_the_value_of_its_law(
    base: Network, reactants: Any, law: Expression, whole: bool
) -> None:
    """In all states from 0 to 4 molecules, and zero where a reactant has run out."""
    network = replace(base, reactions=(_reaction(reactants, law),))
    found = tables(network, ["A", "half", "twice"], frozenset({0}) if whole else frozenset())
    settings = {"k": 0.3, "K": 4.0, "cell": 1.0}
    constants = found.evaluated(settings)
    (rate,), assign = rate_functions(network, "discrete"), assigner(network)
    for counts in itertools.product(range(5), repeat=3):
        values = {**settings, **dict(zip("ABC", map(float, counts), strict=True))}
        assign(values, 0.0)
        enough = all(values[s] >= n for s, n in reactants)
        rows = Rows(constants, list(map(float, counts)))
        rows.run_items()
        expected = rate(values, 0.0) if enough else 0.0
        assert rows.law(0, rows.at) == pytest.approx(expected, rel=1e-13, abs=0)
        assert rows.readouts(0.0) == pytest.approx([values["A"], values["half"], 0.6])


def test_what_may_be_negative_is_left_to_the_tape(base: Network) -> None:
    law = _of("times", _K, _B, _of("minus", _A, 1.0))
    found = decomposed(_reaction((("B", 1),), law), Varying(base), set(), whole=False)
    assert found.rest is not None
    assert found.factors == (Multiplicand("B", 0),)


def test_items_run_when_what_they_read_has_changed(base: Network) -> None:
    law = _of("times", Symbol("half"), Symbol("C"))
    reactions = (
        Reaction(
            id="on", reactants=(("A", 1),), products=(), law=RateLaw(rate=_K, orders=(("A", 1),))
        ),
        Reaction(
            id="off", reactants=(("B", 1),), products=(), law=RateLaw(rate=_K, orders=(("B", 1),))
        ),
        Reaction(id="made", reactants=(), products=(("C", 1),), law=RateLaw(rate=law)),
    )
    found = tables(replace(base, reactions=reactions), ["A"])
    assert found.wakes.tolist() == [3, 0, 0, 0]  # `half` and the law; C stays a factor
    exact = [
        found.exact[a:b].tolist()
        for a, b in zip(found.exact_from, found.exact_from[1:], strict=False)
    ]
    assert exact == [[2], [], [2]]
    assert found.is_exact.tolist() == [0, 0, 1]


def test_rates_follow_settings(base: Network) -> None:
    found = tables(base, ["A"])
    assert found.evaluated({"k": 0.3, "K": 4.0, "cell": 1.0}).rate.tolist() == [0.3]
    changed = found.evaluated({"k": -2.0, "K": 4.0, "cell": 1.0})
    assert changed.rate.tolist() == [-2.0]
    assert changed.improper() == {0}


def test_the_kernel_is_a_function_of_the_network(base: Network) -> None:
    (reaction,) = base.reactions
    many = tuple(replace(reaction, id=f"r{i}") for i in range(MOST_IN_LOCKSTEP + 1))
    assert kernel_of(replace(base, reactions=many[:-1])) == "lockstep"
    assert kernel_of(replace(base, reactions=many)) == "rejection"


def test_changes_are_net_and_padded(base: Network) -> None:
    reaction = replace(
        base.reactions[0], reactants=(("A", 2), ("B", 1)), products=(("A", 1), ("B", 1), ("C", 3))
    )
    found = tables(replace(base, reactions=(reaction,)), ["A"])
    assert found.changed.tolist() == [[0, 2], [found.sink] * 2]
    assert found.by.tolist() == [[-1.0, 3.0], [0.0, 0.0]]
    assert np.array_equal(found.readout, [0])
