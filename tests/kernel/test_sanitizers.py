"""The kernels in a small C program, without Python, under AddressSanitizer and UBSan."""

import os
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simnet.engines._kernel import _ssa
from simnet.engines.base import Limits
from simnet.engines.compiled_block import Watch, arguments, new_block
from simnet.engines.compiled_tables import tables
from simnet.experiment.program import Segment
from simnet.network.network import Network

_SOURCES = ("direct.c", "layout.c", "lockstep.c", "rejection.c", "shared.c")
_FLAGS = "-std=c99 -g -O1 -fopenmp-simd -ffp-contract=off -fno-sanitize-recover=all".split()
_SANITIZERS = ["-fsanitize=address,undefined", "-DSSA_PLAIN"]


def _compiled(target: Path, repository: Path, *flags: str) -> Path:
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        if os.environ.get("CI"):
            pytest.fail("there is no C compiler, and CI must check the kernels")
        pytest.skip("there is no C compiler")
    folder = repository / "simnet" / "engines" / "_kernel"
    sources = [str(folder / name) for name in _SOURCES]
    driver = str(repository / "tests" / "kernel" / "driver.c")
    command = [compiler, *_FLAGS, *flags, f"-I{folder}", driver, *sources, "-lm", "-o", str(target)]
    subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    return target


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """The program with both sanitizers."""
    return _compiled(tmp_path_factory.mktemp("driver") / "driver", repository, *_SANITIZERS)


def _buffers(
    network: Network, streams: list[bytes], watches: list[Watch], limits: Limits
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    found = tables(network, [r.symbol for r in network.readouts])
    settings = {p.id: p.value for p in network.parameters}
    points = 4
    block = new_block(
        streams,
        species=len(network.species),
        shape=(points, len(network.readouts)),
        watches=len(watches),
        traced=50,
    )
    block.counts[:] = [s.initial for s in network.species]
    block.status[3] = 1  # one that failed before
    segment = Segment(start=0.0, end=0.5, outputs=np.linspace(0.0, 0.5, points))
    given = arguments(block, segment, 0, watches=watches, limits=limits)
    return found.evaluated(settings).buffers(), (*given, np.zeros(2))


@pytest.mark.verify
@pytest.mark.parametrize("limits", [Limits(), Limits(firings=30)])
@pytest.mark.parametrize("watched", [False, True])
def test_the_kernels_stay_inside_their_memory_and_give_the_same_bits(
    limits: Limits,
    watched: bool,
    network: Network,
    kernel: str,
    streams: Callable[[int], list[bytes]],
    driver: Path,
    tmp_path: Path,
) -> None:
    watches = [Watch(readout=1, threshold=25.0)] if watched else []
    given, block = _buffers(network, streams(37), watches, limits)
    content = b""
    for buffer in (*given, *block):
        data = np.ascontiguousarray(buffer).tobytes()
        content += struct.pack("<q", len(data)) + data
    (tmp_path / "in").write_bytes(content)
    finished = subprocess.run(
        [str(driver), kernel, str(tmp_path / "in"), str(tmp_path / "out")],
        capture_output=True,
        encoding="utf-8",
    )
    assert finished.returncode == 0, finished.stderr
    _ssa.run(kernel, given, block, 0, 37)
    assert (tmp_path / "out").read_bytes() == b"".join(b.tobytes() for b in block)


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
    command = [compiler, *_FLAGS, *_SANITIZERS, str(source), "-o", str(tmp_path / "wrong")]
    subprocess.run(command, check=True, capture_output=True)
    finished = subprocess.run([str(tmp_path / "wrong")], capture_output=True, encoding="utf-8")
    assert finished.returncode != 0
    assert "heap-buffer-overflow" in finished.stderr or "runtime error" in finished.stderr
