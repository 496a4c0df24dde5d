"""What holds for every network: laws, conservation, counts, files, engines."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import simnet as sn
from simnet.engines.table import ENGINES
from simnet.network.values import assigner, rate_functions
from simnet.sbml.read import from_sbml
from simnet.sbml.write import to_sbml

ALPHA = 1e-4
"""False alarms of this module, at most: in CI the examples are always the same ones."""

COMPARED = 5
SHORT = 2.0  # seconds

_quick = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
_some = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
_few = settings(
    max_examples=COMPARED, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@_quick
@given(data=st.data())
def test_both_kinetics_are_what_was_meant(models: Any, data: st.DataObject) -> None:
    assert_laws(data.draw(models), data)


def assert_laws(model: Any, data: st.DataObject) -> None:
    """The network's laws in a random state, against Python's arithmetic."""
    network = model.network
    assign = assigner(network)
    state = {s.id: float(data.draw(st.integers(0, 40))) for s in network.species} | model.values
    values = dict(state)
    assign(values, 0.0)
    state |= {name: rate(state) for name, rate in model.assigned.items()}
    for kinetics in ("continuous", "discrete"):
        for function, meant in zip(rate_functions(network, kinetics), model.reactions, strict=True):
            wanted = getattr(meant, kinetics)(state)
            enough = all(state[s] >= n for s, n in meant.needs.items())
            if enough or kinetics == "continuous":  # engines do not ask where a reactant ran out
                assert function(values, 0.0) == pytest.approx(wanted, rel=1e-12, abs=1e-300)


@_quick
@given(data=st.data())
def test_write_read_write_is_the_identity(models: Any, data: st.DataObject) -> None:
    """From the first reading on, which brings laws into one form: the same one from both files."""
    model = data.draw(models)
    network = from_sbml(to_sbml(model.network, "continuous"))
    assert from_sbml(to_sbml(model.network, "discrete")) == network
    for kinetics in ("continuous", "discrete"):
        text = to_sbml(network, kinetics)
        again = from_sbml(text)
        assert again == network
        assert again.digest == network.digest
        assert to_sbml(again, kinetics) == text
    assert_laws(replace(model, network=network), data)


@_quick
@given(data=st.data())
def test_files_hold_the_laws_that_were_meant(models: Any, data: st.DataObject) -> None:
    """libsbml's own reading of the text, computed in plain Python, is the law that was meant."""
    import libsbml

    model = data.draw(models)
    state = {s.id: float(data.draw(st.integers(3, 40))) for s in model.network.species}
    state |= model.values
    state |= {name: rate(state) for name, rate in model.assigned.items()}
    for kinetics in ("continuous", "discrete"):
        document = libsbml.readSBMLFromString(to_sbml(model.network, kinetics))
        assert document.checkConsistency() == 0 or not document.getNumErrors(
            libsbml.LIBSBML_SEV_ERROR
        )
        for meant, reaction in zip(
            model.reactions, document.getModel().getListOfReactions(), strict=True
        ):
            found = _computed(reaction.getKineticLaw().getMath(), state)
            assert found == pytest.approx(getattr(meant, kinetics)(state), rel=1e-12)
            assert _sides(reaction) == (dict(meant.needs), dict(meant.makes))


def _computed(node: Any, state: dict[str, float]) -> float:
    import libsbml

    if node.isNumber():
        return float(node.getValue())
    if node.isName():
        return state[node.getName()]
    args = [_computed(node.getChild(i), state) for i in range(node.getNumChildren())]
    match libsbml.ASTNode.getType(node):
        case libsbml.AST_PLUS:
            return float(sum(args))
        case libsbml.AST_MINUS:
            return args[0] - args[1]
        case libsbml.AST_TIMES:
            return float(np.prod(args))
        case libsbml.AST_DIVIDE:
            return args[0] / args[1]
        case libsbml.AST_POWER | libsbml.AST_FUNCTION_POWER:
            return float(args[0] ** args[1])
    raise AssertionError(libsbml.formulaToL3String(node))


def _sides(reaction: Any) -> tuple[dict[str, int], dict[str, int]]:
    needs, makes = (
        {r.getSpecies(): int(r.getStoichiometry()) for r in side}
        for side in (reaction.getListOfReactants(), reaction.getListOfProducts())
    )
    return needs, makes


def conserved(model: Any) -> Any:
    """(S, m): weights of the sums that no reaction changes."""
    from scipy.linalg import null_space

    return null_space(np.array(model.stoichiometry(), dtype=float).T)


@_some
@given(data=st.data())
def test_sums_are_conserved_and_counts_are_counts(models: Any, data: st.DataObject) -> None:
    model = data.draw(models)
    network, weights = model.network, conserved(model)
    start = np.array([s.initial for s in network.species])
    names = [s.id for s in network.species]
    seed = data.draw(st.integers(0, 2**32))
    common = {"t_end": SHORT, "points": 9, "readouts": names, "workers": 0}
    for engine in (name for name, e in ENGINES.items() if "ssa" in e.methods):
        run = sn.simulate(network, method="ssa", replicates=3, seed=seed, engine=engine, **common)
        assert not run.failures
        assert (run.values >= 0).all()
        assert (run.values == np.floor(run.values)).all()
        assert (run.values[0, :, 0] == start).all()
        assert np.abs((run.values - start) @ weights).max(initial=0) < 1e-9
    ode = sn.simulate(network, **common).values
    scale = max(1.0, float(np.abs(ode).max()))
    assert (ode >= -1e-6 * scale).all()
    assert np.abs((ode - start) @ weights).max(initial=0) < 1e-5 * scale


@pytest.mark.thorough
@_few
@given(data=st.data())
def test_engines_agree_in_distribution(models: Any, data: st.DataObject) -> None:
    model = data.draw(models)
    assume(any(model.reactions[i].needs for i in range(len(model.reactions))))
    found = sn.cross_check(
        model.network,
        t_end=SHORT,
        replicates=300,
        seed=data.draw(st.integers(0, 2**32)),
        workers=0,
        alpha=ALPHA / COMPARED,
    )
    assert found.agree, (str(found), found.disagreements, found.failures)
