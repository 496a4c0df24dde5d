"""Each construct of SBML under each method: what runs is right, what is refused says why."""

import math

import pytest
from refusals import METHODS, Construct, Method, constructs, found

import simnet as sn
from simnet.sbml.read import from_sbml

CONSTRUCTS = {construct.id: construct for construct in constructs()}
REPLICATES = 300


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("construct", CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_the_matrix(construct: Construct, method: Method) -> None:
    """Ends are compared to 1e-5 under ODE, and to 4.5 standard errors of the mean under SSA."""
    finding = found(construct, method, REPLICATES)
    assert finding.outcome == construct.expected[method], finding.message
    if finding.outcome != "runs":
        assert construct.says[method], "the table says nothing of the message"
        assert construct.says[method] in finding.message
    if finding.ends is None or construct.ends is None:
        return
    if method == "ode":
        assert finding.ends[0] == pytest.approx(construct.ends, rel=1e-5)
    elif construct.linear:
        error = finding.ends.std(ddof=1) / math.sqrt(REPLICATES)
        assert abs(finding.ends.mean() - construct.ends) < 4.5 * error


def test_constructs_differ() -> None:
    texts = [(construct.sbml, construct.kinetics) for construct in CONSTRUCTS.values()]
    assert len(set(texts)) == len(texts)
    assert len(CONSTRUCTS) == len(constructs())


def test_refusals_say_what_to_do() -> None:
    """A refusal under SSA names a way out, unless the file itself is broken."""
    for construct in CONSTRUCTS.values():
        if construct.expected == {"ode": "runs", "ssa": "refused"}:
            message = found(construct, "ssa").message
            ways_out = (
                "method=",
                "split",
                "when the model is loaded",
                "Set(",
                "convert",
                "schedule",
                "of the model",
            )
            assert any(way_out in message for way_out in ways_out), message


def test_homodimers_of_one_meaning_run_alike() -> None:
    """k*X^2 declared as continuous is, under SSA, what k*X*(X-1) is as it stands: seed for seed."""
    names = ("homodimer-continuous", "homodimer-literal", "homodimer-discrete")
    ends = [found(CONSTRUCTS[name], "ssa", 50).ends for name in names]
    assert ends[0] is not None
    assert all((end == ends[0]).all() for end in ends)


def test_homodimers_of_concentrations_run_alike() -> None:
    """In both kinetics what is written with [X] = X/V is what it means in molecules."""
    names = ("homodimer-concentration-continuous", "homodimer-concentration-discrete")
    ends = [found(CONSTRUCTS[name], "ssa", 50).ends for name in names]
    assert ends[0] is not None
    assert (ends[0] == ends[1]).all()


def test_the_name_of_a_model_without_id_is_its_files() -> None:
    assert from_sbml(CONSTRUCTS["no-model-id"].sbml, name="a file").id == "a_file"


def test_a_ceiling_holds_only_where_nothing_else_raises_the_amount() -> None:
    """k*(20 - X) is never negative when X is made by this law; a dose can put it above 20."""
    network = from_sbml(CONSTRUCTS["bounded-law"].sbml)

    def simulate(**changed: object) -> sn.Trajectories:
        return sn.simulate(network, t_end=4, method="ssa", seed=1, workers=0, **changed)  # type: ignore[arg-type]

    assert simulate(changes=sn.Set("X", 20)).readout("X")[0, -1] == 20
    with pytest.raises(sn.UnsupportedError, match="can be negative"):
        simulate(changes=sn.Set("X", 21))
    with pytest.raises(sn.UnsupportedError, match="can be negative"):
        simulate(schedule=sn.At(1, sn.Add("X", 5)))
    with pytest.raises(sn.UnsupportedError, match="can be negative"):
        simulate(schedule=sn.At(1, sn.Set("X", 30)))
    assert simulate(schedule=sn.At(1, sn.Set("k", 0.5))).readout("X").max() <= 20
