"""Exact mean, standard deviation, skewness and kurtosis of the suite's cases over time.

Two ways, both apart from simnet. Where all laws are linear in the amounts, cumulants up to the
fourth order form a closed linear system: with K the cumulant generating function of the amounts,
    dK/dt = sum over reactions of (exp(theta . change) - 1) (c0 + sum over j of c_j dK/dtheta_j).
Where they are not, the states that can be reached are few, and the master equation is solved.
"""

from dataclasses import dataclass
from itertools import pairwise, product
from math import comb, factorial, prod

import libsbml
import numpy as np
from sbml_values import File
from scipy.linalg import expm

Index = tuple[int, ...]


@dataclass(frozen=True)
class Reset:
    """The case's event: at `time`, the amounts become these."""

    time: float
    amounts: dict[str, float]


def exact_moments(text: str, outputs: list[str], times: np.ndarray) -> dict[str, np.ndarray]:
    """(T, 4) for each output: mean, sd, skewness and excess kurtosis (0 where there is no sd)."""
    file = File(text)
    names = [s for s in file.species if not file.fixed(s) and s not in file.rules]
    laws = _linear_laws(file, names)
    raw = _by_cumulants(file, names, laws, times) if laws is not None else None
    if raw is None:
        states, probabilities = _by_states(file, names, times)
    found = {}
    for output in outputs:
        if raw is not None:
            offset, factors = _as_linear(file, names, output)
            k = _of_sum(raw, factors)
            k[:, 0] += offset
        else:
            values = np.array([_value(file, names, s, output) for s in states])
            k = _of_distribution(values, probabilities)
        sd = np.sqrt(np.maximum(k[:, 1], 0))
        spread = np.where(sd > 0, sd, 1)
        found[output] = np.column_stack([k[:, 0], sd, k[:, 2] / spread**3, k[:, 3] / spread**4])
    return found


def _value(file: File, names: list[str], amounts: tuple[float, ...], output: str) -> float:
    state = file.state({s: file.initial_value(s) for s in file.species} | _named(names, amounts))
    return float(state.amounts[output] if output not in file.rules else state.value(output))


def _named(names: list[str], amounts: tuple[float, ...]) -> dict[str, float]:
    return dict(zip(names, amounts, strict=True))


def _rates(file: File, names: list[str], amounts: tuple[float, ...]) -> np.ndarray:
    start = {s: file.initial_value(s) for s in file.species}
    return np.array(list(file.rates(file.state(start | _named(names, amounts))).values()))


def _linear_laws(file: File, names: list[str]) -> tuple[np.ndarray, np.ndarray] | None:
    """Constants (J,) and slopes (J, S) of the laws, or None where one is not linear."""
    unit = np.eye(len(names))
    constants = _rates(file, names, tuple(np.zeros(len(names))))
    slopes = np.array([_rates(file, names, tuple(u)) - constants for u in unit]).T
    for point in np.random.default_rng(0).integers(2, 50, (5, len(names))):
        if not np.allclose(_rates(file, names, tuple(point)), constants + slopes @ point):
            return None
    return constants, slopes


def _as_linear(file: File, names: list[str], output: str) -> tuple[float, np.ndarray]:
    offset = _value(file, names, tuple(np.zeros(len(names))), output)
    units = [_value(file, names, tuple(u), output) - offset for u in np.eye(len(names))]
    return offset, np.array(units)


def _reset(file: File) -> Reset | None:
    events = list(file.model.getListOfEvents())
    if not events:
        return None
    (event,) = events
    trigger = event.getTrigger().getMath()
    assert trigger.getType() == libsbml.AST_RELATIONAL_GEQ
    assert trigger.getChild(0).getType() == libsbml.AST_NAME_TIME
    new = {a.getVariable(): a.getMath().getValue() for a in event.getListOfEventAssignments()}
    return Reset(trigger.getChild(1).getValue(), new)


def _power(base: np.ndarray, exponent: Index) -> float:
    return float(prod(float(b) ** e for b, e in zip(base, exponent, strict=True)))


