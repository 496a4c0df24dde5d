"""What a claim may say of a number: a table of comparisons, each an interval that is accepted."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Bounds = Callable[[float, float], tuple[float, float]]
"""(expected, tolerance) -> the least and the largest value that is accepted."""

Side = Literal["above", "below"]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One row of the table.

    Attributes:
        bounds: the interval, from what is expected and the tolerance (0 where it takes none).
        tolerant: whether a tolerance is needed; others take none.
        strict: whether the ends of the interval are outside of it.
        neutral: the value that says "no effect": 1 of a fold change, 0 of a difference; None where
            there is none. On its other side the sign is wrong.
        words: how the expectation is printed, with {expected} and {tolerance}.
    """

    bounds: Bounds
    words: str
    tolerant: bool = False
    strict: bool = False
    neutral: float | None = None

    def accepts(self, value: float, expected: float, tolerance: float | None) -> bool:
        """Whether the value is in the interval; NaN never is."""
        low, high = self.bounds(expected, tolerance or 0.0)
        return low < value < high if self.strict else low <= value <= high

    def side(self, expected: float, tolerance: float | None) -> Side | None:
        """On which side of `neutral` every accepted value is: the sign of the claim, if it has one."""
        if self.neutral is None:
            return None
        low, high = self.bounds(expected, tolerance or 0.0)
        if low > self.neutral or (self.strict and low == self.neutral):
            return "above"
        if high < self.neutral or (self.strict and high == self.neutral):
            return "below"
        return None


def _least(expected: float, tolerance: float) -> tuple[float, float]:
    return expected, math.inf


def _most(expected: float, tolerance: float) -> tuple[float, float]:
    return -math.inf, expected


def _around(expected: float, tolerance: float) -> tuple[float, float]:
    return expected - tolerance, expected + tolerance


def _factor(expected: float, tolerance: float) -> tuple[float, float]:
    return expected / tolerance, expected * tolerance


COMPARISONS: dict[str, Comparison] = {
    "at least": Comparison(bounds=_least, words="≥ {expected}"),
    "at most": Comparison(bounds=_most, words="≤ {expected}"),
    "above": Comparison(bounds=_least, strict=True, words="> {expected}"),
    "below": Comparison(bounds=_most, strict=True, words="< {expected}"),
    "within": Comparison(bounds=_around, tolerant=True, words="{low} to {high}"),
    "within a factor": Comparison(bounds=_factor, tolerant=True, words="{low} to {high}"),
    "fold at least": Comparison(bounds=_least, neutral=1.0, words="≥ {expected}x"),
    "fold at most": Comparison(bounds=_most, neutral=1.0, words="≤ {expected}x"),
    "fold above": Comparison(bounds=_least, strict=True, neutral=1.0, words="> {expected}x"),
    "fold below": Comparison(bounds=_most, strict=True, neutral=1.0, words="< {expected}x"),
    "fold within": Comparison(
        bounds=_around, tolerant=True, neutral=1.0, words="{low}x to {high}x"
    ),
    "change above": Comparison(bounds=_least, strict=True, neutral=0.0, words="> {expected}"),
    "change below": Comparison(bounds=_most, strict=True, neutral=0.0, words="< {expected}"),
}
"""Every comparison, by the name that claims.csv uses. "within" takes expected - tolerance to
expected + tolerance, "within a factor" expected / tolerance to expected x tolerance. Those that
begin with "fold" are of ratios and those with "change" of differences: they have a sign."""
