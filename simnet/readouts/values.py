"""Values during evaluation: fixed, one for each replicate, or one for all of them.

A value for all replicates carries what it would be without each replicate in turn, one condition
at a time. Whatever is computed from it is computed without each as well, so that its sampling
variance is the delete-one jackknife's, summed over the independent samples (Quenouille 1956,
doi:10.1093/biomet/43.3-4.353; Efron & Stein 1981, doi:10.1214/aos/1176345462, who show that it is
biased upwards, if at all). It is for what changes smoothly with the data: for `time_of_max` of a
mean course, which jumps from one output time to the next, it is rough. Conditions are independent:
no two runs share a seed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from simnet.arrays import FloatArray
from simnet.readouts.tree import ConditionKey


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """The same in every replicate: () as an array."""

    values: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PerReplicate:
    """(n, T) of the finished replicates of a condition; (n, 1) where it is no time course."""

    condition: ConditionKey
    values: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Overall:
    """(T,) or (1,) of all replicates, and by condition (n, T) or (n, 1) without each of them."""

    values: FloatArray
    without: Mapping[ConditionKey, FloatArray] = field(default_factory=dict)


Value: TypeAlias = Fixed | PerReplicate | Overall
Operation: TypeAlias = Callable[..., FloatArray]


def mean(value: Value) -> Overall:
    """A value for all replicates: the mean where there is one for each."""
    if isinstance(value, Overall):
        return value
    if isinstance(value, Fixed):
        return Overall(value.values.reshape(1))
    values = value.values
    middle = centre(values)
    return Overall(middle, {value.condition: middle - (values - middle) / _rest(len(values), 1)})


def centre(values: FloatArray) -> FloatArray:
    """(T,): the mean of (n, T), which is exact where all are equal."""
    return np.asarray(values[0] + (values - values[0]).mean(axis=0))


def together(operands: Sequence[Value], average: Callable[[Value], Overall]) -> Sequence[Value]:
    """Operands of one kind: the average of each, unless they are one condition's replicates."""
    conditions = {value.condition for value in operands if isinstance(value, PerReplicate)}
    if len(conditions) > 1 or any(isinstance(value, Overall) for value in operands):
        return [average(value) for value in operands]
    return operands


def lifted(operation: Operation, operands: Sequence[Value]) -> Value:
    """The operation on each value of operands that are `together`, and without each replicate."""
    with np.errstate(all="ignore"):  # who calls looks at what comes out
        values = np.asarray(operation(*[value.values for value in operands]), dtype=np.float64)
        overall = [value for value in operands if isinstance(value, Overall)]
        if overall:
            conditions = dict.fromkeys(c for value in overall for c in value.without)
            without = {
                c: np.asarray(operation(*[value.without.get(c, value.values) for value in overall]))
                for c in conditions
            }
            return Overall(values, without)
    for value in operands:
        if isinstance(value, PerReplicate):
            return PerReplicate(value.condition, values)
    return Fixed(values)


def jackknife_variance(value: Overall) -> FloatArray:
    """(T,) or (1,): the sampling variance; NaN where a condition has too few replicates."""
    total = np.zeros_like(value.values)
    with np.errstate(invalid="ignore"):
        for without in value.without.values():
            n = len(without)
            off = without - centre(without)
            total = total + (n - 1) / n * (off * off).sum(axis=0)
    return np.where(np.isfinite(total), total, np.nan)


def _rest(n: int, taken: int) -> float:
    """n - taken as a divisor: NaN where nothing is left."""
    return float(n - taken) if n > taken else np.nan


def moments_without(values: FloatArray) -> tuple[Overall, Overall]:
    """Mean and variance (divisor n - 1) of (n, T), both also without each replicate."""
    n, middle = len(values), centre(values)
    off = values - middle
    squares = (off * off).sum(axis=0)
    left = np.maximum(squares - off * off * n / _rest(n, 1), 0.0)  # about the mean of the rest
    means = Overall(middle, {(): middle - off / _rest(n, 1)})
    return means, Overall(squares / _rest(n, 1), {(): left / _rest(n, 2)})
