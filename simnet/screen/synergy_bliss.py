"""Bliss independence: each change leaves the share of the effect that the other would leave.

    score = E_ab - (E_a + E_b - E_a E_b),   E scaled between the control and a stated full effect.

Source: Bliss 1939 (doi:10.1111/j.1744-7348.1939.tb06990.x).
"""

from simnet.screen.synergy_cells import Cells, Scores
from simnet.screen.synergy_scaled import scaled_scores


def bliss(cells: Cells) -> Scores:
    """Scores of Bliss independence."""
    return scaled_scores(cells, lambda a, b: a + b - a * b)
