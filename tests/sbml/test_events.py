"""Events at fixed times in SBML become boundaries of segments, exact in both methods."""

import math

import numpy as np
import pytest

import simnet as sn
from simnet.engines.table import ENGINES
from simnet.network.network import Network
from simnet.sbml.read import from_sbml
from simnet.sbml.write import to_sbml

SSA_ENGINES = [name for name, engine in ENGINES.items() if "ssa" in engine.methods]

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1">
<model id="dosed" substanceUnits="item" timeUnits="second" extentUnits="item">
<listOfCompartments><compartment id="c" size="2" constant="true"/></listOfCompartments>
<listOfSpecies><species id="X" compartment="c" initialAmount="0" substanceUnits="item"
 hasOnlySubstanceUnits="{only}" boundaryCondition="false" constant="false"/></listOfSpecies>
<listOfParameters><parameter id="g" value="0.1" constant="{constant}"/>
<parameter id="t0" value="4.3" constant="true"/></listOfParameters>
<listOfReactions><reaction id="r" reversible="false" fast="false">
<listOfReactants><speciesReference species="X" stoichiometry="1" constant="true"/></listOfReactants>
<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>g</ci><ci>X</ci>
{volume}</apply></math></kineticLaw></reaction></listOfReactions>
<listOfEvents><event id="dose" useValuesFromTriggerTime="true">
<trigger initialValue="{initial}" persistent="true"><math xmlns="http://www.w3.org/1998/Math/MathML">
{trigger}</math></trigger>{delay}
<listOfEventAssignments><eventAssignment variable="{target}">
<math xmlns="http://www.w3.org/1998/Math/MathML">{value}</math></eventAssignment>
</listOfEventAssignments></event></listOfEvents></model></sbml>"""
TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'
PLUS_100 = "<apply><plus/><ci>X</ci><cn>100</cn></apply>"


def model(**changed: str) -> Network:
    values = {
        "only": "true",
        "constant": "true",
        "volume": "",
        "initial": "true",
        "delay": "",
        "target": "X",
        "value": PLUS_100,
        "trigger": f"<apply><geq/>{TIME}<ci>t0</ci></apply>",
    }
    return from_sbml(MODEL.format(**values | changed))


@pytest.mark.parametrize("engine", SSA_ENGINES)
def test_a_dose_by_event_into_an_idle_system(engine: str) -> None:
    """Mean within 4.5 standard errors of the exact 100 exp(-0.1 (8 - 4.3))."""
    run = sn.simulate(
        model(), t_end=8, points=9, method="ssa", replicates=1000, seed=1, workers=0, engine=engine
    )
    x = run.readout("X")
    assert (x[:, :5] == 0).all()
    p = math.exp(-0.37)
    assert abs(x[:, -1].mean() - 100 * p) < 4.5 * math.sqrt(100 * p * (1 - p) / 1000)


def test_under_ode() -> None:
    run = sn.simulate(model(), t_end=8, points=9, workers=0)
    assert run.readout("X")[0, -1] == pytest.approx(100 * math.exp(-0.37), rel=1e-6)


def test_its_time_follows_a_parameter() -> None:
    run = sn.simulate(model(), t_end=8, points=9, workers=0, changes=[sn.Set("t0", 2.0)])
    assert run.readout("X")[0, 2] == 100  # on the boundary: after the event


def test_concentrations_become_amounts() -> None:
    """X stands for its concentration here: [X] = [X] + 100 in a volume of 2 adds 200 molecules."""
    network = model(only="false", volume="<ci>c</ci>")
    run = sn.simulate(network, t_end=8, points=9, workers=0)
    assert run.readout("X")[0, -1] == pytest.approx(200 * math.exp(-0.37), rel=1e-6)


def test_events_set_parameters() -> None:
    network = model(constant="false", target="g", value="<cn>0</cn>")
    run = sn.simulate(network, t_end=8, points=9, workers=0, changes=[sn.Set("X", 50)])
    x = run.readout("X")[0]
    assert np.allclose(x[5:], 50 * math.exp(-0.43), rtol=1e-6)
    with pytest.raises(sn.InputError, match="event dose of the model uses g as well"):
        sn.simulate(network, t_end=8, schedule=[sn.At(1, sn.Set("g", 1))], workers=0)


@pytest.mark.parametrize(
    ("trigger", "initial", "fires"),
    [
        (f"<apply><geq/>{TIME}<cn>0</cn></apply>", "true", False),
        (f"<apply><geq/>{TIME}<cn>0</cn></apply>", "false", True),
        (f"<apply><gt/>{TIME}<cn>0</cn></apply>", "true", True),
        (f"<apply><leq/><cn>2</cn>{TIME}</apply>", "true", True),
    ],
)
def test_what_is_due_at_the_start(trigger: str, initial: str, fires: bool) -> None:
    run = sn.simulate(model(trigger=trigger, initial=initial), t_end=3, points=4, workers=0)
    assert bool(run.readout("X")[0, -1] > 0) is fires


def test_write_read_write_is_the_identity() -> None:
    for network in (model(), model(constant="false", target="g", value="<cn>0</cn>")):
        text = to_sbml(network)
        assert from_sbml(text) == network
        assert to_sbml(from_sbml(text)) == text


@pytest.mark.parametrize(
    "changed",
    [
        {"trigger": f"<apply><geq/><apply><plus/>{TIME}<ci>X</ci></apply><cn>5</cn></apply>"},
        {
            "delay": '<delay><math xmlns="http://www.w3.org/1998/Math/MathML"><cn>1</cn></math></delay>'
        },
    ],
)
def test_other_events_are_refused_under_ssa_and_run_under_ode(changed: dict[str, str]) -> None:
    network = model(**changed)
    with pytest.raises(sn.UnsupportedError, match=r"event dose at .*schedule"):
        sn.simulate(network, t_end=8, method="ssa", workers=0)
    sn.simulate(network, t_end=8, points=3, workers=0, changes=[sn.Set("X", 3)])