def _by_cumulants(
    file: File, names: list[str], laws: tuple[np.ndarray, np.ndarray], times: np.ndarray
) -> dict[Index, np.ndarray]:
    constants, slopes = laws
    changes = [np.array([file.change(r).get(s, 0.0) for s in names]) for r in file.laws]
    indices = [a for a in product(range(5), repeat=len(names)) if 1 <= sum(a) <= 4]
    place = {a: i for i, a in enumerate(indices)}
    size = len(indices)
    matrix = np.zeros((size + 1, size + 1))  # the last row and column: the constant terms
    for a, row in place.items():
        for change, constant, slope in zip(changes, constants, slopes, strict=True):
            matrix[row, size] += constant * _power(change, a)
            for b in product(*(range(n + 1) for n in a)):
                if b == a:
                    continue
                rest = tuple(n - m for n, m in zip(a, b, strict=True))
                weight = prod(comb(n, m) for n, m in zip(a, b, strict=True)) * _power(change, rest)
                for j, factor in enumerate(slope):
                    target = tuple(m + (i == j) for i, m in enumerate(b))
                    if weight * factor:
                        matrix[row, place[target]] += weight * factor
    now = np.zeros(size + 1)
    now[size] = 1
    for j, name in enumerate(names):
        now[place[tuple(int(i == j) for i in range(len(names)))]] = file.initial_value(name)
    reset, rows = _reset(file), [now]
    for before, after in pairwise(times):
        now = expm(matrix * (after - before)) @ now
        if reset is not None and after == reset.time:
            assert set(reset.amounts) == set(names)
            now = np.zeros(size + 1)
            now[size] = 1
            for j, name in enumerate(names):
                unit = tuple(int(i == j) for i in range(len(names)))
                now[place[unit]] = reset.amounts[name]
        rows.append(now)
    table = np.array(rows)
    return {a: table[:, i] for a, i in place.items()}


def _of_sum(raw: dict[Index, np.ndarray], factors: np.ndarray) -> np.ndarray:
    """Cumulants (T, 4) of a weighted sum."""
    length = len(next(iter(raw.values())))
    found = np.zeros((length, 4))
    for a, values in raw.items():
        order = sum(a)
        count = factorial(order) / prod(factorial(n) for n in a)
        found[:, order - 1] += count * _power(factors, a) * values
    return found


def _by_states(
    file: File, names: list[str], times: np.ndarray
) -> tuple[list[tuple[float, ...]], np.ndarray]:
    """States that can be reached, and their probabilities (T, K)."""
    changes = [np.array([file.change(r).get(s, 0.0) for s in names]) for r in file.laws]
    first = tuple(file.initial_value(s) for s in names)
    states, jumps = [first], []
    place = {first: 0}
    for source, state in enumerate(states):  # grows while it is walked over
        for rate, change in zip(_rates(file, names, state), changes, strict=True):
            if rate > 0:
                target = tuple(float(x) for x in np.array(state) + change)
                if target not in place:
                    place[target] = len(states)
                    states.append(target)
                    assert len(states) < 2000, "too many states"
                jumps.append((source, place[target], rate))
    generator = np.zeros((len(states), len(states)))
    for source, target, rate in jumps:
        generator[target, source] += rate
        generator[source, source] -= rate
    now = np.zeros(len(states))
    now[0] = 1
    reset, rows = _reset(file), [now]
    step = expm(generator * (times[1] - times[0]))
    for after in times[1:]:
        now = step @ now
        if reset is not None and after == reset.time:
            now = np.zeros(len(states))
            now[place[tuple(float(reset.amounts[s]) for s in names)]] = 1
        rows.append(now)
    return states, np.array(rows)


def _of_distribution(values: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    mean = probabilities @ values
    d = values - mean[:, np.newaxis]
    m2, m3, m4 = (np.sum(probabilities * d**k, axis=1) for k in (2, 3, 4))
    return np.column_stack([mean, m2, m3, m4 - 3 * m2**2])
