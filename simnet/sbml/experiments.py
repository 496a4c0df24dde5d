"""What an archive's SED-ML runs: experiments in stretches of equal length, each with its settings.

A time course, a dose schedule and replicates are all of this form; a tool that runs one stretch after
the other, and sets parameters between them, needs no events.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from simnet.errors import InputError, Problem


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One experiment.

    Attributes:
        id: an SId, and the name of its results.
        meaning: in words.
        stretch: length of each stretch, in the network's time unit.
        settings: one for each stretch: values of parameters, by id; the same ids in each. Under
            "ssa" there is one stretch.
        steps: output steps of a stretch.
        method: "ode" (CVODE) or "ssa" (Gillespie).
        replicates: independent runs, each from the start; 1 for "ode".
        seed: of the replicates; for "ssa".
    """

    id: str
    meaning: str
    stretch: float
    settings: tuple[Mapping[str, float], ...] = ({},)
    steps: int = 100
    method: Literal["ode", "ssa"] = "ode"
    replicates: int = 1
    seed: int = 1

    def __post_init__(self) -> None:
        mistakes = [
            (not self.stretch > 0, f"stretch={self.stretch!r}", "is no length of time"),
            (self.steps < 1, f"steps={self.steps!r}", "at least one"),
            (self.replicates < 1, f"replicates={self.replicates!r}", "at least one"),
            (
                not 0 <= self.seed < 2**31,
                f"seed={self.seed!r}",
                "other tools take 0 to 2147483647",
            ),
            (
                len({frozenset(values) for values in self.settings}) != 1,
                "settings",
                "each stretch sets the same parameters",
            ),
            (
                len(self.settings) > 1 and not self.settings[0],
                f"{len(self.settings)} stretches",
                "nothing is set between them",
            ),
            (
                self.method == "ssa" and len(self.settings) != 1,
                f"{len(self.settings)} stretches",
                "replicates have one",
            ),
        ]
        problems = [
            Problem(what=f"{self.id}: {what}", why=why) for bad, what, why in mistakes if bad
        ]
        if problems:
            raise InputError(problems)

    @property
    def end(self) -> float:
        """The end of the last stretch."""
        return self.stretch * len(self.settings)
