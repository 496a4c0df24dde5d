"""No speed option changes a result: the semantic suite with and without them, bit for bit.

The environment variable SIMNET_SEMANTIC names the folder of cases, each NNNNN/NNNNN.xml.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = os.environ.get("SIMNET_SEMANTIC", "")
AT_RANDOM = {"00953", "00965", "01588", "01590", "01626"}
"""Events that are due together, which roadrunner executes in an order drawn by the clock."""


@pytest.mark.verify
@pytest.mark.skipif(not FOLDER, reason="SIMNET_SEMANTIC names no folder of cases")
def test_the_suite_runs_alike_with_and_without_speed_options(tmp_path: Path) -> None:
    found = []
    for how in ("quick", "plain"):
        out = tmp_path / f"{how}.npz"
        script = Path(__file__).with_name("speed_options.py")
        command = [sys.executable, "-P", str(script), FOLDER, how, str(out)]
        environment = os.environ | {"SIMNET_CACHE": str(tmp_path / how)}
        subprocess.run(command, check=True, capture_output=True, env=environment)
        with np.load(out) as file:
            found.append(dict(file))
    quick, plain = found
    assert quick.keys() == plain.keys()
    assert sum(values.ndim == 2 for values in plain.values()) >= 30
    compared = plain.keys() - AT_RANDOM
    different = [name for name in compared if quick[name].tobytes() != plain[name].tobytes()]
    assert not different
