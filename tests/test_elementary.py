"""exp and log that are the same on every processor."""

import hashlib
import math
import random
from decimal import Decimal, localcontext

import numpy as np

from simnet.elementary import exp, log, log1p


def _arguments() -> list[float]:
    chance = random.Random(3)
    small = [chance.uniform(-1, 1) for _ in range(1000)]
    seam = [math.log(2) / 2 * k + d for k in range(-9, 10) for d in (-1e-16, 0.0, 1e-16)]
    return [*small, *seam, *(chance.uniform(-700, 700) for _ in range(1000)), 0.0, -0.0]


def test_they_are_right_to_one_unit_in_the_last_place() -> None:
    positive = [*(abs(x) or 1.0 for x in _arguments()), 0.5, 1.0, math.sqrt(0.5), 5e-324, 1e308]
    with localcontext() as context:
        context.prec = 40
        found = [
            *((x, exp(x), Decimal(x).exp(), 1) for x in _arguments()),
            *((x, log(x), Decimal(x).ln(), 1) for x in positive),
            *((x, log1p(x), (1 + Decimal(x)).ln(), 3) for x in positive if x < 1e3),
        ]
        for x, ours, true, units in found:
            assert abs(Decimal(ours) - true) <= units * Decimal(math.ulp(ours)), x


def test_arrays_have_the_bits_of_their_numbers() -> None:
    x = _arguments()
    assert exp(np.array(x)).tolist() == [exp(v) for v in x]
    positive = [abs(v) or 1.0 for v in x]
    assert log(np.array(positive)).tolist() == [log(v) for v in positive]
    assert exp(-800.0) == exp(np.array([-800.0]))[0] == 0.0


def test_their_bits_are_these() -> None:
    """As they came from processors with AVX-512, with AVX2 and with neither."""
    x = np.linspace(-30.0, 30.0, 20001)
    found = np.concatenate([exp(x), log(np.abs(x) + 1e-3)])
    assert hashlib.sha256(found.astype("<f8").tobytes()).hexdigest()[:16] == "cdc87075f148d80e"
