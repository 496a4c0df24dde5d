"""Effects on times, of which some have not come by the end of the run: infinite values.

Their order is known, for all runs end alike: what has not come is later than all that has. So what
rests on ranks (Mann-Whitney, Cliff's delta, the Kolmogorov-Smirnov distance) holds as it is, and
what rests on means is not defined.
"""

from dataclasses import replace

import numpy as np

from simnet.arrays import FloatArray
from simnet.screen.effects import NAN, Effect, compare

_OF_MEANS = (
    "control_mean",
    "treated_mean",
    "log2_fold_change",
    "log2_low",
    "log2_high",
    "difference",
    "difference_low",
    "difference_high",
    "hedges_g",
)


def compare_censored(
    control: FloatArray, treated: FloatArray, *, confidence: float = 0.95
) -> Effect:
    """As `compare`, for values of which some are infinite: of either sign, as the readout has it."""
    counts = [int(np.isinf(values).sum()) for values in (control, treated)]
    if not any(counts):
        return compare(control, treated, confidence=confidence)
    both = np.concatenate([control, treated])
    finite = both[np.isfinite(both)]
    beyond = 1 + 2 * float(np.abs(finite).max(initial=0.0))
    ranked = [
        np.where(np.isinf(values), np.copysign(beyond, values), values)
        for values in (control, treated)
    ]
    found = compare(ranked[0], ranked[1], confidence=confidence)
    sizes = (found.n_control, found.n_treated)
    said = [
        f"{count} of {n} replicates of the {name}"
        for name, count, n in zip(("control", "condition"), counts, sizes, strict=True)
        if count
    ]
    reason = f"no means: not by the end in {' and '.join(said)}"
    kept = [part for part in found.reason.split("; ") if part and "fold change" not in part]
    nothing = dict.fromkeys(_OF_MEANS, NAN)
    return replace(found, **nothing, reason="; ".join([reason, *kept]))  # type: ignore[arg-type]
