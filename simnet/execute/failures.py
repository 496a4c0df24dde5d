"""Replicates that failed: some are told, all of them are an error."""

import warnings
from collections.abc import Iterable, Sequence

from simnet.errors import SimnetWarning, SimulationError
from simnet.results.trajectories import Failure


def in_order(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """Failures of one condition in the order of their replicates."""
    return tuple(sorted(failures, key=lambda failure: failure.replicate))


def tell_failures(failures: Sequence[Failure], replicates: int, *, stacklevel: int) -> None:
    """Warn of failures, the caller's caller's being `stacklevel` 3.

    Args:
        failures: in the order of their replicates.
        replicates: that were run.
        stacklevel: as of `warnings.warn`.

    Raises:
        SimulationError: every replicate failed.
    """
    if not failures:
        return
    first = failures[0].reason
    if len(failures) == replicates:
        more = f" (and {replicates - 1:,} more replicates)" if replicates > 1 else ""
        raise SimulationError(f"{first}{more}")
    text = f"{len(failures):,} of {replicates:,} replicates failed, the first with: {first}"
    warnings.warn(f"{text}; see .failures", SimnetWarning, stacklevel=stacklevel)
