"""SBML of every level and version that is promised gives the same network."""

import numpy as np
import pytest

import simnet as sn
from simnet.sbml.read import from_sbml


@pytest.mark.parametrize(("level", "version"), [(2, 4), (2, 5), (3, 1), (3, 2)])
def test_levels_and_versions(decay_sbml: str, level: int, version: int) -> None:
    import libsbml

    document = libsbml.readSBMLFromString(decay_sbml)
    assert document.setLevelAndVersion(level, version, False)
    document.getModel().unsetAnnotation()  # so that it is a foreign file
    text = libsbml.writeSBMLToString(document)
    assert f'level="{level}" version="{version}"' in text
    network = from_sbml(text)
    assert [s.id for s in network.species] == ["A", "B"]
    assert network.substance_unit == "item"
    assert network.document is None
    run = sn.simulate(network, t_end=2, points=3, workers=0, rtol=1e-9)
    np.testing.assert_allclose(run.readout("A")[0], 40 * np.exp(-0.5 * run.times), rtol=1e-6)
    counted = sn.simulate(network, t_end=2, points=3, method="ssa", seed=1, workers=0)
    assert (counted.values == counted.values.round()).all()
