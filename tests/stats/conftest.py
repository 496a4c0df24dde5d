"""Distributions with known moments, to draw many experiments from at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest


@dataclass(frozen=True)
class Law:
    """`draw(rng, shape)`, and the exact mean and variance."""

    draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
    mean: float
    variance: float


def _poisson(mean: float) -> Law:
    return Law(lambda rng, shape: rng.poisson(mean, shape).astype(float), mean, mean)


def _bursts(frequency: float, size: float) -> Law:
    """Bursts with a geometric size, at so many in a molecule's lifetime: negative binomial (Paulsson
    & Ehrenberg 2000, doi:10.1103/PhysRevLett.84.5447)."""
    p = 1 / (1 + size)
    mean = frequency * size
    return Law(
        lambda rng, shape: rng.negative_binomial(frequency, p, shape).astype(float),
        mean,
        mean * (1 + size),
    )


def _telegraph(on: float, off: float, rate: float) -> Law:
    """A promoter that switches, in units of the mRNA's lifetime: Poisson with a beta mean (Peccoud &
    Ycart 1995, doi:10.1006/tpbi.1995.1027)."""
    mean = rate * on / (on + off)
    spread = rate**2 * on * off / ((on + off) ** 2 * (on + off + 1))
    return Law(
        lambda rng, shape: rng.poisson(rate * rng.beta(on, off, shape)).astype(float),
        mean,
        mean + spread,
    )


def _fraction(p: float) -> Law:
    return Law(lambda rng, shape: (rng.random(shape) < p).astype(float), p, p * (1 - p))


@pytest.fixture(scope="session")
def laws() -> Mapping[str, Law]:
    """Poisson, a bursty gene, a telegraph promoter's mRNA, and a fraction of 0.02."""
    return {
        "poisson": _poisson(10.0),
        "bursts": _bursts(2.0, 10.0),
        "telegraph": _telegraph(0.8, 1.5, 60.0),
        "fraction": _fraction(0.02),
    }
