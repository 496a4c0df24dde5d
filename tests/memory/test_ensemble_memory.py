"""The memory of an ensemble does not grow with its replicates."""

import subprocess
import sys
from pathlib import Path

import pytest

# Not ru_maxrss, which begins at the peak of the process that started this one: pytest's.
MEMORY = """
import sys
import simnet as sn
run = sn.run_ensemble(sn.load("hypoxia"), t_end="10 min", points=21, replicates=int(sys.argv[1]), seed=1)
assert run.replicates == int(sys.argv[1]) and not run.failures
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(run.engine, peak.split()[1])
"""

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(
        not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc"
    ),
]


@pytest.mark.parametrize("replicates", [5_000, pytest.param(100_000, marks=pytest.mark.verify)])
def test_statistics_of_many_replicates_take_little_memory(replicates: int) -> None:
    """Trajectories of 100,000 replicates (29 readouts at 21 times) would be 0.5 GB: none is kept."""
    found = subprocess.run(
        [sys.executable, "-c", MEMORY, str(replicates)],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    engine, kilobytes = found.stdout.split()
    if not engine.startswith("compiled"):
        pytest.skip("the compiled engine was not built")
    print(f"{replicates:,} replicates: {int(kilobytes) / 1024:.0f} MiB")
    assert int(kilobytes) < 256 * 1024
