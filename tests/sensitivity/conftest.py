"""Functions whose sensitivity indices are known in closed form, and factors to vary them by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from simnet.arrays import FloatArray
from simnet.sensitivity.analysis import Design, Outputs
from simnet.sensitivity.factors import Factor, FactorGroup, FactorSpace, factor_space


@dataclass(frozen=True, kw_only=True)
class Known:
    """A function of factors x1, x2, ... with its first and total Sobol indices and variance."""

    space: FactorSpace
    function: Callable[[FloatArray], FloatArray]
    first: tuple[float, ...]
    total: tuple[float, ...]
    variance: float


def _space(
    size: int, lower: float = 0.0, upper: float = 1.0, groups: Sequence[FactorGroup] = ()
) -> FactorSpace:
    middle = (lower + upper) / 2
    return factor_space(
        [Factor(name=f"x{i + 1}", lower=lower, upper=upper, baseline=middle) for i in range(size)],
        groups,
    )


def _outputs(
    design: Design,
    function: Callable[[FloatArray], FloatArray],
    *,
    sd: float = 0.0,
    replicates: int = 10,
    seed: int = 0,
) -> Outputs:
    y = function(design.matrix)
    if not sd:
        return Outputs(readout="y", estimate=y, variance=np.zeros_like(y))
    noise = sd * np.sqrt(replicates) * np.random.default_rng(seed).normal(size=(replicates, len(y)))
    return Outputs(
        readout="y",
        estimate=y + noise.mean(axis=0),
        variance=noise.var(axis=0, ddof=1) / replicates,
    )


@pytest.fixture(scope="session")
def space() -> Callable[..., FactorSpace]:
    """(number of factors, lower, upper, groups) -> a space with the dummy."""
    return _space


@pytest.fixture(scope="session")
def outputs() -> Callable[..., Outputs]:
    """The function at each row; with `sd`, the mean and variance of `replicates` noisy values,
    where sd is that of the mean."""
    return _outputs


@pytest.fixture(scope="session")
def ishigami() -> Known:
    """sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 on -pi to pi (Ishigami & Homma 1990,
    doi:10.1109/ISUMA.1990.151285)."""
    a, b = 7.0, 0.1

    def function(x: FloatArray) -> FloatArray:
        return np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])

    v1 = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    v2 = a**2 / 8
    v13 = b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    v = v1 + v2 + v13
    return Known(
        space=_space(3, -np.pi, np.pi),
        function=function,
        first=(v1 / v, v2 / v, 0.0, 0.0),
        total=((v1 + v13) / v, v2 / v, v13 / v, 0.0),
        variance=v,
    )


@pytest.fixture(scope="session")
def sobol_g() -> Known:
    """Product of (|4 x - 2| + a) / (1 + a), (Saltelli & Sobol 1995,
    doi:10.1016/0951-8320(95)00099-2)."""
    a = np.array([0.0, 1.0, 4.5, 9.0])
    parts = (1 / 3) / (1 + a) ** 2
    v = float(np.prod(1 + parts) - 1)
    totals = [float(parts[i] * np.prod(1 + np.delete(parts, i)) / v) for i in range(len(a))]
    return Known(
        space=_space(len(a)),
        function=lambda x: np.prod((np.abs(4 * x[:, :4] - 2) + a) / (1 + a), axis=1),
        first=(*(float(p / v) for p in parts), 0.0),
        total=(*totals, 0.0),
        variance=v,
    )


@pytest.fixture(scope="session")
def additive() -> Known:
    """A sum whose total indices are 0.8, 0.2 and 0, and whose variance is 1."""
    weights = np.sqrt(12 * np.array([0.8, 0.2, 0.0]))
    return Known(
        space=_space(3),
        function=lambda x: x[:, :3] @ weights,
        first=(0.8, 0.2, 0.0, 0.0),
        total=(0.8, 0.2, 0.0, 0.0),
        variance=1.0,
    )
