"""Twin of `real.h` and `stream.h`: the kernels' logarithm, uniforms and xoshiro256++."""

import struct

_WORD = (1 << 64) - 1
_LOW = 0x3FE6A09E00000000  # sqrt(1/2), rounded down
_ONE = 0x3FF0000000000000


def _bits(x: float) -> int:
    found: int = struct.unpack("<Q", struct.pack("<d", x))[0]
    return found


def _double(bits: int) -> float:
    found: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return found


def uniform(bits: int) -> float:
    """((bits >> 12) + 0.5) * 2^-52, in (0, 1)."""
    return ((bits >> 12) + 0.5) * 2.0**-52


def log(x: float) -> float:
    """The natural logarithm of a normal positive number; see `real_log`."""
    shifted = _bits(x) + (_ONE - _LOW)
    k = float((shifted >> 52) - 1023)
    f = _double((shifted & 0x000FFFFFFFFFFFFF) + _LOW) - 1.0
    half = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = z * (
        6.666666666666735130e-01
        + w
        * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860510658591e-01))
    )
    even = w * (
        3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01)
    )
    r = even + odd
    return (
        s * (half + r) + k * 1.90821492927058770002e-10 - half + f + k * 6.93147180369123816490e-01
    )


class Stream:
    """xoshiro256++ (doi:10.1145/3460772) from a state of 32 bytes."""

    def __init__(self, state: bytes) -> None:
        self.state: list[int] = list(struct.unpack("<4Q", state))

    def bits(self) -> int:
        """The next 64 bits."""
        s = self.state
        result = (_rotated((s[0] + s[3]) & _WORD, 23) + s[0]) & _WORD
        shifted = (s[1] << 17) & _WORD
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = _rotated(s[3], 45)
        return result

    def uniform(self) -> float:
        """The next number in (0, 1)."""
        return uniform(self.bits())


def _rotated(x: int, by: int) -> int:
    return (x << by | x >> (64 - by)) & _WORD
