"""Seeds by key: (root seed, content of the condition, replicate) -> 32-bit seed.

Within a condition the seeds come from a keyed bijection of the replicate's index, so no two
replicates can share one. Nothing depends on order, batches or the number of workers.
"""

import hashlib
import secrets
import struct

SEEDS_PER_CONDITION = 2**32 - 1
"""2**32 - 1 itself is left out: as a signed number it is -1, which means the clock in roadrunner."""

_ROUNDS = 4  # a four-round Feistel network over a keyed hash is a pseudo-random permutation


def replicate_seed(root: int, condition: str, replicate: int) -> int:
    """The seed of one replicate.

    Args:
        root: the user's seed, any non-negative integer below 2**64 (0 is a seed like any other).
        condition: a text that holds all of the condition's content.
        replicate: its index, from 0.

    Returns:
        An integer in [0, 2**32 - 2], distinct for each replicate of the condition.

    Raises:
        ValueError: no such replicate or root: a mistake of ours, for `simnet.execute.arguments`
            has checked both before.

    Source: Luby & Rackoff 1988 (doi:10.1137/0217022); cycle walking keeps the excluded value out.
    """
    if not 0 <= replicate < SEEDS_PER_CONDITION or not is_root(root):
        raise ValueError(f"no seed for root {root}, replicate {replicate}")
    content = struct.pack("<Q", root) + condition.encode()
    key = hashlib.blake2b(content, digest_size=32).digest()
    seed = _permute(replicate, key)
    while seed == SEEDS_PER_CONDITION:
        seed = _permute(seed, key)
    return seed


def stream_state(root: int, condition: str, replicate: int) -> bytes:
    """The start of one replicate's random stream: 256 bits, never all zero.

    Args:
        root: as in `replicate_seed`.
        condition: as in `replicate_seed`.
        replicate: as in `replicate_seed`.
    """
    content = struct.pack("<QQ", root, replicate) + condition.encode()
    return hashlib.blake2b(content, digest_size=32, person=b"simnet stream").digest()


def is_root(root: int) -> bool:
    """Whether a number can be a root seed."""
    return 0 <= root < 2**64


def drawn_root() -> int:
    """A root seed from the operating system, for a user who gave none (the record keeps it)."""
    return secrets.randbits(32)


def _permute(index: int, key: bytes) -> int:
    left, right = index >> 16, index & 0xFFFF
    for round_ in range(_ROUNDS):
        digest = hashlib.blake2b(struct.pack("<BH", round_, right), key=key, digest_size=2).digest()
        left, right = right, left ^ int.from_bytes(digest, "little")
    return left << 16 | right
