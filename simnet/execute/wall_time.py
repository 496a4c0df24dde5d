"""Wall time in words: what has passed, what is left, and what is expected."""


def clock(seconds: float) -> str:
    """A time that was measured: 8 s, 3:20 min, 1:05 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"


def roughly(seconds: float) -> str:
    """A time that is estimated, to two digits: 0.12 s, 3.3 min, 11 h, 12 d."""
    if seconds < 100:
        return f"{seconds:.2g} s"
    if seconds < 6000:
        return f"{seconds / 60:.2g} min"
    return f"{seconds / 3600:,.2g} h" if seconds < 3.6e5 else f"{seconds / 86400:,.0f} d"


def how_far(done: int, total: int, *, counted: float, passed: float) -> str:
    """How much is done, and the time left; before anything is done and at the end, that passed.

    Args:
        done: simulations that are finished.
        total: simulations in all.
        counted: seconds from the start to when `done` was counted.
        passed: seconds from the start until now.
    """
    if not done:
        return clock(passed)
    if done >= total:
        return f"{done:,} of {total:,}, {clock(passed)}"
    left = max(0.0, counted / done * total - passed)
    return f"{done:,} of {total:,}, {clock(left)} left"
