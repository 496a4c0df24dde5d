"""Prolyl hydroxylation of HIF1A by PHD2 and PHD3, which HIF1A itself induces.

By default one step: the enzyme acts on HIF1A without a complex, Michaelis in O2 (Km far above
tissue O2) and saturable in HIF1A. As an option bind, hydroxylate, release: the complex is then a
species, and PHD and HIF1A deplete each other. A PHD inhibitor takes the place of 2-oxoglutarate; it
binds within seconds, so its occupancy is algebra in its concentration in the medium.
"""

from __future__ import annotations

from typing import Any

from .builder import Builder
from .hif import FAMILY
from .oxygen import add_saturation

INHIBITOR = "roxadustat"
BINDING = "PHD_kon"  # the table's row that only the explicit form uses


def add_hydroxylation(b: Builder, enzyme: str, oxygen: Any, *, explicit: bool = False) -> None:
    """Add the prolyl hydroxylation of HIF1A by one enzyme, whose monomer is there already.

    Rows of the table: `<enzyme>_kcat`, `<enzyme>_Km_HIF1A`, `<enzyme>_Km_O2`. The explicit form
    keeps kcat and Km: kon is a row of its own and koff is kon Km (so the apparent Km is Km + kcat
    x saturation / kon).
    """
    ratio = b.parameter(f"{INHIBITOR}_nM") / b.parameter(f"{INHIBITOR}_Ki")
    uninhibited = b.expression("PHD_uninhibited", 1 / (1 + ratio))
    share = add_saturation(b, enzyme, oxygen)
    speed = b.expression(f"{enzyme}_speed", b.parameter(f"{enzyme}_kcat") * share * uninhibited)
    if explicit:
        _add_complex(b, enzyme, speed)
    else:
        _add_one_step(b, enzyme, speed)


def _add_one_step(b: Builder, enzyme: str, speed: Any) -> None:
    """Add the lumped step; all forms of HIF1A compete for an enzyme, so they saturate it together."""
    hif, phd = b.molecule("HIF1A"), b.molecule(enzyme)
    substrate = b.observable(f"HIF1A_{enzyme}_substrate", hif(pro="u"))
    half = b.expression(
        f"{enzyme}_Km_HIF1A_tokens",
        b.parameter(f"{enzyme}_Km_HIF1A") * b.items_per_molar() / b.copies_per_token(FAMILY),
    )
    rate = b.expression(f"{enzyme}_hydroxylation", speed / (half + substrate))
    b.rule(f"hydroxylate_HIF1A_by_{enzyme}", phd() + hif(pro="u") >> phd() + hif(pro="oh"), rate)


def _add_complex(b: Builder, enzyme: str, speed: Any) -> None:
    """Add binding to HIF1A that is not hydroxylated, and release with the hydroxyl."""
    hif, phd = b.molecule("HIF1A"), b.molecule(enzyme)
    bound = hif(pro="u", phd=1) % phd(hif=1)
    b.rule(
        f"bind_{enzyme}",
        hif(pro="u", phd=None) + phd(hif=None) | bound,
        b.bimolecular(BINDING, FAMILY),
        b.expression(f"{enzyme}_koff", b.parameter(BINDING) * b.parameter(f"{enzyme}_Km_HIF1A")),
    )
    b.rule(
        f"hydroxylate_HIF1A_by_{enzyme}", bound >> hif(pro="oh", phd=None) + phd(hif=None), speed
    )
