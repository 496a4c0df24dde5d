"""CPU time of this process and of children that it waited for, since the machine may be shared; and
its memory."""

import sys
import time
from pathlib import Path


def cpu_seconds() -> float:
    """Since the process began. On Windows children do not count."""
    own = time.process_time()
    try:
        import resource
    except ImportError:
        return own
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own + children.ru_utime + children.ru_stime


def peak_memory() -> float:
    """Bytes that this process ever held; 0 on Windows.

    On Linux from /proc: `ru_maxrss` begins there at the peak of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM:"))
        return float(line.split()[1]) * 1024  # kB
    try:
        import resource
    except ImportError:
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most if sys.platform == "darwin" else most * 1024)
