"""Highest single agent: the combination against the stronger of its two changes.

    score = E_ab - max(E_a, E_b),   E scaled between the control and a stated full effect.

It is the weakest of the nulls: most additive pairs are above it, and synergy by it alone says only
that the pair does more than either change. Source: Berenbaum 1989 (Pharmacol. Rev. 41, 93-141).
"""

import numpy as np

from simnet.screen.synergy_cells import Cells, Scores
from simnet.screen.synergy_scaled import scaled_scores


def highest_single_agent(cells: Cells) -> Scores:
    """Scores against the highest single agent."""
    return scaled_scores(cells, np.maximum)
