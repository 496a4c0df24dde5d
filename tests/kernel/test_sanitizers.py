"""The kernels in a small C program, without Python, under AddressSanitizer and UBSan."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from simnet.engines.base import Limits, Watch
from simnet.network.network import Network

_FLAGS = ["-g", "-O1", "-fno-sanitize-recover=all", "-fsanitize=address,undefined", "-DSSA_PLAIN"]


@pytest.fixture(scope="session")
def driver(build: Callable[..., Path]) -> Path:
    """The program with both sanitizers."""
    return build(*_FLAGS)


@pytest.mark.verify
@pytest.mark.parametrize("limits", [Limits(), Limits(firings=30)])
@pytest.mark.parametrize("watched", [False, True])
def test_the_kernels_stay_inside_their_memory_and_give_the_same_bits(
    limits: Limits,
    watched: bool,
    network: Network,
    kernel: str,
    driver: Path,
    both_ways: Callable[..., tuple[bytes, bytes]],
) -> None:
    watches = [Watch(readout=1, threshold=25.0)] if watched else []
    found, expected = both_ways(driver, network, kernel, watches, limits)
    assert found == expected


@pytest.mark.verify
def test_the_sanitizer_would_have_spoken(driver: Path, repository: Path, tmp_path: Path) -> None:
    """A program that steps out of its memory ends with an error."""
    source = tmp_path / "wrong.c"
    source.write_text(
        "#include <stdlib.h>\n"
        "int main(int n, char **a) { (void)a; double *x = calloc(4, 8); return x[3 + n] > 0; }\n"
    )
    compiler = shutil.which(os.environ.get("CC", "cc"))
    assert compiler is not None
    command = [compiler, *_FLAGS, str(source), "-o", str(tmp_path / "wrong")]
    subprocess.run(command, check=True, capture_output=True)
    finished = subprocess.run([str(tmp_path / "wrong")], capture_output=True, encoding="utf-8")
    assert finished.returncode != 0
    assert "heap-buffer-overflow" in finished.stderr or "runtime error" in finished.stderr
