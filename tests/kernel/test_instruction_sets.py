"""The kernels give the same bits without vectors, with those of AVX2, and as they come."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simnet.network.network import Network

pytestmark = pytest.mark.thorough

_VARIANTS = {"plain": ("-O0", "-DSSA_PLAIN"), "without AVX-512": ("-O2", "-DSSA_NO_AVX512")}


@pytest.fixture(scope="module", params=_VARIANTS)
def variant(request: pytest.FixtureRequest, build: Callable[..., Path]) -> Path:
    """The kernels compiled otherwise than the extension."""
    return build(*_VARIANTS[request.param])


def test_instruction_sets_change_no_bit(
    variant: Path, network: Network, kernel: str, both_ways: Callable[..., tuple[bytes, bytes]]
) -> None:
    found, expected = both_ways(variant, network, kernel)
    assert found == expected
