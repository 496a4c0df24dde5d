"""The rules of the `hypoxia` network: VEGF, oxygen, HIF1A and the transporters it induces."""

from __future__ import annotations

from pathlib import Path

import pysb

from .._modules.builder import Builder
from .._modules.genes import add_gene
from .._modules.hif import FAMILY, add_hif
from .._modules.hydroxylation import BINDING, add_hydroxylation
from .._modules.oxygen import add_glucose, add_oxygen
from .._modules.receptors import add_receptors
from .._modules.transporters import add_basigin, add_monocarboxylate_transporter
from .._modules.vegf import add_vegf
from .._modules.vessels import add_vessel_turnover, add_vessels

TABLE = Path(__file__).with_name("parameters.csv")


def build(*, explicit_hydroxylation: bool = False) -> pysb.Model:
    """Return a new PySB model: one well-mixed cell, the medium, an endothelial cell, vessels.

    Amounts are items (molecules or tokens), time is seconds. With `explicit_hydroxylation`, PHD2
    and PHD3 bind HIF1A, hydroxylate and release it; by default it is one step.
    """
    b = Builder("hypoxia", TABLE)
    perfusion = add_vessels(b)
    oxygen = add_oxygen(b, perfusion)
    add_hif(b, oxygen, binds_hydroxylase=explicit_hydroxylation)
    for symbol, enzyme in (("EGLN1", "PHD2"), ("EGLN3", "PHD3")):
        site = ("hif",) if explicit_hydroxylation else ()
        add_gene(b, symbol=symbol, protein=enzyme, hre=True, scaled=FAMILY, sites=site)
        add_hydroxylation(b, enzyme, oxygen, explicit=explicit_hydroxylation)
    add_gene(b, symbol="SLC2A1", protein="GLUT1", hre=True)
    for protein in ("LDHA", "PDK1", "CA9"):
        add_gene(b, symbol=protein, protein=protein, hre=True)
    add_basigin(b)
    add_monocarboxylate_transporter(b, symbol="SLC16A3", protein="MCT4", hre=True)
    add_monocarboxylate_transporter(b, symbol="SLC16A1", protein="MCT1", hre=False)
    add_glucose(b, perfusion, b.readout("GLUT1_copies"))
    add_vegf(b, oxygen)
    add_vessel_turnover(b, add_receptors(b))
    return b.finish(options=[] if explicit_hydroxylation else [BINDING])
