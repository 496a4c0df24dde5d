"""What the designs of several methods draw."""

import numpy as np

from simnet.arrays import FloatArray


def block_weights(rng: np.random.Generator, blocks: int, resamples: int) -> FloatArray:
    """How often each base block counts: (1 + resamples, blocks). The first row counts every block
    once; the others draw as many of them with replacement."""
    drawn = rng.multinomial(blocks, np.full(blocks, 1.0 / blocks), size=resamples)
    return np.vstack([np.ones(blocks), drawn])


def nested_hypercube(rng: np.random.Generator, samples: int, dimensions: int) -> FloatArray:
    """Points (samples, dimensions) in the unit cube, each prefix of 2, 4, 8, ... a Latin hypercube.

    Each doubling halves the strata; the new points fill, in random order and for each dimension on
    its own, the halves that the old ones left empty. A larger sample begins with the smaller one.

    Source: Sallaberry, Helton & Hora 2008 (doi:10.1016/j.ress.2007.04.005), without correlations.
    """
    points = rng.random((1, dimensions))
    while len(points) < samples:
        n = 2 * len(points)
        strata = np.minimum((points * n).astype(np.int64), n - 1)
        empty = strata ^ 1  # the other half of each old stratum
        order = rng.permuted(empty, axis=0)
        fresh = (order + rng.random(order.shape)) / n
        points = np.vstack([points, fresh])
    return points[:samples]
