"""The same results on a processor without wide vectors, without fused multiply-add, with another
BLAS, in another locale and on another terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

pytestmark = pytest.mark.thorough

SCRIPT = Path(__file__).with_name("on_a_processor.py")
PLAIN = {
    "NPY_DISABLE_CPU_FEATURES": " ".join(f for f in __cpu_dispatch__ if __cpu_features__[f]),
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-FMA,-FMA4",
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_NUM_THREADS": "1",
    "LC_ALL": "C",
    "COLUMNS": "40",
}


def _made(folder: Path, **environment: str) -> Any:
    finished = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)],
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_a_plain_processor_gives_the_same(tmp_path: Path) -> None:
    here, plain = _made(tmp_path), _made(tmp_path, **PLAIN)
    assert here["exact"] == plain["exact"]
    for name, values in here["close"].items():
        scale = np.abs(values).max()
        np.testing.assert_allclose(
            plain["close"][name], values, rtol=0, atol=1e-12 * scale, err_msg=name
        )
