"""What differs between two networks, and the command that says it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import simnet as sn
from simnet.cli.diff import diff_command
from simnet.network.diff import Difference, differences
from simnet.network.expression import Call, Number, RateLaw, Symbol, times
from simnet.network.network import Assignment, Event, Network, Reaction, StateEvent


@pytest.fixture(scope="module")
def network(make_network: Callable[..., Network]) -> Network:
    made = make_network(
        "binding",
        {"A": 20, "B": 20, "C": 0},
        {"k": 0.005, "kr": 0.1},
        [("A + B", "C", "k"), ("C", "A + B", "kr")],
    )
    total = Assignment(id="all", expression=Call("plus", (Symbol("A"), Symbol("C"))))
    return replace(made, assignments=(total,))


def only(left: Network, right: Network, **more: Any) -> Difference:
    (found,) = differences(left, right, **more)
    return found


def test_nothing_differs(network: Network, tmp_path: Path) -> None:
    assert differences(network, network) == ()
    with pytest.raises(sn.InputError, match="not a Network"):
        differences(network, "x")  # type: ignore[arg-type]
    path = sn.write_sbml(network, tmp_path / "again.xml", kinetics="discrete")
    assert differences(network, sn.load(path)) == ()
    renamed = replace(network, title="other", readouts=(), species=network.species[::-1])
    assert differences(network, renamed) == ()


def test_the_order_of_factors_is_no_difference(network: Network) -> None:
    def with_rate(*factors: str) -> Network:
        rate = times(*(Symbol(f) for f in factors))
        first = replace(network.reactions[0], law=RateLaw(rate=rate))
        return replace(network, reactions=(first, network.reactions[1]))

    assert differences(with_rate("k", "A", "B"), with_rate("B", "k", "A")) == ()
    assert {d.field for d in differences(with_rate("k", "A", "B"), with_rate("k", "A"))} == {
        "law", "propensity",
    }  # fmt: skip


def test_values_side_by_side(network: Network) -> None:
    k, kr = network.parameters
    other = replace(network, parameters=(replace(k, value=0.006), kr))
    assert only(network, other) == Difference(
        kind="parameter", id="k", field="value", left="0.005", right="0.006"
    )
    assert differences(network, other, rtol=0.2) == ()


CHANGES: dict[str, tuple[Callable[[Network], dict[str, Any]], tuple[str, str, str]]] = {
    "amount": (
        lambda n: {"species": (replace(n.species[0], initial=3.0), *n.species[1:])},
        ("species", "A", "initial"),
    ),
    "fixed": (
        lambda n: {"species": (replace(n.species[0], fixed=True), *n.species[1:])},
        ("species", "A", "fixed"),
    ),
    "volume": (
        lambda n: {"compartments": (replace(n.compartments[0], size=2.0),)},
        ("compartment", "cell", "size"),
    ),
    "formula": (
        lambda n: {"assignments": (replace(n.assignments[0], expression=Symbol("A")),)},
        ("expression", "all", "formula"),
    ),
    "products": (
        lambda n: {"reactions": (replace(n.reactions[0], products=(("C", 2),)), n.reactions[1])},
        ("reaction", "r0", "equation"),
    ),
    "missing": (lambda n: {"reactions": n.reactions[:1]}, ("reaction", "r1", "")),
    "unit": (lambda n: {"substance_unit": "mol"}, ("network", "substance unit", "substance unit")),
    "event": (
        lambda n: {"events": (Event(id="e", time=Number(3), assignments=(("A", Number(1)),)),)},
        ("event", "e", ""),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_kind_of_difference(network: Network, name: str) -> None:
    change, wanted = CHANGES[name]
    found = only(network, replace(network, **change(network)))
    assert (found.kind, found.id, found.field) == wanted
    assert found.left != found.right


def test_units_are_compared_by_what_they_are(network: Network) -> None:
    def with_unit(unit: str | None) -> Network:
        first, *rest = network.parameters
        return replace(network, parameters=(replace(first, unit=unit), *rest))

    assert not differences(with_unit("M"), with_unit("mol/L"))
    for other in ("mM", "mol", None):
        assert only(with_unit("M"), with_unit(other)).field == "unit"


def test_events_on_state(network: Network) -> None:
    def with_event(at: float) -> Network:
        trigger = Call("gt", (Symbol("C"), Number(at)))
        event = StateEvent(id="e", trigger=trigger, assignments=(("k", Number(0)),))
        return replace(network, state_events=(event,))

    found = only(with_event(3), with_event(4))
    assert (found.field, found.left, found.right) == ("when", "(C > 3)", "(C > 4)")


def test_only_the_propensities_differ(network: Network) -> None:
    """2 A -> 0 at k*A^2: as a pair that is counted, and as it is written."""
    law = times(Symbol("k"), Call("power", (Symbol("A"), Number(2))))
    laws = RateLaw(rate=Symbol("k"), orders=(("A", 2),)), RateLaw(rate=law, ambiguous=True)
    nets = [
        replace(network, reactions=(Reaction(id="r", reactants=(("A", 2),), products=(), law=one),))
        for one in laws
    ]
    assert only(*nets).field == "propensity"


def test_the_command(network: Network, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(diff_command)
    left = sn.write_sbml(network, tmp_path / "left.xml")
    k, kr = network.parameters
    changed = replace(network, parameters=(replace(k, value=0.006), kr))
    right = sn.write_sbml(changed, tmp_path / "right.xml")

    def run(*arguments: object) -> Any:
        return CliRunner().invoke(app, [str(a) for a in arguments])

    same = run(left, left)
    assert same.exit_code == 0
    assert "do not differ" in same.output
    ran = run(left, right)
    assert ran.exit_code == 1
    assert all(word in ran.output for word in ("parameter", "0.005", "0.006", "1 difference"))
    assert run(left, right, "--rtol", 0.5).exit_code == 0
    told = run(left, right, "--json")
    assert told.exit_code == 1
    assert json.loads(told.output) == [
        {"kind": "parameter", "id": "k", "field": "value", "left": "0.005", "right": "0.006"}
    ]
