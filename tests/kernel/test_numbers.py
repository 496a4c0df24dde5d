"""The kernels' logarithm, uniforms and random numbers, in C and in Python."""

import math
import random
import struct
from decimal import Decimal, localcontext

import twins

from simnet.engines._kernel import _ssa

_SMALLEST, _LARGEST = 2.0**-53, 1.0 - 2.0**-53


def _arguments() -> list[float]:
    """Of all sizes, at the ends, and close to 1 and to the seam at sqrt(1/2)."""
    chance = random.Random(5)
    some = [twins.uniform(chance.getrandbits(64)) for _ in range(3000)]
    small = [math.ldexp(0.5 + chance.random() / 2, -chance.randrange(53)) for _ in range(3000)]
    close = [1.0 - k * 2.0**-53 for k in range(1, 200)]
    seam = [math.sqrt(0.5) + k * 2.0**-53 for k in range(-200, 200)]
    coarse = [
        struct.unpack("<d", struct.pack("<Q", 0x3FE6A09E00000000 + k))[0] for k in range(-9, 9)
    ]
    return [*some, *small, *close, *seam, *coarse, _SMALLEST, _LARGEST, 0.5, 0.25]


def test_the_logarithm_is_right_to_one_unit_in_the_last_place() -> None:
    with localcontext() as context:
        context.prec = 40
        for x in _arguments():
            true, found = Decimal(x).ln(), _ssa.log(x)
            assert abs(Decimal(found) - true) < Decimal(math.ulp(found)), x


def test_the_logarithm_in_c_and_in_python_agree_in_every_bit() -> None:
    assert [_ssa.log(x) for x in _arguments()] == [twins.log(x) for x in _arguments()]


def test_the_logarithm_never_gives_a_waiting_time_below_zero() -> None:
    assert -_ssa.log(_LARGEST) > 0
    assert all(-_ssa.log(x) > 0 for x in _arguments())


def test_uniforms_lie_inside_zero_and_one() -> None:
    assert _ssa.uniform(0) == _SMALLEST
    assert _ssa.uniform(2**64 - 1) == _LARGEST
    assert _ssa.uniform(1 << 63) == 0.5 + 2.0**-53


def test_uniforms_in_c_and_in_python_agree_in_every_bit() -> None:
    chance = random.Random(6)
    bits = [chance.getrandbits(64) for _ in range(2000)]
    assert [_ssa.uniform(b) for b in bits] == [twins.uniform(b) for b in bits]


def test_xoshiro_gives_the_published_numbers() -> None:
    """From the reference implementation at https://prng.di.unimi.it/xoshiro256plusplus.c, state
    1, 2, 3, 4; also the test vector of the Rust crate rand_xoshiro."""
    expected = [
        41943041,
        58720359,
        3588806011781223,
        3591011842654386,
        9228616714210784205,
        9973669472204895162,
        14011001112246962877,
        12406186145184390807,
        15849039046786891736,
        10450023813501588000,
    ]
    assert _ssa.draws((1, 2, 3, 4), 10) == expected
    stream = twins.Stream(struct.pack("<4Q", 1, 2, 3, 4))
    assert [stream.bits() for _ in range(10)] == expected


def test_random_numbers_in_c_and_in_python_agree_over_a_long_stretch() -> None:
    state = (2**64 - 1, 12345678901234567890, 0, 1)
    stream = twins.Stream(struct.pack("<4Q", *state))
    assert _ssa.draws(state, 5000) == [stream.bits() for _ in range(5000)]
