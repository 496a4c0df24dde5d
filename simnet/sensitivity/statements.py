"""What is to be said with a study's indices, in sentences."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from simnet.sensitivity.table import METHODS

if TYPE_CHECKING:
    from simnet.sensitivity.result import StudyResult

_NAMED = 12
_RANKED = re.compile(r"\b(median|quantile)\(")
_UNSAID = ("excluded",)
"""Reasons for which a user needs no reminder."""


def statements_of(result: "StudyResult") -> Iterator[str]:
    """What cannot be concluded, what has not converged, what noise does, what was not varied."""
    waiting = []
    for readout, found in result.indices.items():
        yield from found.statements
        count = sum(not row.converged for row in found.rows)
        if count and not found.stuck:
            waiting.append(f"{readout}: {count} of {len(found.rows)}")
    failed = result.failures.loc[result.failures["readout"] == "", "reason"]
    if len(failed):
        yield f"Failed runs: {len(failed):,}, the first because of this: {failed.iloc[0]}."
    if waiting:
        yield (
            f"{'; '.join(waiting)} indices have not converged at {result.about['samples']:,} "
            "samples; more samples narrow them (--until-converged, until_converged=True)."
        )
    if any(output.noisy for output in result.outputs.values()):
        yield str(result.about["under noise"])
        if METHODS[result.design.method].needs_variance:
            ranked = [name for name in result.outputs if _RANKED.search(name)]
            if ranked:
                yield (
                    f"{', '.join(ranked)}: the variance of a quantile of few replicates is taken for "
                    "a fifth to a half larger than it is (10 to 50 of them), and more than the noise "
                    "is subtracted; add replicates."
                )
    by_reason: dict[str, list[str]] = defaultdict(list)
    for item in result.left_out:
        by_reason[item.reason].append(item.name)
    for reason, names in by_reason.items():
        if reason not in _UNSAID:
            yield f"Not varied, since {reason}: {some(names)}."


def some(names: Sequence[str], most: int = _NAMED) -> str:
    """The first names, and how many more."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
