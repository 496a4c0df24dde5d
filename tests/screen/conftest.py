"""Curves and samples that the screen's tests share."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn

Curve = Callable[..., Any]


@pytest.fixture(scope="session")
def hill() -> Curve:
    """Hill curve, written out: dose, EC50, coefficient, start, end."""

    def curve(dose: Any, ec50: float, h: float, start: float, end: float) -> Any:
        dose = np.asarray(dose, dtype=float)
        return start + (end - start) * dose**h / (ec50**h + dose**h)

    return curve


@pytest.fixture(scope="session")
def replicates() -> Curve:
    """Nested lists of (n,) counts around a grid or row of means; `kind` "poisson" or "bursts"."""

    def sample(means: Any, n: int, seed: int, kind: str = "poisson") -> Any:
        rng = np.random.default_rng(seed)

        def one(mean: float) -> Any:
            if kind == "poisson":
                return rng.poisson(mean, n).astype(float)
            return rng.gamma(4.0, mean / 4.0, n)  # variation of 50 %, skewed

        means = np.asarray(means, dtype=float)
        if means.ndim == 1:
            return [one(mean) for mean in means]
        return [[one(mean) for mean in row] for row in means]

    return sample


@pytest.fixture(scope="session")
def gene(birth_death: sn.Network) -> sn.Network:
    """Birth at k = 20/s and death at g = 1/s, from X = 0."""
    values = {"k": 20.0, "g": 1.0}
    parameters = [replace(p, value=values[p.id]) for p in birth_death.parameters]
    return replace(birth_death, parameters=tuple(parameters))


@pytest.fixture(scope="session")
def gene_file(gene: sn.Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gene") / "gene.xml"
    sn.write_sbml(gene, path)
    return path
