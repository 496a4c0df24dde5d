"""Ids that are names in roadrunner's Python classes, words of its selections, or words of Python:
right values, and nothing of them stays behind for the next model of the process."""

import keyword
import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import simnet as sn
from simnet.engines import roadrunner_model
from simnet.sbml.read import from_sbml

WORDS = (
    "time Time TIME e pi avogadro delay rateOf init eigen amount conc stoich ec uec cc INF nan t"
)
MATH = 'xmlns="http://www.w3.org/1998/Math/MathML"'
ITEM = 'substanceUnits="item" hasOnlySubstanceUnits="true" constant="false"'


def attributes() -> list[str]:
    """Valid ids among what RoadRunner and ExecutableModel call their own."""
    import roadrunner

    names = {*dir(roadrunner.RoadRunner), *dir(roadrunner.ExecutableModel)}
    assert {"integrator", "model", "timeCourseSelections", "_properties", "setValue"} <= names
    return sorted(name for name in names if re.fullmatch(r"[A-Za-z_]\w*", name))


NAMES = sorted({*attributes(), *keyword.kwlist, *WORDS.split()})


def document(
    *,
    species: Sequence[str] = (),
    parameters: Sequence[str] = (),
    compartments: Sequence[str] = (),
    fixed: Sequence[str] = (),
) -> str:
    """X = 100 decays at 0.001 * X * (the sum of what is not `species`, each of value 1), or of 100
    where there is nothing to add; each of `species`, 5 at the start, gains what X loses."""
    summed = [*parameters, *compartments, *fixed]
    rate = "".join(f"<ci>{name}</ci>" for name in summed) or "<cn>100</cn>"
    made = "".join(
        f'<speciesReference species="{name}" stoichiometry="1" constant="true"/>'
        for name in species
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">
<model id="m" substanceUnits="item" timeUnits="second" extentUnits="item">
<listOfCompartments>
{
        "".join(
            f'<compartment id="{name}" spatialDimensions="3" size="1" constant="true"/>'
            for name in ("volume", *compartments)
        )
    }</listOfCompartments>
<listOfSpecies>
<species id="X" compartment="volume" initialAmount="100" boundaryCondition="false" {ITEM}/>{
        "".join(
            f'<species id="{name}" compartment="volume" initialAmount="5" '
            f'boundaryCondition="false" {ITEM}/>'
            for name in species
        )
    }{
        "".join(
            f'<species id="{name}" compartment="volume" initialAmount="1" '
            f'boundaryCondition="true" {ITEM}/>'
            for name in fixed
        )
    }</listOfSpecies>
<listOfParameters>{
        "".join(f'<parameter id="{name}" value="1" constant="true"/>' for name in parameters)
    }</listOfParameters>
<listOfReactions><reaction id="loss" reversible="false">
<listOfReactants><speciesReference species="X" stoichiometry="1" constant="true"/>
</listOfReactants><listOfProducts>{made}</listOfProducts>
<kineticLaw><math {MATH}><apply><times/><cn>0.001</cn><ci>X</ci><apply><plus/>{rate}</apply>
</apply></math></kineticLaw></reaction></listOfReactions></model></sbml>"""


def end(text: str, readouts: Sequence[str] = ("X",), values: Sequence[float] = ()) -> np.ndarray:
    """Readouts at t = 10 by roadrunner; the readouts after X are set to `values` at the start."""
    changes = [sn.Set(name, value) for name, value in zip(readouts[1:], values, strict=False)]
    run = sn.simulate(
        from_sbml(text), t_end=10, points=2, readouts=readouts, changes=changes, workers=0
    )
    return np.asarray(run.values).reshape(2, -1)[-1]


@pytest.fixture
def packaged() -> bytes:
    """What a packaged network gives, before."""
    return _packaged()


def _packaged() -> bytes:
    return np.asarray(
        sn.simulate(sn.load("hypoxia"), t_end="1 h", points=3, workers=0).values
    ).tobytes()


def test_every_attribute_as_parameter_and_as_species(packaged: bytes) -> None:
    assert len(NAMES) > 350
    values = [0.1 + 0.001 * i for i in range(len(NAMES))]
    got = end(document(parameters=NAMES), ("X", *NAMES), values)
    np.testing.assert_allclose(got, [100 * math.exp(-0.01 * sum(values)), *values], rtol=1e-6)
    got = end(document(species=NAMES), ("X", *NAMES), values)
    lost = 100 * (1 - math.exp(-1))
    np.testing.assert_allclose(got, [100 - lost, *(v + lost for v in values)], rtol=1e-6)
    assert _packaged() == packaged


@pytest.mark.parametrize("name", ["integrator", "model", "_properties", "simulate", "lambda"])
def test_one_at_a_time(name: str, packaged: bytes) -> None:
    assert end(document(parameters=[name]), ("X", name), [20.0])[0] == pytest.approx(
        100 * math.exp(-0.2), rel=1e-6
    )
    assert end(document(species=[name]), ("X", name))[1] == pytest.approx(
        5 + 100 * (1 - math.exp(-1)), rel=1e-6
    )
    assert _packaged() == packaged


@pytest.mark.parametrize("name", ["time", "Time", "integrator"])
@pytest.mark.parametrize("kind", ["parameters", "compartments", "fixed"])
@pytest.mark.parametrize("foreign", [False, True], ids=["network", "file"])
def test_what_is_set_is_set(kind: str, name: str, foreign: bool) -> None:
    """roadrunner sets its clock where it is told to set `time`."""
    text = document(**{kind: [name]})
    if foreign:  # a rate rule: it runs as the file it is
        rule = f"""<listOfRules><rateRule variable="free"><math {MATH}><cn>1</cn></math></rateRule>
</listOfRules><listOfReactions>"""
        free = '<parameter id="free" value="0" constant="false"/></listOfParameters>'
        text = text.replace("</listOfParameters>", free).replace("<listOfReactions>", rule)
    assert (from_sbml(text).document is not None) is foreign
    got = end(text, ("X", name), [50.0])
    np.testing.assert_allclose(got, [100 * math.exp(-0.5), 50.0], rtol=1e-6)


def test_from_a_saved_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packaged: bytes
) -> None:
    monkeypatch.setenv("SIMNET_CACHE", str(tmp_path))
    monkeypatch.setattr(roadrunner_model, "SMALL", 0)
    for _ in range(2):  # compiled, then loaded
        got = end(document(parameters=["integrator", "model"]))
        assert got[0] == pytest.approx(100 * math.exp(-0.02), rel=1e-6)
    assert _packaged() == packaged
