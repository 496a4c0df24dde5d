"""One readout at one time, seen by two sides: samples of engines, or the exact distribution."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from simnet.arrays import FloatArray
from simnet.verify.pvalues import (
    CountArray,
    mean_of_known,
    mean_of_two,
    shape_of_known,
    shape_of_two,
)

_ROUNDING = 1e-11  # of the largest value: engines add up in different orders


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two sides compared in one readout at one time.

    Attributes:
        readout: its name.
        time: in the network's time unit.
        first: the name of an engine.
        second: the name of another one, or "CME" for the master equation.
        mean: of both, in the readout's unit.
        sd: standard deviation of both (divisor n - 1 for an engine), in the readout's unit.
        z: the difference of the means in standard errors (Welch).
        p_mean: p-value of the means, as all of them a bound (see `simnet.verify.pvalues`).
        p_sd: p-value of the spreads: of the mean squared distance from the common mean.
        p_shape: p-value of the distributions.
        p: the least of the three after Holm's correction for all tests of the call.
    """

    readout: str
    time: float
    first: str
    second: str
    mean: tuple[float, float]
    sd: tuple[float, float]
    z: float
    p_mean: float
    p_sd: float
    p_shape: float
    p: float = 1.0

    @property
    def pvalues(self) -> tuple[float, float, float]:
        """Of mean, sd and shape, not corrected."""
        return self.p_mean, self.p_sd, self.p_shape


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """An exact distribution of a readout: values (K,) with weights (K,), and what is missing."""

    values: FloatArray
    weights: FloatArray
    lost: float

    @property
    def mean(self) -> float:
        """In the readout's unit."""
        return float(self.weights @ self.values)

    @property
    def sd(self) -> float:
        """In the readout's unit."""
        return float(np.sqrt(self.weights @ (self.values - self.mean) ** 2))


Side: TypeAlias = tuple[str, FloatArray | Known]
"""A name, with a sample (N,) or an exact distribution."""


def compare(readout: str, time: float, first: tuple[str, FloatArray], second: Side) -> Comparison:
    """Compare a sample with another one or with the exact distribution; see `Comparison`."""
    (name, sample), (other_name, other) = first, second
    if isinstance(other, Known):
        moments = other.mean, other.sd
        pvalues = _against_known(sample, other)
        errors = [moments[1] / np.sqrt(len(sample))]
    else:
        moments = float(other.mean()), _sd(other)
        pvalues = _against_sample(sample, other)
        errors = [_sd(s) / np.sqrt(len(s)) for s in (sample, other)]
    mean, error = float(sample.mean()), float(np.linalg.norm(errors))
    return Comparison(
        readout=readout,
        time=time,
        first=name,
        second=other_name,
        mean=(mean, moments[0]),
        sd=(_sd(sample), moments[1]),
        z=_score(mean, moments[0], error),
        p_mean=pvalues[0],
        p_sd=pvalues[1],
        p_shape=pvalues[2],
    )


def _against_known(sample: FloatArray, known: Known) -> tuple[float, float, float]:
    values, places = distinct(np.concatenate([known.values, sample]))
    weights = np.zeros(len(values))
    np.add.at(weights, places[: len(known.values)], known.weights)
    counts = _counts(places[len(known.values) :], len(values))
    squares = (values - float(weights @ values)) ** 2
    missed = len(sample) * known.lost  # that one replicate or more is where nothing is known
    found = (
        mean_of_known(values, weights, counts),
        mean_of_known(squares, weights, counts),
        shape_of_known(values, weights, counts),
    )
    return tuple(min(1.0, p + missed) for p in found)  # type: ignore[return-value]


def _against_sample(sample: FloatArray, other: FloatArray) -> tuple[float, float, float]:
    values, places = distinct(np.concatenate([sample, other]))
    first = _counts(places[: len(sample)], len(values))
    second = _counts(places[len(sample) :], len(values))
    squares = (values - float((first + second) @ values) / len(places)) ** 2
    return (
        mean_of_two(values, first, second),
        mean_of_two(squares, first, second),
        shape_of_two(values, first, second),
    )


def distinct(values: FloatArray) -> tuple[FloatArray, CountArray]:
    """Distinct values (K,), rising, and the place of each value among them; values that differ by
    rounding only are one."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    apart = np.diff(ordered) > _ROUNDING * np.abs(values).max(initial=0.0)
    group = np.concatenate([[0], np.cumsum(apart)]).astype(np.int64)
    places = np.empty(len(values), dtype=np.int64)
    places[order] = group
    return ordered[np.concatenate([[True], apart])], places


def _counts(places: CountArray, length: int) -> CountArray:
    return np.bincount(places, minlength=length).astype(np.int64)


def _sd(sample: FloatArray) -> float:
    return float(sample.std(ddof=1)) if len(sample) > 1 else float("nan")


def _score(mean: float, other: float, error: float) -> float:
    difference = mean - other
    if abs(difference) <= _ROUNDING * max(abs(mean), abs(other)):
        return 0.0
    return difference / error if error > 0 else float(np.copysign(np.inf, difference))
