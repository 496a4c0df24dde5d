"""The rules of `hypoxia` themselves; they need perl to be unrolled."""

import importlib
import shutil
from collections.abc import Callable
from importlib import resources

import pytest

import simnet as sn
from simnet.catalogue.tables import read_catalogue
from simnet.rules.compile import compile_model
from simnet.rules.packaged import compile_packaged

pytestmark = pytest.mark.skipif(shutil.which("perl") is None, reason="BioNetGen needs perl")


def test_unrolling_gives_the_exported_network(network: sn.Network) -> None:
    """Species and reactions are those of the file."""
    compiled = compile_packaged("hypoxia")
    assert [s.name for s in compiled.species] == [s.name for s in network.species]
    assert [r.id for r in compiled.reactions] == [r.id for r in network.reactions]
    assert len(compiled.species) < 250


def test_explicit_hydroxylation(run: Callable) -> None:
    """The option bind, hydroxylate, release: enzymes and HIF1A form complexes, and HIF1A at rest
    and after 4 h at 1 % O2 is within a factor of 1.6 of that of the lumped step."""
    rules = importlib.import_module("simnet.networks.hypoxia.rules")
    catalogue = read_catalogue(resources.files("simnet.networks.hypoxia"))
    explicit = compile_model(rules.build(explicit_hydroxylation=True), catalogue)
    assert {"HIF1A", "PHD2"} in [set(s.molecules) for s in explicit.species]
    assert {"HIF1A", "PHD3"} in [set(s.molecules) for s in explicit.species]
    hypoxia = sn.Set("O2_percent", 1)
    lumped, bound = (run(4, hypoxia, readouts=["HIF1A"], of=of) for of in (None, explicit))
    for when in (0, -1):
        assert 1 / 1.6 < bound["HIF1A"][when] / lumped["HIF1A"][when] < 1.6
