"""CPU time of this process and of children that it waited for, since the machine may be shared; and
its memory."""

import sys
import time


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
    """Bytes that this process ever held; 0 on Windows."""
    try:
        import resource
    except ImportError:
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most if sys.platform == "darwin" else most * 1024)
