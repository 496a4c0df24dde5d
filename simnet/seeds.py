"""Everything random, by key: seeds of replicates, and the numbers drawn for designs and resamples.

(root seed, content of the condition, replicate) -> 32-bit seed: within a condition the seeds come
from a keyed bijection of the replicate's index, so no two replicates can share one. Nothing depends
on order, batches or the number of workers.
"""

import hashlib
import json
import secrets
import struct

import numpy as np

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
        ValueError: no such replicate or root: a mistake of ours, for `simnet.execute.plan`
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


def further_seed(seed: int, position: int) -> int:
    """A seed for the further models of a replicate, which go on where the first one stopped."""
    digest = hashlib.blake2b(f"{seed}:{position}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % SEEDS_PER_CONDITION


def uniform(key: bytes, name: str) -> float:
    """A number between 0 and 1, both excluded, from a replicate's key and a name."""
    content = len(key).to_bytes(4, "little") + key + name.encode()
    digest = hashlib.blake2b(content, digest_size=8, person=b"simnet-cell").digest()
    return ((int.from_bytes(digest, "little") >> 12) + 0.5) / 2.0**52


def study_generator(seed: int, *words: str) -> np.random.Generator:
    """A study's random numbers: they depend on the seed and the words, never on order."""
    return _generator(json.dumps([int(seed), *words]).encode(), b"simnet sens")


def screen_generator(seed: int, *words: str) -> np.random.Generator:
    """Those of a screen's bootstraps, likewise; other words give independent ones."""
    return _generator(struct.pack("<Q", seed) + "\x1f".join(words).encode())


def is_root(root: int) -> bool:
    """Whether a number can be a root seed."""
    return 0 <= root < 2**64


def drawn_root() -> int:
    """A root seed from the operating system, for a user who gave none (the record keeps it)."""
    return secrets.randbits(32)


def _generator(key: bytes, person: bytes = b"") -> np.random.Generator:
    digest = hashlib.blake2b(key, digest_size=16, person=person).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))


def _permute(index: int, key: bytes) -> int:
    left, right = index >> 16, index & 0xFFFF
    for round_ in range(_ROUNDS):
        digest = hashlib.blake2b(struct.pack("<BH", round_, right), key=key, digest_size=2).digest()
        left, right = right, left ^ int.from_bytes(digest, "little")
    return left << 16 | right
