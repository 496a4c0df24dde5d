"""Interaction on the log scale: changes that multiply the readout independently are additive.

    score = direction * ln(ab * control / (a * b))

It needs no full effect and no dose, only a positive readout. 0: the combination's fold change is the
product of the fold changes. Source: the multiplicative null of epistasis, e.g. Segrè et al. 2005
(doi:10.1038/ng1489), Mani et al. 2008 (doi:10.1073/pnas.0712255105).
"""

import numpy as np

from simnet.screen.synergy_cells import Cells, Scores, scores


def log_interaction(cells: Cells) -> Scores:
    """Scores of the log interaction."""
    control, a, b, ab = (
        cells.control[:, None, None],
        cells.a[:, :, None],
        cells.b[:, None, :],
        cells.ab,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        values = cells.direction * ((np.log(ab) - np.log(a)) - (np.log(b) - np.log(control)))
        values += 0.0  # zero has no sign
    least = np.minimum(np.minimum(control[0], ab[0]), np.minimum(a[0], b[0]))
    return scores(values, np.where(least > 0, "", "a mean is not positive, so it has no logarithm"))
