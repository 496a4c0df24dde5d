"""Synergy models by name: one short file and one entry each."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from simnet.screen.synergy_bliss import bliss
from simnet.screen.synergy_cells import Cells, Scores
from simnet.screen.synergy_hsa import highest_single_agent
from simnet.screen.synergy_loewe import loewe
from simnet.screen.synergy_log import log_interaction


@dataclass(frozen=True, kw_only=True)
class SynergyModel:
    """`score` is positive for synergy; it is a logarithm of a ratio or a share of the full effect."""

    score: Callable[[Cells], Scores]
    scale: Literal["log", "share"]

    def threshold(self, minimum_effect: float) -> float:
        """The least score that counts: 10 % is a ratio of 1.1, or a tenth of the full effect."""
        return float(np.log1p(minimum_effect)) if self.scale == "log" else minimum_effect


SYNERGY_MODELS = MappingProxyType(
    {
        "log": SynergyModel(score=log_interaction, scale="log"),
        "bliss": SynergyModel(score=bliss, scale="share"),
        "hsa": SynergyModel(score=highest_single_agent, scale="share"),
        "loewe": SynergyModel(score=loewe, scale="log"),
    }
)
