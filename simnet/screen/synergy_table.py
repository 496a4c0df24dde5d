"""Synergy models by name: one short file and one entry each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simnet.screen.synergy_bliss import bliss
from simnet.screen.synergy_cells import Cells, Scores
from simnet.screen.synergy_hsa import highest_single_agent
from simnet.screen.synergy_loewe import loewe
from simnet.screen.synergy_log import log_interaction


@dataclass(frozen=True, kw_only=True)
class SynergyModel:
    """What a model is made of.

    Attributes:
        score: from the cells of a surface to their scores, positive for synergy.
        scale: of the score: the logarithm of a ratio, or a share of the full effect.
        needs_doses: whether levels must be doses, since it fits curves to them.
    """

    score: Callable[[Cells], Scores]
    scale: Literal["log", "share"]
    needs_doses: bool = False

    def threshold(self, minimum_effect: float) -> float:
        """The least score that counts: 10 % is a ratio of 1.1, or a tenth of the full effect."""
        return float(np.log1p(minimum_effect)) if self.scale == "log" else minimum_effect


SYNERGY_MODELS = {
    "log": SynergyModel(score=log_interaction, scale="log"),
    "bliss": SynergyModel(score=bliss, scale="share"),
    "hsa": SynergyModel(score=highest_single_agent, scale="share"),
    "loewe": SynergyModel(score=loewe, scale="log", needs_doses=True),
}
"""By name. A model that is added here is scored, tabulated and reported like the others."""
