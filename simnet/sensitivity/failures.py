"""Failed rows: which base blocks they take with them, and what then cannot be concluded."""

import numpy as np

from simnet.arrays import IntArray
from simnet.sensitivity.design import Design, Outputs

_ALARM = 0.01  # chance that failures which have nothing to do with the factors name one
_NAMED = 3


def kept_blocks(design: Design, outputs: Outputs) -> IntArray:
    """Base blocks in which every row has an estimate, rising."""
    return np.flatnonzero(np.isfinite(design.by_block(outputs.estimate)).all(axis=1))


def loss_statements(
    design: Design, outputs: Outputs, kept: IntArray, most_lost: float
) -> list[str]:
    """What to say of the blocks that were lost; nothing where none were."""
    lost = design.samples - len(kept)
    if not lost:
        return []
    failed = int((~outputs.ok).sum())
    share = lost / design.samples
    text = (
        f"{outputs.readout}: {failed} of {design.rows} rows failed, which drops {lost} of "
        f"{design.samples} base blocks ({100 * share:.1f} %)"
    )
    if share <= most_lost:
        return [text + "."]
    return [
        f"{text}, more than {100 * most_lost:g} %. The indices describe only the part of the "
        "ranges where runs succeed: no factor can be called without influence, no index has "
        f"converged, and indices over the whole ranges are not known.{_where(design, outputs)}"
    ]


def _where(design: Design, outputs: Outputs) -> str:
    """Where failures lie: factors whose positions differ between failed rows and the others.

    Mann-Whitney tests with Bonferroni's factor; rows of a block are not independent, so the
    p-value is only a guide. Shown are the clearest few.
    """
    from scipy.stats import mannwhitneyu

    ok = outputs.ok
    if ok.all() or not ok.any():
        return " All rows failed." if not ok.any() else ""
    found = []
    for i, factor in enumerate(design.space.factors[:-1]):
        bad, good = design.positions[~ok, i], design.positions[ok, i]
        p = float(mannwhitneyu(bad, good, method="asymptotic").pvalue)
        if p * (len(design.space.factors) - 1) < _ALARM:
            side = "high" if np.median(bad) > np.median(good) else "low"
            found.append((p, f"{side} {factor.name}"))
    if not found:
        return ""
    return " Failures lie at " + ", ".join(text for _, text in sorted(found)[:_NAMED]) + "."
